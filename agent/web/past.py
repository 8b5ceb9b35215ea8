"""What the ledger knows of single devices, read beside the event loop: the power of a rack's feeds, the coverage of meters.

Reading the ledger may have to wait for it, and a page must not: an answer is read on a thread of its own and kept for a while. Only
the first to ask waits, and not for long; then there is nothing to show yet, and the next request has it.
"""

from __future__ import annotations

import logging
import threading
import time
from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING, Any, Final

from agent.ledger.energy import HOUR_MS
from agent.ledger.store import load_hours

if TYPE_CHECKING:
    from agent.hubs.model import Registry
    from agent.inventory.model import Inventory
    from agent.ledger.ledger import Ledger
    from agent.report.weekly import Week

log = logging.getLogger(__name__)

HOURS: Final = 48
"""How far back a rack's power is shown."""
DAYS: Final = {"1d": 1, "7d": 7, "30d": 30}
"""The windows for which a meter's coverage is told."""
_KEPT: Final = 64
_REST: Final = 20.0
"""What took long to read is kept for so many times as long as it took."""

Data = dict[str, Any]


class _Answer:
    """One thing read off the ledger, and when to read it again."""

    __slots__ = ("due", "thread", "value")

    def __init__(self) -> None:
        self.value: Any = None
        self.due = float("-inf")
        self.thread: threading.Thread | None = None


class Past:
    """Asks the ledger for pages; belongs to the event loop and does not hold it up."""

    def __init__(
        self,
        ledger: Ledger,
        *,
        lifetime: float = 60.0,
        patience: float = 0.5,
        clock: Callable[[], float] = time.time,
        monotonic: Callable[[], float] = time.monotonic,
    ) -> None:
        self._ledger, self._lifetime, self._patience = ledger, lifetime, patience
        self._clock, self._monotonic = clock, monotonic
        self._answers: dict[tuple[str, ...], _Answer] = {}

    def power(self, site: str, pdus: Sequence[str]) -> Data | None:
        """Return the mean power of each PDU in each of the last hours; None where nothing is known of them, or not yet."""
        found: Data | None = self.ask(
            ("power", site, *pdus), lambda: power(self._ledger, site, pdus, self._clock())
        )
        return found

    def coverage(self) -> dict[tuple[str, str], dict[str, float]]:
        """Return, by site and meter, the share of each window that was covered; empty until it is read."""
        return self.ask(("coverage",), lambda: coverage(self._ledger, self._clock())) or {}

    def week(
        self, registry: Registry, hub: str, inventory: Inventory | None, week: Week
    ) -> Data | None:
        """Return a hub's week as the report has it; None until it is made."""
        from agent.report.weekly import weekly  # noqa: PLC0415 - only where a report is asked for

        path, clock = self._ledger.store.path, self._clock
        found: Data | None = self.ask(
            ("week", hub, week.name),
            lambda: weekly(path, hub, inventory, registry, week, clock=clock),
        )
        return found

    def ask(self, key: tuple[str, ...], read: Callable[[], Any]) -> Any:  # noqa: ANN401 - whatever is read
        """Return what a function reads, at most so old; None until it has been read once."""
        answer = self._answers.pop(key, None) or _Answer()
        self._answers[key] = answer  # the last asked is the last to be forgotten
        while len(self._answers) > _KEPT:
            del self._answers[next(iter(self._answers))]
        busy = answer.thread is not None and answer.thread.is_alive()
        if not busy and self._monotonic() >= answer.due:
            answer.due = self._monotonic() + self._lifetime
            answer.thread = threading.Thread(
                target=self._read, args=(answer, read), name="past", daemon=True
            )
            answer.thread.start()
            if answer.value is None:
                answer.thread.join(self._patience)
        return answer.value

    def _read(self, answer: _Answer, read: Callable[[], Any]) -> None:
        began = self._monotonic()
        try:
            answer.value = read()
        except Exception:
            # A page without a curve is better than no page; the next reading may go well.
            log.exception("the ledger's past cannot be read")
        took = self._monotonic() - began
        answer.due = max(answer.due, self._monotonic() + _REST * took)


def power(ledger: Ledger, site: str, pdus: Sequence[str], now: float) -> Data | None:
    """Return the mean power of PDUs by hour, as a trend of the API; None in an hour of which nothing is covered."""
    last = now - now % 3600
    times = [last - 3600.0 * back for back in range(HOURS, 0, -1)]
    series: dict[str, list[float | None]] = {}
    for pdu in pdus:
        found = [ledger.energy(pdu, at, at + 3600.0, site=site) for at in times]
        series[pdu] = [
            round(one.joules / one.seconds, 1) if one.seconds > 0 else None for one in found
        ]
    known = {
        name: values
        for name, values in series.items()
        if any(value is not None for value in values)
    }
    return {"times": times, "step_seconds": 3600.0, "series": known} if known else None


def coverage(ledger: Ledger, now: float) -> dict[tuple[str, str], dict[str, float]]:
    """Return, by site and meter, the share of the last days that was covered; PDUs are too many to be told one by one."""
    end = round(now * 1000)
    end -= end % HOUR_MS
    hours = range(end - 24 * HOUR_MS * max(DAYS.values()), end, HOUR_MS)
    found = {}
    for meter in ledger.reader.meters():
        if meter.kind != "meter":
            continue
        with ledger.reader.read() as db:  # one meter at a time: others wait for the ledger as well
            rows = load_hours(db, meter.id, hours)
        covered = {hour: row[1] for hour, row in rows.items()}
        found[meter.site, meter.name] = {
            name: min(
                1.0,
                sum(ms for hour, ms in covered.items() if hour >= end - 24 * HOUR_MS * days)
                / (24 * HOUR_MS * days),
            )
            for name, days in DAYS.items()
        }
    return found
