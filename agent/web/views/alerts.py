"""The alerts that fire, as Alertmanager tells them, for `/alerts` and `/api/alerts`."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Final, Literal

from agent.firing.model import Alert, Heard
from agent.messages.catalogue import languages
from agent.web import paths
from agent.web.format import iso
from agent.web.view import BoardView

SHOWN: Final = 300
"""The most alerts that an answer lists, the gravest of them."""
_GRAVITY: Final = ("critical", "warning", "info")
_RUNBOOK: Final = "docs/runbook.md#"
"""How the address of a section of our own runbook begins; the board has the same as a page."""


State = Literal["heard", "unheard", "never", "unasked"]


@dataclass(frozen=True, slots=True, kw_only=True)
class AcknowledgeView:
    """Where people acknowledge what a receiver was sent."""

    receiver: str
    url: str


@dataclass(frozen=True, slots=True, kw_only=True)
class AlertView:
    """One alert, with the pages that help."""

    name: str
    severity: str
    site: str
    row: str
    rack: str
    summary: str
    summaries: Mapping[str, str]
    """The same in other languages, as far as the rule has it."""
    since: str | None
    since_seconds: float
    muted: bool
    """Whether Alertmanager tells nobody: it is silenced, inhibited, or muted by the clock."""
    heard: str | None
    """When Alertmanager told of it last."""
    is_present: bool
    """Whether that is told as the present: false where Alertmanager does not answer any more."""
    labels: Mapping[str, str]
    path: str
    """The board's page of what it is about; empty for none."""
    runbook: str
    runbooks: Mapping[str, str]
    """The same in other languages, where its address is another one."""
    silence: str
    """Alertmanager's form for a silence of exactly this alert; empty for who may not."""
    shown: str
    """The alert in Alertmanager."""
    acknowledge: Sequence[AcknowledgeView]


@dataclass(frozen=True, slots=True, kw_only=True)
class AlertCounts:
    """What the line about the sites says of alerts."""

    state: State
    """Whether Alertmanager answers; `unheard` where it did once, `unasked` before it was asked."""
    firing: int
    """Alerts that somebody is told of; as they were heard last."""
    critical: int
    warning: int
    """Those of severity warning, or of one that the board does not know."""
    age_seconds: float


@dataclass(frozen=True, slots=True, kw_only=True)
class AlertsView:
    """What `/api/alerts` answers, the gravest first, what is muted last."""

    source: str
    """The address at which people open Alertmanager; empty where the config names none."""
    counts: AlertCounts | None
    """None where the config names no Alertmanager."""
    heard: str | None
    """When it answered last."""
    error: str
    """Why it was not heard; empty where it was."""
    count: int
    """How many there are, muted ones too; `alerts` has the gravest."""
    alerts: Sequence[AlertView]


def counts(view: BoardView) -> AlertCounts | None:
    """Return how many alerts fire; None where no Alertmanager is named."""
    if view.firing is None:
        return None
    heard = view.firing()
    told = [one.label("severity") for one in heard.alerts if not one.is_muted]
    return AlertCounts(
        state=_state(heard),
        firing=len(told),
        critical=told.count("critical"),
        warning=sum(one not in ("critical", "info") for one in told),
        age_seconds=0.0 if heard.at is None else max(0.0, view.now() - heard.at),
    )


def _state(heard: Heard) -> State:
    if heard.is_fresh:
        return "heard"
    if heard.at is not None:
        return "unheard"
    return "never" if heard.error else "unasked"


def read(view: BoardView) -> AlertsView:
    """Return the alerts that fire."""
    if view.firing is None:
        return AlertsView(source="", counts=None, heard=None, error="", count=0, alerts=())
    heard = view.firing()
    sorted_ = sorted(heard.alerts, key=lambda one: (one.is_muted, _rank(one), -one.since))
    return AlertsView(
        source=heard.url,
        counts=counts(view),
        heard=iso(heard.at),
        error=heard.error,
        count=len(sorted_),
        alerts=[_alert(view, heard, one) for one in sorted_[:SHOWN]],
    )


def _rank(one: Alert) -> int:
    severity = one.label("severity")
    return _GRAVITY.index(severity) if severity in _GRAVITY else 1


def _alert(view: BoardView, heard: Heard, one: Alert) -> AlertView:
    ways = heard.acknowledge if view.may_acknowledge else {}
    return AlertView(
        name=one.label("alertname"),
        severity=one.label("severity"),
        site=one.label("site"),
        row=one.label("row"),
        rack=one.label("rack"),
        summary=one.annotations.get("summary", ""),
        summaries=_translated(one, "summary"),
        since=iso(one.since),
        since_seconds=one.since,
        muted=one.is_muted,
        heard=iso(heard.at),
        is_present=heard.is_fresh,
        labels=one.labels,
        path=_path(view, one),
        runbook=_runbook(one.annotations.get("runbook_url", "")),
        runbooks={
            language: address
            for language, url in _translated(one, "runbook_url").items()
            if (address := _runbook(url))
        },
        silence=heard.silence_url(one.labels) if view.may_acknowledge else "",
        shown=heard.alert_url(one.labels),
        acknowledge=[
            AcknowledgeView(receiver=name, url=ways[name])
            for name in dict.fromkeys(one.receivers)
            if name in ways
        ],
    )


def _translated(one: Alert, name: str) -> dict[str, str]:
    """Return an annotation in the languages besides its own, such as `summary_zh`, by language."""
    told = {language: one.annotations.get(f"{name}_{language}", "") for language in languages()}
    return {language: text for language, text in told.items() if text}


def _path(view: BoardView, one: Alert) -> str:
    site, rack = one.label("site"), one.label("rack")
    if site and rack:
        return paths.rack_path(site, rack)
    if one.label("target"):
        return f"{paths.hub_path(view.hub)}#{paths.anchor(one.label('target'))}"
    return paths.site_path(site) if site else ""


def _runbook(url: str) -> str:
    """Return the address of a runbook: the board's own page, or one of HTTP; else empty."""
    if url.startswith(_RUNBOOK):
        return f"/runbook#{url.removeprefix(_RUNBOOK)}"
    return url if url.startswith(("https://", "http://")) else ""
