"""Make a meter's hours anew from its readings, and let go of readings that nothing depends on any more.

Hours are always computed whole, from all their readings in order of time, and never added to: so late, repeated and
reordered readings give the same sums to the last bit.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from math import isclose
from typing import TYPE_CHECKING, Final, NamedTuple

from agent.ledger import bridges
from agent.ledger.blocks import BLOCK_MS
from agent.ledger.energy import (
    FULL_MASK,
    HOUR_MS,
    MAX_BRIDGE_MS,
    MAX_GAP_INTERVALS,
    HourCells,
    hours_of,
)
from agent.ledger.store import (
    drop_hour,
    kept_cells,
    load_hours,
    load_readings,
    neighbours,
    save_even,
    save_hour,
    save_hours,
    unpack,
)

if TYPE_CHECKING:
    import sqlite3

    from agent.ledger.energy import Event, Raw

POWER: Final = 0
ENERGY: Final = 1


class Span(NamedTuple):
    """The first and the last time of a meter's new readings of one quantity, and the longest interval they came at."""

    first: int
    last: int
    interval: int

    def with_reading(self, time: int, interval: int) -> Span:
        """Return the span that also holds another reading."""
        return Span(min(self.first, time), max(self.last, time), max(self.interval, interval))

    def near(self, reading: Raw, time: int) -> bool:
        """Tell whether a trapezoid may reach from a neighbouring reading to `time`."""
        return abs(reading.time - time) <= MAX_GAP_INTERVALS * max(reading.interval, self.interval)


class Change(NamedTuple):
    """What a recomputation did: the hours that are different now, and what the register did in them."""

    hours: list[int]
    events: list[Event]


def floor_hour(time: int) -> int:
    """Return the first millisecond of the hour a time is in."""
    return time - time % HOUR_MS


def recompute(
    db: sqlite3.Connection,
    meter: int,
    spans: Mapping[int, Span],
    *,
    sealed_before: int,
    rating: float | None,
    wrap: float | None,
) -> Change:
    """Compute every hour that new readings can have changed, and write it.

    Hours before `sealed_before` may have lost readings; they change only where the new answer covers more of them, as when
    a register bridges a long silence.
    """
    start, end = _affected(db, meter, spans)
    power = load_readings(db, meter, POWER, start, end)
    energy = load_readings(db, meter, ENERGY, start, end)
    hours, events = hours_of(power, energy, start, end, rating=rating, wrap=wrap)
    if energy:
        bridges.note(
            db,
            meter,
            energy[0].time,
            energy[-1].time,
            bridges.of_register(energy, rating=rating, wrap=wrap),
        )
    return Change(
        _write(db, meter, hours, range(max(start, sealed_before), end, HOUR_MS), sealed_before),
        events,
    )


def _affected(db: sqlite3.Connection, meter: int, spans: Mapping[int, Span]) -> tuple[int, int]:
    """Return the bounds, in whole hours, of what the pairs that hold new readings cover."""
    first, last = [], []
    for quantity, span in spans.items():
        before, after = neighbours(db, meter, quantity, span.first, span.last)
        first.append(span.first)
        last.append(span.last)
        if before is not None and _reaches(before, span.first, quantity, span):
            first.append(before.time)
        if after is not None and _reaches(after, span.last, quantity, span):
            last.append(after.time)
    return floor_hour(min(first)), floor_hour(max(last)) + HOUR_MS


def _reaches(neighbour: Raw, time: int, quantity: int, span: Span) -> bool:
    return (
        abs(neighbour.time - time) <= MAX_BRIDGE_MS
        if quantity == ENERGY
        else span.near(neighbour, time)
    )


def _write(
    db: sqlite3.Connection,
    meter: int,
    hours: Mapping[int, HourCells],
    span: range,
    sealed_before: int,
) -> list[int]:
    candidates = sorted(hours.keys() | set(span))
    kept = load_hours(db, meter, candidates)
    changed = []
    for hour in candidates:
        cells = hours.get(hour)
        old = kept.get(hour)
        if cells is None:
            if old is not None and hour >= sealed_before and not old[2]:
                drop_hour(db, meter, hour)
                changed.append(hour)
            continue
        imported = 0
        if old is not None:
            joules, covered, imported, data = old
            if hour < sealed_before and cells.covered_ms <= covered:
                continue
            if imported and data is not None:  # what was imported was said on purpose, and stays
                cells.put(unpack(data), imported)
            if (
                covered == cells.covered_ms
                and joules == cells.total
                and data is not None
                and unpack(data).joules == cells.joules
            ):
                continue
        save_hour(db, meter, hour, cells, imported)
        changed.append(hour)
    return changed


Imported = HourCells | float
"""An hour from elsewhere: its cells, or the joules of one that is covered and even."""


def put_imported(
    db: sqlite3.Connection,
    meter: int,
    hours: Mapping[int, Imported],
    *,
    sealed_before: int = 0,
    packs: bool = False,
) -> dict[int, tuple[float | None, float]]:
    """Write imported cells over what is there, cell by cell; returns the hours that are different now: joules before and after.

    Even hours that are past changing are written as they are and, where the meter `packs`, packed at once.
    """
    kept = load_hours(db, meter, sorted(hours))
    changed: list[tuple[int, HourCells, int]] = []
    even: dict[int, float] = {}
    for hour, given in hours.items():
        old = kept.get(hour)
        is_bare = old is None or (old[1] == HOUR_MS and old[3] is None)
        if isinstance(given, float) and is_bare and hour < sealed_before:
            if old is None or not isclose(old[0], given, rel_tol=1e-12):
                even[hour] = given
            continue
        merged = _merged(given if isinstance(given, HourCells) else HourCells.uniform(given), old)
        if merged is not None:
            changed.append((hour, *merged))
    save_hours(db, meter, changed, bare_before=sealed_before)
    packed_before = sealed_before - sealed_before % BLOCK_MS if packs else 0
    save_even(db, meter, even, packed_before=packed_before, known=kept.keys())
    after = {hour: cells.total for hour, cells, _ in changed} | even
    return {
        hour: (kept[hour][0] if hour in kept else None, joules) for hour, joules in after.items()
    }


def _merged(
    cells: HourCells, old: tuple[float, int, int, bytes | None] | None
) -> tuple[HourCells, int] | None:
    """Return an hour with the covered cells of another put into it, and the mask of the imported; None where that is no news."""
    mask = cells.mask
    if not mask:
        return None
    if old is None and mask == FULL_MASK:
        return cells, mask
    merged, imported = HourCells(), 0
    if old is not None:
        joules, covered, imported, data = old
        if data is None and mask == FULL_MASK and isclose(joules, cells.total, rel_tol=1e-12):
            return None  # the hour is whole, its cells were let go of, and the sum is what it was
        merged = kept_cells(joules, covered, data)
    before = (list(merged.joules), list(merged.covered), imported)
    merged.put(cells, mask)
    imported |= mask
    return (merged, imported) if (merged.joules, merged.covered, imported) != before else None


def cut_off(db: sqlite3.Connection, time: int) -> int:
    """Drop the readings later than a time; returns how many. The hours made of them are written anew when they come."""
    return db.execute("DELETE FROM reading WHERE time > ?", (time,)).rowcount


def prune(db: sqlite3.Connection, meters: Iterable[int], horizon: int) -> None:
    """Drop readings older than `horizon` that no hour needs any more.

    Kept are all readings of the last hour before it in which the meter was heard, and the one before them: the pair that
    bridges a silence of any length begins there, and that hour can still be computed whole.
    """
    for meter in meters:
        for quantity in (POWER, ENERGY):
            key = (meter, quantity)
            last = db.execute(
                "SELECT max(slot) FROM reading WHERE meter = ? AND quantity = ? AND slot < ?",
                (*key, horizon),
            ).fetchone()[0]
            if last is None:
                continue
            before = db.execute(
                "SELECT max(slot) FROM reading WHERE meter = ? AND quantity = ? AND slot < ?",
                (*key, floor_hour(last)),
            ).fetchone()[0]
            if before is not None:
                db.execute(
                    "DELETE FROM reading WHERE meter = ? AND quantity = ? AND slot < ?",
                    (*key, before),
                )


def prune_hours(db: sqlite3.Connection, *, cells_before: int, pdus_before: int) -> None:
    """Drop the cells of whole hours and, later, the hours of single PDUs; sites' sums keep both."""
    db.execute(
        "DELETE FROM cell WHERE hour < ? AND (SELECT covered FROM hour h WHERE h.hour = cell.hour AND h.meter = cell.meter) >= ?",
        (cells_before, HOUR_MS),
    )
    db.execute(
        "DELETE FROM bridge WHERE stop < ? AND meter IN (SELECT id FROM meter WHERE kind = 'pdu')",
        (pdus_before,),
    )
    for table in ("hour", "cell"):
        db.execute(
            f"DELETE FROM {table} WHERE hour < ? AND meter IN (SELECT id FROM meter WHERE kind = 'pdu')",  # noqa: S608 - two names
            (pdus_before,),
        )
