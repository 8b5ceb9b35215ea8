"""What the KPI parts hand each other and the board."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Final, Literal

from agent.pue.factors import grade
from collectors.catalogue.limits import MIN_COVERAGE

if TYPE_CHECKING:
    from agent.pue.factors import Factor, FactorName, Overhead


PueState = Literal["valid", "low_coverage", "no_data", "inconsistent"]
PUE_STATES: Final[tuple[PueState, ...]] = ("valid", "low_coverage", "no_data", "inconsistent")

YEAR_SECONDS: Final = 365 * 86_400.0


def is_interim(seconds: float, coverage: float) -> bool:
    """Tell whether the PUE of a window is interim, by the window's length and coverage.

    ISO/IEC 30134-2 judges twelve months; a year with too little coverage is interim as well.
    """
    return seconds < YEAR_SECONDS or coverage < MIN_COVERAGE


CATEGORY: Final = {"ups_output": 1, "pdu_output": 2, "it_input": 3}
"""ISO/IEC 30134-2: the PUE category follows from where IT energy is metered."""


@dataclass(frozen=True, slots=True, kw_only=True)
class PueResult:
    """The PUE of one site over one window, with all it rests on.

    `pue` is None in the states `no_data` and `inconsistent`. Both energies are sums over the same covered time. `coverage`
    is the share of the window that was covered at both boundaries; `uncertainty` is relative and expanded (k = 2), None
    where the energies are. `interim` says that less than twelve months are covered. Times are seconds since the epoch.
    """

    site: str
    window: str
    start: float
    end: float
    state: PueState
    pue: float | None
    category: int | None
    coverage: float
    uncertainty: float | None
    facility_joules: float
    it_joules: float
    interim: bool
    it_point: str = ""
    facility_method: Literal["incoming", "parts", ""] = ""
    renewable_ratio: float | None = None
    factors: tuple[Factor, ...] = ()
    overheads: tuple[Overhead, ...] = ()
    carbon_basis: str = ""
    """How its carbon was reckoned: location, market, or both where supplies differ."""
    edition: str = "ISO/IEC 30134-2"
    notes: tuple[str, ...] = ()
    """What a reader must know: missing meters, assumed accuracy classes, why there is no value."""

    def factor(self, name: FactorName) -> Factor | None:
        """Return one of ERF, CUE and WUE; None where its meters are not there or were not heard."""
        return next((one for one in self.factors if one.name == name), None)

    @property
    def grade(self) -> int | None:
        """The grade of GB 40879-2021 by its PUE: 1 to 3, or 0 for none. It is a year's; of an interim PUE it is what a year like that has."""
        return grade(self.pue)


@dataclass(frozen=True, slots=True, kw_only=True)
class TrendPoint:
    """The PUE of one hour or one local day; `pue` is None where it has none."""

    time: float
    pue: float | None
    coverage: float
    uncertainty: float | None = None
    """Relative and expanded (k = 2), as of a window."""


@dataclass(frozen=True, slots=True, kw_only=True)
class PowerPoint:
    """Mean power over one interval, from the ledger; None where it is not covered."""

    time: float
    facility_watts: float | None
    it_watts: float | None
