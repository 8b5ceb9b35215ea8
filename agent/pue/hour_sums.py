"""The sum of one hour of a site over the cells that are covered at both boundaries."""

from __future__ import annotations

from collections.abc import Mapping

from agent.ledger.energy import FULL_MASK
from agent.ledger.store.site_hours import SiteHour
from agent.pue.boundary import Boundary
from agent.pue.sides import Side, sides_of
from agent.pue.sums import NOTHING, Alone, EnergySum, SideSum, Sum

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


def alone(hour: int, points: Points, boundary: Boundary, it_point: str) -> Alone | None:
    """Return what one boundary told of the cells that do not count; None where all of them do."""
    it = points.get(it_point)
    it_mask = 0 if it is None else it.mask
    mask = facility_cells(hour, points, boundary)
    if mask & it_mask == FULL_MASK:
        return None
    only_it, only_facility = it_mask & ~mask, mask & ~it_mask
    return Alone(
        it_joules=0.0 if it is None else it.over(only_it),
        it_cells=only_it.bit_count(),
        facility_joules=facility_over(points, boundary, only_facility),
        facility_cells=only_facility.bit_count(),
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
    """Return the renewable energy less what leaves the site.

    It is below 0 in an hour that sells what another hour has stored. Only the sum over a window is
    kept within 0 and 1 of the facility's energy (ISO/IEC 30134-3).
    """
    green = points.get("green")
    if green is None or green.mask & mask != mask:
        return 0.0
    exported = points["export"].over(mask) if "export" in points else 0.0
    return green.over(mask) - exported
