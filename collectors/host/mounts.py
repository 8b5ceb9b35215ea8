"""The mounted file systems, from /proc/1/mounts, and the id of each mount, from mountinfo.

See proc_pid_mounts(5) and getmntent(3).
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import Final

from collectors.base import BadReply

_ESCAPE: Final = re.compile(rb"\\([0-3][0-7]{2})")
_MIN_WORDS: Final = 4
_MOUNTINFO_WORDS: Final = 5


@dataclass(frozen=True, slots=True)
class Mount:
    """A mounted file system. The names are raw bytes, since they may hold any byte except NUL."""

    device: bytes
    point: bytes
    type: bytes
    read_only: bool


def unescape(raw: bytes) -> bytes:
    r"""Undo the kernel's octal escapes, such as `\040` for a space and `\134` for a backslash."""
    return _ESCAPE.sub(lambda match: bytes([int(match[1], 8)]), raw) if b"\\" in raw else raw


def parse_mounts(data: bytes) -> list[Mount]:
    """Parse a table of mounts; raises BadReply."""
    mounts = []
    for line in data.split(b"\n"):
        words = line.split(b" ")
        if len(words) < _MIN_WORDS:
            if not line:
                continue
            raise BadReply(f"/proc/1/mounts: too few words in {line[:80]!r}")
        options = words[3].split(b",")
        mounts.append(
            Mount(unescape(words[0]), unescape(words[1]), unescape(words[2]), b"ro" in options)
        )
    return mounts


def parse_mount_ids(data: bytes) -> dict[bytes, bytes]:
    """Parse mountinfo and return the id of the topmost mount at each mount point.

    Lines that cannot be parsed are left out.
    """
    found = {}
    for line in data.split(b"\n"):
        words = line.split(b" ", _MOUNTINFO_WORDS)
        if len(words) >= _MOUNTINFO_WORDS:
            found[unescape(words[4])] = words[0]
    return found


def strip_root(point: bytes, root: bytes) -> bytes:
    """Return the host's path of a mount point seen in a container.

    The host's file system is mounted at `root` in the container.
    """
    if root == b"/" or not point.startswith(root):
        return point
    rest = point[len(root) :]
    return rest if rest.startswith(b"/") else b"/" if not rest else point
