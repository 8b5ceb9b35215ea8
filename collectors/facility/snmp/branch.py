"""A maker who gives each product a branch of its own, with the same tables beneath it.

A profile of such a maker has `*` in place of the product's number. The number is learned from the
device: it is that of the branch which has what the profile probes.
"""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Final

from collectors.facility.snmp.table import STAR, Column, Table

if TYPE_CHECKING:
    from collectors.facility.snmp.channel import Channel
    from collectors.facility.snmp.profile import SnmpProfile

_BRANCHES: Final = 16
"""The most branches of a maker that are asked."""


def starred(profile: SnmpProfile) -> str:
    """Return the first OID of a profile that has `*` in it; empty if none has."""
    probes = profile.match.probes if profile.match else ()
    oids = [*probes, *(table.oid for table in profile.tables.values())]
    oids += [oid for one in profile.readings for oid in (one.oid, one.column)]
    return next((oid for oid in oids if STAR in oid), "")


async def find_branch(channel: Channel, oid: str) -> str | None:
    """Return the number for `*` with which a device has an OID, or something beneath it."""
    before, _, after = oid.partition(f".{STAR}")
    at = before
    for _ in range(_BRANCHES):
        following = await channel.next(at)
        if following is None or not following.startswith(f"{before}."):
            return None
        arc = following[len(before) + 1 :].split(".")[0]
        wanted = f"{before}.{arc}{after}"
        if await has(channel, wanted):
            return arc
        at = f"{before}.{int(arc) + 1}"
    return None


async def has(channel: Channel, oid: str) -> bool:
    """Tell whether a device has an object, or one beneath it."""
    following = await channel.next(oid.removesuffix(".0"))
    if following is not None and f"{following}.".startswith(f"{oid}."):
        return True
    return bool(await channel.get((oid,)))


def bound(profile: SnmpProfile, arc: str) -> SnmpProfile:
    """Return a profile with the number in place of every `*`."""

    def put(oid: str) -> str:
        return oid.replace(STAR, arc)

    def column(of: str | Column) -> str | Column:
        return replace(of, oid=put(of.oid)) if isinstance(of, Column) else put(of)

    def table(of: Table) -> Table:
        columns = {name: column(one) for name, one in of.columns.items()}
        return replace(of, oid=put(of.oid), columns=columns)

    return replace(
        profile,
        watch=[put(oid) for oid in profile.watch],
        left_out={put(oid): why for oid, why in profile.left_out.items()},
        tables={name: table(one) for name, one in profile.tables.items()},
        readings=[
            replace(one, oid=put(one.oid), column=put(one.column)) for one in profile.readings
        ],
    )
