"""Write readings into the ledger's file, and compute the hours that they change."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import Final

from agent.ledger.energy import ENERGY, HOUR_MS, floor_hour
from agent.ledger.intake import COUNTED_AT_ONCE, Intake
from agent.ledger.meters import TrackedMeter
from agent.ledger.pending import PendingReading, Taken
from agent.ledger.recompute import NewReadings, recompute
from agent.ledger.settings import Retention
from agent.ledger.store.database import Store, Tables
from agent.ledger.store.readings import ReadingRow

_FOREVER: Final = 1 << 62

_AT_ONCE: Final = 10_000
"""Readings that are written in one transaction."""

NewsOfMeter = dict[int, NewReadings]
"""A meter's new readings by quantity."""


class Writer:
    """Writes what the intake hands over; its calls may block."""

    def __init__(self, store: Store, intake: Intake, retention: Retention) -> None:
        self._store, self._intake, self._retention = store, intake, retention

    def write(self, taken: Taken) -> None:
        """Write everything; what is written is removed from `taken`. May raise StoreError."""
        if taken.delete_after is not None:
            self._delete_after(taken.delete_after)
            taken.delete_after = None
        while taken.pending:
            self._write(taken.pending[:_AT_ONCE])
            del taken.pending[:_AT_ONCE]

    def _delete_after(self, time: int) -> None:
        """Delete readings from the future; their hours are computed again when they come."""
        with self._store.transaction() as tables:
            deleted = tables.readings.delete_after(time)
        self._intake.count({"clock": deleted})

    def _write(self, pending: Sequence[PendingReading]) -> None:
        news = _news(pending)
        heard = _first_heard(news)
        events: Counter[str] = Counter()
        with self._store.transaction() as tables:
            # A number that this transaction gives is the meter's only once it is committed.
            numbers = {
                meter: tables.meters.add(*meter.key, meter.point) if meter.id is None else meter.id
                for meter in news
            }
            new = tables.readings.add(_rows(pending, numbers, refused=False))
            tables.readings.add(_rows(pending, numbers, refused=True))
            for meter, first in heard.items():
                tables.heard.save(numbers[meter], first)
            for meter, of_meter in news.items():
                events.update(self._compute(tables, meter, numbers[meter], of_meter))
        for meter, number in numbers.items():
            meter.id = number
        for meter, first in heard.items():
            meter.first_heard = first
        taken = sum(not row.refused for row in pending)
        self._intake.count({"taken": new, "duplicate": taken - new, **events})

    def _compute(
        self, tables: Tables, meter: TrackedMeter, number: int, news: NewsOfMeter
    ) -> Counter[str]:
        """Compute a meter's hours; count what its register did, and what is newly refused."""
        change = recompute(
            tables,
            number,
            news,
            sealed_before=self._retention.sealed_before,
            limits=meter.limits(self._intake.register_width),
        )
        _mark(tables, meter, change.hours)
        if change.is_stuck is not None and (change.is_stuck or meter.is_stuck is not None):
            meter.is_stuck = change.is_stuck
        happened = _not_yet_counted(change.refused)
        energy = news.get(ENERGY)
        if energy is None:
            return happened
        if meter.key.kind == "export":
            _mark(tables, meter, _newly_metered(tables, number, energy))
        if change.is_anew:
            meter.step.begin_anew()
        for value in change.shown:
            meter.step.learn(value)
        is_finer = tables.registers.learn(number, meter.step, energy.first)
        if is_finer and meter.key.kind != "pdu":
            happened.update(self._judge_again(tables, meter, number))
        for event in change.events:
            happened[event.kind] += event.time >= energy.first
        return happened

    def _judge_again(self, tables: Tables, meter: TrackedMeter, number: int) -> Counter[str]:
        """Judge all readings that are kept again: what seemed single steps may hide something.

        Count what is newly refused.
        """
        first = tables.readings.after(number, ENERGY, self._retention.sealed_before - 1)
        last = tables.readings.before(number, ENERGY, _FOREVER)
        if first is None or last is None:
            return Counter()
        kept = NewReadings(first.time, first.interval)
        kept.add(last.time, last.interval)
        change = recompute(
            tables,
            number,
            {ENERGY: kept},
            sealed_before=self._retention.sealed_before,
            limits=meter.limits(self._intake.register_width),
        )
        _mark(tables, meter, change.hours)
        return _not_yet_counted(change.refused)


def _not_yet_counted(refused: Mapping[str, int]) -> Counter[str]:
    """Leave out the reasons for which readings were counted as they came."""
    return Counter({why: count for why, count in refused.items() if why not in COUNTED_AT_ONCE})


def _rows(
    pending: Iterable[PendingReading], numbers: Mapping[TrackedMeter, int], *, refused: bool
) -> Iterator[ReadingRow]:
    for row in pending:
        if row.refused == refused:
            yield ReadingRow(
                numbers[row.channel.meter],
                row.channel.quantity,
                row.slot,
                row.time,
                row.value,
                row.interval,
            )


def _news(pending: Iterable[PendingReading]) -> Mapping[TrackedMeter, NewsOfMeter]:
    news: dict[TrackedMeter, NewsOfMeter] = {}
    for row in pending:
        of_meter = news.setdefault(row.channel.meter, {})
        known = of_meter.get(row.channel.quantity)
        if known is None:
            of_meter[row.channel.quantity] = NewReadings(row.time, row.interval)
        else:
            known.add(row.time, row.interval)
    return news


def _first_heard(news: Mapping[TrackedMeter, NewsOfMeter]) -> Mapping[TrackedMeter, int]:
    """Return the meters that were never heard as early as now, each with the time.

    Readings may come late and in any order.
    """
    first = {meter: min(new.first for new in found.values()) for meter, found in news.items()}
    return {
        meter: time
        for meter, time in first.items()
        if meter.first_heard is None or time < meter.first_heard
    }


def _newly_metered(tables: Tables, number: int, energy: NewReadings) -> Iterable[int]:
    """Return the hours in which an export register is now known to be metered and was not.

    Readings may come late and in any order, so the earliest one counts.
    """
    known = tables.registers.first_read(number)
    if known is not None and known <= energy.first:
        return ()
    until = energy.last + 1 if known is None else known
    return range(floor_hour(energy.first), until, HOUR_MS)


def _mark(tables: Tables, meter: TrackedMeter, hours: Iterable[int]) -> None:
    """Have the site's hours summed again."""
    tables.site_hours.mark_unsummed(meter.key.site, meter.point, hours)
