"""An alert that fires, and what was heard of all of them.

The addresses of Alertmanager's pages are those of its own web interface: `#/silences/new?filter=`
opens the form for a silence with these matchers.
"""

from __future__ import annotations

import json
import urllib.parse
from collections.abc import Mapping, Sequence
from dataclasses import dataclass


@dataclass(frozen=True, slots=True, kw_only=True)
class Alert:
    """One alert as Alertmanager has it."""

    labels: Mapping[str, str]
    annotations: Mapping[str, str]
    since: float
    """Seconds since the epoch."""
    is_muted: bool
    """Whether Alertmanager tells nobody of it: silenced, inhibited, or muted by the clock."""
    receivers: Sequence[str]

    def label(self, name: str) -> str:
        """Return a label; empty where the alert does not have it."""
        return self.labels.get(name, "")


@dataclass(frozen=True, slots=True, kw_only=True)
class Heard:
    """What Alertmanager said last, and whether it still says something."""

    alerts: Sequence[Alert]
    """Those of this hub, and those that name no hub."""
    at: float | None
    """When that was said, seconds since the epoch; None where it never answered."""
    is_fresh: bool
    """Whether the last reading succeeded, and is not too old."""
    error: str
    """Why the last reading failed; empty where it did not, or before the first."""
    url: str
    """Where people open Alertmanager."""
    acknowledge: Mapping[str, str]
    """Where people acknowledge what a receiver was sent, by the receiver's name."""

    def silence_url(self, labels: Mapping[str, str]) -> str:
        """Return the address of the form for a silence that matches exactly these labels."""
        return f"{self.url}/#/silences/new?filter={_matchers(labels)}"

    def alert_url(self, labels: Mapping[str, str]) -> str:
        """Return the address at which Alertmanager shows an alert, with the silences it has."""
        shown = "silenced=true&inhibited=true&muted=true&active=true"
        return f"{self.url}/#/alerts?{shown}&filter={_matchers(labels)}"


def _matchers(labels: Mapping[str, str]) -> str:
    """Write labels as the matchers of a filter; a value is quoted as JSON quotes it."""
    told = (
        f"{name}={json.dumps(value, ensure_ascii=False)}" for name, value in sorted(labels.items())
    )
    return urllib.parse.quote(f"{{{', '.join(told)}}}", safe="")
