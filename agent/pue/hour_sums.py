"""The sum of one hour of a site over the cells that are covered at both boundaries."""

from __future__ import annotations

import math
from collections.abc import Mapping

from agent.ledger.energy import CELLS, FULL_MASK
from agent.ledger.store.site_hours import SiteHour
from agent.pue.boundary import Boundary
from agent.pue.sides import Side, sides_of
from agent.pue.sums import NOTHING, EnergySum, SideSum, Sum

Points = Mapping[str, SiteHour]
"""One hour of a site, by point."""


def counted_cells(points: Points, boundary: Boundary, it_point: str, mask: int = FULL_MASK) -> int:
    """Return the cells of `mask` in which every meter of both boundaries was heard, as bits."""
    it = points.get(it_point)
    if it is None or not boundary.facility_points:
        return 0
    mask &= it.mask
    for point in boundary.facility_points:
        found = points.get(point)
        if found is not None:
            mask &= found.mask
        elif point != "export":
            return 0
        # An hour without any export is one before it was metered: nothing to subtract.
    return mask


def hour_sum(points: Points, boundary: Boundary, it_point: str, asked: int = FULL_MASK) -> Sum:
    """Sum one hour over the cells `asked` for in which every meter of both boundaries was heard."""
    mask = counted_cells(points, boundary, it_point, asked)
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
        variance=_variance(points, boundary, it, pue, mask),
        renewable=_renewable(points, mask),
        runs=(mask & ~(mask << 1)).bit_count(),
        starts_covered=bool(mask & first),
        ends_covered=bool(mask & last),
        sides={
            side.name: _side_sum(side, points, boundary, it, mask)
            for side in sides_of(boundary, it_point)
        },
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


def _variance(points: Points, boundary: Boundary, it: SiteHour, pue: float, mask: int) -> float:
    """Return the variance of facility energy less PUE times IT energy.

    A cell errs as much as leaving out readings changes it. What changes facility and IT energy
    alike leaves PUE as it is.
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
        return variance
    cells = (n for n in range(CELLS) if mask >> n & 1)
    return variance + sum(sum(factor * joules[n] for joules, factor in thinned) ** 2 for n in cells)


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
    """Return the renewable energy used on site: what leaves the site is subtracted from it."""
    green = points.get("green")
    if green is None or green.mask & mask != mask:
        return 0.0
    exported = points["export"].over(mask) if "export" in points else 0.0
    return max(0.0, green.over(mask) - exported)
