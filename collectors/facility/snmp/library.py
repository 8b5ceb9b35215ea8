"""The device profiles that there are, each loaded once."""

from __future__ import annotations

import contextlib
import functools
import hashlib
from collections.abc import Mapping, Sequence
from dataclasses import replace
from importlib import metadata
from pathlib import Path
from typing import Final

import yaml

from collectors.facility import profile as profiles
from collectors.facility.snmp.branch import bound
from collectors.facility.snmp.detail import Detail
from collectors.facility.snmp.profile import Match, SnmpProfile, together
from collectors.facility.snmp.recognise import Head, Identity, candidates
from collectors.paths import is_regular
from collectors.strict import Document

_MOST_IDENTITIES: Final = 256


def head_of(profile: SnmpProfile) -> Head:
    """Return the part of an operator's profile that decides whether it fits a device."""
    return Head(match=profile.match, generic=profile.generic, own=True)


@functools.cache
def _packaged_head(path: Path) -> Head | None:
    """Return the head of a packaged profile without reading all of it; None for other protocols."""
    document = Document(path)
    if profiles.protocol_of(document) != "snmp":
        return None
    assert isinstance(document.root, yaml.MappingNode)
    nodes = {str(key.value): value for key, value in document.pairs(document.root)}
    return Head(
        match=document.convert(nodes["match"], Match, "match") if "match" in nodes else None,
        generic="generic" in nodes and document.convert(nodes["generic"], bool, "generic"),
    )


@functools.cache
def _packaged(name: str) -> SnmpProfile:
    """Return a packaged profile, which never changes while the program runs."""
    return profiles.load(name, "snmp", SnmpProfile)


class Library:
    """The available profiles. Each is loaded once, when it is first needed.

    All devices of a config share one library.
    """

    def __init__(
        self, folder: Path | None = None, details: Mapping[str, Detail] | None = None
    ) -> None:
        """`details` says by a profile's name how much is read of its devices."""
        self.folder = folder
        self._details = details or {}
        self._loaded: dict[str, SnmpProfile] = {}
        self._together: dict[tuple[str, ...], SnmpProfile] = {}
        self._bound: dict[tuple[str, ...], SnmpProfile] = {}
        self._heads: dict[str, Head] = {}
        self._candidates: dict[Identity, list[tuple[str, int]]] = {}

    @functools.cached_property
    def version(self) -> str:
        """A text that is another one as soon as any profile, or the program, is another one."""
        digest = hashlib.sha256(metadata.version("hubgauge").encode())
        for name, path in sorted(profiles.paths(self.folder).items()):
            digest.update(name.encode())
            with contextlib.suppress(OSError):  # it is told where the profile is read
                digest.update(path.read_bytes())
        return digest.hexdigest()

    def named(self, name: str, also: Sequence[str] = ()) -> SnmpProfile:
        """Return a profile, with the profiles that it names itself and those in `also` added.

        Raises ConfigError or Problems.
        """
        key = (name, *also)
        if key not in self._together:
            names = dict.fromkeys((name, *self._single(name).also, *also))
            whole = together([self._single(one) for one in names])
            detail = self._details.get(name, whole.detail)
            self._together[key] = replace(whole, detail=detail)
        return self._together[key]

    def bound(self, name: str, arc: str, also: Sequence[str] = ()) -> SnmpProfile:
        """Return a profile for a device with this number in place of `*`."""
        key = (arc, name, *also)
        if key not in self._bound:
            self._bound[key] = bound(self.named(name, also), arc)
        return self._bound[key]

    def _single(self, name: str) -> SnmpProfile:
        if name not in self._loaded:
            own = self.folder is not None and is_regular(self.folder / f"{name}.yaml")
            self._loaded[name] = (
                profiles.load(name, "snmp", SnmpProfile, self.folder) if own else _packaged(name)
            )
        return self._loaded[name]

    def heads(self) -> Mapping[str, Head]:
        """Return how each SNMP profile is recognised, by its name; raises Problems.

        Packaged profiles are not read whole for this. The operator's own are, so that each of their
        mistakes is told at once.
        """
        if not self._heads:
            for name, path in profiles.paths(self.folder).items():
                if path.parent == profiles.PACKAGED:
                    head = _packaged_head(path)
                else:
                    spoken = profiles.protocol_of(Document(path))
                    head = head_of(self._single(name)) if spoken == "snmp" else None
                if head is not None:
                    self._heads[name] = head
        return self._heads

    def candidates(self, identity: Identity) -> Sequence[tuple[str, int]]:
        """Return the profiles that may fit a device with how they fit, with the best one first.

        A hub has many devices that say the same of themselves.
        """
        found = self._candidates.get(identity)
        if found is None:
            if len(self._candidates) >= _MOST_IDENTITIES:
                self._candidates.clear()
            found = self._candidates[identity] = candidates(identity, self.heads())
        return found

    def all(self) -> dict[str, SnmpProfile]:
        """Return every SNMP profile by name; raises Problems."""
        return {name: self._single(name) for name in self.heads()}
