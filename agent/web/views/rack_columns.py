"""The measured values of racks, read metric by metric: a whole hub has some 300 000 such series.

Every metric is read once, into a list with one value for each rack. The positions of its labels are
looked up before the loop, which makes the loop fast.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import NamedTuple

from agent.racks.needs import needs_of, standing
from agent.web.views.rack import RackView
from collectors.base import Metric, Series
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


Index = Mapping[str, Mapping[str, int]]
"""Where a rack stands in the columns, by site and name."""
Column = list[float | None]


def index_of(places: Sequence[Place]) -> Index:
    """Return where each rack stands in a sequence."""
    found: dict[str, dict[str, int]] = {}
    for at, place in enumerate(places):
        found.setdefault(place.site, {})[place.rack] = at
    return found


_NO_RACKS: Mapping[str, int] = {}


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
    site_at, rack_at, need_at = metric.at("site"), metric.at("rack"), metric.at("need")
    known: dict[str, Need] = {need: need for need in GRAVITY}
    found: dict[int, dict[Need, float]] = {}
    for series, began in rows(metric).items():
        values = series.values
        at = index.get(values[site_at], _NO_RACKS).get(values[rack_at])
        need = known.get(values[need_at])
        if at is not None and need is not None:
            found.setdefault(at, {})[need] = began
    return found


def _column(index: Index, rows: Rows, metric: Metric, count: int) -> Column:
    """Return a metric's value for each rack."""
    site_at, rack_at = metric.at("site"), metric.at("rack")
    found: Column = [None] * count
    for series, value in rows(metric).items():
        values = series.values
        at = index.get(values[site_at], _NO_RACKS).get(values[rack_at])
        if at is not None:
            found[at] = value
    return found


def _utilization(index: Index, rows: Rows, count: int) -> tuple[Column, Column]:
    """Return the used shares of each rack's rated power and of its units, 0 to 1."""
    metric = rack.RACK_UTILIZATION
    site_at, rack_at, kind_at = metric.at("site"), metric.at("rack"), metric.at("kind")
    power: Column = [None] * count
    space: Column = [None] * count
    for series, value in rows(metric).items():
        values = series.values
        at = index.get(values[site_at], _NO_RACKS).get(values[rack_at])
        if at is not None:
            if values[kind_at] == "power":
                power[at] = value
            elif values[kind_at] == "space":
                space[at] = value
    return power, space


def _power(index: Index, rows: Rows, count: int) -> Column:
    """Return the power of each rack, watts: the sum of its feeds."""
    site_at, rack_at = rack.RACK_POWER.at("site"), rack.RACK_POWER.at("rack")
    found: Column = [None] * count
    for series, watts in rows(rack.RACK_POWER).items():
        values = series.values
        at = index.get(values[site_at], _NO_RACKS).get(values[rack_at])
        if at is not None:
            found[at] = watts + (found[at] or 0.0)
    return found


def _pdus(index: Index, rows: Rows, count: int) -> tuple[list[Sequence[str]], list[int]]:
    """Return the PDUs of each rack that do not answer, and how many do."""
    metric = facility.PDU_UP
    site_at, rack_at, pdu_at = metric.at("site"), metric.at("rack"), metric.at("pdu")
    silent: list[Sequence[str]] = [()] * count
    answering = [0] * count
    for series, up in rows(metric).items():
        values = series.values
        at = index.get(values[site_at], _NO_RACKS).get(values[rack_at])
        if at is None:
            continue
        if up:
            answering[at] += 1
        else:
            silent[at] = (*silent[at], values[pdu_at])
    return silent, answering
