"""File descriptors in use, from /proc/sys/fs/file-nr.

See Documentation/admin-guide/sysctl/fs.rst.
"""

from __future__ import annotations

from typing import ClassVar, Final

from collectors.base import BadReply, Reading
from collectors.catalogue.host import system as catalogue
from collectors.host.declare import HostCollector, Options, Setup
from collectors.host.kernel import numbers


def parse_file_nr(data: bytes) -> tuple[float, float]:
    """Parse file-nr and return allocated descriptors and their maximum; raises BadReply."""
    figures = numbers(data.split(), "/proc/sys/fs/file-nr")
    if len(figures) != 3:
        raise BadReply(f"/proc/sys/fs/file-nr: expected three numbers, got {data[:80]!r}")
    return figures[0], figures[2]


class FileDescriptors:
    """Reads /proc/sys/fs/file-nr."""

    name: ClassVar[str] = "filefd"
    immediate: ClassVar[bool] = True
    device: Final = ""

    def __init__(self, setup: Setup[Options]) -> None:
        self.schedule: Final = setup.schedule
        self._files, self._path = setup.files, setup.proc("sys/fs/file-nr")
        self._series = (catalogue.FILEFD_ALLOCATED.series(), catalogue.FILEFD_MAXIMUM.series())

    async def collect(self) -> list[Reading]:
        """Read it once."""
        return list(zip(self._series, parse_file_nr(self._files.need(self._path)), strict=True))


COLLECTOR: Final = HostCollector(name="filefd", make=FileDescriptors, options=Options)
