"""The results for a site's PUE, which the collector, the pages and the reports read."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final, Literal

from agent.ledger.energy import JOULES_PER_KWH
from collectors.catalogue.limits import MIN_COVERAGE

PueState = Literal["valid", "low_coverage", "no_data", "inconsistent"]
PUE_STATES: Final[tuple[PueState, ...]] = ("valid", "low_coverage", "no_data", "inconsistent")

Method = Literal["incoming", "parts", ""]
"""How facility energy is metered: where it comes in, or as the sum of its parts, or not at all."""

CATEGORY: Final = {"ups_output": 1, "pdu_output": 2, "it_input": 3}
"""ISO/IEC 30134-2: the PUE category follows from where IT energy is metered."""


YEAR_SECONDS: Final = 365 * 86_400.0

_GRADES: Final = ((1, 1.20), (2, 1.30), (3, 1.50))
"""GB 40879-2021: the grades of a data centre, each with the highest PUE over a year.

To be confirmed against the standard's text.
"""

NO_GRADE: Final = 0

FactorName = Literal["erf", "cue", "wue"]


def is_interim(seconds: float, coverage: float) -> bool:
    """Tell whether the PUE of a window is interim, by the window's length and coverage.

    ISO/IEC 30134-2 judges twelve months; a year with too little coverage is interim as well.
    """
    return seconds < YEAR_SECONDS or coverage < MIN_COVERAGE


def grade(pue: float | None) -> int | None:
    """Return the grade of GB 40879-2021 of a year at this PUE; None without a PUE.

    The grades are 1, 2 and 3; 0 is none of them.
    """
    if pue is None:
        return None
    return next((number for number, most in _GRADES if pue <= most), NO_GRADE)


@dataclass(frozen=True, slots=True, kw_only=True)
class Factor:
    """ERF, CUE or WUE over one window.

    `amount` over `base` is its value: joules of facility energy reused for each joule of facility
    energy (ERF), or kilograms (CUE) or litres (WUE) for each joule of IT energy. `coverage` is the
    share of the window in which its own meters and both of PUE's boundaries were heard.
    """

    name: FactorName
    standard: str
    amount: float
    base: float
    coverage: float

    @property
    def value(self) -> float | None:
        """The figure in base units; None where nothing is covered, or where it is inconsistent."""
        return self._ratio if self.is_consistent else None

    @property
    def is_consistent(self) -> bool:
        """Whether the figure is possible: no more energy is reused than the facility takes."""
        return self.name != "erf" or self._ratio is None or 0.0 <= self._ratio <= 1.0

    @property
    def _ratio(self) -> float | None:
        return self.amount / self.base if self.base > 0 else None

    @property
    def per_kwh(self) -> float | None:
        """CUE in kg/kWh and WUE in l/kWh, as the standards write them; ERF is a plain ratio."""
        if self.value is None or self.name == "erf":
            return self.value
        return self.value * JOULES_PER_KWH


@dataclass(frozen=True, slots=True, kw_only=True)
class Overhead:
    """Energy that one subsystem takes from the facility's energy before it reaches IT.

    `coverage` is the share of the PUE's covered time in which the subsystem was metered; what it
    used in the rest is part of `unmetered`. `partial_pue` is (subsystem + IT) / IT over the time
    in which it was metered; None for the rest.
    """

    subsystem: str
    joules: float
    coverage: float
    partial_pue: float | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class PartCoverage:
    """The coverage of a part of a window, by its name.

    It is a local month such as `2025-07`, an hour of the day such as `13:00`, or a day of the week
    (1 is Monday).
    """

    name: str
    coverage: float


@dataclass(frozen=True, slots=True, kw_only=True)
class Uncovered:
    """What the uncovered time of a window may mean for its PUE.

    `bias` is a limit, relative to PUE: by how much the uncovered time may have moved it.
    `above_median_load` is the share of the uncovered time in which the load was above the median of
    the covered time; None where nobody told the load. `months` are those of a window of more than
    two months; `hours` and `weekdays` are told from three weeks on.
    """

    bias: float
    above_median_load: float | None = None
    months: tuple[PartCoverage, ...] = ()
    hours: tuple[PartCoverage, ...] = ()
    weekdays: tuple[PartCoverage, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class PueResult:
    """The PUE of one site over one window, with everything it rests on.

    `pue` is None in the states `no_data` and `inconsistent`. Both energies are sums over the same
    covered time. `coverage` is the share of the window that was covered at both boundaries.
    `uncertainty` is relative and expanded (k = 2), None where there are no energies. `interim`
    says that less than twelve months are covered. Times are seconds since the epoch.
    `carbon_basis` is how carbon is reckoned: location, market, or both where supplies differ.
    `notes` say what a reader must know: missing meters, assumed classes, why there is no value.
    `uncovered` is None where everything is covered.
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
    facility_method: Method = ""
    renewable_ratio: float | None = None
    factors: tuple[Factor, ...] = ()
    overheads: tuple[Overhead, ...] = ()
    carbon_basis: str = ""
    edition: str = "ISO/IEC 30134-2"
    notes: tuple[str, ...] = ()
    uncovered: Uncovered | None = None

    def factor(self, name: FactorName) -> Factor | None:
        """Return ERF, CUE or WUE; None where its meters are not there or were not heard."""
        return next((one for one in self.factors if one.name == name), None)

    @property
    def grade(self) -> int | None:
        """The grade of GB 40879-2021 by this PUE: 1 to 3, or 0 for none.

        A grade is a year's. That of an interim PUE is the grade that a year like it would have.
        """
        return grade(self.pue)


@dataclass(frozen=True, slots=True, kw_only=True)
class TrendPoint:
    """The PUE of one hour or one local day; `pue` is None where it has none.

    `uncertainty` is relative and expanded (k = 2), as for a window. `switched` says that the point
    where IT energy is taken was changed meanwhile, so that there is no PUE of one category.
    """

    time: float
    pue: float | None
    coverage: float
    uncertainty: float | None = None
    category: int | None = None
    switched: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class PowerPoint:
    """Mean power over one interval, from the ledger; None where it is not covered."""

    time: float
    facility_watts: float | None
    it_watts: float | None
