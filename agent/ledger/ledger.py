"""The energy ledger: joules and seconds covered, per meter and hour, from whatever the collectors read.

`accept` only appends to a list; a thread of its own writes what has come in every few seconds, in one transaction. What a
crash costs is those seconds, and a meter with an energy register not even them: the register's difference bridges the gap.
"""

from __future__ import annotations

import contextlib
import logging
import sqlite3
import threading
import time
from collections import Counter, deque
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Final, NamedTuple

from agent.inventory.model import Inventory
from agent.ledger import bridges, history, registers
from agent.ledger.blocks import BLOCK_MS, pack
from agent.ledger.clock import SteadyClock
from agent.ledger.energy import HOUR_MS, HourCells, hours_of
from agent.ledger.meters import Channel, Limits, Meter, kind_of, point_of
from agent.ledger.recompute import (
    ENERGY,
    POWER,
    Span,
    cut_off,
    floor_hour,
    prune,
    prune_hours,
    put_imported,
    recompute,
)
from agent.ledger.store import (
    Store,
    add_meter,
    add_readings,
    hours_between,
    kept_cells,
    load_hours,
    load_readings,
    note_export,
)
from collectors.base import Batch, HubgaugeError, Metric, Reading, Series
from collectors.catalogue import facility

if TYPE_CHECKING:
    from prometheus_client import CollectorRegistry

    from agent.ledger.bridges import Bridge
    from agent.ledger.meters import Spans
    from agent.ledger.recompute import Imported

log = logging.getLogger(__name__)

_TRACKED: Final[Mapping[Metric, tuple[str, int]]] = {
    facility.METER_POWER: ("meter", POWER),
    facility.METER_ENERGY: ("meter", ENERGY),
    facility.METER_EXPORTED: ("export", ENERGY),
    facility.PDU_POWER: ("pdu", POWER),
    facility.PDU_ENERGY: ("pdu", ENERGY),
    facility.METER_VOLUME: ("water", ENERGY),
}
"""Of each metric the kind of meter, and the quantity. A water meter is one like others; what it counts is litres, not joules."""

_INTERVALS_IN_LIFETIME: Final = 2.5
_PRUNED_AT_ONCE: Final = 2000
_PACKED_AT_ONCE: Final = 100
_WRITTEN_AT_ONCE: Final = 10_000
_MAX_PENDING: Final = 2_000_000


@dataclass(frozen=True, slots=True, kw_only=True)
class LedgerSettings:
    """How much the ledger keeps, in seconds.

    `pdu_resolution` keeps one reading of each PDU in so many seconds, which must divide an hour; None chooses by the number
    of PDUs. Facility meters keep every reading.
    """

    retention: float = 48 * 3600.0
    flush_interval: float = 5.0
    pdu_resolution: int | None = None
    pdu_hours: float = 35 * 86400.0
    tidy: bool = True
    """Let go of what is past its time. A command beside the agent does not: what it is given may have to wait for more."""

    def resolution(self, pdus: int) -> int:
        """Return the seconds between two readings kept of one PDU."""
        if self.pdu_resolution is not None:
            return self.pdu_resolution
        return next(
            seconds
            for most, seconds in ((2_000, 60), (20_000, 300), (float("inf"), 900))
            if pdus <= most
        )


Changes = dict[int, tuple[float | None, float]]
"""Hours that an import makes different: joules before, None where there were none, and after."""


class _DryRun(Exception):
    """All was tried, and nothing is to stay."""


class Energy(NamedTuple):
    """Energy over a stretch of time, and how many seconds of it were covered."""

    joules: float
    seconds: float


_Row = tuple[Channel, int, int, float, int]
"""A reading that waits to be written: slot, time, value and interval."""


_Held = tuple[float, float, "list[Reading]"]
"""Readings that wait for the clock to be believed: when (of the clock that only counts), their lifetime, and they."""


def _mark(db: sqlite3.Connection, meter: Meter, hours: Iterable[int]) -> None:
    """Have the site's hours summed anew."""
    db.executemany(
        "INSERT OR IGNORE INTO dirty VALUES (?, ?, ?)",
        [(meter.site, meter.point, hour) for hour in hours],
    )


class Ledger:
    """The ledger of one agent. `accept` and `counts` belong to the event loop; everything else may run on any thread."""

    def __init__(
        self,
        path: Path,
        *,
        inventory: Inventory | None = None,
        settings: LedgerSettings | None = None,
        registry: CollectorRegistry | None = None,
        clock: Callable[[], float] = time.time,
        counting: Callable[[], float] | None = None,
        opener: Callable[[Path], Store] = Store,
    ) -> None:
        self.settings = settings or LedgerSettings()
        self.spans: Spans | None = None
        """Asked for the width of a register that the inventory does not state; a reload may put another in its place."""
        self.counts: Counter[str] = Counter()
        """Readings `taken`, the reasons of those not taken, and what registers did (`wrap`, `reset`)."""
        try:
            self.store, self.reader = opener(path), opener(path)
        except sqlite3.Error as error:
            raise HubgaugeError(f"{path}: cannot be used as ledger: {error}") from None
        self._clock = SteadyClock(clock, counting)
        self._lock = threading.Lock()
        self._pending: list[_Row] = []
        self._held: deque[_Held] = deque()
        self._held_count = 0
        # What a clock that ran ahead has dated is not of the future: it would stand in the way of what is.
        self._cut = (
            round(self._clock.now() * 1000) if self._clock.watches and self.settings.tidy else None
        )
        self._channels: dict[Series, Channel] = {}
        self._meters: dict[tuple[str, str, str], Meter] = {}
        self._pdu_slot = 0
        self._flushing = threading.Lock()
        self.inventory = inventory or Inventory(hub="")
        self.horizon = self._find_horizon()
        self._next_upkeep = 0.0
        self._unpruned: list[int] = []
        self._unpacked: list[tuple[int, int]] = []
        self._healthy = True
        self._wake = threading.Event()
        self._stopping = False
        self._thread: threading.Thread | None = None
        if registry is not None:
            from agent.ledger.metrics import LedgerMetrics  # noqa: PLC0415 - needs prometheus-client

            registry.register(LedgerMetrics(self.counts))

    @property
    def inventory(self) -> Inventory:
        """What the meters' points and ratings are taken from; a reload may put another in its place."""
        return self._inventory

    @inventory.setter
    def inventory(self, inventory: Inventory) -> None:
        with self._lock:
            self._inventory = inventory
            self._pdu_slot = 1000 * self.settings.resolution(len(inventory.pdus))
            self._channels.clear()
            self._meters.clear()

    # Taking readings: on the event loop, so nothing here waits.

    def accept(self, batch: Batch) -> None:
        """Take the power and energy readings of a batch; never blocks and never raises."""
        readings = [reading for reading in batch.readings if reading[0].metric in _TRACKED]
        if not readings:
            return
        with self._lock:
            self._look()
            if self._clock.steady:
                self._take(batch.time, batch.lifetime, readings)
            else:
                self._hold(batch, readings)

    def _take(self, time: float, lifetime: float, readings: Iterable[Reading]) -> None:
        moment = round(time * 1000)
        interval = max(1, round(lifetime * 1000 / _INTERVALS_IN_LIFETIME))
        for series, value in readings:
            channel = self._channels.get(series)
            if channel is None:
                if series.metric is facility.METER_VOLUME and series.label("point") != "water":
                    continue  # a heat meter tells the volume that has carried the heat
                channel = self._channels[series] = self._channel(series)
            self._judge(channel, moment, value, interval)

    def _look(self) -> None:
        """See whether the clock has stepped. What is dated later than a clock that went back was dated wrongly."""
        moved = self._clock.look()
        if not moved:
            return
        log.warning("ledger: the clock stepped by %+.0f s", moved)
        self._next_upkeep = 0.0
        if moved < 0:
            now = round(self._clock.now() * 1000)
            self.horizon = min(self.horizon, self._find_horizon())
            self._cut = now if self._cut is None else min(now, self._cut)
            kept = [row for row in self._pending if row[2] <= now]
            self.counts["clock"] += len(self._pending) - len(kept)
            self._pending = kept
            for channel in self._channels.values():
                channel.forget()

    def _hold(self, batch: Batch, readings: list[Reading]) -> None:
        self._held.append((self._clock.count, batch.lifetime, readings))
        self._held_count += len(readings)
        while self._held_count > _MAX_PENDING:
            lost = len(self._held.popleft()[2])
            self._held_count -= lost
            self.counts["memory"] += lost

    def _take_held(self) -> None:
        """Date what was heard while the clock was in doubt, a batch at a time, so that `accept` need not wait."""
        while True:
            with self._lock:
                self._look()
                if not self._held or not self._clock.steady:
                    return
                count, lifetime, readings = self._held.popleft()
                self._held_count -= len(readings)
                self._take(self._clock.at(count), lifetime, readings)

    def _judge(self, channel: Channel, moment: int, value: float, interval: int) -> None:
        """Keep a reading, unless it is refused or its slot already has an earlier one."""
        rating = channel.meter.rating
        if not value >= 0:
            self.counts["negative"] += 1
        elif rating is not None and channel.quantity == POWER and value > rating:
            self.counts["above_rating"] += 1
        elif moment < self.horizon:
            self.counts["late"] += 1
        elif (moment, value) == channel.last:
            self.counts["duplicate"] += 1
        else:
            if channel.quantity == ENERGY:
                channel.meter.step.see(value)
            slot = moment - moment % channel.slot_ms
            if slot == channel.slot and moment > channel.last[0]:
                return
            channel.slot, channel.last = slot, (moment, value)
            self._pending.append((channel, slot, moment, value, max(interval, channel.slot_ms)))

    def _channel(self, series: Series) -> Channel:
        kind, quantity = _TRACKED[series.metric]
        name = series.label("pdu" if kind == "pdu" else "meter")
        key = (series.label("site"), name, kind)
        meter = self._meters.get(key)
        if meter is None:
            meter = self._meters[key] = Meter(*key, series.label("point"), self.inventory)
        if quantity == ENERGY:
            meter.register = series
        return Channel(meter, quantity, self._pdu_slot if kind == "pdu" else 1)

    # Writing: on the ledger's own thread, or wherever flush() is called.

    def start(self) -> None:
        """Write what comes in every few seconds, on a thread of the ledger's own."""
        if self._thread is None:
            self._thread = threading.Thread(target=self._run, name="ledger", daemon=True)
            self._thread.start()

    def _run(self) -> None:
        while not self._stopping:
            self._wake.wait(self.settings.flush_interval)
            try:
                self.flush()
            except Exception:
                log.exception("ledger: a fault of its own; it goes on")

    def close(self, timeout: float = 5.0) -> None:
        """Write what is left and close the database."""
        self._stopping = True
        self._wake.set()
        if self._thread is not None:
            self._thread.join(timeout)
            if self._thread.is_alive():
                log.error("ledger: still writing after %g s; what is pending is lost", timeout)
                return
        self.flush()
        self.store.close()
        self.reader.close()

    def flush(self) -> None:
        """Write what has come in; on an error it stays pending, and is tried again."""
        with self._flushing:
            self._take_held()
            with self._lock:
                pending, self._pending = self._pending, []
                cut, self._cut = self._cut, None
            try:
                if cut is not None:
                    self._cut_off(cut)
                    cut = None
                while pending:
                    self._write(pending[:_WRITTEN_AT_ONCE])
                    del pending[:_WRITTEN_AT_ONCE]
                self._upkeep()
            except sqlite3.Error as error:
                self._put_back(pending, cut, error)
            else:
                if not self._healthy:
                    log.info("ledger: writes again")
                self._healthy = True

    def _cut_off(self, cut: int) -> None:
        with self.store.transaction() as db:
            dropped = cut_off(db, cut)
        with self._lock:
            self.counts["clock"] += dropped

    def _put_back(self, pending: list[_Row], cut: int | None, error: sqlite3.Error) -> None:
        with self._lock:
            if cut is not None:
                self._cut = cut if self._cut is None else min(cut, self._cut)
            self._pending[:0] = pending
            lost = max(0, len(self._pending) - _MAX_PENDING)
            del self._pending[:lost]
            self.counts["memory"] += lost
        if self._healthy:
            log.error("ledger: cannot write (%s); readings wait in memory", error)
        self._healthy = False

    def _write(self, pending: list[_Row]) -> None:
        spans: dict[Meter, dict[int, Span]] = {}
        for channel, _, moment, _, interval in pending:
            of_meter = spans.setdefault(channel.meter, {})
            span = of_meter.get(channel.quantity)
            of_meter[channel.quantity] = (
                Span(moment, moment, interval)
                if span is None
                else span.with_reading(moment, interval)
            )
        events: Counter[str] = Counter()
        with self.store.transaction() as db:
            # A number that this transaction gives is the meter's only once it is committed.
            ids = {
                m: m.id if m.id is not None else add_meter(db, m.site, m.name, m.kind, m.point)
                for m in spans
            }
            news = add_readings(
                db, [(ids[row[0].meter], row[0].quantity, *row[1:]) for row in pending]
            )
            for meter, of_meter in spans.items():
                rating, wrap = meter.limits(self.spans)
                change = recompute(
                    db, ids[meter], of_meter, sealed_before=self.horizon, rating=rating, wrap=wrap
                )
                _mark(db, meter, change.hours)
                if ENERGY in of_meter:
                    registers.note(db, ids[meter], meter.step, of_meter[ENERGY].first)
                first = of_meter[ENERGY].first if ENERGY in of_meter else None
                events.update(
                    e.kind for e in change.events if first is not None and e.time >= first
                )
                if meter.kind == "export" and first is not None:
                    news_from = note_export(db, ids[meter], first, of_meter[ENERGY].last)
                    _mark(db, meter, range(floor_hour(news_from.start), news_from.stop, HOUR_MS))
        for meter, number in ids.items():
            meter.id = number
        with self._lock:
            self.counts["taken"] += news
            self.counts["duplicate"] += len(pending) - news
            self.counts.update(events)

    @property
    def pdu_horizon(self) -> int:
        """Hours of single PDUs are let go of before this, in milliseconds."""
        return floor_hour(round((self._clock.now() - self.settings.pdu_hours) * 1000))

    def _find_horizon(self) -> int:
        return floor_hour(round((self._clock.now() - self.settings.retention) * 1000))

    def _upkeep(self) -> None:
        """Let go of what is past the retention: each hour, and of a big site a part at a time."""
        now = self._clock.now()
        if self.settings.tidy and now >= self._next_upkeep and self._clock.steady:
            self._next_upkeep = now + 3600.0
            self.horizon = self._find_horizon()
            self._unpruned = [meter.id for meter in self.store.meters()]
            with self.store.transaction() as db:
                prune_hours(db, cells_before=self.horizon, pdus_before=self.pdu_horizon)
                history.thin(db, now)
            self._unpacked = list(self._packable())
        if self._unpacked:
            packed, self._unpacked = (
                self._unpacked[:_PACKED_AT_ONCE],
                self._unpacked[_PACKED_AT_ONCE:],
            )
            with self.store.transaction() as db:
                for number, block in packed:
                    pack(db, number, block)
        if self._unpruned:
            part, self._unpruned = (
                self._unpruned[:_PRUNED_AT_ONCE],
                self._unpruned[_PRUNED_AT_ONCE:],
            )
            with self.store.transaction() as db:
                prune(db, part, self.horizon)

    def _packable(self) -> Iterator[tuple[int, int]]:
        """Return the oldest thirty days that are past changing and not yet packed, of every meter whose hours stay."""
        with self.store.read() as db:
            oldest = db.execute(
                "SELECT min(hour) FROM hour WHERE hour < ? AND meter NOT IN (SELECT id FROM meter WHERE kind = 'pdu')",
                (self.horizon - self.horizon % BLOCK_MS,),
            ).fetchone()[0]
        if oldest is not None:
            yield from (
                (meter.id, oldest // BLOCK_MS)
                for meter in self.store.meters()
                if meter.kind != "pdu"
            )

    # Asking.

    def energy(self, meter: str, start: float, end: float, *, site: str = "") -> Energy:
        """Return what one meter counted between two times (seconds since the epoch).

        Parts of hours are answered from the readings, to the millisecond, while these are kept; later by cells of five
        minutes where they are kept, else by the hour's mean.
        """
        first, last = round(start * 1000), round(end * 1000)
        joules, covered = 0.0, 0.0
        with self.reader.read() as db:
            found = db.execute(
                "SELECT id, site, kind FROM meter WHERE name = ? AND kind NOT IN ('export', 'water') AND (site = ? OR ? = '')",
                (meter, site, site),
            ).fetchall()
            for number, where, kind in found:
                rating, wrap = self.limits(where, meter, kind)
                hours = load_hours(db, number, range(floor_hour(first), last, HOUR_MS))
                for hour, (total, ms, imported, data) in sorted(hours.items()):
                    begin, stop = max(first, hour), min(last, hour + HOUR_MS)
                    if stop - begin == HOUR_MS:
                        joules, covered = joules + total, covered + ms
                        continue
                    if hour >= self.horizon and not imported:
                        power, energy = (
                            load_readings(db, number, quantity, hour, hour + HOUR_MS)
                            for quantity in (POWER, ENERGY)
                        )
                        exact, _ = hours_of(power, energy, begin, stop, rating=rating, wrap=wrap)
                        part = exact.get(hour, HourCells())
                    else:
                        part = kept_cells(total, ms, data).between(begin - hour, stop - hour)
                    joules, covered = joules + part.total, covered + part.covered_ms
        return Energy(joules, covered / 1000.0)

    def limits(self, site: str, name: str, kind: str) -> Limits:
        """Return what a meter can show, as far as it is known by now."""
        with self._lock:
            meter = self._meters.get((site, name, kind)) or Meter(
                site, name, kind, "", self.inventory
            )
        return meter.limits(self.spans)

    def rows(
        self, site: str, start: float, end: float
    ) -> Iterator[tuple[float, str, float, float]]:
        """Return the hours of a site's meters that begin between two times: time, meter, joules, seconds covered."""
        first, last = round(start * 1000), round(end * 1000)
        names = {
            row.id: row.name
            for row in self.store.meters()
            if row.site == site and row.kind not in ("export", "water")
        }
        for number in range(
            first // BLOCK_MS, last // BLOCK_MS + 1
        ):  # so that years need no more memory than a month
            with self.reader.read() as db:
                found = hours_between(
                    db,
                    set(names),
                    max(first, number * BLOCK_MS),
                    min(last, (number + 1) * BLOCK_MS),
                )
            for (hour, _), (meter, joules, covered) in sorted(
                ((row[0], names[row[1]]), row[1:]) for row in found
            ):
                yield hour / 1000, names[meter], joules, covered / 1000

    def import_hours(self, site: str, meter: str, hours: Mapping[int, Imported]) -> Changes:
        """Write hours from elsewhere (a bill, another system) over what is there; returns those that are different now."""
        return self.import_meters(site, {meter: hours})[meter]

    def import_meters(
        self,
        site: str,
        hours: Mapping[str, Mapping[int, Imported]],
        *,
        even: Mapping[str, Iterable[Bridge]] | None = None,
        dry_run: bool = False,
    ) -> dict[str, Changes]:
        """Write hours of several meters, all of them or, where that fails, none; returns those that are different now.

        `even` are the stretches longer than an hour of which only the sum is known, and which were laid out evenly.
        A dry run does all the same and takes it back at its end.
        """
        changed: dict[str, Changes] = {}
        dirty: dict[str, set[int]] = {}
        with contextlib.suppress(_DryRun), self.store.transaction() as db:
            for meter, found in hours.items():
                kind = kind_of(self.inventory, site, meter)
                point = point_of(self.inventory, site, meter, kind, "")
                number = add_meter(db, site, meter, kind, point)
                changed[meter] = put_imported(
                    db, number, found, sealed_before=self.horizon, packs=kind != "pdu"
                )
                if found:
                    bridges.note(
                        db, number, min(found), max(found) + HOUR_MS, (even or {}).get(meter, ())
                    )
                dirty.setdefault(point, set()).update(changed[meter])
            for point, marked in dirty.items():
                db.executemany(
                    "INSERT OR IGNORE INTO dirty VALUES (?, ?, ?)",
                    [(site, point, hour) for hour in sorted(marked)],
                )
            if dry_run:
                raise _DryRun
        return changed

    def never_less(self, key: str, value: float) -> float:
        """Remember the largest value a counter has had, across restarts, and return it."""
        known = self.store.get_state(key)
        if known is not None and float(known) >= value:
            return float(known)
        with contextlib.suppress(sqlite3.Error), self.store.transaction() as db:
            db.execute("INSERT OR REPLACE INTO state VALUES (?, ?)", (key, repr(value)))
        return value

    def add_history(self, kpi: str, hub: str, scope: str, time: float, value: float) -> None:
        """Remember the value of a KPI; of one hour the last stays, and of days long past the last of the day."""
        with contextlib.suppress(sqlite3.Error), self.store.transaction() as db:
            history.add(db, kpi, hub, scope, time, value)

    def history(
        self, kpi: str, hub: str, scope: str, start: float = 0.0, end: float = float("inf")
    ) -> list[tuple[float, float]]:
        """Return the remembered values of a KPI as (time, value), in order of time."""
        with self.reader.read() as db:
            return history.find(db, kpi, hub, scope, start, end)
