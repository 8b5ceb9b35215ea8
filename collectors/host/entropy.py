"""The kernel's entropy, from /proc/sys/kernel/random. See random(4)."""

from __future__ import annotations

from typing import ClassVar, Final

from collectors.base import Reading
from collectors.catalogue.host import system as catalogue
from collectors.host.declare import HostCollector, Options, Setup
from collectors.host.kernel import number


class Entropy:
    """Reads /proc/sys/kernel/random."""

    name: ClassVar[str] = "entropy"
    immediate: ClassVar[bool] = True
    device: Final = ""

    def __init__(self, setup: Setup[Options]) -> None:
        self.schedule: Final = setup.schedule
        self._files = setup.files
        base = setup.proc("sys/kernel/random")
        self._series = {
            f"{base}/entropy_avail": catalogue.ENTROPY_AVAILABLE.series(),
            f"{base}/poolsize": catalogue.ENTROPY_POOL.series(),
        }

    async def collect(self) -> list[Reading]:
        """Read it once."""
        return [
            (series, number(self._files.need(path), path)) for path, series in self._series.items()
        ]


COLLECTOR: Final = HostCollector(name="entropy", make=Entropy, options=Options)
