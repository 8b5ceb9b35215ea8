"""What a hub is and what was stated about it: Hub, Fact, Kpi, Source, Registry.

A *fact* is one published figure with its provenance. Its kind says how it is judged. An
`observation` has no threshold. A `target` has one. `both` is an observation that is also a floor to
hold: at least this much, without a deadline. Texts are our own paraphrase, never the published
sentence.
"""

from __future__ import annotations

import datetime as dt
import re
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field, replace
from typing import Final, Literal, NamedTuple
from zoneinfo import ZoneInfo

from agent.hubs.text import Text

WHOLE_HUB: Final = "hub"
"""The scope of a figure for the hub as a whole; any other scope is a named group of its sites."""

Kind = Literal["observation", "target", "both"]
Operator = Literal[">=", "<=", "=", "rising"]
Confidence = Literal["high", "medium", "low"]
Combine = Literal["sum", "max", "min"]


class Period(NamedTuple):
    """A day, month or year as a source gives it, with its first and last day."""

    text: str
    first: dt.date
    last: dt.date


class Deadline(NamedTuple):
    """When a target is due: at the end of a day, or somewhere between the ends of two."""

    first: dt.date
    last: dt.date

    @property
    def text(self) -> str:
        """`2024-12-31`, or `2027-03-01/2027-06-14` for a range (ISO 8601)."""
        return f"{self.first}" if self.first == self.last else f"{self.first}/{self.last}"


def parse_period(text: str) -> Period:
    """Parse `2024-05-14`, `2024-05`, `2023`, `end of 2023` or `undated`; raises ValueError."""
    if text == "undated":
        return UNDATED
    if match := re.fullmatch(r"end of (\d{4})", text):
        last = dt.date(int(match[1]), 12, 31)
        return Period(text, last, last)
    if re.fullmatch(r"\d{4}", text):
        return Period(text, dt.date(int(text), 1, 1), dt.date(int(text), 12, 31))
    if match := re.fullmatch(r"(\d{4})-(\d{2})", text):
        first = dt.date(int(match[1]), int(match[2]), 1)
        return Period(
            text, first, (first + dt.timedelta(days=31)).replace(day=1) - dt.timedelta(days=1)
        )
    day = dt.date.fromisoformat(text)
    return Period(text, day, day)


def parse_deadline(text: str) -> Deadline:
    """Parse `2024-12-31`, or an interval such as `2027-03-01/2027-06-14`; raises ValueError."""
    first, _, last = text.partition("/")
    deadline = Deadline(dt.date.fromisoformat(first), dt.date.fromisoformat(last or first))
    if deadline.last < deadline.first:
        raise ValueError(text)
    return deadline


UNDATED: Final = Period("undated", dt.date.min, dt.date.min)
"""The period of a figure whose source has no date."""


def end_of(day: dt.date, timezone: str) -> float:
    """Return the moment a day ends at a place, in seconds since the epoch.

    `By 31 December` includes that day.
    """
    midnight = dt.datetime.combine(day + dt.timedelta(days=1), dt.time(), ZoneInfo(timezone))
    return midnight.timestamp()


def day_of(time: float, timezone: str) -> dt.date:
    """Return the calendar day of a moment at a place."""
    return dt.datetime.fromtimestamp(time, ZoneInfo(timezone)).date()


@dataclass(frozen=True, slots=True, kw_only=True)
class Source:
    """Where a figure was published: who, when, and what the publication is about in our words."""

    publisher: Text
    date: Period
    about: Text

    @property
    def label(self) -> str:
        """One line for a label or a table."""
        return f"{self.publisher.en}, {self.date.text}"


@dataclass(frozen=True, slots=True, kw_only=True)
class Label:
    """What narrows a KPI: a peer, a vendor."""

    name: str
    value: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Labelled:
    """What a KPI is called where a hub's file narrows it; `{value}` is the label's value."""

    label: str
    """The only label that the KPI can be narrowed by."""
    name: Text
    measured: Text


@dataclass(frozen=True, slots=True, kw_only=True)
class Kpi:
    """A key figure. Facts, measurements, rules and pages name it by its key."""

    key: str
    """The value of the label `kpi` of series. `narrowed` makes that of a narrowed KPI."""
    of: str = ""
    """The KPI that this one narrows, such as `round_trip`; empty for one that narrows nothing."""
    label: Label | None = None
    """What it is narrowed to: the round trip to one peer, the chips of one vendor."""
    labelled: Labelled | None = None
    """How it may be narrowed; None where it cannot."""
    unit: str
    """The unit it is shown in where no fact says otherwise. Series carry its base unit."""
    name: Text
    direction: Literal["up", "down", "none"] = "none"
    """Which way is better."""
    measured: Text
    """How it is measured, or that it is only registered."""
    stock: bool = False
    """True for what is built up: a value below the goal says nothing before the deadline."""
    annual: bool = False
    """True for what only a whole year decides (ISO/IEC 30134); anything shorter is interim."""
    combine: Combine = "max"
    """How the hub's value is made from those of several agents, each with its own sites."""
    least: float = 0.0
    """No value is smaller, in base units: a PUE is at least 1. None is below nothing."""
    most: float | None = None
    """No value is larger, in base units: a share is at most 1."""

    @property
    def measure(self) -> str:
        """The KPI whose way of measuring is used: its own, or that of the KPI it narrows."""
        return self.of or self.key

    def narrowed(self, value: str, called: Text | None = None) -> Kpi:
        """Return this KPI for one value of its label: `round_trip` for the peer `guangzhou`.

        `called` is what people call that value, where it has a name.

        The key is this KPI's key and the value in lower case, joined by an underscore; whatever is
        no letter of a to z and no digit becomes an underscore. Raises ValueError where the KPI
        cannot be narrowed, or where nothing of the value is left in the key.
        """
        end = key_part(value)
        if self.labelled is None or not end:
            raise ValueError(value)
        return replace(
            self,
            key=f"{self.key}_{end}",
            of=self.key,
            label=Label(name=self.labelled.label, value=value),
            labelled=None,
            name=self.labelled.name.with_value(called or value),
            measured=self.labelled.measured.with_value(called or value),
        )


def called(peers: Mapping[str, Text], value: str) -> str:
    """Return the peer of a label's value as the hubs' files write it; an empty text for none.

    Upper and lower case are the same: a target narrowed to `Berlin` is of the peer `berlin`.
    """
    if value in peers:
        return value
    return next((peer for peer in peers if peer.casefold() == value.casefold()), "")


def key_part(value: str) -> str:
    """Return the value of a label as it stands in keys: letters a to z, digits and underscores."""
    return re.sub(r"[^a-z0-9]+", "_", value.casefold()).strip("_")


@dataclass(frozen=True, slots=True, kw_only=True)
class Alternative:
    """Another limit that the same words allow, in base units. It is shown, not judged by."""

    value: float
    text: Text


@dataclass(frozen=True, slots=True, kw_only=True)
class Fact:
    """One published figure, in base units, with its provenance and what its source leaves open."""

    id: str
    hub: str
    timezone: str
    number: int
    """Its row in the register, 0 for the operator's own. A row may hold two facts."""
    kind: Kind
    kpi: Kpi
    scope: str = WHOLE_HUB
    op: Operator = ">="
    value: float | None
    """None where the source gives a direction only."""
    unit: str
    at_least: bool = False
    """True where the source says `over`: the figure is a lower bound."""
    deadline: Deadline | None = None
    stated: Period
    source: Source
    text: Text
    open: Text
    measured: Text
    confidence: Confidence
    derived: bool = False
    milestone_of: str = ""
    alternatives: tuple[Alternative, ...] = ()
    policy: str = ""
    """The policy's English name; empty for what the hub itself stated."""

    @property
    def known_since(self) -> dt.date:
        """The first day on which it was known: it was published, and its period had begun."""
        return max(self.source.date.first, self.stated.first)

    @property
    def due(self) -> tuple[float, float] | None:
        """The end of the deadline's first and last day, in seconds since the epoch, or None."""
        if self.deadline is None:
            return None
        return end_of(self.deadline.first, self.timezone), end_of(self.deadline.last, self.timezone)


@dataclass(frozen=True, slots=True, kw_only=True)
class Hub:
    """A place that promised something, or a wider one that does."""

    key: str
    name: Text
    parent: str = ""
    latitude: float | None = None
    longitude: float | None = None
    timezone: str
    scopes: Mapping[str, Text]
    """Named groups of its sites that facts speak of; the inventory says which sites are in them."""
    sites: tuple[str, ...] = ()
    """All its sites in service, where its file lists them: a value of the hub needs every one."""
    facts: tuple[Fact, ...]
    policy: tuple[Fact, ...] = ()
    """National policy, where the hub's file asks for it; never mixed with the hub's own facts."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Registry:
    """Every hub known to this program: the packaged ones and the operator's own."""

    hubs: Mapping[str, Hub]
    kpis: Mapping[str, Kpi]
    peers: Mapping[str, Text] = field(default_factory=dict)
    """What people call a peer, by the label `peer` of its series; others go by the label."""

    def peer_name(self, value: str) -> Text:
        """Return what people call a peer, by the value of its label."""
        return self.peers.get(called(self.peers, value)) or Text(en=value, zh=value)

    def lineage(self, key: str) -> Iterator[Hub]:
        """Yield a hub, its parent, and so on up; nothing for a hub that is not registered."""
        while key in self.hubs:
            hub = self.hubs[key]
            yield hub
            key = hub.parent

    def only(self, keys: Iterable[str]) -> Registry:
        """Return the registry with some hubs and those above them."""
        kept = {hub.key for key in keys for hub in self.lineage(key)}
        return replace(self, hubs={key: hub for key, hub in self.hubs.items() if key in kept})

    def facts(self) -> Iterator[Fact]:
        """Yield every stated fact, hub by hub, without the policy layer."""
        for hub in self.hubs.values():
            yield from hub.facts
