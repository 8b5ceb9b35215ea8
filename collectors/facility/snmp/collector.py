"""Polls one SNMP device.

The device is discovered once, and again from time to time. The rounds in between only GET objects
that are already known.
"""

from __future__ import annotations

import asyncio
import math
from collections import Counter
from collections.abc import Mapping
from typing import TYPE_CHECKING, ClassVar

from collectors.base import BadReply, CollectError, Reading, Series, Unreachable
from collectors.facility.snmp.about import About, Shared
from collectors.facility.snmp.discover import AUTO
from collectors.facility.snmp.finder import Finder
from collectors.facility.snmp.linked import Units
from collectors.facility.snmp.round import Answered, ask_until

if TYPE_CHECKING:
    from collectors.facility.snmp.profile import SnmpProfile
    from collectors.facility.snmp.program import Plan
    from collectors.refusal import Refusal


class SnmpCollector:
    """Polls one SNMP device."""

    # Slots save memory: a gateway may have tens of thousands of these.
    __slots__ = (
        "__weakref__",
        "_about",
        "_channel",
        "_finder",
        "_is_cut_short",
        "_is_excused",
        "_slow_at",
        "_slow_read",
        "_units",
        "config",
        "dropped",
        "keeps_socket",
        "schedule",
        "slow_interval",
    )

    name: ClassVar[str] = "snmp"

    def __init__(self, about: About, shared: Shared) -> None:
        self.config, self.schedule = about.config, about.schedule
        self.dropped: Counter[str] = Counter()
        self.keeps_socket = True
        """Whether its socket stays open between two rounds."""
        self._about = about
        self._finder = Finder(about, shared)
        self._channel = self._finder.channel()
        self.slow_interval = about.depth.slow_interval
        self._slow_read: list[Reading] = []
        self._slow_at = -math.inf
        self._is_cut_short = self._is_excused = False
        self._units = Units(None, about.naming, ())
        self._units = self._units_of(None)

    @property
    def device(self) -> str:
        """The operator's name of the device."""
        return self._about.name

    @property
    def profile(self) -> SnmpProfile | None:
        """Its profile; None until it is known."""
        return self._finder.profile

    @property
    def notice(self) -> str:
        """A note that it is read by a standard MIB, since no profile of its maker fits."""
        recognised = self.profile if self.config.profile == AUTO else None
        return _notice(self.chosen, recognised) if recognised and recognised.generic else ""

    @property
    def chosen(self) -> str:
        """The name of the profile that was found to fit; empty until then."""
        return self._finder.chosen

    @property
    def shared_notice(self) -> str:
        """A note that the default leaves outlets out; all devices concerned have the same."""
        return self._about.depth.notice

    def take_slow(self) -> list[Reading]:
        """Return the slow readings of the last round, once; empty if it read none."""
        readings, self._slow_read = self._slow_read, []
        return readings

    @property
    def plan(self) -> Plan | None:
        """The plan of its rounds; None until it has been discovered."""
        return self._finder.plan

    @property
    def discovered(self) -> bool:
        """Whether the plan of its rounds is known, and the last round had time to read by it."""
        return self._finder.plan is not None and not self._is_cut_short

    @property
    def waits_for_place(self) -> bool:
        """Whether the last round found no place for the discovery."""
        return self._finder.waits_for_place

    @property
    def refused(self) -> tuple[Refusal, ...]:
        """The readings of the last round that were refused."""
        return self.plan.refused if self.plan else ()

    @property
    def linked_names(self) -> tuple[str, ...]:
        """The names of its linked units from the config. Without one, a unit is `name/2`."""
        return tuple(unit.name for unit in self.config.linked.values() if unit.name)

    @property
    def register_rollovers(self) -> Mapping[Series, float]:
        """The value at which each energy register wraps, in the metric's base unit.

        Registers of unknown width are left out.
        """
        return self.plan.spans if self.plan else {}

    @property
    def up_series(self) -> tuple[Series, ...]:
        """Whether the device and each linked unit answers; empty until its kind is known."""
        return self._units.up_series

    def _units_of(self, plan: Plan | None) -> Units:
        kind = self.config.kind or (self.profile.kind if self.profile else None)
        series = plan.linked() if plan else ()
        return Units(kind, self._about.naming, self.config.linked, series, self._units)

    async def collect(self) -> list[Reading]:
        """Read the device once; raises Unreachable, Refused, BadReply or Late."""
        try:
            return await self._read()
        finally:
            if not self.keeps_socket:
                self._channel.close()

    async def _read(self) -> list[Reading]:
        # A little less than the timeout, so that answers received in time are still returned.
        began = asyncio.get_running_loop().time()
        end = began + self.schedule.timeout * 0.95
        self._units.begin()
        before = self.plan
        if await self._finder.update(self._channel, end):
            self._units = self._units_of(self.plan)
            self._channel.close()
            self._channel = self._finder.channel()
        if self.plan is None:
            return self._units.own()  # it answers; the discovery of its many rows is not done yet
        if self.plan is not before:
            self.dropped += self.plan.dropped
        self._is_cut_short = asyncio.get_running_loop().time() >= end
        if self._is_cut_short:
            return self._units.own()  # it answers; its discovery has taken the time of this round
        try:
            return await self._round(self.plan, end)
        except Unreachable:
            # Who it is took a part of this round's time, so it had less than its whole time-out to
            # give its readings. In the next round it has: so a silence is excused once.
            if self._is_excused or not self._finder.has_answered_since(began):
                self._finder.was_silent = True
                raise
            self._is_excused = self._is_cut_short = True
            return self._units.own()

    async def _round(self, plan: Plan, end: float) -> list[Reading]:
        try:
            slow = self._slow_part(plan)
            oids = plan.oids if slow is None else (*plan.oids, *slow.oids)
            values, whole = await self._ask(oids, end)
        except Unreachable:
            raise
        except CollectError:
            self._finder.was_silent = True  # after an outage another device may answer
            raise
        readings = plan.decode(values, self.dropped)
        if slow is not None:
            self._slow_read = slow.decode(values, self.dropped)
            if self._slow_read:
                self._slow_at = asyncio.get_running_loop().time()
        if not (
            readings
            or self._slow_read
            or plan.constants
            or any(oid in values for oid in oids if oid not in plan.watched)
        ):
            if not whole:
                raise Unreachable("no answer in time")
            raise BadReply("the device answers, but has none of the objects of its profile")
        self._is_excused = False
        units = self._units.readings((*readings, *self._slow_read))
        readings += plan.constants
        readings += units
        return readings

    def _slow_part(self, plan: Plan) -> Plan | None:
        """Return the plan of the slow readings if their interval is over."""
        now = asyncio.get_running_loop().time()
        # Rounds come a little early or late, so half a round before its time is its time.
        if (
            plan.slow is None
            or now < self._slow_at + self.slow_interval - self.schedule.interval / 2
        ):
            return None
        return plan.slow

    async def _ask(self, oids: tuple[str, ...], end: float) -> Answered:
        """Get every object, until a time of the loop's clock, and note what has changed."""
        answered = await ask_until(self._channel, oids, end, self.dropped)
        missing = len(answered.values) < len(oids)
        self._finder.note(answered.values, whole=answered.whole and missing)
        return answered

    async def aclose(self) -> None:
        """Stop a running discovery and close the sockets."""
        await self._finder.aclose()
        self._channel.close()


def _notice(name: str, profile: SnmpProfile) -> str:
    return f"read by the generic profile {name} ({profile.title}): no profile of a maker fits"
