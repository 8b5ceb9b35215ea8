"""What the KPI parts hand each other and the board."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final, Literal

Window = Literal["1h", "1d", "30d", "ytd", "12mo"]
WINDOWS: Final[tuple[Window, ...]] = ("1h", "1d", "30d", "ytd", "12mo")

PueState = Literal["valid", "low_coverage", "no_data", "inconsistent"]
PUE_STATES: Final[tuple[PueState, ...]] = ("valid", "low_coverage", "no_data", "inconsistent")

MIN_COVERAGE: Final = 0.9
"""A window covered less than this is shown as `low_coverage`."""

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
    edition: str = "ISO/IEC 30134-2"
    notes: tuple[str, ...] = ()
    """What a reader must know: missing meters, assumed accuracy classes, why there is no value."""


@dataclass(frozen=True, slots=True, kw_only=True)
class TrendPoint:
    """The PUE of one hour or one local day; `pue` is None where it has none."""

    time: float
    pue: float | None
    coverage: float


@dataclass(frozen=True, slots=True, kw_only=True)
class PowerPoint:
    """Mean power over one interval, from the ledger; None where it is not covered."""

    time: float
    facility_watts: float | None
    it_watts: float | None
