"""The JSON of `hubgauge ledger show --json`; its keys are a contract."""

from __future__ import annotations

import datetime as dt
from collections.abc import Mapping, Sequence
from typing import Any

from agent.inventory.model import Site
from agent.pue.explanation import Explanation, MeterShare
from agent.pue.model import JOULES_PER_KWH, FactorName, PueResult


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
    """Return what a PUE was made of; `silent` are the meters that were not heard, by point."""
    found: dict[str, Any] = {
        "points": {
            point.point: {
                "meters": len(point.meters),
                "energy_kwh": point.joules / JOULES_PER_KWH,
                "coverage": point.coverage,
                "silent": list(silent.get(point.point, ())),
                "facility": point.facility_sign != 0,
                "it": point.is_it,
                "sign": point.facility_sign,
                "unexplained_kwh": point.unexplained / JOULES_PER_KWH,
                "by_meter": [_meter(meter) for meter in point.meters],
            }
            for point in explained.points
        },
        "formulas": list(explained.formulas),
    }
    if with_hours:
        found["hours"] = [
            {
                "time": dt.datetime.fromtimestamp(hour.time, site.zone).isoformat(),
                "cells": hour.cells,
                "facility_kwh": hour.facility_joules / JOULES_PER_KWH,
                "it_kwh": hour.it_joules / JOULES_PER_KWH,
                "points_kwh": {
                    point: joules / JOULES_PER_KWH for point, joules in hour.points.items()
                },
            }
            for hour in explained.hours
        ]
    return found


def _value(result: PueResult, name: FactorName) -> float | None:
    factor = result.factor(name)
    return None if factor is None else factor.per_kwh


def _meter(meter: MeterShare) -> dict[str, Any]:
    return {
        "meter": meter.meter,
        "replaced": list(meter.replaced),
        "factor": meter.factor,
        "accuracy_class": meter.accuracy_class,
        "energy_kwh": meter.energy / JOULES_PER_KWH,
        "counted_kwh": meter.counted / JOULES_PER_KWH,
        "hours": meter.hours,
        "kept": meter.kept,
    }
