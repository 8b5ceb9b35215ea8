"""The sums behind a PUE, written out with their numbers in kilowatt-hours."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from agent.ledger.energy import JOULES_PER_KWH
from agent.pue.explanation import MeterShare, PointSum
from agent.pue.model import PueResult


def formulas(result: PueResult, points: Sequence[PointSum]) -> Iterator[str]:
    """Yield the sum of every point that counts, of the facility, and the ratio."""
    for point in points:
        if point.facility_sign or point.is_it:
            terms = " + ".join(_term(meter) for meter in point.meters)
            yield f"{point.point} = {terms} = {_kwh(point.joules)} kWh"
    signed = [
        f"{'-' if point.facility_sign < 0 else '+'} {_kwh(point.joules)} ({point.point})"
        for point in points
        if point.facility_sign
    ]
    if result.it_joules > 0 and signed:
        facility, it = _kwh(result.facility_joules), _kwh(result.it_joules)
        yield f"facility = {' '.join(signed).removeprefix('+ ')} = {facility} kWh"
        ratio = result.facility_joules / result.it_joules
        yield f"PUE = facility / IT = {facility} / {it} = {ratio:.4f}"


def _term(meter: MeterShare) -> str:
    factor = "" if meter.factor == 1.0 else f" x {meter.factor:g}"
    return f"{_kwh(meter.energy)}{factor} ({meter.meter})"


def _kwh(joules: float) -> str:
    return f"{joules / JOULES_PER_KWH:.3f}"
