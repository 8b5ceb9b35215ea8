"""The JSON of `hubgauge ledger show --json`. Programs rely on its keys: they must not change."""

from __future__ import annotations

import datetime as dt
from collections.abc import Mapping, Sequence
from typing import Any

from agent.inventory.model import Site
from agent.ledger.energy import JOULES_PER_KWH
from agent.pue.explanation import Explanation, MeterShare, PointSum
from agent.pue.model import FactorName, PueResult, Uncovered


def as_json(result: PueResult, site: Site) -> dict[str, Any]:
    """Return the figures of a PUE."""
    return {
        "site": result.site,
        "from": dt.datetime.fromtimestamp(result.start, site.zone).isoformat(),
        "to": dt.datetime.fromtimestamp(result.end, site.zone).isoformat(),
        "state": result.state,
        "pue": result.pue,
        "category": result.category,
        "coverage": result.coverage,
        "uncertainty": result.uncertainty,
        "facility_kwh": result.facility_joules / JOULES_PER_KWH,
        "it_kwh": result.it_joules / JOULES_PER_KWH,
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
                "subsystem": one.subsystem,
                "energy_kwh": one.joules / JOULES_PER_KWH,
                "coverage": one.coverage,
                "partial_pue": one.partial_pue,
            }
            for one in result.overheads
        ],
        "uncovered": None if result.uncovered is None else _uncovered(result.uncovered),
        "edition": result.edition,
        "notes": list(result.notes),
    }


def explained_as_json(
    explained: Explanation,
    silent: Mapping[str, Sequence[str]],
    site: Site,
    *,
    with_hours: bool,
) -> dict[str, Any]:
    """Return the energies that a PUE is computed from.

    `silent` are the meters without any reading, by point.
    """
    found: dict[str, Any] = {
        "points": {
            point.point: _point(point, silent.get(point.point, ()), site)
            for point in explained.points
        },
        "formulas": list(explained.formulas),
        "assumptions": list(explained.assumptions),
    }
    if with_hours:
        found["hours"] = [
            {
                "time": dt.datetime.fromtimestamp(hour.time, site.zone).isoformat(),
                "cells": hour.cells,
                "facility_kwh": hour.facility_joules / JOULES_PER_KWH,
                "it_kwh": hour.it_joules / JOULES_PER_KWH,
                "points_kwh": {
                    point: joules / JOULES_PER_KWH
                    for point, joules in hour.points.items()
                    if point != "water"
                },
                "points_liters": {
                    point: litres for point, litres in hour.points.items() if point == "water"
                },
            }
            for hour in explained.hours
        ]
    return found


def _uncovered(found: Uncovered) -> dict[str, Any]:
    """Return the possible effect of the uncovered time; `bias` is at most so large, over PUE."""
    return {
        "bias": found.bias,
        "above_median_load": found.above_median_load,
        "coverage_by_month": {one.name: one.coverage for one in found.months},
        "coverage_by_hour": {one.name: one.coverage for one in found.hours},
        "coverage_by_weekday": {one.name: one.coverage for one in found.weekdays},
    }


def _value(result: PueResult, name: FactorName) -> float | None:
    factor = result.factor(name)
    return None if factor is None else factor.per_kwh


def _point(point: PointSum, silent: Sequence[str], site: Site) -> dict[str, Any]:
    """Return a point with its meters; the sum of `water` is in litres, any other in kWh."""
    if point.point == "water":
        sums = {"liters": point.joules, "unexplained_liters": point.unexplained}
    else:
        sums = {
            "energy_kwh": point.joules / JOULES_PER_KWH,
            "unexplained_kwh": point.unexplained / JOULES_PER_KWH,
        }
    return {
        "meters": len(point.meters),
        **sums,
        "coverage": point.coverage,
        "silent": list(silent),
        "facility": point.facility_sign != 0,
        "it": point.is_it,
        "sign": point.facility_sign,
        "by_meter": [_meter(meter, site) for meter in point.meters],
    }


def _time(time: float | None, site: Site) -> str | None:
    return None if time is None else dt.datetime.fromtimestamp(time, site.zone).isoformat()


def _meter(meter: MeterShare, site: Site) -> dict[str, Any]:
    if meter.point == "water":
        amounts = {"liters": meter.energy, "counted_liters": meter.counted}
    else:
        amounts = {
            "energy_kwh": meter.energy / JOULES_PER_KWH,
            "counted_kwh": meter.counted / JOULES_PER_KWH,
        }
    return {
        "meter": meter.meter,
        "replaced": list(meter.replaced),
        "factor": meter.factor,
        "accuracy_class": meter.accuracy_class,
        **amounts,
        "hours": meter.hours,
        "kept": meter.kept,
        "since": _time(meter.since, site),
        "since_is_assumed": meter.since_is_assumed,
        "until": _time(meter.until, site),
    }
