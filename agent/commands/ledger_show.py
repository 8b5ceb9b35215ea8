"""`hubgauge ledger show`: the PUE of a period as text or JSON, and how it was computed."""

from __future__ import annotations

import argparse
import datetime as dt
import json
import sys
from collections.abc import Iterator, Mapping, Sequence
from typing import Final

from agent.commands.ledger_figures import figures, kwh
from agent.commands.ledger_json import as_json, explained_as_json
from agent.inventory.model import Site
from agent.messages.catalogue import words
from agent.messages.said import said, tell
from agent.pue.explain import explain
from agent.pue.explanation import CountedHour, Explanation, MeterShare, PointSum
from agent.pue.model import PueResult
from agent.pue.pue import Pue
from agent.targets.columns import padded_to, width_of

_POINTS: Final = (-12, -14, 7, 10, 18)
"""The widths of the table of points."""
_MOST_NAMES: Final = 10
_FEW: Final = 3
"""Up to so many meters without energy have a line each; more of them share one line."""


def run(
    args: argparse.Namespace,
    pue: Pue,
    site: Site,
    start: dt.datetime,
    end: dt.datetime,
    *,
    simulated: bool,
) -> None:
    """Write the PUE between two times; with `--explain` also the points, meters and sums."""
    period = start.timestamp(), end.timestamp()
    explained = explain(pue, site.site, *period) if args.explain else None
    result = pue.between(site.site, *period) if explained is None else explained.result
    silent: Mapping[str, Sequence[str]] = {}
    if explained is not None:
        silent = pue.hours.silent(site.site, round(result.start * 1000), round(result.end * 1000))
    if args.json:
        found = as_json(result, site) | {"simulated": simulated}
        if explained is not None:
            found |= explained_as_json(explained, silent, site, with_hours=args.hours)
        json.dump(found, sys.stdout, indent=2, ensure_ascii=False)
        sys.stdout.write("\n")
        return
    w = words(args.language)
    lines = [w("cli.simulated")] if simulated else []
    lines += figures(result, site, w)
    if explained is not None:
        lines += _explanation(explained, silent, site, args.language)
        if args.hours:
            told = set().union(*(hour.points for hour in explained.hours))
            points = [point.point for point in explained.points if point.point in told]
            lines += _hours(explained.hours, points, site, args.language)
    for line in lines:
        tell(line, args.language)


def _amount(point: str, amount: float) -> str:
    """Write the sum of a point: litres of water, or joules in kilowatt-hours."""
    return f"{amount:.1f}" if point == "water" else kwh(amount)


def _explanation(
    explained: Explanation, silent: Mapping[str, Sequence[str]], site: Site, language: str
) -> Iterator[str]:
    """Yield the points with their meters, the sums, and the assumptions."""
    yield ""
    yield (
        "PUE = facility / IT, both summed over the five-minute cells in which every meter of both"
        " was heard throughout."
    )
    heads = ("point", "counts as", "meters", "coverage", "kWh (water: l)")
    yield _row([said(one, language) for one in heads], _POINTS)
    empty = [point.point for point in explained.points if _is_empty(point, silent)]
    for point in explained.points:
        if point.point in empty:
            continue
        meters, role = str(len(point.meters)), said(_role(point), language)
        amount = _amount(point.point, point.joules)
        yield _row([point.point, role, meters, f"{point.coverage:.1%}", amount], _POINTS)
        yield from _meters(point, site)
        names = silent.get(point.point, ())
        if names:
            yield f"  never heard: {_listed(names)}"
    if empty:
        yield f"no meter is listed, and none was heard, at: {', '.join(empty)}"
    yield ""
    yield from explained.formulas
    yield from _uncovered(explained.result)
    for each in explained.assumptions:
        yield f"assumes: {each}"
    if explained.result.uncertainty is not None:
        yield (
            "uncertainty: class / sqrt(3) for each boundary, both combined as independent, times"
            " two; docs/kpis.md has all of it"
        )


def _row(cells: Sequence[str], widths: Sequence[int]) -> str:
    """Return a row of a table; a negative width is that of a column whose text begins it."""
    rooms = zip(cells, widths, strict=True)
    return "".join(
        padded_to(cell, -width) if width < 0 else " " * (width - width_of(cell)) + cell
        for cell, width in rooms
    )


def _is_empty(point: PointSum, silent: Mapping[str, Sequence[str]]) -> bool:
    """Tell whether nothing is known of a point: no meter, no energy, nobody who is silent."""
    return not point.meters and not point.joules and not silent.get(point.point)


def _meters(point: PointSum, site: Site) -> Iterator[str]:
    """Yield a line for each meter of a point; many that show no energy share a line.

    A meter that counted nothing, and one whose hours are deleted, are two things.
    """
    nothing = [one.meter for one in point.meters if one.kept and not one.energy]
    deleted = [one.meter for one in point.meters if not one.kept and not one.hours]
    folded = set()
    for names, what in (
        (nothing, "counted nothing in the covered time"),
        (deleted, "have no hours left in the ledger; the sum above has them"),
    ):
        if len(names) > _FEW:
            folded.update(names)
            yield f"  {len(names)} meters {what}: {_listed(names)}"
    yield from (_meter(one, site) for one in point.meters if one.meter not in folded)


def _listed(names: Sequence[str]) -> str:
    """Return the first names of a list, and how many more there are."""
    more = f" and {len(names) - _MOST_NAMES} more" if len(names) > _MOST_NAMES else ""
    return ", ".join(names[:_MOST_NAMES]) + more


def _uncovered(result: PueResult) -> Iterator[str]:
    """Yield the possible effect of the uncovered time on the figure."""
    found = result.uncovered
    if found is None:
        return
    yield f"uncovered: it may have moved PUE by at most {found.bias:.3%}, part of the uncertainty"
    if found.above_median_load is not None:
        yield f"uncovered: {found.above_median_load:.0%} of it above the median load"
    if found.months:
        months = ", ".join(f"{one.name} {one.coverage:.1%}" for one in found.months)
        yield f"coverage by month: {months}"


def _meter(meter: MeterShare, site: Site) -> str:
    times = ((" since ", meter.since), (" until ", meter.until))
    service = "".join(
        f",{word}{dt.datetime.fromtimestamp(time, site.zone):%Y-%m-%d %H:%M}"
        for word, time in times
        if time is not None
    )
    if meter.since_is_assumed:
        service += " (its first reading)"
    after = f", after {', '.join(meter.replaced)}" if meter.replaced else ""
    gone = "" if meter.kept else "; not all of its hours are kept, the sum above is"
    unit = "l" if meter.point == "water" else "kWh"
    told, counted = (_amount(meter.point, each) for each in (meter.energy, meter.counted))
    return (
        f"  {meter.meter}: {told} {unit} x {meter.factor:g} = {counted} {unit}"
        f"  (class {meter.accuracy_class:g}, {meter.hours} hours{service}{after}{gone})"
    )


def _role(point: PointSum) -> str:
    """Return how a point counts: added to facility energy, subtracted from it, or as IT."""
    roles = {1: ["facility"], 0: [], -1: ["subtracted"]}[point.facility_sign] + ["IT"] * point.is_it
    return " and ".join(roles) or "-"


def _hours(
    hours: Sequence[CountedHour], points: Sequence[str], site: Site, language: str
) -> Iterator[str]:
    """Yield every hour with its cells and energies."""
    yield ""
    heads = [said(one, language) for one in ("hour", "cells", "facility, kWh", "IT, kWh")]
    yield _row([*heads, *points], (-26, 5, 16, 16, *(16 for _ in points)))
    for hour in hours:
        at = dt.datetime.fromtimestamp(hour.time, site.zone).isoformat()
        of_points = (
            f"{_amount(point, hour.points[point]):>16}" if point in hour.points else f"{'-':>16}"
            for point in points
        )
        yield (
            f"{at:<26}{hour.cells:>5}{kwh(hour.facility_joules):>16}{kwh(hour.it_joules):>16}"
            + "".join(of_points)
        )
