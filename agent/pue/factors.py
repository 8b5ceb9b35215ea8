"""The figures beside PUE, of the same covered time: reuse, carbon, water, and where the overhead goes.

ERF (ISO/IEC 30134-6), CUE (-8) and WUE (-9) are sums over sums as PUE is, each over the cells in which its own meters were
heard too. The overhead is facility less IT energy: what is metered of it by subsystem, and the rest, which is what no meter
says. So the parts always add up to the whole.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Final, Literal, NamedTuple

from agent.pue.windows import OVERHEADS, Sum, sides_of

if TYPE_CHECKING:
    from agent.pue.boundary import Boundary

JOULES_PER_KWH: Final = 3.6e6
UNMETERED: Final = "unmetered"

_GRADES: Final = ((1, 1.20), (2, 1.30), (3, 1.50))
"""GB 40879-2021: the grade of a data centre by its PUE over a year, and the most it may be. To be confirmed against the standard."""

NO_GRADE: Final = 0
FactorName = Literal["erf", "cue", "wue"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Factor:
    """One figure of the family over one window.

    `amount` over `base` is its value: joules of facility energy reused (ERF, a ratio), kilograms (CUE) or litres (WUE) for each
    joule of IT energy. `coverage` is the share of the window in which its meters and both of PUE's boundaries were heard.
    """

    name: FactorName
    standard: str
    amount: float
    base: float
    coverage: float

    @property
    def value(self) -> float | None:
        """The figure in base units; None where nothing is covered."""
        return self.amount / self.base if self.base > 0 else None

    @property
    def per_kwh(self) -> float | None:
        """CUE in kg/kWh and WUE in l/kWh, as the standards write them; ERF is a ratio and stays one."""
        if self.value is None or self.name == "erf":
            return self.value
        return self.value * JOULES_PER_KWH


@dataclass(frozen=True, slots=True, kw_only=True)
class Overhead:
    """Energy that one subsystem takes of what comes in and IT does not get.

    `coverage` is the share of the PUE's own covered time in which the subsystem was metered; what it used in the rest is in
    `unmetered`. `partial_pue` is (subsystem + IT) / IT over the time it was metered; None for the rest.
    """

    subsystem: str
    joules: float
    coverage: float
    partial_pue: float | None = None


class _Side(NamedTuple):
    amount: float
    base: float
    cells: float


_FACTORS: Final[tuple[tuple[FactorName, str, str], ...]] = (
    ("erf", "reused", "ISO/IEC 30134-6"),
    ("cue", "carbon", "ISO/IEC 30134-8"),
    ("wue", "water", "ISO/IEC 30134-9"),
)


def _sides(total: Sum, boundary: Boundary, it_point: str) -> dict[str, _Side]:
    names = [name for name, _ in sides_of(boundary, it_point)]
    values = total.sides or (0.0,) * (3 * len(names))
    return {name: _Side(*values[3 * n : 3 * n + 3]) for n, name in enumerate(names)}


def factors(total: Sum, boundary: Boundary, it_point: str, cells: float) -> tuple[Factor, ...]:
    """Return what is known of ERF, CUE and WUE over a window of so many cells."""
    sides = _sides(total, boundary, it_point)
    return tuple(
        Factor(
            name=name,
            standard=standard,
            amount=of.amount,
            base=of.base,
            coverage=min(1.0, of.cells / cells),
        )
        for name, side, standard in _FACTORS
        if (of := sides.get(side)) is not None and of.cells
    )


def overheads(total: Sum, boundary: Boundary, it_point: str) -> tuple[Overhead, ...]:
    """Return where the overhead of a window goes; the parts add up to facility less IT energy."""
    if not total.cells:
        return ()
    sides = _sides(total, boundary, it_point)
    found = [
        Overhead(
            subsystem=name,
            joules=of.amount,
            coverage=min(1.0, of.cells / total.cells),
            partial_pue=1.0 + of.amount / of.base if of.base > 0 else None,
        )
        for name in OVERHEADS
        if (of := sides.get(name)) is not None
    ]
    rest = total.facility - total.it - sum(one.joules for one in found)
    return (*found, Overhead(subsystem=UNMETERED, joules=rest, coverage=1.0))


def grade(pue: float | None) -> int | None:
    """Return the grade of GB 40879-2021 (1, 2 or 3; 0 for none of them) that a year at this PUE has; None without a PUE."""
    if pue is None:
        return None
    return next((number for number, most in _GRADES if pue <= most), NO_GRADE)
