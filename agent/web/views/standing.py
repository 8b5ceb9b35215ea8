"""How the hub's sites stand now: which devices answer, which racks need attention, and the sinks.

A page says that all is well only if every expected device answers, every rack in service is
measured, no rack needs attention, and the database accepts samples. A device that does not answer
is never counted as well.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Final, Literal

from agent.web.view import BoardView
from agent.web.views import alerts
from agent.web.views.alerts import AlertCounts, State
from agent.web.views.collectors import CountsView
from agent.web.views.families import of_hub, of_site
from agent.web.views.rack import RackCounts, RackView, counted
from collectors.base import Metric, Series
from collectors.catalogue import agent, facility, inventory

Severity = Literal["critical", "warning", "unknown", "calm"]
"""The severities of the alerts, and two more: `unknown` where too little answers to say that all is
well, and `calm` where all is well."""

_NODE: Final = "node"
_METER: Final = "meter"
_KINDS: Final = (_METER, "ups", "pdu", _NODE)
"""Kinds of devices that a page names by themselves, the most important first."""
_UP: Final[dict[str, Metric]] = {_METER: facility.METER_UP, "pdu": facility.PDU_UP}
"""If no inventory says which devices are expected, those that have one of these series are."""


@dataclass(frozen=True, slots=True, kw_only=True)
class SilentKind:
    """Expected devices of one kind that do not answer, or never did."""

    kind: str
    silent: int
    expected: int
    polled: bool = True
    """Whether this agent polls any of them. It need not poll nodes: these have agents. Nor need it
    poll meters that the inventory lists: another agent may."""

    @property
    def all_silent(self) -> bool:
        """Whether no device of this kind answers."""
        return self.polled and self.silent == self.expected


Said = Literal[
    "all_silent",
    "silent",
    "collectors",
    "unheard",
    "racks",
    "pending",
    "maintenance",
    "databases",
    "spools",
    "ledger",
    "waiting",
    "not_polled",
    "unmeasured",
    "nothing",
    "calm",
    "alerts",
    "alerts_unheard",
    "alerts_never",
    "alerts_unasked",
]


@dataclass(frozen=True, slots=True, kw_only=True)
class Part:
    """One part of the line: what it says, of how many devices or racks, and of how many in all."""

    said: Said
    count: int = 0
    all: int = 0
    kind: str = ""
    """The kind of device, if the part is about devices."""
    age_seconds: float = 0.0
    """How old it is what is said of alerts."""


@dataclass(frozen=True, slots=True, kw_only=True)
class StandingView:
    """How the sites of the agent's hub stand now."""

    expected: int
    """Devices that should answer; 0 if it is not known which should."""
    silent: Sequence[SilentKind]
    silent_collectors: int
    """Collectors that fail; 0 if `silent` has a kind that is polled, which says the same."""
    waiting: int
    """Collectors that have not finished their first round."""
    racks: RackCounts
    databases_down: Sequence[str]
    """Sinks whose database accepts no samples."""
    spools_down: Sequence[str]
    """Sinks whose spool cannot be written: their samples are in memory only."""
    is_ledger_down: bool = False
    """Whether the ledger cannot be written: its readings are in memory only."""
    alerts: AlertCounts | None = None
    """What Alertmanager tells; None where the config names none."""

    @property
    def is_known(self) -> bool:
        """Whether anything is expected here at all."""
        return bool(self.expected or self.racks.live or self.waiting or self.silent_collectors)

    @property
    def parts(self) -> list[Part]:
        """The line's parts, the gravest first; exactly one where there is nothing to report."""
        parts = [
            Part(said=_said(one), count=one.silent, all=one.expected, kind=one.kind)
            for one in sorted(self.silent, key=lambda one: not one.polled)
        ]
        racks = self.racks
        told: tuple[tuple[Said, int, int], ...] = (
            ("collectors", self.silent_collectors, 0),
            ("unheard", racks.unheard, racks.live),
            ("racks", racks.needing, racks.live),
            ("pending", racks.pending, racks.live),
            ("maintenance", racks.excused, racks.live),
            ("databases", len(self.databases_down), 0),
            ("spools", len(self.spools_down), 0),
            ("ledger", int(self.is_ledger_down), 0),
            ("waiting", self.waiting, 0),
            ("unmeasured", racks.unmeasured - racks.unheard, racks.live),
        )
        parts += [Part(said=said, count=count, all=of) for said, count, of in told if count]
        if not parts:
            parts = [
                Part(
                    said="calm" if self.is_known else "nothing",
                    count=self.expected,
                    all=racks.live,
                )
            ]
        return [*parts, *_alerts(self.alerts)]

    @property
    def severity(self) -> Severity:
        """The gravest severity of any part; `calm` only if everything that is expected answers."""
        alerts = self.alerts
        if alerts is not None and alerts.critical:
            return "critical"
        if self.racks.critical or any(one.all_silent and one.kind != _NODE for one in self.silent):
            return "critical"
        silent = any(one.polled for one in self.silent) or self.silent_collectors
        unwritten = self.databases_down or self.spools_down or self.is_ledger_down
        told = alerts is not None and (alerts.warning or alerts.state in ("unheard", "never"))
        if silent or self.racks.needing or unwritten or told:
            return "warning"
        racks = self.racks
        unheard = self.waiting or racks.pending or racks.excused or racks.unmeasured or self.silent
        unasked = alerts is not None and alerts.state == "unasked"
        if unheard or unasked or not self.is_known:
            return "unknown"
        return "calm"


_ALERTS: Final[Mapping[State, Said]] = {
    "heard": "alerts",
    "unheard": "alerts_unheard",
    "never": "alerts_never",
    "unasked": "alerts_unasked",
}


def _alerts(told: AlertCounts | None) -> list[Part]:
    """Return what is said of alerts: how many fire, or that nobody knows."""
    if told is None:
        return []
    return [Part(said=_ALERTS[told.state], count=told.firing, age_seconds=told.age_seconds)]


def _said(one: SilentKind) -> Said:
    if not one.polled:
        return "not_polled"
    return "all_silent" if one.all_silent else "silent"


def read(view: BoardView, members: Iterable[RackView], health: CountsView) -> StandingView:
    """Return how the hub's sites stand.

    `members` are all of the hub's racks; `health` says how many collectors answer.
    """
    racks = counted(members, listed_racks(view))
    expected = [_without(one, racks.excused_pdus) for one in kinds(view)]
    silent = [one for one in expected if one.silent]
    return StandingView(
        expected=sum(one.expected for one in expected),
        silent=silent,
        silent_collectors=0 if any(one.polled for one in silent) else health.silent,
        waiting=health.waiting,
        racks=racks,
        databases_down=_sinks_without(view, agent.SINK_UP),
        spools_down=_sinks_without(view, agent.SPOOL_HEALTHY),
        is_ledger_down=0 in view.snapshot.family(agent.LEDGER_HEALTHY).values(),
        alerts=alerts.counts(view),
    )


def _sinks_without(view: BoardView, metric: Metric) -> list[str]:
    """Return the sinks of which a metric says 0."""
    return [
        series.label("sink") for series, value in view.snapshot.family(metric).items() if value == 0
    ]


def _without(one: SilentKind, excused_pdus: int) -> SilentKind:
    """Return a kind without the silent PDUs of racks that are in maintenance."""
    if one.kind != "pdu" or not excused_pdus:
        return one
    return replace(
        one,
        silent=max(0, one.silent - excused_pdus),
        expected=max(0, one.expected - excused_pdus),
    )


def listed_racks(view: BoardView, site: str = "") -> int:
    """Return how many racks the inventory has in service, at one site or at all that are read here.

    A site of which nothing is read is another agent's.
    """
    if view.inventory is None:
        return 0
    known = (
        {series.label("site") for series, _ in of_hub(view, metric)}
        for metric in (inventory.EXPECTED, *_UP.values())
    )
    read: set[str] = next(filter(None, known), set())
    return sum(
        rack.state == "in_service"
        for each in read.intersection({site} if site else read)
        for rack in view.inventory.racks_by_site.get(each, ())
    )


def kinds(view: BoardView, site: str = "") -> list[SilentKind]:
    """Return the expected devices by kind, of one site or of all."""
    expected = _totals(view, inventory.EXPECTED, site)
    answering = _totals(view, inventory.ANSWERING, site)
    if not expected:
        for kind, metric in _UP.items():
            up = [value for _, value in _chosen(view, metric, site)]
            if up:
                expected[kind], answering[kind] = len(up), sum(value == 1 for value in up)
    rank = {kind: at for at, kind in enumerate(_KINDS)}
    listed = _listed_meters(view, site)
    unread = [SilentKind(kind=_METER, silent=listed, expected=listed, polled=False)]
    return (unread if listed else []) + [
        SilentKind(
            kind=kind,
            silent=max(0, count - answering.get(kind, 0)),
            expected=count,
            polled=kind != _NODE or kind in answering,
        )
        for kind, count in sorted(
            expected.items(), key=lambda row: (rank.get(row[0], len(rank)), row[0])
        )
    ]


def _listed_meters(view: BoardView, site: str) -> int:
    """Return how many meters are listed at sites where this agent reads devices, but no meter.

    A PDU that is listed as a meter is no meter here: it is counted as a PDU.
    """
    if view.inventory is None:
        return 0
    read: dict[str, set[str]] = {}
    for series, _ in _chosen(view, inventory.EXPECTED, site):
        read.setdefault(series.label("site"), set()).add(series.label("kind"))
    return sum(
        meter.meter not in view.inventory.pdus
        for each, kinds_there in read.items()
        if _METER not in kinds_there
        for meter in view.inventory.meters_by_site.get(each, ())
    )


def _chosen(view: BoardView, metric: Metric, site: str) -> Iterator[tuple[Series, float]]:
    return of_site(view, metric, site) if site else of_hub(view, metric)


def _totals(view: BoardView, metric: Metric, site: str) -> dict[str, int]:
    found: dict[str, int] = {}
    for series, value in _chosen(view, metric, site):
        kind = series.label("kind")
        found[kind] = found.get(kind, 0) + int(value)
    return found
