"""Discovers a device: its profile, its rows, and the plan of its rounds."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Final

from collectors.base import BadReply
from collectors.facility import profile as profiles
from collectors.facility.snmp.plan import Plan, plan
from collectors.facility.snmp.point import text_of
from collectors.facility.snmp.profile import SnmpProfile, together
from collectors.facility.snmp.rows import Rows, columns_to_walk, objects_to_get

if TYPE_CHECKING:
    import re

    from collectors.facility.naming import Naming
    from collectors.facility.snmp.channel import Channel

SYS_DESCR: Final = "1.3.6.1.2.1.1.1.0"
SYS_OBJECT_ID: Final = "1.3.6.1.2.1.1.2.0"
SYS_UPTIME: Final = "1.3.6.1.2.1.1.3.0"


class Library:
    """The available profiles. Each is loaded once, when it is first needed.

    All devices of a config share one library.
    """

    def __init__(self, folder: Path | None = None) -> None:
        self.folder = folder
        self._loaded: dict[str, SnmpProfile] = {}
        self._together: dict[tuple[str, ...], SnmpProfile] = {}
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


@dataclass(frozen=True, slots=True, kw_only=True)
class Identity:
    """The type of a device, as the device reports it."""

    object_id: str
    description: str


async def identify(channel: Channel) -> Identity:
    """Read the type of a device (SNMPv2-MIB, RFC 3418)."""
    said = await channel.get((SYS_OBJECT_ID, SYS_DESCR))
    return Identity(
        object_id=text_of(said.get(SYS_OBJECT_ID)).strip("."),
        description=text_of(said.get(SYS_DESCR)),
    )


async def choose(
    channel: Channel, library: Library, also: Sequence[str] = ()
) -> tuple[str, SnmpProfile]:
    """Return the name and the profile that fit a device; raises BadReply if none fits."""
    identity = await identify(channel)
    fitting = candidates(identity, library.all())
    for name, found in fitting:
        if (
            found.match is None
            or found.match.probe is None
            or await _has(channel, found.match.probe)
        ):
            return name, library.named(name, also)
    what = identity.description[:80].replace("\n", " ").replace("\r", " ")
    raise BadReply(
        f"no profile fits sysObjectID {identity.object_id or '(none)'} ({what}); give a profile in"
        " the config, or write one"
    )


async def _has(channel: Channel, probe: str) -> bool:
    return bool(await channel.first_beneath(probe) or await channel.get((probe,)))


def candidates(identity: Identity, known: dict[str, SnmpProfile]) -> list[tuple[str, SnmpProfile]]:
    """Return the profiles whose prefix fits, with the best one first.

    The longest prefix comes first. Among equal prefixes, profiles that others name in `after` come
    first, then those with a probe, then those with a pattern for sysDescr, then by name.
    """
    ranked = []
    for name, found in known.items():
        match = found.match
        if match is None or (match.sys_descr and not match.sys_descr.search(identity.description)):
            continue
        lengths = [
            len(p.split("."))
            for p in match.sys_object_id
            if f"{identity.object_id}.".startswith(f"{p}.")
        ]
        if lengths:
            ranked.append(
                (
                    -max(lengths),
                    _rank(name, known),
                    match.probe is None,
                    match.sys_descr is None,
                    name,
                    found,
                )
            )
    return [(name, found) for *_, name, found in sorted(ranked, key=lambda entry: entry[:5])]


def _rank(name: str, known: dict[str, SnmpProfile], below: frozenset[str] = frozenset()) -> int:
    """Return the length of the longest chain of profiles that are tried before this one.

    A profile that is already in the chain is not counted again.
    """
    match = known[name].match if name in known else None
    before = [] if match is None else [one for one in match.after if one not in below]
    return max((1 + _rank(one, known, below | {name}) for one in before), default=0)


async def discover(
    channel: Channel,
    profile: SnmpProfile,
    naming: Naming,
    levels: frozenset[str],
    limit: int = 100_000,
    chosen_rows: re.Pattern[str] | None = None,
) -> Plan:
    """Read the rows of a device and their descriptions, and make the plan of its rounds."""
    rows = Rows()
    for column in columns_to_walk(profile, levels):
        rows.columns[column] = await channel.walk(column)
    rows.objects = await channel.get(objects_to_get(profile, rows, levels))
    made = plan(profile, rows, naming, levels, limit, chosen_rows)
    made.watched = await channel.get((SYS_UPTIME, *profile.watch))
    made.oids += tuple(made.watched)
    return made
