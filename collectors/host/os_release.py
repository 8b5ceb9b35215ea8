"""The operating system's name and version, from os-release(5)."""

from __future__ import annotations

import re
import shlex
from typing import ClassVar, Final

from collectors.base import BadReply, NoData, Reading
from collectors.catalogue.host import system as catalogue
from collectors.host.declare import SLOW, HostCollector, Options, Setup
from collectors.host.kernel import decode

_FILES: Final = ("etc/os-release", "usr/lib/os-release")
_VERSION: Final = re.compile(r"\d+(\.\d+)?")


def parse_os_release(data: bytes) -> dict[str, str]:
    """Parse os-release and return its values by name in lower case; raises BadReply."""
    found = {}
    for line in decode(data).splitlines():
        name, equals, value = line.strip().partition("=")
        if not equals or name.startswith("#"):
            continue
        try:
            words = shlex.split(value)
        except ValueError:
            raise BadReply(f"os-release: a quote is not closed in {line[:80]!r}") from None
        found[name.lower()] = " ".join(words)
    return found


class OperatingSystem:
    """Reads os-release."""

    name: ClassVar[str] = "os"
    device: Final = ""

    def __init__(self, setup: Setup[Options]) -> None:
        self.schedule: Final = setup.schedule
        self._files = setup.files
        self._data: bytes | None = None
        self._readings: list[Reading] = []
        self._paths = tuple(f"{str(setup.context.rootfs).rstrip('/')}/{file}" for file in _FILES)

    def collect(self) -> list[Reading]:
        """Read it once."""
        for path in self._paths:
            try:
                data = self._files.read(path)
            except OSError:
                continue
            if data != self._data:
                self._readings, self._data = _readings(parse_os_release(data)), data
            return self._readings
        raise NoData(f"no {self._paths[0]}")


def _readings(found: dict[str, str]) -> list[Reading]:
    values = [found.get(label, "") for label in catalogue.OS_INFO_LABELS]
    readings: list[Reading] = [(catalogue.OS_INFO.series(*values), 1.0)]
    version = _VERSION.match(found.get("version_id", ""))
    if version:
        series = catalogue.OS_VERSION.series(
            *(found.get(label, "") for label in catalogue.OS_VERSION.labels)
        )
        readings.append((series, float(version[0])))
    return readings


COLLECTOR: Final = HostCollector(name="os", make=OperatingSystem, options=Options, at_least=SLOW)
