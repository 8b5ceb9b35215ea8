"""The statement of a site's year: its PUE with everything it rests on, made of the ledger.

Whoever holds the ledger can make the same figures again, as of the time at which the
statement was made (`agent.pue.past`). Only what single meters had counted is not kept after a
correction; the points' sums are.
"""

from __future__ import annotations

import datetime as dt
from collections import Counter
from collections.abc import Iterator
from typing import Final
from zoneinfo import ZoneInfo

from agent import __version__
from agent.inventory.model import Inventory, Site
from agent.ledger.energy import JOULES_PER_KWH
from agent.pue.explain import explain
from agent.pue.explanation import Explanation, MeterShare, PointSum
from agent.pue.model import PueResult
from agent.pue.periods import end_of, year_end
from agent.pue.pue import Pue
from agent.report.stated import (
    Beside,
    Figure,
    Imported,
    Refused,
    StatedMeter,
    StatedPoint,
    Statement,
)

_BESIDE: Final = ("reused", "water")
"""Points that are stated though they are no part of PUE."""


def year_of(site: Site, year: int, now: float) -> tuple[float, float]:
    """Return the bounds of a local year in seconds; a year that is not over ends now.

    Raises ConfigError for a year that has not begun.
    """
    start = dt.datetime(year, 1, 1, tzinfo=site.zone).timestamp()
    end = year_end(round(start * 1000), site.zone) / 1000
    return start, end_of(str(year), start, end, now, key="--year")


def state(
    pue: Pue, inventory: Inventory, site: Site, year: int, made: float, *, simulated: bool
) -> Statement:
    """State a site's year, as of a time in seconds."""
    start, end = year_of(site, year, made)
    explained = explain(pue, site.site, start, end)
    result = explained.result
    counted = [
        point
        for point in explained.points
        if point.facility_sign or point.is_it or point.point in _BESIDE
    ]
    made_ms = round(made * 1000)
    with pue.hours.ledger.reader.read() as tables:
        batches = tables.import_batches.of_site(site.site, made_ms)
    return Statement(
        site=site.site,
        name=site.name or site.site,
        hub=inventory.hub,
        year=year,
        made=_iso(made, site.zone),
        program=f"hubgauge {__version__}",
        simulated=simulated,
        edition=result.edition,
        category=result.category,
        it_point=result.it_point,
        facility_method=result.facility_method,
        interim=result.interim,
        figure=_figure(result, site.zone),
        months=[_figure(one, site.zone) for one in _months(pue, site, start, end)],
        beside=list(_beside(result)),
        points=[_point(point) for point in counted],
        meters=[_meter(one, inventory, site) for point in counted for one in point.meters],
        refused=_refused(pue, explained, start, end),
        imports=[
            Imported(
                time=_iso(one.time / 1000, site.zone),
                file=one.file,
                sha256=one.sha256,
                user=one.user,
                hours=one.hours,
            )
            for one in batches
        ],
        notes=list(result.notes),
    )


def _figure(result: PueResult, zone: ZoneInfo) -> Figure:
    return Figure(
        start=_iso(result.start, zone),
        end=_iso(result.end, zone),
        pue=result.pue,
        state=result.state,
        coverage=result.coverage,
        uncertainty=result.uncertainty,
        facility_kwh=result.facility_joules / JOULES_PER_KWH if result.coverage else None,
        it_kwh=result.it_joules / JOULES_PER_KWH if result.coverage else None,
    )


def _months(pue: Pue, site: Site, start: float, end: float) -> Iterator[PueResult]:
    """Yield the PUE of each local month, or of its part before `end`."""
    first = dt.datetime.fromtimestamp(start, site.zone)
    while first.timestamp() < end:
        after = (first + dt.timedelta(days=31)).replace(day=1)
        yield pue.between(site.site, first.timestamp(), min(after.timestamp(), end))
        first = after


def _beside(result: PueResult) -> Iterator[Beside]:
    if result.renewable_ratio is not None:
        yield Beside(
            name="ref",
            standard="ISO/IEC 30134-3",
            value=result.renewable_ratio,
            coverage=result.coverage,
        )
    for one in result.factors:
        if one.per_kwh is not None:
            yield Beside(
                name=one.name, standard=one.standard, value=one.per_kwh, coverage=one.coverage
            )


def _point(found: PointSum) -> StatedPoint:
    is_water = found.point == "water"
    return StatedPoint(
        point=found.point,
        sign=found.facility_sign,
        is_it=found.is_it,
        energy=found.joules if is_water else found.joules / JOULES_PER_KWH,
        unit="l" if is_water else "kWh",
        coverage=found.coverage,
    )


def _meter(share: MeterShare, inventory: Inventory, site: Site) -> StatedMeter:
    listed = inventory.meters.get((site.site, share.meter))
    is_water = share.point == "water"
    unit = 1.0 if is_water else JOULES_PER_KWH
    return StatedMeter(
        meter=share.meter,
        point=share.point,
        replaced=list(share.replaced),
        serial=listed.serial if listed else "",
        accuracy_class=listed.accuracy_class if listed else None,
        calibrated=listed.calibrated if listed else "",
        since="" if share.since is None else _iso(share.since, site.zone),
        until="" if share.until is None else _iso(share.until, site.zone),
        factor=share.factor,
        energy=share.energy / unit if share.hours else None,
        counted=share.counted / unit if share.hours else None,
        unit="l" if is_water else "kWh",
        complete=share.kept,
    )


def _refused(pue: Pue, explained: Explanation, start: float, end: float) -> list[Refused]:
    """Return how many readings of the boundary's meters were refused, by meter and reason."""
    site = explained.result.site
    names = {
        number: place.name
        for places in pue.boundary(site).places.values()
        for place in places
        for number in pue.hours.numbers(site, place)
    }
    counts: Counter[tuple[str, str]] = Counter()
    with pue.hours.ledger.reader.read() as tables:
        for one in tables.refusals.between(names, round(start * 1000), round(end * 1000)):
            counts[names[one.meter], one.reason] += one.count
    return [
        Refused(meter=meter, reason=reason, count=count)
        for (meter, reason), count in sorted(counts.items())
    ]


def _iso(time: float, zone: ZoneInfo) -> str:
    return dt.datetime.fromtimestamp(round(time), zone).isoformat()
