"""Software RAID arrays, from /proc/mdstat. See md(4)."""

from __future__ import annotations

import re
from collections import Counter
from dataclasses import dataclass
from typing import ClassVar, Final

from collectors.base import BadReply, Reading
from collectors.catalogue import hardware as catalogue
from collectors.host.declare import HostCollector, Options, Setup
from collectors.host.kernel import MALFORMED, Dropped, decode

_STATES: Final = ("active", "inactive", "recovering", "check", "resync")
_SYNC: Final = re.compile(
    rb"\b(recovery|resync|check|reshape)\s*=\s*"
    rb"(?:(PENDING|DELAYED|REMOTE)|[^(\n]*\((\d{1,18})/\d+\))"
)
_STATE_OF: Final = {b"recovery": "recovering"}
_BLOCKS: Final = re.compile(rb"^\s*(\d{1,18}) blocks")
_DISKS: Final = re.compile(rb"\[(\d{1,9})/(\d{1,9})\]")
_MEMBER: Final = re.compile(rb"\[\d+\]")


@dataclass(frozen=True, slots=True, kw_only=True)
class Array:
    """One array. While it is rebuilt or checked, `synced` is less than `blocks`.

    Both are None where the kernel tells no size: an array has none while all its members are gone
    (drivers/md/md.c, md_seq_show).
    """

    device: str
    state: str
    required: int
    active: int
    failed: int
    spare: int
    blocks: int | None
    synced: int | None


def parse_mdstat(data: bytes, dropped: Counter[str] | None = None) -> list[Array]:
    """Parse /proc/mdstat; an array that cannot be understood costs itself, and is counted.

    Raises BadReply where there are arrays and none is understood.
    """
    arrays = []
    failed: BadReply | None = None
    # An array has one line and the indented lines after it.
    for paragraph in re.split(rb"\n(?=\S)", data):
        head, _, rest = paragraph.partition(b"\n")
        name, colon, members = head.partition(b" : ")
        if not colon or name in (b"Personalities", b"unused devices"):
            continue
        try:
            arrays.append(_array(name, members, rest))
        except BadReply as error:
            failed = failed or error
            if dropped is not None:
                dropped[MALFORMED] += 1
    if failed is not None and not arrays:
        raise failed
    return arrays


def _array(name: bytes, members: bytes, rest: bytes) -> Array:
    state = decode(members.split(None, 1)[0]) if members.strip() else ""
    if state not in ("active", "broken", "inactive"):
        raise BadReply(f"/proc/mdstat: {name[:40]!r}: expected a state, got {members[:40]!r}")
    blocks = _BLOCKS.search(rest)
    disks, count = _DISKS.search(rest), len(_MEMBER.findall(members))
    if state == "inactive":
        required = active = 0
    elif disks:
        required, active = int(disks[1]), int(disks[2])
    else:  # raid0 and linear need all of their disks
        required = active = count
    sync, total = _SYNC.search(rest), int(blocks[1]) if blocks else None
    if sync:
        state = _STATE_OF.get(sync[1], decode(sync[1]))
    return Array(
        device=decode(name),
        state=state,
        required=required,
        active=active,
        failed=members.count(b"(F)"),
        spare=members.count(b"(S)"),
        blocks=total,
        synced=int(sync[3] or 0) if sync else total,
    )


class Mdadm:
    """Reads /proc/mdstat."""

    name: ClassVar[str] = "mdadm"
    immediate: ClassVar[bool] = True
    device: Final = ""

    def __init__(self, setup: Setup[Options]) -> None:
        self.schedule: Final = setup.schedule
        self.dropped: Final = Dropped()
        self._files, self._path = setup.files, setup.proc("mdstat")

    async def collect(self) -> list[Reading]:
        """Read it once."""
        readings: list[Reading] = []
        for array in parse_mdstat(self._files.need(self._path), self.dropped):
            device = array.device
            readings += (
                (catalogue.MD_STATE.series(device, state), float(state == array.state))
                for state in dict.fromkeys((*_STATES, array.state))
            )
            readings += (
                (catalogue.MD_DISKS.series(device, "active"), float(array.active)),
                (catalogue.MD_DISKS.series(device, "failed"), float(array.failed)),
                (catalogue.MD_DISKS.series(device, "spare"), float(array.spare)),
                (catalogue.MD_DISKS_REQUIRED.series(device), float(array.required)),
            )
            if array.blocks is not None and array.synced is not None:
                readings += (
                    (catalogue.MD_BLOCKS.series(device), float(array.blocks)),
                    (catalogue.MD_BLOCKS_SYNCED.series(device), float(array.synced)),
                )
        return readings


COLLECTOR: Final = HostCollector(name="mdadm", make=Mdadm, options=Options)
