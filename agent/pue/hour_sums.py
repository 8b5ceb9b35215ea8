"""The sum of one hour of a site over the cells that are covered at both boundaries."""

from __future__ import annotations

from collections.abc import Mapping

from agent.ledger.energy import FULL_MASK
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
    cells = mask.bit_count()
    joules = class_joules = variance = 0.0
    for point in boundary.facility_points:
        if point in points:
            row = points[point]
            energy = row.over(mask)
            joules += -energy if point == "export" else energy
            class_joules += abs(energy) * row.accuracy
            variance += row.variance * cells
    it = points[it_point]
    it_joules = it.over(mask)
    first, last = asked & -asked, 1 << (asked.bit_length() - 1)
    return Sum(
        cells=cells,
        facility=EnergySum(joules=joules, class_joules=class_joules, variance=variance),
        it=EnergySum(
            joules=it_joules, class_joules=it_joules * it.accuracy, variance=it.variance * cells
        ),
        renewable=_renewable(points, mask),
        runs=(mask & ~(mask << 1)).bit_count(),
        starts_covered=bool(mask & first),
        ends_covered=bool(mask & last),
        sides={
            side.name: _side_sum(side, points, boundary, it, mask)
            for side in sides_of(boundary, it_point)
        },
    )


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
