"""Polls one SNMP device.

The device is discovered once, and again from time to time. The rounds in between only GET objects
that are already known.
"""

from __future__ import annotations

import asyncio
import logging
import math
import zlib
from collections import Counter
from collections.abc import Mapping
from typing import TYPE_CHECKING, ClassVar, Final

from collectors.base import BadReply, CollectError, Reading, Schedule, Series, Unreachable
from collectors.facility.snmp.channel import Channel, Secrets
from collectors.facility.snmp.discover import AUTO, SYS_UPTIME, Found, Wanted, discover, find
from collectors.facility.snmp.linked import Units

if TYPE_CHECKING:
    from collectors.facility.naming import Naming
    from collectors.facility.snmp.config import DeviceConfig
    from collectors.facility.snmp.detail import Depth
    from collectors.facility.snmp.library import Library
    from collectors.facility.snmp.plan import Plan
    from collectors.facility.snmp.profile import SnmpProfile
    from collectors.judge import Refusal

log: Final = logging.getLogger(__name__)

_MIN_DISCOVERY_AGE: Final = 60.0
"""The shortest time in seconds between two discoveries, however often a device changes."""
_DISCOVERY_TIMEOUTS: Final = 24
"""The time limit of a discovery, as a multiple of the timeout of a round. A discovery needs many
requests, and rounds go on meanwhile."""


class SnmpCollector:
    """Polls one SNMP device."""

    # Slots save memory: a gateway may have tens of thousands of these.
    __slots__ = (
        "__weakref__",
        "_channel",
        "_depth",
        "_discovered_at",
        "_discovery",
        "_library",
        "_naming",
        "_plan",
        "_probe",
        "_profile",
        "_refresh",
        "_secrets",
        "_slow_at",
        "_slow_read",
        "_stale",
        "_units",
        "chosen",
        "config",
        "dropped",
        "schedule",
        "slow_interval",
    )

    name: ClassVar[str] = "snmp"

    def __init__(
        self,
        *,
        config: DeviceConfig,
        schedule: Schedule,
        secrets: Secrets,
        library: Library,
        naming: Naming,
        depth: Depth,
        refresh: float = 600.0,
    ) -> None:
        self.config, self.schedule = config, schedule
        self.dropped: Counter[str] = Counter()
        self._library, self._naming, self._secrets = library, naming, secrets
        self._profile = (
            None if config.profile == AUTO else library.named(config.profile, config.also)
        )
        # Each device has its own period, so that a thousand devices that started together are not
        # all discovered again at the same time.
        self._refresh = refresh * (1 + zlib.crc32(naming.name.encode()) % 256 / 512)
        self._channel = self._make_channel()
        self._depth = depth
        self.slow_interval = depth.slow_interval
        self._slow_read: list[Reading] = []
        self._slow_at = -math.inf
        self._probe: Channel | None = None
        self._plan: Plan | None = None
        self._discovery: asyncio.Task[Plan] | None = None
        self._discovered_at = 0.0
        self._stale = False
        self.chosen = ""
        self._units = Units(None, naming, ())
        self._units = self._units_of(None)

    @property
    def device(self) -> str:
        """The operator's name of the device."""
        return self._naming.name

    @property
    def profile(self) -> SnmpProfile | None:
        """Its profile; None until it is known."""
        return self._profile

    @property
    def notice(self) -> str:
        """That its readings come from a standard MIB, since no profile of its maker fits."""
        if self._profile is None or not self._profile.generic or self.config.profile != AUTO:
            return ""
        return (
            f"read by the generic profile {self.chosen} ({self._profile.title}): no profile of a"
            " maker fits"
        )

    @property
    def shared_notice(self) -> str:
        """That the default leaves outlets out; the same for all devices that it concerns."""
        return self._depth.notice

    def take_slow(self) -> list[Reading]:
        """Return the slow readings of the last round, once; empty if it read none."""
        readings, self._slow_read = self._slow_read, []
        return readings

    @property
    def plan(self) -> Plan | None:
        """The plan of its rounds; None until it has been discovered."""
        return self._plan

    @property
    def refused(self) -> tuple[Refusal, ...]:
        """The readings of the last round that were refused."""
        return self._plan.refused if self._plan else ()

    @property
    def linked_names(self) -> tuple[str, ...]:
        """The names of its linked units from the config. Without one, a unit is `name/2`."""
        return tuple(unit.name for unit in self.config.linked.values() if unit.name)

    @property
    def register_rollovers(self) -> Mapping[Series, float]:
        """The value at which each energy register wraps, in the metric's base unit.

        Registers of unknown width are left out.
        """
        return self._plan.spans if self._plan else {}

    @property
    def up_series(self) -> tuple[Series, ...]:
        """Whether the device and each linked unit answers; empty until its kind is known."""
        return self._units.up_series

    def _units_of(self, plan: Plan | None) -> Units:
        kind = self.config.kind or (self._profile.kind if self._profile else None)
        series = plan.series() if plan else ()
        return Units(kind, self._naming, self.config.linked, series, self._units)

    def _make_channel(self) -> Channel:
        most = self.config.max_oids or (self._profile.max_oids if self._profile else 24)
        return Channel(
            self.config.address, self._secrets, timeout=self.schedule.timeout * 0.9, max_oids=most
        )

    async def collect(self) -> list[Reading]:
        """Read the device once; raises Unreachable, Refused or BadReply."""
        loop = asyncio.get_running_loop()
        # A little less than the timeout, so that answers received in time are still returned.
        end = loop.time() + self.schedule.timeout * 0.95
        self._take_discovery()
        self._units.begin()
        if self._plan is None or self._is_stale(loop.time()):
            self._discovery = self._discovery or loop.create_task(self._discover())
        if self._plan is None:
            await self._await_discovery(end - loop.time())
        if self._plan is None:
            return self._units.own()  # it answers; the discovery of its many rows is not done yet
        return await self._round(self._plan, end)

    def _is_stale(self, now: float) -> bool:
        age = now - self._discovered_at
        return age > self._refresh or (self._stale and age > _MIN_DISCOVERY_AGE)

    async def _await_discovery(self, left: float) -> None:
        assert self._discovery is not None
        task = self._discovery
        await asyncio.wait((task,), timeout=left)
        if task.done():
            self._take_discovery(first=True)
        elif not self._heard():
            await self.aclose()
            raise self._channel.silence

    def _heard(self) -> bool:
        return self._probe is not None and self._probe.answered

    def _take_discovery(self, *, first: bool = False) -> None:
        """Use the result of a finished discovery.

        A failed discovery raises only if there is no earlier plan.
        """
        task = self._discovery
        if task is None or not task.done():
            return
        self._discovery = None
        error = task.exception() if not task.cancelled() else Unreachable("stopped")
        if error is None:
            self._plan = task.result()
            self._units = self._units_of(self._plan)
            self._stale = False
            self.dropped += self._plan.dropped
        elif first or not isinstance(error, CollectError):
            raise error
        self._discovered_at = task.get_loop().time()

    async def _discover(self) -> Plan:
        # Discovery has its own channel, since rounds go on meanwhile and a session serves one task.
        self._probe = channel = self._make_channel()
        try:
            async with asyncio.timeout(self.schedule.timeout * _DISCOVERY_TIMEOUTS):
                found = await self._find(channel)
        except TimeoutError:
            raise Unreachable("discovery took too long") from None
        finally:
            channel.close()
        if self._plan is None:
            log.info(
                "snmp %s: %s (profile %s), %d readings",
                self.device,
                found.profile.title,
                found.name,
                len(found.plan.points),
            )
        self._channel.max_oids = channel.max_oids
        return found.plan

    async def _find(self, channel: Channel) -> Found:
        """Discover the device; recognise it first where it is not known yet."""
        wanted = Wanted(
            naming=self._naming,
            depth=self._depth,
            kind=self.config.kind,
            limit=self.schedule.max_samples,
            chosen_rows=self.config.interfaces,
            also=self.config.also,
        )
        if self.chosen and self._profile is not None:
            plan = await discover(channel, self._profile, wanted)
            if plan.yields or self.config.profile != AUTO:
                return Found(name=self.chosen, profile=self._profile, plan=plan)
        found = await find(channel, self._library, self.config.profile, wanted)
        self.chosen, self._profile = found.name, found.profile
        if self._plan is None:
            self._units = self._units_of(None)
        self._channel.close()
        self._channel = self._make_channel()
        return found

    async def _round(self, plan: Plan, end: float) -> list[Reading]:
        try:
            slow = self._slow_part(plan)
            oids = plan.oids if slow is None else (*plan.oids, *slow.oids)
            values = await self._ask(oids, end)
        except CollectError:
            self._stale = True  # after an outage another device may answer
            raise
        if len(values) < len(oids):
            self._stale = True
        for oid, before in plan.watched.items():
            now = values.get(oid, before)
            # An uptime that decreased means a restart (sysUpTime, RFC 3418). After it, rows may have
            # other indices.
            if (
                now != before
                if oid != SYS_UPTIME
                else isinstance(now, int) and isinstance(before, int) and now < before
            ):
                self._stale = True
            plan.watched[oid] = now
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
            raise BadReply("the device answers, but has none of the objects of its profile")
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

    async def _ask(self, oids: tuple[str, ...], end: float) -> Mapping[str, object]:
        """Get every object. Answers received before a timeout are kept."""
        channel = self._channel
        values: dict[str, object] = {}
        try:
            async with asyncio.timeout_at(end):
                if len(oids) <= channel.max_oids:
                    values = await channel.get(oids)
                else:
                    values = some = {}
                    first = 0
                    while first < len(oids):
                        size = channel.max_oids  # a request may make it smaller
                        some.update(await channel.get(oids[first : first + size]))
                        first += size
        except TimeoutError:
            channel.close()
            if not values:
                raise Unreachable("no answer in time") from None
        except CollectError:
            if not values:
                raise
        if len(values) < len(oids):
            self.dropped["unanswered"] += len(oids) - len(values)
        return values

    async def aclose(self) -> None:
        """Stop a running discovery and close the sockets."""
        task, self._discovery = self._discovery, None
        if task is not None and not task.done():
            task.cancel()
            await asyncio.gather(task, return_exceptions=True)
        self._channel.close()
