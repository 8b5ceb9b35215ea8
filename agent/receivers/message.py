"""A message that Alertmanager posts to a webhook, and the texts for chats that are made of it."""

from __future__ import annotations

import datetime as dt
import json
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Final

from agent.messages.catalogue import Words

_SIGNS: Final = {ord(sign): chr(ord(sign) + 0xFEE0) for sign in "[]<>*`"}
"""Signs that chats take for markup, and their wide forms (Unicode, block FF00)."""


@dataclass(frozen=True, slots=True, kw_only=True)
class ToldAlert:
    """One alert of a message."""

    firing: bool
    labels: Mapping[str, str] = field(default_factory=dict)
    annotations: Mapping[str, str] = field(default_factory=dict)
    since: str
    until: str = ""

    def summary(self, w: Words) -> str:
        """Return what has happened and what to do, in one language; else the alert's name."""
        told = self.annotations.get(f"summary_{w.language}") or self.annotations.get("summary")
        return told or self.labels.get("alertname", "")

    def link(self, name: str, w: Words) -> str:
        """Return the address of the runbook or the board; empty for none, or for no address."""
        own = self.annotations.get(f"{name}_url_{w.language}")
        found = own or self.annotations.get(f"{name}_url", "")
        return found if found.startswith(("https://", "http://")) else ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Message:
    """What Alertmanager tells at once: alerts of one group."""

    alerts: Sequence[ToldAlert]
    common: Mapping[str, str] = field(default_factory=dict)
    left_out: int = 0
    """Alerts that Alertmanager has cut off (`max_alerts`)."""

    @property
    def firing(self) -> bool:
        """Whether anything of it still fires."""
        return any(alert.firing for alert in self.alerts)

    def ordered(self) -> Sequence[ToldAlert]:
        """Return the alerts: first what fires, then what is over."""
        return sorted(self.alerts, key=lambda alert: not alert.firing)

    def title(self, w: Words) -> str:
        """Return one line: how many, how bad, where, and what."""
        key = "alerts.firing" if self.firing else "alerts.resolved"
        count = sum(alert.firing == self.firing for alert in self.alerts) + self.left_out
        words = [f"[{w(key, count=count)}]"]
        if severity := self.common.get("severity"):
            words.append(w.of("alerts.severity", severity))
        words += [self.common[key] for key in ("hub", "site", "alertname") if self.common.get(key)]
        return plain(" ".join(words))


def plain(text: str) -> str:
    """Return a text in one line without markup: its signs become their wide forms."""
    return " ".join(text.split()).translate(_SIGNS)


def facts(alert: ToldAlert, w: Words) -> Iterator[str]:
    """Yield the lines on an alert's value, its limit and its times, without markup."""
    for key in ("value", "limit"):
        if found := alert.annotations.get(key):
            yield f"{w(f'alerts.{key}')}{w('alerts.colon')}{plain(found)}"
    yield f"{w('alerts.since')}{w('alerts.colon')}{alert.since}"
    if not alert.firing and alert.until:
        yield f"{w('alerts.until')}{w('alerts.colon')}{alert.until}"


def read_message(body: bytes) -> Message:
    """Read what Alertmanager posts (version 4); raises ValueError for anything else."""
    found = json.loads(body)
    alerts = found.get("alerts") if isinstance(found, dict) else None
    if not isinstance(alerts, list) or not all(isinstance(one, dict) for one in alerts):
        raise ValueError("expected the JSON of Alertmanager's webhook")
    left_out = found.get("truncatedAlerts") or 0
    return Message(
        alerts=[_alert(one) for one in alerts],
        common=_texts(found.get("commonLabels")),
        left_out=left_out if isinstance(left_out, int) else 0,
    )


def _alert(found: Mapping[str, object]) -> ToldAlert:
    return ToldAlert(
        firing=found.get("status") != "resolved",
        labels=_texts(found.get("labels")),
        annotations=_texts(found.get("annotations")),
        since=_clock(found.get("startsAt")),
        until=_clock(found.get("endsAt")),
    )


def _texts(found: object) -> Mapping[str, str]:
    if not isinstance(found, dict):
        return {}
    return {str(key): str(value) for key, value in found.items()}


def _clock(found: object) -> str:
    """Write a time as this machine's clock shows it, with its offset; empty for none."""
    try:
        moment = dt.datetime.fromisoformat(str(found))
    except ValueError:
        return ""
    return moment.astimezone().isoformat(" ", "minutes") if moment.year > 1 else ""
