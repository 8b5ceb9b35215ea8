"""The collector `inventory`: reads NetBox when it is due, off the event loop, and says how that goes.

NetBox may take minutes, so a round never waits for it longer than a moment: the first one, so that an agent that has nothing kept
begins with what a quick NetBox says, and later ones not at all. A reading that fails is tried again sooner than the next is due.
"""

from __future__ import annotations

import asyncio
import logging
import time
from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING, ClassVar, Final

from agent.inventory.netbox.client import Client
from agent.inventory.netbox.source import Kept, Reading, refresh
from collectors.base import Reading as Sample
from collectors.base import Schedule
from collectors.catalogue.agent import INVENTORY_PROBLEMS

if TYPE_CHECKING:
    from agent.inventory.netbox.config import InventorySource, Owner

log = logging.getLogger(__name__)

_PATIENCE: Final = 3.0
_RETRY: Final = 120.0
_SHOWN: Final = 5


class NetBoxCollector:
    """Keeps the inventory of NetBox fresh; `changed` is called, on the event loop, when what it says is another than before."""

    name: ClassVar[str] = "inventory"
    device = "netbox"

    def __init__(
        self,
        file: Owner,
        source: InventorySource,
        *,
        changed: Callable[[], None],
        clock: Callable[[], float] = time.time,
    ) -> None:
        self._file, self._source, self._changed, self._clock = file, source, changed, clock
        interval = min(30.0, source.netbox.refresh)
        self.schedule = Schedule(interval=interval, timeout=2 * _PATIENCE)
        self._kept = Kept(file.state_dir, source.netbox, file.hub).load()
        self._client: Client | None = None
        self._task: asyncio.Task[Reading] | None = None
        self._error: Exception | None = None
        self._due = 0.0
        if self._kept is not None and self._kept.inventory.read_at is not None:
            self._due = min(self._kept.inventory.read_at, clock()) + source.netbox.refresh
        self._problems = INVENTORY_PROBLEMS.series("netbox")

    async def collect(self) -> Sequence[Sample]:
        """Say how the last reading went; raises what it ended by. Begins another where one is due."""
        if self._task is None and self._clock() >= self._due:
            self._client = Client(self._source.netbox)
            self._task = asyncio.create_task(
                asyncio.to_thread(refresh, self._file, self._source, self._client)
            )
            await asyncio.wait({self._task}, timeout=_PATIENCE)
        self._take()
        if self._error is not None:
            raise self._error
        return [(self._problems, float(self._kept.skipped))] if self._kept is not None else []

    def _take(self) -> None:
        """Take a reading that has ended."""
        task = self._task
        if task is None or not task.done():
            return
        self._task = self._client = None
        error = task.exception() if not task.cancelled() else asyncio.CancelledError()
        if error is not None:
            self._error = error if isinstance(error, Exception) else RuntimeError("it was ended")
            self._due = self._clock() + min(_RETRY, self._source.netbox.refresh)
            return
        before, self._kept, self._error = self._kept, task.result(), None
        self._due = self._clock() + self._source.netbox.refresh
        self._tell_problems(before)
        if before is None or _content(before) != _content(self._kept):
            self._changed()

    def _tell_problems(self, before: Reading | None) -> None:
        """Log what NetBox has that cannot be used, once for each set of it."""
        found = self._kept
        if (
            found is None
            or not found.problems
            or (before is not None and before.problems == found.problems)
        ):
            return
        for problem in found.problems[:_SHOWN]:
            log.warning("inventory: netbox: %s", problem)
        if found.skipped > _SHOWN:
            log.warning(
                "inventory: netbox: and %d more; `hubgauge inventory` lists them",
                found.skipped - _SHOWN,
            )

    async def aclose(self) -> None:
        """End a reading that is under way."""
        if self._client is not None:
            self._client.close()
        if self._task is not None:
            # Nobody asks how it ended, and asyncio would log that nobody did.
            self._task.add_done_callback(lambda task: task.cancelled() or task.exception())
            await asyncio.wait({self._task}, timeout=1.0)


def _content(reading: Reading) -> object:
    stock = reading.inventory
    return stock.sites, stock.racks
