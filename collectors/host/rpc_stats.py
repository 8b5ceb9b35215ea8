"""What the two sides of NFS share: lines of a word and numbers, and the names of the methods.

The order is that of the kernel's procedures (fs/nfs, fs/nfsd; RFC 1094, 1813, 7530, 7862).
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import Final

from collectors.base import BadReply, Reading, Series
from collectors.host.kernel import MALFORMED, Dropped, numbers

V2: Final = [
    "Null",
    "GetAttr",
    "SetAttr",
    "Root",
    "Lookup",
    "ReadLink",
    "Read",
    "WrCache",
    "Write",
    "Create",
    "Remove",
    "Rename",
    "Link",
    "SymLink",
    "MkDir",
    "RmDir",
    "ReadDir",
    "FsStat",
]
V3: Final = [
    "Null",
    "GetAttr",
    "SetAttr",
    "Lookup",
    "Access",
    "ReadLink",
    "Read",
    "Write",
    "Create",
    "MkDir",
    "SymLink",
    "MkNod",
    "Remove",
    "RmDir",
    "Rename",
    "Link",
    "ReadDir",
    "ReadDirPlus",
    "FsStat",
    "FsInfo",
    "PathConf",
    "Commit",
]
V4: Final = [
    "Null",
    "Read",
    "Write",
    "Commit",
    "Open",
    "OpenConfirm",
    "OpenNoattr",
    "OpenDowngrade",
    "Close",
    "Setattr",
    "FsInfo",
    "Renew",
    "SetClientID",
    "SetClientIDConfirm",
    "Lock",
    "Lockt",
    "Locku",
    "Access",
    "Getattr",
    "Lookup",
    "LookupRoot",
    "Remove",
    "Rename",
    "Link",
    "Symlink",
    "Create",
    "Pathconf",
    "StatFs",
    "ReadLink",
    "ReadDir",
    "ServerCaps",
    "DelegReturn",
    "GetACL",
    "SetACL",
    "FsLocations",
    "ReleaseLockowner",
    "Secinfo",
    "FsidPresent",
    "ExchangeID",
    "CreateSession",
    "DestroySession",
    "Sequence",
    "GetLeaseTime",
    "ReclaimComplete",
    "LayoutGet",
    "GetDeviceInfo",
    "LayoutCommit",
    "LayoutReturn",
    "SecinfoNoName",
    "TestStateID",
    "FreeStateID",
    "GetDeviceList",
    "BindConnToSession",
    "DestroyClientID",
    "Seek",
    "Allocate",
    "DeAllocate",
    "LayoutStats",
    "Clone",
]
V4_OPERATIONS: Final[Mapping[int, str]] = {
    3: "Access",
    4: "Close",
    5: "Commit",
    6: "Create",
    7: "DelegPurge",
    8: "DelegReturn",
    9: "GetAttr",
    10: "GetFH",
    11: "Link",
    12: "Lock",
    13: "Lockt",
    14: "Locku",
    15: "Lookup",
    16: "LookupRoot",
    17: "Nverify",
    18: "Open",
    19: "OpenAttr",
    20: "OpenConfirm",
    21: "OpenDgrd",
    22: "PutFH",
    25: "Read",
    26: "ReadDir",
    27: "ReadLink",
    28: "Remove",
    29: "Rename",
    30: "Renew",
    31: "RestoreFH",
    32: "SaveFH",
    33: "SecInfo",
    34: "SetAttr",
    35: "Verify",
    36: "Write",
    37: "RelLockOwner",
}
"""What a server counts of version 4, by the operation's number (RFC 7530, 13)."""


def parse_rpc(data: bytes, dropped: Dropped) -> Mapping[bytes, Sequence[float]]:
    """Return the numbers of each line by its first word; a line without them is left out."""
    found: dict[bytes, Sequence[float]] = {}
    for line in data.split(b"\n"):
        word, *rest = line.split() or [b""]
        try:
            found[word] = numbers(rest, "rpc")
        except BadReply:
            dropped[MALFORMED] += 1
    return found


def at_columns(
    found: Mapping[bytes, Sequence[float]], columns: Mapping[tuple[bytes, int], Series]
) -> list[Reading]:
    """Return the numbers that stand at the columns of some lines, as far as they are there."""
    return [
        (series, found[word][column])
        for (word, column), series in columns.items()
        if len(found.get(word, ())) > column
    ]


def methods(counts: Sequence[float], names: Sequence[str]) -> Iterator[tuple[str, float]]:
    """Yield (method, calls); the first number says how many there are."""
    return zip(names, counts[1:], strict=False)
