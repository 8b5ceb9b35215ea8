"""A hub file as it is written: what may stand in it, and what one entry must hold on its own.

What needs more than one entry (parents, duplicates, sources, scopes) is checked when the files are
put together.
"""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from typing import Annotated, Final
from zoneinfo import ZoneInfo

from agent.hubs.model import (
    UNDATED,
    WHOLE_HUB,
    Confidence,
    Deadline,
    Kind,
    Kpi,
    Operator,
    Period,
    parse_deadline,
    parse_period,
)
from agent.hubs.text import Wording
from agent.hubs.units import UNITS
from collectors.strict import Count, Parsed, Range

_ID: Final = re.compile(r"[a-z0-9]+(-[a-z0-9]+)*")


def _zone(text: str) -> str:
    try:
        return ZoneInfo(text).key
    except (OSError, LookupError, ValueError):
        raise ValueError(text) from None


def _id(text: str) -> str:
    if not _ID.fullmatch(text):
        raise ValueError(text)
    return text


def _kpi_key(text: str) -> str:
    if not re.fullmatch(r"[a-z][a-z0-9_]*", text):
        raise ValueError(text)
    return text


def _unit(text: str) -> str:
    if text not in UNITS:
        raise ValueError(text)
    return text


Id = Annotated[str, Parsed(_id, "lower-case words joined by hyphens")]
KpiKey = Annotated[str, Parsed(_kpi_key, "lower-case words joined by underscores")]
UnitName = Annotated[str, Parsed(_unit, "one of the units " + ", ".join(UNITS))]
Zone = Annotated[str, Parsed(_zone, "a time zone such as Asia/Shanghai")]
PeriodText = Annotated[
    Period,
    Parsed(
        parse_period,
        "a day, month or year such as 2024-05-14, 2024-05, 2023, end of 2023, or undated",
    ),
]
DeadlineText = Annotated[
    Deadline,
    Parsed(
        parse_deadline,
        "a day such as 2024-12-31, or the two ends of a range such as 2027-03-01/2027-06-14",
    ),
]


@dataclass(frozen=True, slots=True, kw_only=True)
class KpiEntry:
    """A key figure that a file adds; the packaged ones are in `kpis.yaml`."""

    key: KpiKey
    unit: UnitName
    name: Wording
    measured: Wording | None = None
    stock: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class KpiNameEntry:
    """What a narrowed KPI is called: the round trip to one peer, the chips of one vendor."""

    kpi: KpiKey
    labels: dict[KpiKey, str]
    name: Wording
    measured: Wording | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class SourceEntry:
    """A publication."""

    publisher: Wording
    date: PeriodText
    about: Wording


@dataclass(frozen=True, slots=True, kw_only=True)
class AlternativeEntry:
    """Another limit the same words allow, in the fact's unit."""

    value: float
    text: Wording


@dataclass(frozen=True, slots=True, kw_only=True)
class FactEntry:
    """One published figure, in the unit its source uses."""

    id: Id = ""
    """If left out: the hub's key, the KPI, the label's value and the scope, joined by hyphens."""
    number: Count = 0
    kind: Kind = "target"
    kpi: KpiKey
    labels: dict[KpiKey, str] = field(default_factory=dict)
    """What narrows the KPI, such as `{peer: guangzhou}`; at most one label."""
    scope: Id = WHOLE_HUB
    op: Operator = ">="
    value: float | None = None
    unit: UnitName | None = None
    at_least: bool = False
    deadline: DeadlineText | None = None
    stated: PeriodText = UNDATED
    source: Id = ""
    """The key of a source of the file; if left out, the hub's own operator stated the figure."""
    text: Wording | None = None
    open: Wording | None = None
    measured: Wording | None = None
    confidence: Confidence = "high"
    derived: bool = False
    milestone_of: Id = ""
    alternatives: tuple[AlternativeEntry, ...] = ()

    def __post_init__(self) -> None:
        """Check what one fact must hold on its own."""
        rising = self.op == "rising"
        for wrong, message in (
            (rising and self.value is not None, "value: `rising` is a direction and has no value"),
            (
                not rising and self.value is None,
                "value: missing; only `op: rising` goes without one",
            ),
            (self.kind == "both" and self.op != ">=", "op: a floor to hold (kind: both) is `>=`"),
            (
                self.kind == "both" and self.deadline is not None,
                "deadline: a floor to hold (kind: both) has none",
            ),
            (
                self.kind == "observation" and self.deadline is not None,
                "deadline: an observation has none",
            ),
            (
                self.kind != "target" and self.stated == UNDATED,
                "stated: only a target may be undated",
            ),
            (rising and self.kind != "target", "kind: `op: rising` is a target"),
            (
                rising and self.deadline is None,
                "op: `rising` needs a deadline, up to which it is watched",
            ),
        ):
            if wrong:
                raise ValueError(message)
        if self.deadline is not None and self.deadline.last < self.stated.first:
            last, first = self.deadline.last, self.stated.first
            message = f"deadline: {last} is before the day it was stated, {first}"
            raise ValueError(message)


@dataclass(frozen=True, slots=True, kw_only=True)
class Location:
    """Degrees, WGS 84."""

    latitude: Annotated[float, Range(-90, 90)]
    longitude: Annotated[float, Range(-180, 180)]


@dataclass(frozen=True, slots=True, kw_only=True)
class _Entry:
    """What both kinds of files may say of a hub."""

    policy: tuple[Id, ...] = ()
    scopes: dict[Id, Wording] = field(default_factory=dict)
    sites: tuple[str, ...] = ()
    kpis: tuple[KpiEntry, ...] = ()
    kpi_names: tuple[KpiNameEntry, ...] = ()
    peers: dict[str, Wording] = field(default_factory=dict)
    sources: dict[Id, SourceEntry] = field(default_factory=dict)
    facts: tuple[FactEntry, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class HubEntry(_Entry):
    """A file that describes a hub of its own."""

    key: Id
    name: Wording
    parent: Id = ""
    location: Location | None = None
    timezone: Zone


@dataclass(frozen=True, slots=True, kw_only=True)
class ExtensionEntry(_Entry):
    """A file that adds to another file's hub: later observations, a policy, scopes."""

    extends: Id


@dataclass(frozen=True, slots=True, kw_only=True)
class PolicyEntry:
    """One policy and the figures it sets."""

    name: Wording
    facts: tuple[FactEntry, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class PolicyFile:
    """The opt-in layer of national policy."""

    sources: dict[Id, SourceEntry]
    policies: dict[Id, PolicyEntry]


@dataclass(frozen=True, slots=True, kw_only=True)
class KpiFile:
    """The packaged key figures."""

    kpis: tuple[Kpi, ...]
