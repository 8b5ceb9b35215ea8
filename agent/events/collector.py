"""Writes down what happens: when something begins to be the matter, and when it is over.

What lasts is kept in the ledger's file, so it is known across restarts. While the agent does not
run, nothing is seen; something that lasts before and after counts as one.
"""

from __future__ import annotations

import asyncio
import logging
import time
from collections.abc import Callable, Mapping, Sequence
from typing import ClassVar, Final, Literal, NamedTuple

from agent.events.watch import Matter, Watch
from agent.inventory.model import Inventory
from agent.ledger.clock import Steps
from agent.ledger.ledger import Ledger
from agent.ledger.store.database import StoreError
from agent.ledger.store.episodes import Episode
from agent.snapshot import LiveValues
from collectors.base import Reading, Schedule

log = logging.getLogger(__name__)

Cause = Literal["start", "reload"]


class Beginning(NamedTuple):
    """Why an agent began anew, and on which node."""

    node: str
    cause: Cause


GONE_SECONDS: Final = 3600.0
"""What nobody speaks of for so long after a start or a reload is over."""
_MOST_UNSAVED: Final = 10_000


class EventCollector:
    """Compares what is the matter in each round with what was in the round before."""

    name: ClassVar[str] = "events"
    device = ""

    def __init__(
        self,
        *,
        snapshot: LiveValues,
        hub: str,
        inventory: Inventory,
        ledger: Ledger,
        began: Beginning,
        clock: Callable[[], float] = time.time,
        monotonic: Callable[[], float] | None = None,
    ) -> None:
        self._watch: Final = Watch(snapshot, hub, inventory)
        self._ledger, self._clock = ledger, clock
        self._steps: Final = Steps(clock, monotonic)
        self._began = clock()
        self._unsaved = [
            Episode(self._began, "agent", "", "", began.node, began.cause, until=self._began)
        ]
        """What is still to be written; a failure is tried again in the next round."""
        self._open: dict[Matter, Episode] | None = None
        self._is_told = False
        """Whether it is in the log that the ledger fails."""
        self.schedule = Schedule(interval=15.0, timeout=15.0, max_samples=10)

    async def collect(self) -> Sequence[Reading]:
        """Write what began and what ended since the round before. There are no readings."""
        if self._open is None:
            self._open = await asyncio.to_thread(self._read_open)
            if self._open is None:
                return ()
        if moved := self._steps.moved():
            # What lasts is dated by the clock as it was, until its own collector's next round.
            self._began += moved
            return ()
        now = self._clock()
        self._unsaved += self._changes(self._open, self._watch.lasting(now), now)
        if self._unsaved:
            # A round that takes too long leaves its thread behind: that has a list of its own.
            if await asyncio.to_thread(self._save, list(self._unsaved)):
                self._unsaved.clear()
            else:
                del self._unsaved[:-_MOST_UNSAVED]
        return ()

    def _changes(
        self, known: dict[Matter, Episode], lasting: Mapping[Matter, float], now: float
    ) -> list[Episode]:
        """Return what began and what ended, and note it in `known`."""
        gone_too = now - self._began >= GONE_SECONDS
        over = self._watch.over(known.keys() - lasting.keys(), gone_too=gone_too)
        ended = [known.pop(one)._replace(until=now) for one in over]
        former = {one.subject: one.detail for one in ended if one.kind == "promise"}
        begun = []
        for matter, since in lasting.items():
            if matter not in known:
                was = former.get(matter.subject, "") if matter.kind == "promise" else ""
                known[matter] = one = Episode(since, *matter, former=was)
                begun.append(one)
        return [*ended, *begun]

    def _read_open(self) -> dict[Matter, Episode] | None:
        try:
            with self._ledger.reader.read() as tables:
                found = tables.episodes.open()
        except StoreError as error:
            self._tell(error)
            return None
        return {Matter(one.kind, one.site, one.row, one.subject, one.detail): one for one in found}

    def _save(self, waiting: Sequence[Episode]) -> bool:
        """Write episodes down; returns whether that is done."""
        try:
            with self._ledger.store.transaction() as tables:
                for one in waiting:
                    tables.episodes.save(one)
        except StoreError as error:
            self._tell(error)
            return False
        self._is_told = False
        return True

    def _tell(self, error: Exception) -> None:
        if not self._is_told:
            self._is_told = True
            log.warning("events: the ledger cannot be used (%s); tried again each round", error)
