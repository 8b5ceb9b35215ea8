"""Readings on their way into the ledger: judged, dated, and kept in memory until they are written.

`accept` belongs to the event loop, so nothing here waits for the disk.
"""

from __future__ import annotations

import logging
import threading
from collections import Counter, defaultdict, deque
from collections.abc import Container, Iterable, Iterator, Mapping
from typing import Final, NamedTuple

from agent.inventory.model import Inventory, outlet_name
from agent.ledger.clock import TrustedClock
from agent.ledger.energy import ENERGY, HOLE, POWER
from agent.ledger.limits import Limits
from agent.ledger.meters import Channel, MeterKey, RegisterWidth, TrackedMeter
from agent.ledger.pending import Pending, Taken
from agent.ledger.settings import LedgerSettings, Retention
from collectors.base import Batch, Metric, Reading, Series
from collectors.catalogue import facility, pdu_parts
from collectors.head import Head, Labels

log = logging.getLogger(__name__)

MAX_PENDING: Final = 2_000_000
"""Readings that may wait in memory. Beyond this number the oldest are dropped."""

COUNTED_AT_ONCE: Final = ("negative", "above_rating")
"""Reasons for which a reading is refused as it comes, whatever comes before and after it."""

NO_NUMBER: Final = -1.0
"""What is stored of a refused reading that is no number."""

_INTERVALS_IN_LIFETIME: Final = 2.5


class _Tracked(NamedTuple):
    """What the ledger makes of a metric: the kind of meter, and the quantity."""

    kind: str
    quantity: int


_TRACKED: Final[Mapping[Metric, _Tracked]] = {
    facility.METER_POWER: _Tracked("meter", POWER),
    facility.METER_ENERGY: _Tracked("meter", ENERGY),
    facility.METER_EXPORTED: _Tracked("export", ENERGY),
    facility.PDU_POWER: _Tracked("pdu", POWER),
    facility.PDU_ENERGY: _Tracked("pdu", ENERGY),
    facility.METER_VOLUME: _Tracked("water", ENERGY),
}
"""A water meter is one like the others, but its register counts litres."""
_OF_OUTLETS: Final[Mapping[Metric, _Tracked]] = {
    pdu_parts.PDU_OUTLET_POWER: _Tracked("outlet", POWER),
    pdu_parts.PDU_OUTLET_ENERGY: _Tracked("outlet", ENERGY),
}
_EVERY: Final = {**_TRACKED, **_OF_OUTLETS}
_AT_PDUS: Final = ("pdu", "outlet")


class _Undated(NamedTuple):
    """Readings that wait until the clock is trusted; `heard` is by the monotonic clock."""

    heard: float
    lifetime: float
    readings: list[Reading]


class Intake:
    """Takes readings and counts those it rejects."""

    def __init__(
        self,
        inventory: Inventory,
        settings: LedgerSettings,
        clock: TrustedClock,
        retention: Retention,
    ) -> None:
        self.counts: Counter[str] = Counter()
        """Readings `taken`, the reasons of rejected ones, and what registers did."""
        self.register_width: RegisterWidth | None = None
        self._settings, self._clock, self._retention = settings, clock, retention
        self._lock = threading.Lock()
        self._pending = Pending()
        self._undated: deque[_Undated] = deque()
        self._undated_count = 0
        self._clock_stepped = False
        self._delete_after: int | None = None
        if clock.can_see_steps and settings.tidy:
            # Readings dated later than now by a clock that ran ahead would stand in the way.
            self._delete_after = round(clock.now() * 1000)
        self._channels: dict[Series, Channel] = {}
        self._former: dict[Series, Channel] = {}
        """The channels before the inventory was read again, of those not heard since."""
        self._meters: dict[MeterKey, TrackedMeter] = {}
        self.inventory = inventory

    @property
    def inventory(self) -> Inventory:
        """Where the meters' points and ratings are taken from; a reload may replace it."""
        return self._inventory

    @inventory.setter
    def inventory(self, inventory: Inventory) -> None:
        with self._lock:
            self._inventory = inventory
            self._pdu_slot_ms = 1000 * self._settings.resolution(len(inventory.pdus))
            self._former, self._channels = self._channels, {}
            self._meters.clear()
            # A hub has a hundred thousand outlets: only who bills some of them looks at them.
            self._tracked = _EVERY if inventory.billed_outlets else _TRACKED
            self._billed: dict[str, set[Labels]] = defaultdict(set)
            for pdu, outlet in inventory.billed_outlets:
                self._billed[pdu].add((outlet,))

    def accept(self, batch: Batch) -> None:
        """Take the power and energy readings of a batch; never blocks and never raises."""
        readings: list[Reading] = []
        for run in batch.layout.shape.runs:
            if run.metric in self._tracked:
                found = batch.readings_of(run)
                readings += _billed(found, self._billed) if run.metric in _OF_OUTLETS else found
        if not readings:
            return
        with self._lock:
            self._check_clock()
            if self._clock.is_trusted:
                self._take(batch.time, batch.lifetime, readings)
            else:
                self._keep_undated(_Undated(self._clock.count, batch.lifetime, readings))

    def _take(self, time: float, lifetime: float, readings: Iterable[Reading]) -> None:
        moment = round(time * 1000)
        interval = max(1, round(lifetime * 1000 / _INTERVALS_IN_LIFETIME))
        for series, value in readings:
            channel = self._channels.get(series)
            if channel is None:
                if not _is_kept(series, self._inventory):
                    continue
                channel = self._channels[series] = self._channel(series)
            self._judge(channel, moment, value, interval)

    def _judge(self, channel: Channel, moment: int, value: float, interval: int) -> None:
        """Keep a reading, unless its slot already has an earlier one; count what is rejected."""
        rating = channel.meter.rating
        if moment < self._retention.sealed_before:
            self.counts["late"] += 1
        elif not value >= 0:  # so NaN is rejected as well
            self.counts["negative"] += 1
            self._pending.add_hole(
                channel, moment, value if HOLE < value < 0 else NO_NUMBER, interval
            )
        elif rating is not None and channel.quantity == POWER and value > rating:
            self.counts["above_rating"] += 1
            self._pending.add_hole(channel, moment, value, interval)
        elif moment == channel.time and value == channel.value:
            self.counts["duplicate"] += 1
        else:
            self._pending.add(channel, moment, value, interval)

    def _channel(self, series: Series) -> Channel:
        kind, quantity = _EVERY[series.metric]
        key = MeterKey(series.label("site"), _name_of(kind, series), kind)
        meter = self._meters.get(key)
        if meter is None:
            meter = self._meters[key] = TrackedMeter(key, series.label("point"), self.inventory)
            self._note_two_ways(key)
        if quantity == ENERGY:
            meter.register = series
        channel = Channel(meter, quantity, self._pdu_slot_ms if kind in _AT_PDUS else 1)
        former = self._former.pop(series, None)
        if former is not None and former.slot_ms == channel.slot_ms:
            channel.follow(former)
        return channel

    def _note_two_ways(self, key: MeterKey) -> None:
        """Note that a meter rests while energy leaves the site, if it counts both directions."""
        bought = self._meters.get(MeterKey(key.site, key.name, "meter"))
        if bought is not None and MeterKey(key.site, key.name, "export") in self._meters:
            bought.never_rests = False

    # Steps of the clock.

    def _check_clock(self) -> None:
        """See whether the clock has stepped; drop what a clock that went back has dated wrongly."""
        moved = self._clock.check()
        if not moved:
            return
        log.warning("ledger: the clock stepped by %+.0f s", moved)
        self._clock_stepped = True
        if moved < 0:
            now = round(self._clock.now() * 1000)
            self._retention.move_back()
            self._delete_after = _earlier(now, self._delete_after)
            self.counts["clock"] += self._pending.drop_after(now)
            for channel in self._channels.values():
                channel.forget()

    def _keep_undated(self, undated: _Undated) -> None:
        self._undated.append(undated)
        self._undated_count += len(undated.readings)
        while self._undated_count > MAX_PENDING:
            lost = len(self._undated.popleft().readings)
            self._undated_count -= lost
            self.counts["memory"] += lost

    def date_undated(self) -> None:
        """Date what was heard while the clock was not trusted, if it is trusted by now.

        It is done a batch at a time, so that `accept` need not wait.
        """
        while True:
            with self._lock:
                self._check_clock()
                if not self._undated or not self._clock.is_trusted:
                    return
                undated = self._undated.popleft()
                self._undated_count -= len(undated.readings)
                self._take(self._clock.at(undated.heard), undated.lifetime, undated.readings)

    # Towards the database.

    def take_pending(self) -> Taken:
        """Hand over everything that waits to be written."""
        with self._lock:
            delete_after, self._delete_after = self._delete_after, None
            return Taken(self._pending.take(), delete_after)

    def has_clock_stepped(self) -> bool:
        """Tell whether the clock has stepped since the last call."""
        with self._lock:
            stepped, self._clock_stepped = self._clock_stepped, False
            return stepped

    def put_back(self, taken: Taken) -> None:
        """Take back what could not be written; where memory is short, drop the oldest."""
        with self._lock:
            if taken.delete_after is not None:
                self._delete_after = _earlier(taken.delete_after, self._delete_after)
            self.counts["memory"] += self._pending.put_back(taken.pending, MAX_PENDING)

    def count(self, counts: Mapping[str, int]) -> None:
        """Add to the counts."""
        with self._lock:
            self.counts.update(counts)

    def found_stuck(self) -> list[TrackedMeter]:
        """Return the meters whose register was found stuck; it may count again by now."""
        with self._lock:
            return [meter for meter in self._meters.values() if meter.is_stuck is not None]

    def limits(self, key: MeterKey) -> Limits:
        """Return what a meter can show, as far as it is known by now."""
        with self._lock:
            meter = self._meters.get(key) or TrackedMeter(key, "", self.inventory)
        return meter.limits(self.register_width)


def _is_kept(series: Series, inventory: Inventory) -> bool:
    """Tell whether a series is kept: of outlets only those that tenants have.

    A heat meter counts the volume of water that carried the heat, which nobody used.
    """
    if series.metric in _OF_OUTLETS:
        return (series.label("pdu"), series.label("outlet")) in inventory.billed_outlets
    return series.metric is not facility.METER_VOLUME or series.label("point") == "water"


def _billed(
    readings: Iterable[Reading], outlets: Mapping[str, Container[Labels]]
) -> Iterator[Reading]:
    """Return those of the outlets that tenants have; `outlets` has the labels behind each PDU's.

    A PDU is looked up once, since all the others are heard in every round.
    """
    head: Head | None = None
    billed: Container[Labels] = ()
    for reading in readings:
        series, _ = reading
        if series.head is not head:
            head, billed = series.head, outlets.get(series.label("pdu"), ())
        if series.rest in billed:
            yield reading


def _name_of(kind: str, series: Series) -> str:
    """Return the name of the meter that a series is of."""
    if kind not in _AT_PDUS:
        return series.label("meter")
    pdu = series.label("pdu")
    return outlet_name(pdu, series.label("outlet")) if kind == "outlet" else pdu


def _earlier(one: int, other: int | None) -> int:
    return one if other is None else min(one, other)
