"""The measured values of racks, read metric by metric: a whole hub has some 300 000 such series.

Every metric is read once, into a list with one value for each rack.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterator, Mapping, Sequence
from typing import Final, NamedTuple
from weakref import WeakKeyDictionary

from agent.families import Values
from agent.racks.needs import needs_of, standing
from agent.web.views.rack import RackView
from collectors.base import Metric, Series
from collectors.batch import Layout
from collectors.catalogue import facility, rack
from collectors.catalogue.needs import GRAVITY, Need
from collectors.catalogue.rack_limits import SiteLimits

Rows = Callable[[Metric], Mapping[Series, float]]
"""Gives the live series of a metric with their values."""


class Place(NamedTuple):
    """Where a rack stands, and the state that the inventory gives it."""

    site: str
    row: str
    rack: str
    state: str


Column = list[float | None]
_Placed = tuple[list[int | None], list[str]]
_LONG: Final = 8
"""Places of a run of fewer series are looked up each time: they are those of one device."""


class Index:
    """Where the racks of series stand in the columns.

    A whole hub's racks are told in long runs of series, which stay the same from round to round. So
    the places of a run are kept as long as its layout, and a round reads nothing but numbers.
    """

    def __init__(self, places: Sequence[Place]) -> None:
        """Take the racks in the order of the columns."""
        self._at: Final = {(place.site, place.rack): at for at, place in enumerate(places)}
        self._known: Final[WeakKeyDictionary[Layout, dict[tuple[int, str], _Placed]]] = (
            WeakKeyDictionary()
        )

    def values(
        self, rows: Mapping[Series, float], metric: Metric, label: str = ""
    ) -> Iterator[tuple[int | None, str, float]]:
        """Yield the place of each series' rack, the value of one label, and the value.

        The place is None for a rack that is not in the columns.
        """
        if not isinstance(rows, Values):
            places, texts = self._placed(rows, metric, label)
            yield from zip(places, texts, rows.values(), strict=True)
            return
        site_at, rack_at = metric.at("site"), metric.at("rack")
        label_at = metric.at(label) if label else None
        for layout, run, numbers in rows.columns():
            if run.stop - run.start == 1:  # such as whether a PDU answers
                values = layout.at(run.start).values
                text = "" if label_at is None else values[label_at]
                yield self._at.get((values[site_at], values[rack_at])), text, numbers[run.start]
                continue
            key = (run.start, label)
            if run.stop - run.start < _LONG:
                placed = self._placed(layout.slice(run.start, run.stop), metric, label)
            elif key in (known := self._known.setdefault(layout, {})):
                placed = known[key]
            else:
                series = layout.slice(run.start, run.stop)
                placed = known[key] = self._placed(series, metric, label)
            yield from zip(*placed, numbers[run.start : run.stop], strict=True)

    def _placed(self, series: Collection[Series], metric: Metric, label: str) -> _Placed:
        site_at, rack_at = metric.at("site"), metric.at("rack")
        label_at = metric.at(label) if label else None
        labels = [one.values for one in series]
        places = [self._at.get((values[site_at], values[rack_at])) for values in labels]
        return places, ["" if label_at is None else values[label_at] for values in labels]


def measure(
    places: Sequence[Place], index: Index, rows: Rows, now: float, limits: SiteLimits
) -> list[RackView]:
    """Return racks with their measured values and needs now, in the order of `places`.

    `now` is in seconds since the epoch.
    """
    count = len(places)
    load, space = _utilization(index, rows, count)
    silent, answering = _pdus(index, rows, count)
    height = _column(index, rows, rack.RACK_HEIGHT, count)
    used = _column(index, rows, rack.RACK_USED, count)
    power = _power(index, rows, count)
    rated = _column(index, rows, rack.RACK_POWER_CAPACITY, count)
    failover = _column(index, rows, rack.RACK_FAILOVER_LOAD, count)
    inlet = _column(index, rows, rack.RACK_INLET_TEMPERATURE, count)
    stranded = _column(index, rows, rack.RACK_STRANDED, count)
    since = _since(index, rows)
    needs = [
        standing(
            needs_of(
                load[at],
                inlet[at],
                failover[at],
                silent=bool(silent[at]),
                limits=limits.of(place.site, place.row, place.rack),
            ),
            since.get(at, {}),
            now,
        )
        for at, place in enumerate(places)
    ]
    return [
        RackView(
            site=place.site,
            row=place.row,
            rack=place.rack,
            state=place.state,
            height_units=height[at],
            used_units=used[at],
            power_watts=power[at],
            rated_power_watts=rated[at],
            space_utilization_ratio=space[at],
            power_utilization_ratio=load[at],
            failover_load_ratio=failover[at],
            inlet_temperature_celsius=inlet[at],
            stranded_power_watts=stranded[at],
            silent_pdus=silent[at],
            answering_pdus=answering[at],
            needs=needs[at].lasting,
            pending=needs[at].pending,
            since=since.get(at, {}),
            limits=limits.of(place.site, place.row, place.rack),
        )
        for at, place in enumerate(places)
    ]


def _since(index: Index, rows: Rows) -> dict[int, dict[Need, float]]:
    """Return when the needs of each rack began."""
    metric = rack.RACK_NEED_SINCE
    known: dict[str, Need] = {need: need for need in GRAVITY}
    found: dict[int, dict[Need, float]] = {}
    for at, name, began in index.values(rows(metric), metric, "need"):
        need = known.get(name)
        if at is not None and need is not None:
            found.setdefault(at, {})[need] = began
    return found


def _column(index: Index, rows: Rows, metric: Metric, count: int) -> Column:
    """Return a metric's value for each rack."""
    found: Column = [None] * count
    for at, _, value in index.values(rows(metric), metric):
        if at is not None:
            found[at] = value
    return found


def _utilization(index: Index, rows: Rows, count: int) -> tuple[Column, Column]:
    """Return the used shares of each rack's rated power and of its units, 0 to 1."""
    metric = rack.RACK_UTILIZATION
    power: Column = [None] * count
    space: Column = [None] * count
    for at, kind, value in index.values(rows(metric), metric, "kind"):
        if at is not None:
            if kind == "power":
                power[at] = value
            elif kind == "space":
                space[at] = value
    return power, space


def _power(index: Index, rows: Rows, count: int) -> Column:
    """Return the power of each rack, watts: the sum of its feeds."""
    found: Column = [None] * count
    for at, _, watts in index.values(rows(rack.RACK_POWER), rack.RACK_POWER):
        if at is not None:
            found[at] = watts + (found[at] or 0.0)
    return found


def _pdus(index: Index, rows: Rows, count: int) -> tuple[list[Sequence[str]], list[int]]:
    """Return the PDUs of each rack that do not answer, and how many do."""
    metric = facility.PDU_UP
    silent: list[Sequence[str]] = [()] * count
    answering = [0] * count
    for at, name, up in index.values(rows(metric), metric, "pdu"):
        if at is None:
            continue
        if up:
            answering[at] += 1
        else:
            silent[at] = (*silent[at], name)
    return silent, answering
