"""The collector `inventory`: reads NetBox when due, off the event loop, and reports the result.

NetBox may take minutes. The round that begins a reading waits for it three seconds at most. If that
is not enough, a later round takes the result. So an agent without a kept answer starts with that of
a quick NetBox.
A reading that fails is tried again after two minutes, or after `refresh` if that is shorter.
"""

from __future__ import annotations

import asyncio
import logging
import time
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import ClassVar, Final

from agent.inventory.netbox.client import Client
from agent.inventory.netbox.config import NetBox
from agent.inventory.netbox.kept import Answer, KeptAnswer
from agent.inventory.netbox.source import refresh
from collectors.base import Reading, Schedule
from collectors.catalogue.agent import INVENTORY_PROBLEMS

log = logging.getLogger(__name__)

_PATIENCE: Final = 3.0
"""Seconds that a round waits for a reading that it has begun."""
_RETRY: Final = 120.0
"""Seconds until a failed reading is tried again."""
_LOGGED: Final = 5
"""Problems that are logged in words; the rest is counted."""


class NetBoxCollector:
    """Keeps the inventory of NetBox fresh.

    `changed` is called on the event loop when an answer differs from the one before.
    """

    name: ClassVar[str] = "inventory"
    device = "netbox"

    def __init__(
        self,
        config: NetBox,
        hub: str,
        state_dir: Path,
        *,
        changed: Callable[[], None],
        clock: Callable[[], float] = time.time,
    ) -> None:
        self._config, self._hub, self._state_dir = config, hub, state_dir
        self._changed, self._clock = changed, clock
        self.schedule = Schedule(interval=min(30.0, config.refresh), timeout=2 * _PATIENCE)
        self._answer = KeptAnswer(state_dir, config, hub).load()
        self._client: Client | None = None
        self._task: asyncio.Task[Answer] | None = None
        self._error: Exception | None = None
        self._due = 0.0
        if self._answer is not None and self._answer.inventory.read_at is not None:
            self._due = min(self._answer.inventory.read_at, clock()) + config.refresh
        self._problems = INVENTORY_PROBLEMS.series("netbox")

    async def collect(self) -> Sequence[Reading]:
        """Report how many problems the last answer has; begin another reading if it is due.

        Raises the error with which the last reading ended.
        """
        if self._task is None and self._clock() >= self._due:
            self._client = Client(self._config)
            reading = asyncio.to_thread(
                refresh, self._config, self._hub, self._state_dir, self._client
            )
            self._task = asyncio.create_task(reading)
            await asyncio.wait({self._task}, timeout=_PATIENCE)
        if self._task is not None and self._task.done():
            self._finish(self._task)
        if self._error is not None:
            raise self._error
        if self._answer is None:
            return []
        return [(self._problems, float(self._answer.problem_count))]

    def _finish(self, task: asyncio.Task[Answer]) -> None:
        """Take the result of a reading that has ended."""
        self._task = self._client = None
        error = task.exception() if not task.cancelled() else asyncio.CancelledError()
        if error is not None:
            self._error = error if isinstance(error, Exception) else RuntimeError("cancelled")
            self._due = self._clock() + min(_RETRY, self._config.refresh)
            return
        before, found = self._answer, task.result()
        self._answer, self._error = found, None
        self._due = self._clock() + self._config.refresh
        if found.problems and (before is None or before.problems != found.problems):
            _log_problems(found)
        if before is None or _content(before) != _content(found):
            self._changed()

    async def aclose(self) -> None:
        """End a reading that is in progress."""
        if self._client is not None:
            self._client.close()
        if self._task is not None:
            # asyncio logs an exception that nobody has looked at; here nobody needs it.
            self._task.add_done_callback(lambda task: task.cancelled() or task.exception())
            await asyncio.wait({self._task}, timeout=1.0)


def _log_problems(found: Answer) -> None:
    """Log what NetBox has that cannot be used."""
    for problem in found.problems[:_LOGGED]:
        log.warning("inventory: netbox: %s", problem)
    if found.problem_count > _LOGGED:
        log.warning(
            "inventory: netbox: and %d more; `hubgauge inventory` lists them",
            found.problem_count - _LOGGED,
        )


def _content(answer: Answer) -> object:
    """Return the parts of an answer that an agent acts on; the time of the reading is not one."""
    inventory = answer.inventory
    return inventory.sites, inventory.racks, inventory.breakers
