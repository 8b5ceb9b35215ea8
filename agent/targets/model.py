"""What the modules of the targets hand to each other: key, evidence, verdict."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final, Literal, NamedTuple

from agent.targets.forecast import Point, Span, When

State = Literal[
    "met", "on_track", "at_risk", "missed", "unknown", "expired_unreported", "stated_only"
]
STATES: Final[tuple[State, ...]] = (
    "met",
    "on_track",
    "at_risk",
    "missed",
    "unknown",
    "expired_unreported",
    "stated_only",
)


class Key(NamedTuple):
    """What a value speaks of: a KPI of a hub, for the whole hub or a named group of sites."""

    hub: str
    kpi: str
    scope: str


EvidenceKind = Literal["measured", "registered", "derived"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Evidence:
    """What is known of one KPI for one scope from one kind of source, in base units."""

    value: float
    time: float
    kind: EvidenceKind = "measured"
    coverage: float | None = None
    """Share of the evidence that was there; for an annual KPI the share of its twelve months."""
    at_least: bool = False
    """True for a lower bound: a count of a part, or a source that says `over`."""
    history: tuple[Point, ...] = ()
    """Earlier values of the same kind, oldest first."""

    def points(self, until: float) -> list[Point]:
        """Return all values known at a moment, oldest first."""
        own = Point(self.time, self.value, self.coverage)
        if (
            self.history and self.history[-1].time >= self.time
        ):  # not in order: the value itself is one of the earlier ones
            others = (point for point in self.history if point.time != self.time)
            known = sorted((*others, own), key=lambda point: point.time)
        else:
            known = [*self.history, own]
        return (
            known if known[-1].time <= until else [point for point in known if point.time <= until]
        )


@dataclass(frozen=True, slots=True, kw_only=True)
class Outlook:
    """Where a KPI is heading. `pace` is per day; times are seconds since the epoch."""

    kind: EvidenceKind
    pace: float
    """What each day adds at present."""
    reached: When | None = None
    """When the limit is reached; None where it is kept already."""
    due: Span | None = None
    """The value at the end of the deadline; None without a deadline ahead."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Verdict:
    """How a figure stands at a moment. Values are base units; times are seconds since the epoch."""

    state: State
    reason: str
    """Which rule decided; `agent.targets.wording` says it in both languages."""
    value: float | None = None
    value_time: float | None = None
    value_kind: EvidenceKind | None = None
    at_least: bool = False
    coverage: float | None = None
    interim: bool = False
    distance: float | None = None
    """What is missing to the limit; zero or negative when it is kept."""
    pace: float | None = None
    """What each day until the deadline must add."""
    outlook: Outlook | None = None
    """Where the values are heading, if there are enough of them to tell."""
    decided: Point | None = None
    """The value that decided, where it is not the newest."""
