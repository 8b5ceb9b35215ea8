"""`hubgauge ledger show`: the PUE of a period in words or as JSON and, explained, all that it was made of."""

from __future__ import annotations

import argparse
import datetime as dt
import json
import sys
from collections.abc import Iterator, Mapping, Sequence
from typing import TYPE_CHECKING, Any, Final

if TYPE_CHECKING:
    from agent.inventory.model import Site
    from agent.pue.explain import Explanation, HourSum, MeterShare, PointSum
    from agent.pue.factors import FactorName
    from agent.pue.model import PueResult
    from agent.pue.pue import Pue

_KWH: Final = 3.6e6
_MOST_NAMES: Final = 10


def run(
    args: argparse.Namespace, pue: Pue, site: Site, start: dt.datetime, end: dt.datetime
) -> None:
    """Write the PUE between two times."""
    from agent.pue.explain import explain  # noqa: PLC0415

    period = start.timestamp(), end.timestamp()
    told = explain(pue, site.site, *period) if args.explain else None
    result = pue.between(site.site, *period) if told is None else told.result
    silent = (
        pue.hours.silent(site.site, round(result.start * 1000), round(result.end * 1000))
        if told
        else {}
    )
    if args.json:
        found = _as_json(result, site)
        if told is not None:
            found |= _explained(told, silent, site, with_hours=args.hours)
        json.dump(found, sys.stdout, indent=2, ensure_ascii=False)
        sys.stdout.write("\n")
        return
    lines = _lines(result, site)
    if told is not None:
        lines += _explanation(told, silent)
        lines += (
            _hours(told.hours, [point.point for point in told.points], site) if args.hours else []
        )
    sys.stdout.writelines(line + "\n" for line in lines)


def _as_json(result: PueResult, site: Site) -> dict[str, Any]:
    """Return the figures under the names that `--json` promises."""
    return {
        "site": result.site,
        "from": dt.datetime.fromtimestamp(result.start, site.zone).isoformat(),
        "to": dt.datetime.fromtimestamp(result.end, site.zone).isoformat(),
        "state": result.state,
        "pue": result.pue,
        "category": result.category,
        "coverage": result.coverage,
        "uncertainty": result.uncertainty,
        "facility_kwh": result.facility_joules / _KWH,
        "it_kwh": result.it_joules / _KWH,
        "interim": result.interim,
        "it_point": result.it_point or None,
        "facility_method": result.facility_method or None,
        "renewable_energy_ratio": result.renewable_ratio,
        "energy_reuse_factor": _value(result, "erf"),
        "carbon_kilograms_per_kilowatt_hour": _value(result, "cue"),
        "carbon_basis": result.carbon_basis or None,
        "water_liters_per_kilowatt_hour": _value(result, "wue"),
        "factor_coverage": {factor.name: factor.coverage for factor in result.factors},
        "grade": result.grade,
        "overhead": [
            {
                "subsystem": part.subsystem,
                "energy_kwh": part.joules / _KWH,
                "coverage": part.coverage,
                "partial_pue": part.partial_pue,
            }
            for part in result.overheads
        ],
        "edition": result.edition,
        "notes": list(result.notes),
    }


def _lines(result: PueResult, site: Site) -> list[str]:
    start, end = (
        f"{dt.datetime.fromtimestamp(t, site.zone):%Y-%m-%d %H:%M %Z}"
        for t in (result.start, result.end)
    )
    value = "no value" if result.pue is None else f"{result.pue:.3f}"
    kind = (
        f"category {result.category}, IT metered at {result.it_point}"
        if result.category
        else "IT not metered"
    )
    lines = [
        f"{site.name or site.site}, {start} to {end}",
        f"PUE          {value}  ({result.state}{', interim' if result.interim else ''}; {kind}; {result.edition})",
        f"coverage     {result.coverage:.1%}",
        f"uncertainty  {'unknown' if result.uncertainty is None else f'±{result.uncertainty:.2%} (k = 2)'}",
        f"facility     {result.facility_joules / _KWH:.3f} kWh",
        f"IT           {result.it_joules / _KWH:.3f} kWh",
    ]
    if result.renewable_ratio is not None:
        lines.append(f"renewable    {result.renewable_ratio:.1%} (REF, ISO/IEC 30134-3)")
    lines += _family(result)
    return lines + [f"note: {note}" for note in result.notes]


def _value(result: PueResult, name: FactorName) -> float | None:
    factor = result.factor(name)
    return None if factor is None else factor.per_kwh


def _family(result: PueResult) -> list[str]:
    """Write what is known beside PUE, and where the overhead goes."""
    units = {"erf": "", "cue": f" kg/kWh, {result.carbon_basis}-based", "wue": " l/kWh"}
    lines = [
        f"{factor.name.upper():<13}{factor.per_kwh:.3f}{units[factor.name]}  ({factor.standard}; coverage {factor.coverage:.1%})"
        for factor in result.factors
        if factor.per_kwh is not None
    ]
    if result.grade is not None:
        grade = f"grade {result.grade}" if result.grade else "none of the grades"
        lines.append(
            f"grade        {grade} of GB 40879-2021, to be confirmed{' at the end of a year' if result.interim else ''}"
        )
    for part in result.overheads:
        share = f"partial PUE {part.partial_pue:.3f}, " if part.partial_pue is not None else ""
        lines.append(
            f"{part.subsystem:<13}{part.joules / _KWH:.3f} kWh of the overhead  ({share}coverage {part.coverage:.1%})"
        )
    return lines


def _explained(
    told: Explanation, silent: Mapping[str, Sequence[str]], site: Site, *, with_hours: bool
) -> dict[str, Any]:
    found: dict[str, Any] = {
        "points": {
            point.point: {
                "meters": len(point.meters),
                "energy_kwh": point.joules / _KWH,
                "coverage": point.coverage,
                "silent": list(silent.get(point.point, ())),
                "facility": point.facility_sign != 0,
                "it": point.is_it,
                "sign": point.facility_sign,
                "unexplained_kwh": point.unexplained / _KWH,
                "by_meter": [_meter(meter) for meter in point.meters],
            }
            for point in told.points
        },
        "formulas": list(told.formulas),
    }
    if with_hours:
        found["hours"] = [
            {
                "time": dt.datetime.fromtimestamp(hour.time, site.zone).isoformat(),
                "cells": hour.cells,
                "facility_kwh": hour.facility_joules / _KWH,
                "it_kwh": hour.it_joules / _KWH,
                "points_kwh": {point: joules / _KWH for point, joules in hour.points.items()},
            }
            for hour in told.hours
        ]
    return found


def _meter(meter: MeterShare) -> dict[str, Any]:
    return {
        "meter": meter.meter,
        "replaced": list(meter.replaced),
        "factor": meter.factor,
        "accuracy_class": meter.accuracy_class,
        "energy_kwh": meter.energy / _KWH,
        "counted_kwh": meter.counted / _KWH,
        "hours": meter.hours,
        "kept": meter.kept,
    }


def _explanation(told: Explanation, silent: Mapping[str, Sequence[str]]) -> Iterator[str]:
    yield ""
    yield "PUE = facility / IT, both summed over the five-minute cells in which every meter of both was heard throughout."
    yield f"{'point':<12}{'counts as':<14}{'meters':>7}{'coverage':>10}{'energy, kWh':>18}"
    for point in told.points:
        yield f"{point.point:<12}{_role(point):<14}{len(point.meters):>7}{point.coverage:>10.1%}{point.joules / _KWH:>18.3f}"
        for meter in point.meters:
            after = f", after {', '.join(meter.replaced)}" if meter.replaced else ""
            gone = "" if meter.kept else "; not all of its hours are kept, the sum above is"
            yield (
                f"  {meter.meter}: {meter.energy / _KWH:.3f} kWh x {meter.factor:g} = {meter.counted / _KWH:.3f} kWh"
                f"  (class {meter.accuracy_class:g}, {meter.hours} hours{after}{gone})"
            )
        names = silent.get(point.point, ())
        if names:
            more = f" and {len(names) - _MOST_NAMES} more" if len(names) > _MOST_NAMES else ""
            yield f"  never heard: {', '.join(names[:_MOST_NAMES])}{more}"
    yield ""
    yield from told.formulas
    if told.result.uncertainty is not None:
        yield "uncertainty: class / sqrt(3) for each boundary, both combined as independent, times two; docs/kpis.md has all of it"


def _role(point: PointSum) -> str:
    roles = {1: ["facility"], 0: [], -1: ["taken off"]}[point.facility_sign] + ["IT"] * point.is_it
    return " and ".join(roles) or "-"


def _hours(hours: Sequence[HourSum], points: Sequence[str], site: Site) -> Iterator[str]:
    yield ""
    yield f"{'hour':<26}{'cells':>5}{'facility, kWh':>16}{'IT, kWh':>16}" + "".join(
        f"{point:>16}" for point in points
    )
    for hour in hours:
        at = dt.datetime.fromtimestamp(hour.time, site.zone).isoformat()
        told = (
            f"{hour.points[point] / _KWH:>16.3f}" if point in hour.points else f"{'-':>16}"
            for point in points
        )
        yield f"{at:<26}{hour.cells:>5}{hour.facility_joules / _KWH:>16.3f}{hour.it_joules / _KWH:>16.3f}{''.join(told)}"
