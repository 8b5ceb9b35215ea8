"""Finds the profiles that fit a device, by its sysObjectID and by what it answers.

A device's sysObjectID (RFC 3418) may be that of its maker's product, of the software on its card,
or of nothing at all. So a profile also names a probe: an object that only its table has. The
profiles with a fitting sysObjectID are tried first, then all others of the maker, then those of all
makers, then those of standard MIBs.
"""

from __future__ import annotations

from collections.abc import AsyncIterator, Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

from collectors.facility.snmp.branch import find_branch
from collectors.facility.snmp.point import text_of
from collectors.facility.snmp.probes import Probes
from collectors.facility.snmp.table import STAR

if TYPE_CHECKING:
    from collectors.facility.snmp.channel import Channel
    from collectors.facility.snmp.profile import Match

SYS_DESCR: Final = "1.3.6.1.2.1.1.1.0"
SYS_OBJECT_ID: Final = "1.3.6.1.2.1.1.2.0"
ENTERPRISES: Final = "1.3.6.1.4.1"

OWN, SAME_MAKER, ANY_MAKER, STANDARD = range(4)
"""How a profile fits: by its sysObjectID, by the maker, by its probe, by a standard MIB."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Head:
    """What of a profile decides whether it fits a device."""

    match: Match | None
    generic: bool
    own: bool = False
    """Whether it is the operator's own: of two that fit as well, it comes first."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Identity:
    """The type of a device, as the device reports it."""

    object_id: str
    description: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Fit:
    """A profile that fits a device. `arc` is the number in place of `*`; empty without `*`."""

    name: str
    arc: str = ""


async def identify(channel: Channel) -> Identity:
    """Read the type of a device (SNMPv2-MIB, RFC 3418)."""
    said = await channel.get((SYS_OBJECT_ID, SYS_DESCR))
    return Identity(
        object_id=text_of(said.get(SYS_OBJECT_ID)).strip("."),
        description=text_of(said.get(SYS_DESCR)),
    )


def maker_of(oid: str) -> str:
    """Return the enterprise number in an OID (RFC 2578, 1.3.6.1.4.1.N); empty if it has none."""
    return oid.removeprefix(f"{ENTERPRISES}.").split(".")[0] if is_private(oid) else ""


def is_private(oid: str) -> bool:
    """Tell whether an OID is in a maker's own branch."""
    return oid.startswith(f"{ENTERPRISES}.")


async def fitting(
    channel: Channel, order: Sequence[tuple[str, int]], known: Mapping[str, Head]
) -> AsyncIterator[Fit]:
    """Yield the profiles that fit a device, with the best one first; `order` are the candidates.

    A probe is asked only when its profile's turn comes.
    """
    probes = Probes(channel)
    swept = False
    for name, tier in order:
        match = known[name].match
        if tier >= ANY_MAKER and not swept:
            swept = True
            await probes.sweep(
                oid for one, far in order if far >= ANY_MAKER for oid in _plain_probes(known[one])
            )
        if match is None or not match.probes:
            yield Fit(name=name)
        for probe in match.probes if match else ():
            if STAR in probe:
                arc = await find_branch(channel, probe)
                if arc is not None:
                    yield Fit(name=name, arc=arc)
                    break
            elif await probes.has(probe, exactly=tier == OWN):
                yield Fit(name=name)
                break


def candidates(identity: Identity, known: Mapping[str, Head]) -> list[tuple[str, int]]:
    """Return the profiles that may fit with how they fit, with the best one first.

    Of one kind of fit, the longest prefix of the sysObjectID comes first. Among equal prefixes, the
    operator's own profiles come first, then profiles that others name in `after`, then those with a
    probe, then those with a pattern for sysDescr, then by name.
    """
    ranked = []
    for name, found in known.items():
        match = found.match
        if match is None or (match.sys_descr and not match.sys_descr.search(identity.description)):
            continue
        length = prefix(identity.object_id, match)
        tier = _tier(identity, match, length, generic=found.generic)
        if tier is not None:
            order = (
                tier,
                -length,
                not found.own,
                _rank(name, known),
                not match.probes,
                not match.sys_descr,
            )
            ranked.append((order, name, tier))
    return [(name, tier) for _, name, tier in sorted(ranked)]


def _plain_probes(profile: Head) -> list[str]:
    """Return a profile's probes, as far as their first `*`."""
    probes = profile.match.probes if profile.match else ()
    return [probe.partition(f".{STAR}")[0] for probe in probes]


def prefix(object_id: str, match: Match) -> int:
    """Return the number of parts of the longest prefix of a sysObjectID; 0 if none fits."""
    lengths = [
        len(one.split(".")) for one in match.sys_object_id if f"{object_id}.".startswith(f"{one}.")
    ]
    return max(lengths, default=0)


def _tier(identity: Identity, match: Match, length: int, *, generic: bool) -> int | None:
    if generic:
        return STANDARD if match.probes else None
    if length:
        return OWN
    if not match.probes or not all(map(is_private, match.probes)):
        return None  # others answer the same object of a standard MIB
    makers = {maker_of(one) for one in (*match.sys_object_id, *match.probes)}
    return SAME_MAKER if maker_of(identity.object_id) in makers else ANY_MAKER


def _rank(name: str, known: Mapping[str, Head], below: frozenset[str] = frozenset()) -> int:
    """Return the length of the longest chain of profiles that are tried before this one.

    A profile that is already in the chain is not counted again.
    """
    match = known[name].match if name in known else None
    before = [] if match is None else [one for one in match.after if one not in below]
    return max((1 + _rank(one, known, below | {name}) for one in before), default=0)
