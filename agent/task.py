"""A collector together with what the runner knows of it."""

from __future__ import annotations

import inspect
from array import array
from dataclasses import dataclass, field
from typing import Final, cast
from weakref import WeakKeyDictionary

from collectors.abilities import (
    CountsDropped,
    GivesNotice,
    GivesParts,
    HasLinkedNames,
    HasRegisters,
    HasUpSeries,
    Immediate,
    IsDiscovered,
    ListsRefused,
    ReadsSlowly,
    SharesNotice,
)
from collectors.base import Collector, Reading, Series
from collectors.batch import NO_COLUMNS, NOTHING, Columns, Layout, columns_of
from collectors.catalogue import agent as catalogue
from collectors.refusal import summary

_ABILITIES: Final[tuple[type, ...]] = (
    CountsDropped,
    GivesNotice,
    GivesParts,
    HasLinkedNames,
    HasRegisters,
    HasUpSeries,
    Immediate,
    IsDiscovered,
    ListsRefused,
    ReadsSlowly,
    SharesNotice,
)
_BY_CLASS: Final[WeakKeyDictionary[type, frozenset[type]]] = WeakKeyDictionary()


def abilities_of(one: object) -> frozenset[type]:
    """Return what a collector can do.

    To ask takes a tenth of a millisecond, and a hub has tens of thousands of devices. Objects of
    a class without a `__dict__` have what their class declares, so the first one speaks for all.
    """
    if hasattr(one, "__dict__"):
        return _asked(one)
    known = _BY_CLASS.get(type(one))
    if known is None:
        known = _BY_CLASS[type(one)] = _asked(one)
    return known


def _asked(one: object) -> frozenset[type]:
    return frozenset(able for able in _ABILITIES if isinstance(one, able))


@dataclass(slots=True, kw_only=True, eq=False)
class Task:
    """A collector, what it can do, and how its last round went.

    `derived` collectors read what others have reported. `busy` holds while a round runs, and also
    while a thread that outlived its deadline is still at work. `gone` collectors were replaced.
    """

    collector: Collector
    derived: bool = False
    busy: bool = False
    gone: bool = False
    ok: bool | None = None
    last_success: float | None = None
    last_error: str = ""
    last_reason: str = ""
    """Why the last round failed, in one of the words that errors are counted by."""
    notice: str = ""
    duration: float | None = None
    late: bool = False
    """Whether our own lag kept the last round from being run or read in time."""
    excused: int = 0
    """How many silent rounds in a row a pause of this agent excused."""
    stood_still: int = 0
    """How often in a row it was interrupted, for it kept the event loop from all others; 6 at most.
    """
    rests_until: float = float("-inf")
    """Until when it is not called, for it stood still; in seconds of the event loop."""
    empty: int = 0
    """How many rounds in a row found nothing: no such chip, array or file system."""
    left_out: int = 0
    """How many of the next rounds are left out, for they would tell nothing new."""
    heard: bool = False
    """Whether it was read, or is known not to answer."""
    began: float = float("-inf")
    """When its last round began, in monotonic seconds."""
    fastest: float | None = None
    """The shortest good round so far, in seconds."""
    queued: bool = False
    """Whether it is in the queue of those that wait to be discovered."""
    dropped_before: dict[str, int] = field(default_factory=dict)
    layout: Layout = NOTHING
    """The layout of its last round."""
    part_layouts: dict[str, Layout] = field(default_factory=dict)
    """The layout of each part of its last round."""
    immediate: bool = field(init=False)
    is_coroutine: bool = field(init=False)
    """Whether its `collect` is a coroutine function: to ask in each round takes a part of it."""
    polled: bool = field(init=False)
    """Whether it is a device that is asked, and not the kernel or what others have reported."""
    own: bool = field(init=False)
    """Whether it reads this machine, and neither a device nor what others have reported."""
    _is_discovered: IsDiscovered | None = field(init=False)
    _has_up_series: HasUpSeries | None = field(init=False)
    _counts_dropped: CountsDropped | None = field(init=False)
    _gives_notice: GivesNotice | None = field(init=False)
    _lists_refused: ListsRefused | None = field(init=False)
    _shares_notice: SharesNotice | None = field(init=False)
    _reads_slowly: ReadsSlowly | None = field(init=False)
    _gives_parts: GivesParts | None = field(init=False)
    _without: WithoutUp | None = None
    _joined: tuple[Layout, Layout, Layout] = (NOTHING, NOTHING, NOTHING)
    """The layouts of its readings and of its status, and that of both together."""
    _slow_layout: Layout = NOTHING
    _status_layout: Layout = NOTHING
    status_source: tuple[str, str] = field(init=False)
    """Under which key the snapshot keeps its status where that is apart."""
    told_apart: bool = False
    """Whether its last status was told apart from its readings."""
    slow_source: tuple[str, str] = field(init=False)
    """Under which key the snapshot keeps its slow readings: they stay current for longer."""
    _success: Series = field(init=False)
    _duration: Series = field(init=False)
    _last_success: Series = field(init=False)

    def __post_init__(self) -> None:
        """Ask once what the collector can do, and make the series of its status."""
        one = self.collector
        can = abilities_of(one)
        self.immediate = Immediate in can and cast("Immediate", one).immediate
        self.is_coroutine = inspect.iscoroutinefunction(one.collect)
        self.polled = bool(one.device) and not self.immediate and not self.derived
        self.own = not one.device and not self.derived
        self._is_discovered = cast("IsDiscovered", one) if IsDiscovered in can else None
        self._has_up_series = cast("HasUpSeries", one) if HasUpSeries in can else None
        self._counts_dropped = cast("CountsDropped", one) if CountsDropped in can else None
        self._gives_notice = cast("GivesNotice", one) if GivesNotice in can else None
        self._lists_refused = cast("ListsRefused", one) if ListsRefused in can else None
        self._shares_notice = cast("SharesNotice", one) if SharesNotice in can else None
        slow = cast("ReadsSlowly", one) if ReadsSlowly in can else None
        self._reads_slowly = slow if slow is not None and slow.slow_interval else None
        self._gives_parts = cast("GivesParts", one) if GivesParts in can else None
        labels = (one.name, one.device)
        _, self.status_source, self.slow_source = sources_of(*labels)
        self._success = catalogue.COLLECTOR_SUCCESS.new_series(*labels)
        self._duration = catalogue.COLLECTOR_DURATION.new_series(*labels)
        self._last_success = catalogue.COLLECTOR_LAST_SUCCESS.new_series(*labels)

    @property
    def label(self) -> str:
        """How the log names it."""
        return f"{self.collector.name} {self.collector.device}".rstrip()

    @property
    def own_notice(self) -> str:
        """What the collector itself says of its readings, and which of them it refused."""
        said = self._gives_notice.notice if self._gives_notice else ""
        refused = summary(self._lists_refused.refused) if self._lists_refused else ""
        return "; ".join(filter(None, (said, refused)))

    @property
    def discovered(self) -> bool:
        """Whether its device is discovered, where it has to be."""
        return self._is_discovered is None or self._is_discovered.discovered

    @property
    def waits_for_place(self) -> bool:
        """Whether it found no place for the discovery of its device."""
        return self._is_discovered is not None and self._is_discovered.waits_for_place

    @property
    def shared_notice(self) -> str:
        """The message that it shares with many other collectors."""
        return self._shares_notice.shared_notice if self._shares_notice else ""

    @property
    def slow_interval(self) -> float:
        """How often its slow readings are read, in seconds; 0 if it has none apart."""
        return self._reads_slowly.slow_interval if self._reads_slowly else 0.0

    def take_slow(self) -> Columns:
        """Return the slow readings of the last round, once."""
        readings = self._reads_slowly.take_slow() if self._reads_slowly else ()
        if not readings:
            return NO_COLUMNS
        columns = columns_of(readings, self._slow_layout)
        self._slow_layout = columns[0]
        return columns

    def without_up(self, layout: Layout, values: array[float]) -> Columns:
        """Return the readings of a round without those that its status has."""
        self.layout = layout
        up = self.up_series()
        if not up:
            return layout, values
        known = self._without
        if known is None or known.whole is not layout or known.up != up:
            known = self._without = WithoutUp(layout, up)
        return known.layout, known.take(values)

    def with_status(self, layout: Layout, values: array[float]) -> Columns:
        """Return the readings of a round, and behind them how it went."""
        read, numbers = self.without_up(layout, values)
        said, more = self.status()
        if self._joined[0] is not read or self._joined[1] is not said:
            self._joined = read, said, Layout((*read.series, *said.series))
        return self._joined[2], numbers + more

    @property
    def source(self) -> tuple[str, str]:
        """Under which key the snapshot keeps what it has read."""
        return self.collector.name, self.collector.device

    @property
    def sources(self) -> tuple[tuple[str, str], ...]:
        """Every key under which the snapshot keeps something of it."""
        keys = self._gives_parts.parts if self._gives_parts is not None else ()
        return *sources_of(*self.source), *map(self.part_source, keys)

    def part_source(self, key: str) -> tuple[str, str]:
        """Under which key the snapshot keeps a part of its readings."""
        return f"{self.collector.name}:{key}", self.collector.device

    def up_series(self) -> list[Series]:
        """Return the series that say whether the device answers, as far as it knows them by now."""
        return list(self._has_up_series.up_series) if self._has_up_series is not None else []

    def newly_dropped(self) -> dict[str, int]:
        """Return how many readings the collector itself dropped since the last call, by reason."""
        if self._counts_dropped is None:
            return {}
        more: dict[str, int] = {}
        for reason, total in self._counts_dropped.dropped.items():
            if total > self.dropped_before.get(reason, 0):
                more[reason] = total - self.dropped_before.get(reason, 0)
                self.dropped_before[reason] = total
        return more

    def status(self) -> Columns:
        """Return the readings that say how the last round went, those of the up series included."""
        ok = 1.0 if self.ok else 0.0
        readings: list[Reading] = [(self._success, ok), (self._duration, self.duration or 0.0)]
        if self.last_success is not None:
            readings.append((self._last_success, self.last_success))
        readings += [(series, ok) for series in self.up_series()]
        columns = columns_of(readings, self._status_layout)
        self._status_layout = columns[0]
        return columns


def sources_of(collector: str, device: str) -> tuple[tuple[str, str], ...]:
    """Return the snapshot's keys for the readings of a device, its status and its slow readings."""
    return (collector, device), (f"{collector}:status", device), (f"{collector}:slow", device)


class WithoutUp:
    """The readings of a layout without the series that say whether the device answers."""

    __slots__ = ("_count", "_kept", "layout", "up", "whole")

    def __init__(self, whole: Layout, up: list[Series]) -> None:
        self.whole: Final = whole
        self.up: Final = up
        kept = [n for n, one in enumerate(whole.series) if one not in up]
        self._count: Final = len(kept)
        self._kept: Final = None if kept == list(range(len(kept))) else kept
        some = tuple(whole.series[n] for n in kept)
        self.layout: Final = whole if len(kept) == len(whole) else Layout(some).slim()

    def take(self, values: array[float]) -> array[float]:
        """Return the values that are left."""
        if self._kept is None:  # those that are left come first, as nearly always
            return values[: self._count]
        return array("d", [values[n] for n in self._kept])
