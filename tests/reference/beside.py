"""The figures beside PUE: REF, ERF, CUE and WUE (ISO/IEC 30134-3, -6, -8, -9), in exact fractions.

All are sums over the PUE's cells in which their own meters were heard too.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from fractions import Fraction
from typing import Final

from tests.reference.model import KWH, Duty, Metered, Span
from tests.reference.site import Figure, SiteFigures, weighted

UNITS: Final[Mapping[str, str]] = {"ref": "", "erf": "", "cue": "kg/kWh", "wue": "l/kWh"}
"""The figures, with their units."""


def known(figures: SiteFigures) -> tuple[str, ...]:
    """Return which of the figures a site's meters make."""
    meters = figures.site.meters
    knows = {
        "ref": any(m.point == "renewable" or m.renewable_ratio for m in meters),
        "erf": bool(figures.at("reused")),
        "cue": any(m.kilograms_per_kilowatt_hour for m in meters),
        "wue": bool(figures.at("water")),
    }
    return tuple(name for name, is_known in knows.items() if is_known)


def beside(
    figures: SiteFigures, name: str, start: int, end: int, cells: Iterable[int] | None = None
) -> Figure:
    """Return a figure of a window, over given cells or over all that count in its PUE."""
    chosen = figures.counts(start, end) if cells is None else cells
    return figures.figure(
        lambda cell: above(figures, name, cell),
        lambda cell: below(figures, name, cell),
        chosen,
        end - start,
    )


def stated(name: str, ratio: Fraction) -> Fraction | None:
    """Return what may be stated: REF is of 0 to 1, and no more is reused than was used."""
    if name == "ref":
        return max(Fraction(0), min(Fraction(1), ratio))
    return None if name == "erf" and not 0 <= ratio <= 1 else ratio


def above(figures: SiteFigures, name: str, cell: int) -> Metered | None:
    """Return what is above the line in a cell; of CUE and WUE 3.6e6 times, as joules are below."""
    return figures.once(name, cell, lambda at: _above(figures, name, at))


def _above(figures: SiteFigures, name: str, cell: int) -> Metered | None:
    if name == "ref":
        return _green(figures, cell)
    if name == "erf":
        return figures.sum_of(cell, [(m, m.share) for m in figures.at("reused")])
    if name == "cue":
        return _carbon(figures, cell)
    return figures.sum_of(cell, [(m, m.share * KWH) for m in figures.at("water")])


def below(figures: SiteFigures, name: str, cell: int) -> Metered | None:
    """Return what is below the line in a cell: facility or IT energy."""
    return figures.facility(cell) if name in {"ref", "erf"} else figures.it(cell)


def _green(figures: SiteFigures, cell: int) -> Metered | None:
    """Return renewable energy that came in, less all that left."""
    joules, duty, spans = Fraction(0), Duty.MUST, frozenset[Span]()
    for meter in figures.site.meters:
        if meter.point not in {"utility", "renewable"} or not figures.in_service(meter, cell):
            continue
        ratio = Fraction(1) if meter.point == "renewable" else meter.renewable_ratio or Fraction(0)
        came = figures.counted.incoming[meter.meter].get(cell)
        net = figures.net(meter.meter, cell)
        if came is None or net is None:
            return None
        sign = -1 if meter.subtract else 1
        joules += sign * meter.share * (ratio * came.joules + net.joules - came.joules)
        duty, spans = min(duty, net.duty), spans | net.spans
    return Metered(joules=joules, duty=duty, spans=spans)


def _carbon(figures: SiteFigures, cell: int) -> Metered | None:
    """Return kilograms of what came in; what leaves earns no credit."""
    joules, duty, spans = Fraction(0), Duty.MUST, frozenset[Span]()
    for meter in figures.site.meters:
        factor = meter.kilograms_per_kilowatt_hour
        if not figures.comes_in(meter) or factor is None or not figures.in_service(meter, cell):
            continue
        came = figures.counted.incoming[meter.meter].get(cell)
        if came is None:
            return None
        weight = (-meter.share if meter.subtract else meter.share) * factor
        joules += weight * came.joules
        duty, spans = min(duty, came.duty), spans | weighted(came.spans, weight)
    return Metered(joules=joules, duty=duty, spans=spans)
