"""The figures beside PUE, over the same covered time: reuse, carbon, water, and the overhead.

ERF (ISO/IEC 30134-6), CUE (-8) and WUE (-9) are sums over sums as PUE is, each over the cells in
which its own meters were heard too. The overhead is facility less IT energy. What subsystems are
metered to use is listed, and the rest is `unmetered`. So the parts always add up to the whole.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import Final, NamedTuple

from agent.pue.boundary import Boundary
from agent.pue.model import Factor, FactorName, Overhead
from agent.pue.sides import OVERHEADS, sides_of
from agent.pue.sums import SideSum, Sum

UNMETERED: Final = "unmetered"


class _Standard(NamedTuple):
    """One of the figures: its name, the amount it is made of, and its standard."""

    name: FactorName
    side: str
    standard: str


_STANDARDS: Final = (
    _Standard("erf", "reused", "ISO/IEC 30134-6"),
    _Standard("cue", "carbon", "ISO/IEC 30134-8"),
    _Standard("wue", "water", "ISO/IEC 30134-9"),
)


def factors(total: Sum, cells: float) -> tuple[Factor, ...]:
    """Return what is known of ERF, CUE and WUE over a window of so many cells."""
    return tuple(
        Factor(
            name=one.name,
            standard=one.standard,
            amount=side.amount,
            base=side.base,
            coverage=min(1.0, side.cells / cells),
        )
        for one in _STANDARDS
        if (side := total.sides.get(one.side)) is not None and side.cells
    )


def contradictions(found: Iterable[Factor]) -> Iterator[str]:
    """Say which figures have no value because their meters contradict each other."""
    for one in found:
        if not one.is_consistent:
            ratio = one.amount / one.base
            yield (
                f"reused energy is {ratio:.3f} of facility energy, so there is no"
                f" {one.name.upper()}: a meter is missing or scaled wrongly"
            )


def _partial(side: SideSum) -> float | None:
    """Return (subsystem + IT) / IT; None below 1, as for PUE: its meters contradict each other."""
    return 1.0 + side.amount / side.base if side.base > 0 and side.amount >= 0 else None


def overheads(total: Sum, boundary: Boundary, it_point: str) -> tuple[Overhead, ...]:
    """Return where the overhead of a window goes; the parts add up to facility less IT energy."""
    if not total.cells:
        return ()
    metered = {side.name for side in sides_of(boundary, it_point)}
    found = []
    for name in OVERHEADS:
        if name in metered:
            side = total.sides.get(name, SideSum())
            found.append(
                Overhead(
                    subsystem=name,
                    joules=side.amount,
                    coverage=min(1.0, side.cells / total.cells),
                    partial_pue=_partial(side),
                )
            )
    rest = total.facility.joules - total.it.joules - sum(one.joules for one in found)
    return (*found, Overhead(subsystem=UNMETERED, joules=rest, coverage=1.0))
