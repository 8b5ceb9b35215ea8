"""Signal: a query with its name, unit and meaning, for panels, rules and alerts alike."""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Final, Literal

from collectors.catalogue.limits import ANSWERING_LIMIT, CONTINUOUS_LOAD
from collectors.catalogue.rack_limits import SiteLimits
from dashboards.language import Text
from dashboards.promql import for_panel, for_rule

# Okabe and Ito's palette: told apart with every common colour blindness, in print and on a dark
# wall screen.
BLUE: Final = "#0072B2"
SKY: Final = "#56B4E9"
GREEN: Final = "#009E73"
ORANGE: Final = "#E69F00"
RED: Final = "#D55E00"
PINK: Final = "#CC79A7"
GREY: Final = "#8C8C8C"


@dataclass(frozen=True, slots=True)
class Step:
    """From this value on, a reading has this colour.

    The first step of a signal is its base and has no value.
    """

    value: float | None
    color: str


def steps(*limits: tuple[float, str], base: str = BLUE) -> tuple[Step, ...]:
    """Return a base colour, and the colour from each limit on."""
    return (Step(None, base), *(Step(value, color) for value, color in limits))


def above(limit: float) -> float:
    """Return where the colour of what is above a limit begins: at the next larger number.

    A step begins at its value, but what is equal to a limit keeps it, on the board and in alerts.
    """
    return math.nextafter(limit, math.inf)


def filling(full: float = 1.0, *, base: str = BLUE) -> tuple[Step, ...]:
    """Return the steps of a share that fills up: orange above four fifths, red above `full`."""
    return steps((above(CONTINUOUS_LOAD), ORANGE), (above(full), RED), base=base)


ANSWERING_STEPS: Final = steps((ANSWERING_LIMIT, ORANGE), (1.0, GREEN), base=RED)
"""The steps of a share of what answers: orange where some do not, red where many do not."""


@dataclass(frozen=True, slots=True, kw_only=True)
class State:
    """The meaning of a number: its text has a mark, so that it is not shown by colour alone."""

    value: int
    text: Text
    color: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Excuse:
    """Why a query may return nothing without being wrong.

    It holds only while the query `unless` returns nothing either. So a broken query is not excused
    if the data is there.
    """

    reason: str
    unless: str = ""


Kind = Literal["gauge", "rate", "ratio", "count", "state", "timestamp"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Signal:
    """One query with its name, unit and meaning.

    `unit` is one of Grafana's unit ids. `legend` names a series by its labels in Grafana's
    notation. `expr` has the places of `dashboards.promql`. A signal with a `record` is also a
    recording rule of that name (level:metric:operation). `plain` is the same query for databases
    without set operators, if there is one. `by_rules` is the same query for a rule, from series
    that other rules have recorded. `least` and `most` are the ends of its scale. Where no value
    is below, the scale of a chart begins at `begins`; where none is above, it ends at `ends`: else
    a chart of a steady value shows its noise as large as a fault. `by_limits` makes it anew for the
    limits of an operator's own (`dashboards.signals.limited`).
    """

    key: str
    name: Text
    description: Text
    unit: str
    expr: str
    legend: str = ""
    kind: Kind = "gauge"
    record: str = ""
    least: float | None = None
    most: float | None = None
    decimals: int | None = None
    begins: int | None = None
    ends: int | None = None
    steps: tuple[Step, ...] = ()
    states: tuple[State, ...] = ()
    may_be_empty: Excuse | None = None
    plain: str = ""
    by_rules: str = ""
    by_limits: Callable[[Signal, SiteLimits], Sequence[Signal]] | None = None

    def under(self, limits: SiteLimits) -> Sequence[Signal]:
        """Return the signal under an operator's limits: one for each set of thresholds."""
        if self.by_limits is None or limits == SiteLimits():
            return (self,)
        return self.by_limits(self, limits)

    def rule(self) -> str:
        """Return the expression for a rule."""
        return for_rule(self.by_rules or self.expr)

    def recorded(self) -> str:
        """Return its recorded name for an alert, or the expression where nothing is recorded."""
        return self.record or self.rule()

    def panel(self, *, hub: str = "") -> str:
        """Return the expression for a panel. It uses raw series, so that it needs no rules."""
        return for_panel(self.expr, hub=hub)
