"""Finds out what a device is and what can be read of it, and keeps that up to date.

A discovery needs many requests. So it has a place of its own among all devices, below readings, and
begins only at a device that answers. A device that was silent is asked who it is before it is read
on: another device is discovered anew, the same one is not.
"""

from __future__ import annotations

import asyncio
import logging
import math
from collections.abc import Mapping
from typing import TYPE_CHECKING, Final

from collectors.base import CollectError, Unreachable
from collectors.facility.snmp.about import About, Shared
from collectors.facility.snmp.channel import Channel
from collectors.facility.snmp.discover import (
    AUTO,
    Found,
    find,
    read,
    take_watched,
)
from collectors.facility.snmp.recall import recalled, remember
from collectors.facility.snmp.recognise import identify

if TYPE_CHECKING:
    from collectors.facility.snmp.profile import SnmpProfile
    from collectors.facility.snmp.program import Plan
    from collectors.facility.snmp.recognise import Identity

log: Final = logging.getLogger(__name__)

_MIN_DISCOVERY_AGE: Final = 60.0
"""The shortest time in seconds between two discoveries, however often a device changes."""
_MET_INTERVALS: Final = 0.5
_DISCOVERY_TIMEOUTS: Final = 24
"""The time limit of a discovery, as a multiple of the timeout of a round. A discovery needs many
requests, and rounds go on meanwhile."""


async def _who(channel: Channel, end: float) -> Identity:
    """Ask who answers, until a time of the loop's clock; raises Unreachable after it."""
    try:
        async with asyncio.timeout_at(end):
            return await identify(channel)
    except TimeoutError:
        channel.close()
        raise channel.silence from None


class Finder:
    """What is known of one device: who it is, its profile, and the plan of its rounds."""

    __slots__ = (
        "_about",
        "_answered_at",
        "_arc",
        "_discovered_at",
        "_identity",
        "_is_excused",
        "_probe",
        "_refresh",
        "_shared",
        "_task",
        "chosen",
        "max_oids",
        "plan",
        "profile",
        "stale",
        "waits_for_place",
        "was_silent",
    )

    def __init__(self, about: About, shared: Shared) -> None:
        self._about, self._shared = about, shared
        self.profile: SnmpProfile | None = about.named_profile(shared.library)
        self.chosen = ""
        """The name of the profile that was found to fit."""
        self.plan: Plan | None = None
        """The plan of its rounds; None until it has been discovered."""
        self.stale = False
        """Set where the device has other rows than the plan says."""
        self.was_silent = False
        """Set after a round without an answer: another device may answer in the next one."""
        self.waits_for_place = False
        self.max_oids = 0
        """How many objects the device takes in one request, as learned at discovery; 0: unknown."""
        self._identity: Identity | None = None
        self._answered_at = -math.inf
        """When it last said who it is, or what it has, by the loop's clock."""
        self._arc = ""
        self._is_excused = False
        self._refresh = shared.refresh_of(about.name)
        self._probe: Channel | None = None
        self._task: asyncio.Task[Plan] | None = None
        self._discovered_at = 0.0

    def channel(self) -> Channel:
        """Make a channel to the device, without I/O."""
        return self._about.channel(self.profile, self.max_oids)

    async def update(self, channel: Channel, end: float) -> bool:
        """Find out what is not known yet, until a time of the loop's clock.

        Returns whether the plan or the profile is another one. There may be no plan yet, though the
        device answers. Raises Unreachable, Refused or BadReply.
        """
        before = self.plan, self.profile
        self._take()
        loop = asyncio.get_running_loop()
        began = loop.time()
        if self._task is None and (self.was_silent or self._is_stranger(loop.time())):
            await self._meet(channel, end)
        if self.plan is None or self._is_stale(loop.time()):
            self._begin(loop)
        if self.plan is None and not self.waits_for_place:
            await self._await(end - loop.time(), silent=not self.has_answered_since(began))
        return self.plan is not before[0] or self.profile is not before[1]

    def has_answered_since(self, when: float) -> bool:
        """Tell whether it has said who it is, or what it has, since a time of the loop's clock."""
        return self._answered_at >= when

    def _is_stranger(self, now: float) -> bool:
        """Tell whether it is to be asked who it is, though it was not silent.

        One that waits for its discovery is asked in each round of its own, and not again when a
        place becomes free in between.
        """
        least = self._about.schedule.interval * _MET_INTERVALS
        return self.plan is None and now - self._answered_at > least

    async def _meet(self, channel: Channel, end: float) -> None:
        """Ask who answers, by one request: a silent device takes no place from one that answers."""
        self.was_silent = True
        identity = await _who(channel, end)
        self.was_silent = False
        if self.plan is not None and identity != self._identity:
            log.info("snmp %s: another device answers: %s", self._about.name, identity.description)
            self.plan, self.chosen = None, ""
        self._identity, self._answered_at = identity, asyncio.get_running_loop().time()
        if self.plan is None:
            self._recall(identity)

    def _recall(self, identity: Identity) -> None:
        """Make the plan of what the device answered in an earlier run, if that is known."""
        known = recalled(self._about, self._shared, identity)
        if known is None:
            return
        self.plan, self.chosen, self.profile = known.plan, known.name, known.profile
        self.max_oids, self._arc = known.answers.max_oids, known.answers.arc
        self._discovered_at = asyncio.get_running_loop().time()

    def _is_stale(self, now: float) -> bool:
        age = now - self._discovered_at
        return age > self._refresh or (self.stale and age > _MIN_DISCOVERY_AGE)

    def _begin(self, loop: asyncio.AbstractEventLoop) -> None:
        """Begin to discover the device if there is a place for it."""
        self.waits_for_place = False
        if self._task is not None:
            return
        if self._shared.places.take():
            self._task = loop.create_task(self._discover())
            self._task.add_done_callback(lambda _: self._shared.places.give_back())
        else:
            self.waits_for_place = self.plan is None

    async def _await(self, left: float, *, silent: bool) -> None:
        """Wait for the discovery; `silent` says that the device has not answered in this round."""
        assert self._task is not None
        task = self._task
        await asyncio.wait((task,), timeout=left)
        if task.done():
            self._take()
        elif self._probe is None or not self._probe.answered:
            # What is left of a round in which it said who it is: a silence is excused once.
            if silent or self._is_excused:
                await self._stop()
                raise self.channel().silence
            self._is_excused = True

    def _take(self) -> None:
        """Use the result of a finished discovery.

        A failed discovery raises only if there is no earlier plan.
        """
        task = self._task
        if task is None or not task.done():
            return
        self._task = None
        error = task.exception() if not task.cancelled() else Unreachable("stopped")
        if error is None:
            self.plan, self.stale, self._is_excused = task.result(), False, False
        elif self.plan is None or not isinstance(error, CollectError):
            raise error
        self._discovered_at = task.get_loop().time()

    async def _discover(self) -> Plan:
        # Discovery has its own channel, since rounds go on meanwhile and a session serves one task.
        self._probe = channel = self.channel()
        try:
            async with asyncio.timeout(self._about.schedule.timeout * _DISCOVERY_TIMEOUTS):
                found = await self._find(channel)
        except TimeoutError:
            raise Unreachable("discovery took too long") from None
        finally:
            channel.close()
        self._answered_at = asyncio.get_running_loop().time()
        if self.plan is None:
            log.info("snmp %s: %s", self._about.name, found)
        self.max_oids, self._arc = found.answers.max_oids, found.answers.arc
        if self._identity is not None:
            remember(self._about, self._shared, self._identity, found.answers)
        return found.plan

    async def _find(self, channel: Channel) -> Found:
        """Discover the device; recognise it first where it is not known yet."""
        about, library = self._about, self._shared.library
        recognised = about.config.profile == AUTO
        if self.chosen and self.profile is not None:
            found = await read(channel, self.profile, about.wanted, name=self.chosen, arc=self._arc)
            if found.plan.yields or not recognised:
                return found
        if self.plan is not None and recognised:
            # It was never silent, and is another device all the same.
            self._identity = await identify(channel)
        found = await find(channel, library, about.config.profile, about.wanted, self._identity)
        self.chosen, self.profile = found.name, found.profile
        return found

    def note(self, values: Mapping[str, object], *, whole: bool) -> None:
        """Note the answers of a round; `whole` says that an object is missing though all was asked.

        An object that is gone means other rows. One that was not answered in time means nothing.
        """
        assert self.plan is not None
        changed = take_watched(self.plan, values)
        self.stale = self.stale or whole or changed

    async def aclose(self) -> None:
        """Stop a running discovery, and write down what was found."""
        await self._stop()
        self._shared.memory.flush()

    async def _stop(self) -> None:
        task, self._task = self._task, None
        if task is not None and not task.done():
            task.cancel()
            await asyncio.gather(task, return_exceptions=True)
