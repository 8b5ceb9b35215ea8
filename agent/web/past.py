"""The ledger's data of single devices, and reports, read on threads for the pages.

Reading the ledger can take a while, and a page must not wait for it. Each answer is read on a
thread and kept for some time. Only the first request waits for it, for at most `patience` seconds.
If the answer is not read by then, this page shows nothing, and a later request gets it.
"""

from __future__ import annotations

import logging
import threading
import time
from collections.abc import Callable, Sequence
from typing import Any, Final, Generic, TypeVar

from agent.hubs.model import Registry
from agent.inventory.model import Inventory
from agent.ledger.energy import HOUR_MS
from agent.ledger.ledger import Ledger
from agent.ledger.store.episodes import Episode
from agent.report.hub_report import hub_report
from agent.report.model import HubReport
from agent.report.period import Period
from agent.web.curves import PowerTrendView
from agent.web.limits import MOST_EVENTS
from agent.web.over import USUAL, Over, step_for

log = logging.getLogger(__name__)

HOURS: Final = 48
"""How far back the power of a rack is shown."""
DAYS: Final = {"1d": 1, "7d": 7, "30d": 30}
"""Windows for which the coverage of a meter is shown, in days."""
_HOUR: Final = HOUR_MS / 1000
_DAY_MS: Final = 24 * HOUR_MS
_DAY: Final = 86_400.0
_EVENTS_LIFETIME: Final = 10.0
_KEPT: Final = 64
"""How many answers of one kind are kept; the one that was asked for longest ago is dropped."""
_AT_ONCE: Final = 4
"""How many answers of one kind are read at once. Others are not begun: a later page asks again."""
_REST: Final = 20.0
"""An answer is kept for at least this many times the seconds that reading it took."""

Coverage = dict[tuple[str, str], dict[str, float]]
"""Share of each window that was covered, by site and meter."""
T = TypeVar("T")


class _Answer(Generic[T]):
    """One thing that was read from the ledger, and when to read it again."""

    __slots__ = ("due", "thread", "value")

    def __init__(self) -> None:
        self.value: T | None = None
        self.due = float("-inf")
        self.thread: threading.Thread | None = None


class Answers(Generic[T]):
    """Answers of one kind, each read on a thread of its own and kept for a while."""

    def __init__(
        self,
        *,
        lifetime: float = 60.0,
        patience: float = 0.5,
        monotonic: Callable[[], float] = time.monotonic,
    ) -> None:
        """Keep an answer for `lifetime` seconds; wait at most `patience` for the first one."""
        self._lifetime, self._patience, self._monotonic = lifetime, patience, monotonic
        self._answers: dict[tuple[str, ...], _Answer[T]] = {}
        self._running: list[threading.Thread] = []
        """Also those whose answers have been dropped."""

    def ask(self, key: tuple[str, ...], read: Callable[[], T]) -> T | None:
        """Return what a function reads, read again when it is too old; None until then."""
        answer = self._answers.pop(key, None) or _Answer()
        self._answers[key] = answer  # now the last to be dropped
        while len(self._answers) > _KEPT:
            del self._answers[next(iter(self._answers))]
        self._running = [one for one in self._running if one.is_alive()]
        busy = answer.thread in self._running or len(self._running) >= _AT_ONCE
        if not busy and self._monotonic() >= answer.due:
            answer.due = self._monotonic() + self._lifetime
            answer.thread = threading.Thread(
                target=self._read, args=(answer, read), name="past", daemon=True
            )
            answer.thread.start()
            self._running.append(answer.thread)
            if answer.value is None:
                answer.thread.join(self._patience)
        return answer.value

    def _read(self, answer: _Answer[T], read: Callable[[], T]) -> None:
        began = self._monotonic()
        try:
            answer.value = read()
        except Exception:
            # A page without a curve is better than no page. The next reading may succeed.
            log.exception("the ledger's past cannot be read")
        took = self._monotonic() - began
        answer.due = max(answer.due, self._monotonic() + _REST * took)


class Past:
    """Asks the ledger for pages.

    Its methods are called on the event loop. They block it for at most `patience` seconds, and only
    as long as there is no answer yet.
    """

    def __init__(
        self,
        ledger: Ledger,
        *,
        lifetime: float = 60.0,
        patience: float = 0.5,
        clock: Callable[[], float] = time.time,
        monotonic: Callable[[], float] = time.monotonic,
    ) -> None:
        """Take an agent's ledger; `lifetime` and `patience` are those of `Answers`."""
        self._ledger, self._clock = ledger, clock

        def kept() -> Answers[Any]:
            return Answers(lifetime=lifetime, patience=patience, monotonic=monotonic)

        self._power: Answers[PowerTrendView | None] = kept()
        self._coverage: Answers[Coverage] = kept()
        self._report: Answers[HubReport] = kept()
        self._events: Answers[list[Episode]] = Answers(
            lifetime=min(lifetime, _EVENTS_LIFETIME), patience=patience, monotonic=monotonic
        )

    def power(self, site: str, pdus: Sequence[str], over: Over = USUAL) -> PowerTrendView | None:
        """Return the mean power of each PDU over time; None where there is none, or not yet."""
        return self._power.ask(
            (site, over.key, *pdus), lambda: power(self._ledger, site, pdus, self._clock(), over)
        )

    def coverage(self) -> Coverage:
        """Return how much of each window every meter covered; empty until it is read."""
        return self._coverage.ask((), lambda: coverage(self._ledger, self._clock())) or {}

    def events(self, over: Over) -> Sequence[Episode] | None:
        """Return what happened in a time, the newest first; None until it is read."""
        return self._events.ask((over.key,), lambda: self._read_events(over))

    def _read_events(self, over: Over) -> list[Episode]:
        now = self._clock()
        start, end = over.bounds(now, _DAY)
        end = end if over.ends is not None else now + _DAY
        with self._ledger.reader.read() as tables:
            found = tables.episodes.between(start, end, MOST_EVENTS)
            imports = [
                Episode(one.time / 1000, "import", one.site, "", one.file, str(one.hours))
                for one in tables.import_batches.since(round(start * 1000))
                if one.time / 1000 < end
            ]
        imports = [one._replace(until=one.since) for one in imports]
        return sorted([*found, *imports], key=lambda one: -one.since)

    def report(
        self, registry: Registry, hub: str, inventory: Inventory | None, period: Period
    ) -> HubReport | None:
        """Return the report of a hub's week, month or year; None until it is made."""
        path, clock = self._ledger.path, self._clock
        return self._report.ask(
            (hub, period.name),
            lambda: hub_report(path, hub, inventory, registry, period, clock=clock),
        )


def power(
    ledger: Ledger, site: str, pdus: Sequence[str], now: float, over: Over = USUAL
) -> PowerTrendView | None:
    """Return the mean power of PDUs over time, watts; None in an interval that is not covered.

    A PDU of which nothing is covered is left out; None where that is all of them.
    """
    start, end = over.bounds(now, HOURS * _HOUR)
    step = step_for(end - start)
    last = min(end, now)
    last -= last % step
    count = max(0, round((last - (start - start % step)) / step))
    times = [last - step * back for back in range(count, 0, -1)]
    series: dict[str, list[float | None]] = {}
    for pdu in pdus:
        hours = [ledger.energy(pdu, at, at + step, site=site) for at in times]
        watts = [round(one.joules / one.seconds, 1) if one.seconds > 0 else None for one in hours]
        if any(value is not None for value in watts):
            series[pdu] = watts
    return PowerTrendView(times=times, step_seconds=step, series=series) if series else None


def coverage(ledger: Ledger, now: float) -> Coverage:
    """Return the coverage of each window by every meter; PDUs are left out, they are too many."""
    end = round(now * 1000)
    end -= end % HOUR_MS
    hours = range(end - _DAY_MS * max(DAYS.values()), end, HOUR_MS)
    found: Coverage = {}
    for meter in ledger.queries.meters():
        if meter.kind != "meter":
            continue
        # One meter at a time, so that other readers of the ledger get their turn between two.
        covered = ledger.queries.covered(meter.id, hours)
        found[meter.site, meter.name] = {
            name: min(
                1.0,
                sum(ms for hour, ms in covered.items() if hour >= end - _DAY_MS * days)
                / (_DAY_MS * days),
            )
            for name, days in DAYS.items()
        }
    return found
