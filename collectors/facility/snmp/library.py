"""The device profiles that there are, each loaded once."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

from collectors.facility import profile as profiles
from collectors.facility.snmp.branch import bound
from collectors.facility.snmp.profile import SnmpProfile, together


class Library:
    """The available profiles. Each is loaded once, when it is first needed.

    All devices of a config share one library.
    """

    def __init__(self, folder: Path | None = None) -> None:
        self.folder = folder
        self._loaded: dict[str, SnmpProfile] = {}
        self._together: dict[tuple[str, ...], SnmpProfile] = {}
        self._bound: dict[tuple[str, ...], SnmpProfile] = {}
        self._all = False

    def named(self, name: str, also: Sequence[str] = ()) -> SnmpProfile:
        """Return a profile, with the profiles that it names itself and those in `also` added.

        Raises ConfigError or Problems.
        """
        key = (name, *also)
        if key not in self._together:
            names = dict.fromkeys((name, *self._single(name).also, *also))
            self._together[key] = together([self._single(one) for one in names])
        return self._together[key]

    def bound(self, name: str, arc: str, also: Sequence[str] = ()) -> SnmpProfile:
        """Return a profile for a device with this number in place of `*`."""
        key = (arc, name, *also)
        if key not in self._bound:
            self._bound[key] = bound(self.named(name, also), arc)
        return self._bound[key]

    def _single(self, name: str) -> SnmpProfile:
        if name not in self._loaded:
            self._loaded[name] = profiles.load(name, "snmp", SnmpProfile, self.folder)
        return self._loaded[name]

    def all(self) -> dict[str, SnmpProfile]:
        """Return every SNMP profile by name; raises Problems."""
        if not self._all:
            for name, found in profiles.load_all("snmp", SnmpProfile, self.folder):
                self._loaded.setdefault(name, found)
            self._all = True
        return self._loaded
