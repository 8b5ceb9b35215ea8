"""What the scoreboard says of a hub and its stated figures, for the board, the API, the terminal.

Values are in base units; only `display` holds texts that are ready to print. The JSON of the API
and of `hubgauge hubs --json` is the serialised form (`agent.targets.serialise`): the same names, in
this order.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

from agent.hubs.model import Confidence, Kind
from agent.hubs.text import Text
from agent.hubs.units import Language
from agent.targets.model import EvidenceKind, State


@dataclass(frozen=True, slots=True, kw_only=True)
class LocationView:
    """Degrees, WGS 84."""

    latitude: float
    longitude: float | None


@dataclass(frozen=True, slots=True, kw_only=True)
class DeadlineView:
    """First and last day on which a target may be due; the same where one day is stated."""

    first: str = field(metadata={"json": "from"})
    last: str = field(metadata={"json": "to"})


@dataclass(frozen=True, slots=True, kw_only=True)
class ForecastView:
    """The days on which the present pace reaches the limit; `latest` is None for "or never"."""

    earliest: str | None
    expected: str | None
    latest: str | None


@dataclass(frozen=True, slots=True, kw_only=True)
class ExpectedView:
    """The value that is expected by the deadline, with its range."""

    lower: float
    expected: float
    upper: float


@dataclass(frozen=True, slots=True, kw_only=True)
class SourceView:
    """Where a figure was published."""

    publisher: Text
    date: str
    """A day or period: `2024-06-14`, `2023`, `end of 2023`, `undated`."""
    about: Text


@dataclass(frozen=True, slots=True, kw_only=True)
class Display:
    """One row's figures in one language, ready to print; empty where there is nothing to show."""

    value: str
    limit: str
    distance: str
    pace: str
    pace_kept: str
    forecast: str
    expected: str
    deadline: str
    coverage: str
    stated_value: str


@dataclass(frozen=True, slots=True, kw_only=True)
class TargetView:
    """A stated figure beside what is known of it."""

    id: str
    number: int
    """Row of the register of stated facts; 0 for the operator's own."""
    kpi: str
    kpi_name: Text
    scope: str
    """`hub` is the hub as a whole; any other is a named group of its sites."""
    scope_name: Text
    kind: Kind
    op: str
    """`>=`, `<=`, `=` or `rising`; empty for an observation."""
    limit: float | None
    """None for an observation and for `rising`."""
    stated_value: float | None
    """The figure as published; None for `rising`."""
    at_least: bool
    """True where the source says "over"."""
    value: float | None
    """The best evidence now."""
    value_kind: EvidenceKind | None
    value_time: str | None
    value_at_least: bool
    """True for a lower bound: a count of a part, or a source that says "over"."""
    unit: str
    """The base unit of limit, value and distance; a pace is in this unit per day."""
    distance: float | None
    """What is still missing to the limit; zero or negative when it is kept, with that margin."""
    pace: float | None
    """What each day until the deadline must add, for a KPI that is built up."""
    pace_kept: float | None
    """What each day adds at present."""
    outlook_kind: EvidenceKind | None
    """The kind of values that `pace_kept`, `forecast` and `expected` are made of."""
    forecast: ForecastView | None
    expected: ExpectedView | None
    coverage: float | None
    """Share of the evidence that was there, 0 to 1."""
    interim: bool
    """True for an annual KPI from less than a year."""
    state: State
    state_name: Text
    """The state in words: `at_risk` is "over limit" where the value is beyond the limit now."""
    symbol: str
    deadline: DeadlineView | None
    days_left: int | None
    """Days to the end of the deadline's last day; negative when it is past."""
    display: Mapping[Language, Display]
    source: SourceView
    stated: str
    """The day or period that the figure speaks of."""
    text: Text
    """Our paraphrase of the claim."""
    open: Text
    """What the source leaves open."""
    measured: Text
    explanation: Text
    """Why the figure is in its state."""
    confidence: Confidence
    derived: bool
    milestone_of: str
    """The id of the target that this one leads to, or empty."""
    policy: str
    """The policy's name; empty for what the hub itself stated."""


@dataclass(frozen=True, slots=True, kw_only=True)
class NoTargetDisplay:
    """What is printed for a headline KPI without a target, in one language."""

    value: str
    text: str


@dataclass(frozen=True, slots=True, kw_only=True)
class NoTargetView:
    """A headline KPI for which no source states anything for the hub as a whole."""

    kpi: str
    kpi_name: Text
    scope: str
    value: float | None
    coverage: float | None
    display: Mapping[Language, NoTargetDisplay]


@dataclass(frozen=True, slots=True, kw_only=True)
class HubView:
    """One hub's part of the scoreboard."""

    hub: str
    name: Text
    parent: str | None
    location: LocationView | None
    timezone: str
    at: str
    """The moment it is judged at, in the hub's own time (ISO 8601)."""
    counts: Mapping[State, int]
    """How many of `targets` are in each state: all seven states, in the order of STATES."""
    targets: tuple[TargetView, ...]
    """What the hub itself stated, in the order of the register."""
    policy: tuple[TargetView, ...]
    """National policy that the hub's file asked for; never mixed with `targets`."""
    no_target: tuple[NoTargetView, ...]
