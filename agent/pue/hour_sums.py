"""The sum of one hour of a site over the cells that are covered at both boundaries."""

from __future__ import annotations

import math
from collections.abc import Mapping

from agent.ledger.energy import CELLS, FULL_MASK
from agent.ledger.store.site_hours import SiteHour
from agent.pue.boundary import Boundary
from agent.pue.sides import Side, sides_of
from agent.pue.sums import NOTHING, Alone, EnergySum, Integrated, SideSum, Sum

Points = Mapping[str, SiteHour]
"""One hour of a site, by point."""


def counted_cells(
    hour: int, points: Points, boundary: Boundary, it_point: str, mask: int = FULL_MASK
) -> int:
    """Return the cells of `mask` in which every meter of both boundaries was heard, as bits.

    A meter that was not in service in that hour need not be heard.
    """
    it = points.get(it_point)
    return 0 if it is None else facility_cells(hour, points, boundary, mask & it.mask)


def facility_cells(hour: int, points: Points, boundary: Boundary, mask: int = FULL_MASK) -> int:
    """Return the cells of `mask` in which every meter of facility energy was heard, as bits."""
    if not boundary.facility_points:
        return 0
    for point in boundary.facility_points:
        found = points.get(point)
        if point == "export":
            # An hour without any export is one before it was metered: nothing to subtract.
            mask &= FULL_MASK if found is None else found.mask
        else:
            heard = 0 if found is None else found.mask
            if mask & ~heard:
                mask &= heard | ~boundary.needed_cells(point, hour)
    return mask


def hour_sum(
    hour: int, points: Points, boundary: Boundary, it_point: str, asked: int = FULL_MASK
) -> Sum:
    """Sum one hour over the cells `asked` for in which every meter of both boundaries was heard."""
    mask = counted_cells(hour, points, boundary, it_point, asked)
    if not mask:
        return NOTHING
    it = points[it_point]
    facility, it_energy = _facility(points, boundary, it_point, mask), _energy(it, mask)
    pue = facility.joules / it_energy.joules if it_energy.joules > 0 else 1.0
    first, last = asked & -asked, 1 << (asked.bit_length() - 1)
    return Sum(
        cells=mask.bit_count(),
        facility=facility,
        it=it_energy,
        integrated=_integrated(points, boundary, it, pue, mask),
        renewable=_renewable(points, mask),
        runs=(mask & ~(mask << 1)).bit_count(),
        starts_covered=bool(mask & first),
        ends_covered=bool(mask & last),
        sides={
            side.name: _side_sum(side, points, boundary, it, mask)
            for side in sides_of(boundary, it_point)
        },
    )


def alone(
    hour: int, points: Points, boundary: Boundary, it_point: str, asked: int = FULL_MASK
) -> Alone | None:
    """Return what one boundary told of `asked` cells that do not count; None if all count."""
    it = points.get(it_point)
    it_mask = 0 if it is None else it.mask & asked
    mask = facility_cells(hour, points, boundary, asked)
    if mask & it_mask == asked:
        return None
    only_it, only_facility = it_mask & ~mask, mask & ~it_mask
    return Alone(
        it_joules=0.0 if it is None else it.over(only_it),
        it_cells=only_it.bit_count(),
        facility_joules=facility_over(points, boundary, only_facility),
        facility_cells=only_facility.bit_count(),
    )


def _energy(row: SiteHour, mask: int) -> EnergySum:
    joules = row.over(mask)
    return EnergySum(joules=joules, common=abs(joules) * row.accuracy, own=abs(joules) * row.own)


def _facility(points: Points, boundary: Boundary, it_point: str, mask: int) -> EnergySum:
    """Return the facility's energy; the errors of the point where IT is metered too are left out.

    Those are known as IT's.
    """
    joules = common = own_squared = 0.0
    for point in boundary.facility_points:
        if point in points:
            energy = _energy(points[point], mask)
            joules += -energy.joules if point == "export" else energy.joules
            if point != it_point:
                common += energy.common
                own_squared += energy.own**2
    return EnergySum(joules=joules, common=common, own=math.sqrt(own_squared))


def _integrated(
    points: Points, boundary: Boundary, it: SiteHour, pue: float, mask: int
) -> Integrated:
    """Return how well power tells facility energy less PUE times IT energy.

    A cell errs as much as leaving out readings changes it. What changes facility and IT energy
    alike leaves PUE as it is. Where readings repeat themselves, each time errs as the others do.
    """
    rows = [
        (points[point], -1.0 if point == "export" else 1.0)
        for point in boundary.facility_points
        if point in points
    ]
    rows.append((it, -pue))
    variance = mask.bit_count() * sum(factor * factor * row.variance for row, factor in rows)
    thinned = [(row.thinned, factor) for row, factor in rows if row.thinned]
    if not thinned:
        return Integrated(variance=variance)
    cells = (n for n in range(CELLS) if mask >> n & 1)
    found = sum(sum(factor * joules[n] for joules, factor in thinned) ** 2 for n in cells)
    repeats = max(row.repeats for row, _ in rows)
    if repeats > 1.0:
        return Integrated(variance=variance, in_step=math.sqrt(repeats * found))
    return Integrated(variance=variance + found)


def _side_sum(side: Side, points: Points, boundary: Boundary, it: SiteHour, mask: int) -> SideSum:
    """Sum one amount over those of the counted cells in which its own meters were heard."""
    rows = [points.get(point) for point in side.points]
    for row in rows:
        mask &= row.mask if row is not None else 0
    if not mask:
        return SideSum()
    amount, *less = [row.over(mask) for row in rows if row is not None]
    base = facility_over(points, boundary, mask) if side.name == "reused" else it.over(mask)
    return SideSum(amount=amount - sum(less), base=base, cells=mask.bit_count())


def facility_over(points: Points, boundary: Boundary, mask: int) -> float:
    """Return the facility's energy over some cells, all of them covered."""
    total = 0.0
    for point in boundary.facility_points:
        if point in points:
            energy = points[point].over(mask)
            total += -energy if point == "export" else energy
    return total


def _renewable(points: Points, mask: int) -> float:
    """Return the renewable energy less what leaves the site.

    It is below 0 in an hour that sells what another hour has stored. Only the sum over a window is
    kept within 0 and 1 of the facility's energy (ISO/IEC 30134-3). Where a renewable supply is not
    covered in a cell that counts, it was not in service there; what left the site counts all the
    same.
    """
    green, export = points.get("green"), points.get("export")
    own = green.over(mask & green.mask) if green is not None else 0.0
    return own - (export.over(mask) if export is not None else 0.0)
