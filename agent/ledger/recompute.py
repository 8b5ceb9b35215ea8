"""Compute a meter's hours again from its readings.

Hours are always computed whole, from all their readings in order of time, and never added to. So
late, repeated and reordered readings give the same sums to the last bit.
"""

from __future__ import annotations

from bisect import bisect_left, bisect_right
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from operator import attrgetter

from agent.ledger.doubts import Uncertain
from agent.ledger.energy import ENERGY, HOUR_MS, POWER, HourCells, TimedValue, floor_hour
from agent.ledger.known_readings import POWER_BESIDE, known_readings
from agent.ledger.limits import Limits
from agent.ledger.meter_hours import MeterEnergy, earlier, meter_energy
from agent.ledger.near_rates import NEAR, NEAR_MS
from agent.ledger.power_judge import may_slip
from agent.ledger.register_bounds import MAX_DIFFERENCE_MS
from agent.ledger.register_judge import RegisterEvent
from agent.ledger.register_layout import RegisterEnergy, is_simple
from agent.ledger.segments import longest_gap
from agent.ledger.store.database import Tables
from agent.ledger.store.hour import NewHour, StoredHour
from agent.ledger.store.packed_cells import unpack_cells
from agent.ledger.stretches import Stretch


class NewReadings:
    """The first and the last time of a meter's new readings of one quantity, in milliseconds.

    `interval` is the longest interval they came at.
    """

    __slots__ = ("first", "interval", "last")

    def __init__(self, time: int, interval: int) -> None:
        self.first = self.last = time
        self.interval = interval

    def add(self, time: int, interval: int) -> None:
        """Take another reading into account."""
        self.first = min(self.first, time)
        self.last = max(self.last, time)
        self.interval = max(self.interval, interval)

    def reach(self, neighbour: TimedValue, time: int, quantity: int) -> bool:
        """Tell whether energy between a neighbouring reading and `time` can have changed."""
        gap = abs(neighbour.time - time)
        if quantity == ENERGY:
            return gap <= MAX_DIFFERENCE_MS
        return gap <= longest_gap(neighbour.interval, self.interval)


@dataclass(frozen=True, slots=True)
class Change:
    """The hours that are different after a computation, and what the register did in them.

    `refused` counts the readings that were not refused before, by reason. `shown` is what the
    register showed since the first new reading, in joules, as far as it is accepted. If `is_anew`,
    the new readings tell that it was reset or is another meter, and `shown` is what it showed since
    then. `is_stuck` tells whether it stands still now and should not; None where these readings do
    not say.
    """

    hours: list[int]
    events: list[RegisterEvent]
    refused: Counter[str]
    shown: Sequence[float]
    is_anew: bool = False
    is_stuck: bool | None = None


def recompute(
    tables: Tables,
    meter: int,
    news: Mapping[int, NewReadings],
    *,
    sealed_before: int,
    limits: Limits,
) -> Change:
    """Compute every hour that new readings, by quantity, can have changed, and write it.

    Hours before `sealed_before` may have lost readings. They change only where the new answer
    covers more of them, as when a register tells the energy of a long silence.
    """
    start, end = _affected(tables, meter, news)
    is_late = _is_late(tables, meter, news)
    unsettled = tables.refusals.unsettled_since(meter)
    if is_late:
        start, end = _judged_by(tables, meter, start, end, limits)
    elif unsettled is not None:
        start = min(start, floor_hour(unsettled))
    found = meter_energy(known_readings(tables, meter, start, end, limits, widely=is_late), limits)
    first = _first_changed(found, min(new.first for new in news.values()))
    if first < start:
        start = floor_hour(first)
        found = meter_energy(known_readings(tables, meter, start, end, limits, widely=True), limits)
    register = found.register
    now = earlier(found.open_since, unsettled if is_late else None)
    if now != unsettled:
        tables.refusals.settle(meter, now)
    stretches = _store_doubts(tables, meter, found, start, end)
    refused = tables.refusals.replace(meter, max(start, sealed_before), end, found.refusals)
    expected = range(max(start, sealed_before), end, HOUR_MS)
    hours = _write(tables, meter, found.hours(start, end), expected, sealed_before, stretches)
    newest = not is_late and ENERGY in news
    level = register.levels[-1] if newest and register.levels else None
    is_anew = level is not None and level.shown >= news[ENERGY].first
    since = level.since if level is not None and is_anew else None
    return Change(
        hours,
        register.events,
        refused,
        _shown(register.accepted, news, since),
        is_anew,
        _is_stuck(register) if newest else None,
    )


def _is_stuck(register: RegisterEnergy) -> bool:
    """Tell whether a register has stood still up to its last reading, and should not have."""
    last = register.accepted[-1].time if register.accepted else 0
    return bool(register.stuck) and register.stuck[-1].end >= last


def _shown(
    accepted: Sequence[TimedValue], news: Mapping[int, NewReadings], since: int | None
) -> list[float]:
    new = news.get(ENERGY)
    if new is None:
        return []
    if since is not None:
        return [one.value for one in accepted if one.time >= since]
    first = bisect_left(accepted, new.first, key=attrgetter("time"))
    return [one.value for one in accepted[max(0, first - 1) :]]


def _is_late(tables: Tables, meter: int, news: Mapping[int, NewReadings]) -> bool:
    """Tell whether a register's reading came after one that is later than it."""
    energy = news.get(ENERGY)
    return energy is not None and tables.readings.after(meter, ENERGY, energy.last) is not None


def _judged_by(tables: Tables, meter: int, start: int, end: int, limits: Limits) -> tuple[int, int]:
    """Return the bounds of the hours that a late reading between two times may change.

    What is near it may be judged by it, unless there is nothing to judge.
    """
    known = known_readings(tables, meter, start, end, limits, widely=True)
    near = tables.readings.near(meter, start, end, count=NEAR, time=NEAR_MS)
    refused = tables.refusals.between([meter], near.start, near.end)
    if not refused and is_simple(known.energy, limits, known.power, known.step):
        return start, end
    first, last = known.energy[0].time, known.energy[-1].time
    return floor_hour(max(first, near.start)), floor_hour(min(last, near.end)) + HOUR_MS


def _first_changed(found: MeterEnergy, new: int) -> int:
    """Return the earliest time of which readings since `new` have said something else."""
    register = found.register
    times = [one.start for one in register.refusals if one.time >= new]
    times += [one.start for one in register.segments if one.end >= new][:1]
    times += [one.start for one in register.stretches if one.end >= new]
    for spans in (register.stuck, register.unknown, register.refused):
        times += [one.start for one in spans if one.end >= new]
    times += [one.start for one in found.doubts if one.end >= new]
    return min(times, default=new)


def _store_doubts(
    tables: Tables, meter: int, found: MeterEnergy, start: int, end: int
) -> list[Stretch]:
    """Store what is uncertain; return the stretches that were judged anew."""
    times = [one.time for one in found.register.accepted]
    first = times[max(0, bisect_right(times, start) - 1)] if times else start
    last = times[min(len(times) - 1, bisect_left(times, end))] if times else end
    uncertain: list[Stretch | Uncertain] = [*found.register.stretches, *found.doubts]
    judged = [one for one in uncertain if _within(one, first, last)]
    first = min([first, *(one.start for one in judged)])
    last = max([last, *(one.end for one in judged)])
    stretches = [one for one in found.register.stretches if _within(one, first, last)]
    if times:
        tables.stretches.replace(meter, first, last, stretches)
        if times[0] > start:  # power alone told what was drawn before
            first = start
        if times[-1] < end:
            last = max(last, end)
    tables.replace_doubts(
        meter, first, last, [one for one in found.doubts if _within(one, first, last)]
    )
    return stretches


def _within(one: Stretch | Uncertain, first: int, last: int) -> bool:
    return one.end > first and one.start < last


def _affected(tables: Tables, meter: int, news: Mapping[int, NewReadings]) -> tuple[int, int]:
    """Return the bounds, in whole hours, of the pairs of readings that hold new ones."""
    first, last = [], []
    for quantity, new in news.items():
        first.append(new.first)
        last.append(new.last)
        before = tables.readings.before(meter, quantity, new.first)
        if before is not None and new.reach(before, new.first, quantity):
            first.append(before.time)
        after = tables.readings.after(meter, quantity, new.last)
        if after is not None and new.reach(after, new.last, quantity):
            last.append(after.time)
        if quantity == POWER:
            near = tables.readings.between(meter, POWER, new.first, new.last, beyond=POWER_BESIDE)
            if may_slip(near):  # what is judged by the new ones, and joined to it
                first.append(near[0].time)
                last.append(near[-1].time)
    return floor_hour(min(first)), floor_hour(max(last)) + HOUR_MS


def _write(
    tables: Tables,
    meter: int,
    hours: Mapping[int, HourCells],
    expected: range,
    sealed_before: int,
    stretches: Sequence[Stretch],
) -> list[int]:
    """Write the hours that have changed; delete `expected` ones that nothing covers any more.

    An old hour that is as well covered changes only within a stretch: a register that stood still
    has told its energy.
    """
    candidates = sorted(hours.keys() | set(expected))
    stored = tables.hours.load(meter, candidates)
    changed = []
    for hour in candidates:
        cells, old = hours.get(hour), stored.get(hour)
        if cells is None:
            if old is not None and hour >= sealed_before and not old.imported:
                tables.hours.delete(meter, hour)
                changed.append(hour)
        elif old is None:
            tables.hours.save(meter, [NewHour(hour, cells, 0)])
            changed.append(hour)
        elif (
            hour >= sealed_before
            or cells.covered_ms > old.covered
            or (cells.covered_ms == old.covered and _holds(stretches, hour))
        ):
            if old.imported and old.data is not None:  # imported on purpose, so it stays
                cells.replace_cells(unpack_cells(old.data), old.imported)
            if not _is_same(old, cells):
                tables.hours.save(meter, [NewHour(hour, cells, old.imported)])
                changed.append(hour)
    return changed


def _holds(stretches: Sequence[Stretch], hour: int) -> bool:
    return any(one.start < hour + HOUR_MS and hour < one.end for one in stretches)


def _is_same(old: StoredHour, cells: HourCells) -> bool:
    return (
        old.covered == cells.covered_ms
        and old.joules == cells.total
        and old.data is not None
        and unpack_cells(old.data).joules == cells.joules
    )
