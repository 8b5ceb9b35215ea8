"""The spool's lock file: it names its one holder, and how far the spool has got.

The mark is what makes losses countable: a file that was cut or damaged cannot itself say what it
used to hold.
"""

from __future__ import annotations

import fcntl
import os
import zlib
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from collectors.base import ConfigError


class SpoolLocked(ConfigError):
    """Another process holds this spool."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Mark:
    """What the lock file remembers: the last sample settled, and the last one spooled.

    Settled is what was sent or given up.
    """

    base: int = 0
    tail: int = 0


class Lock:
    """The lock file: one holder at a time, and the mark."""

    def __init__(self, path: Path) -> None:
        self.path: Final = path
        self._fd = -1

    def take(self) -> Mark | None:
        """Lock, and return the mark left by whoever held it last; raises SpoolLocked or OSError."""
        if self._fd >= 0:
            return self._read()
        fd = os.open(self.path, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)
        try:
            fcntl.flock(fd, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            holder = (
                os.pread(fd, 20, 0).split(b" ", 1)[0].decode("ascii", "replace").lstrip("0")
                or "unknown"
            )
            os.close(fd)
            message = (
                f"held by process {holder}; a second agent cannot use the same spool (give it its"
                " own state_dir)"
            )
            raise SpoolLocked(message, file=str(self.path), key="state_dir") from None
        except OSError:
            os.close(fd)
            raise
        self._fd = fd
        mark = self._read()
        if mark is not None:
            self.write(mark)
        else:
            with suppress(OSError):
                os.pwrite(fd, f"{os.getpid():010d} \n".encode(), 0)
        return mark

    def _read(self) -> Mark | None:
        text = os.pread(self._fd, 200, 0).decode("ascii", "replace").split("\n", 1)[0]
        body, _, checksum = text.rpartition(" ")
        if checksum != f"{zlib.crc32(body.encode()):08x}":
            return None
        try:
            _pid, base, tail = map(int, body.split(" "))
        except ValueError:
            return None
        return Mark(base=base, tail=tail)

    def write(self, mark: Mark) -> None:
        """Note the mark without a sync: it survives the process, and helps after a power cut."""
        if self._fd < 0:
            return
        body = f"{os.getpid():010d} {mark.base:020d} {mark.tail:020d}"
        with suppress(OSError):
            os.pwrite(self._fd, f"{body} {zlib.crc32(body.encode()):08x}\n".encode(), 0)

    def release(self) -> None:
        """Give the lock up; the file stays."""
        if self._fd >= 0:
            os.close(self._fd)
            self._fd = -1
