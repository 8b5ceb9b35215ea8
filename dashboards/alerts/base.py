"""Alert and Case: a condition somebody must know of, and when it must and must not fire."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Final, Literal

from agent.hubs.model import Registry
from collectors.base import Metric
from dashboards.language import LANGUAGES, SOURCE, Text
from dashboards.naming import in_alert, names_in_alerts

RUNBOOK: Final = "docs/runbook.md"
Severity = Literal["critical", "warning", "info"]
"""critical: someone goes now; warning: someone looks today; info: someone knows."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Case:
    """Series over time in promtool's notation, one value a minute, and what they must cause.

    `fires` gives the labels of the one alert expected, besides its severity; None when it must stay
    quiet. `value` is how the alert's value is written in its texts.
    """

    series: Mapping[str, str]
    at: str
    fires: Mapping[str, str] | None = None
    value: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Alert:
    """A condition somebody must know of."""

    name: str
    expr: str
    wait: str
    severity: Severity
    summary: Text
    description: str
    must_fire: Case
    must_not_fire: Case
    also_quiet: tuple[Case, ...] = ()
    """More cases in which it must stay quiet."""

    def annotations(
        self, runbook: str = RUNBOOK, registry: Registry | None = None
    ) -> dict[str, str]:
        """Return the texts an alert carries: what to do first, in every language.

        Hubs and promises have the names that `registry` gives them.
        """
        return {
            f"summary_{one}" if one != SOURCE else "summary": in_alert(
                self.summary.of(one), names_in_alerts(one, registry)
            )
            for one in LANGUAGES
        } | {
            "description": self.description,
            "runbook_url": f"{runbook}#{self.name.lower()}",
        }

    def json(self, runbook: str = RUNBOOK, registry: Registry | None = None) -> dict[str, Any]:
        """Return the alert as Prometheus's rule file has it."""
        return {
            "alert": self.name,
            "expr": self.expr,
            "for": self.wait,
            "labels": {"severity": self.severity},
            "annotations": self.annotations(runbook, registry),
        }


SITE: Final = {"hub": "guian", "site": "s1"}
RACK: Final = {**SITE, "row": "A", "rack": "A07"}
"""Where the cases happen."""


def series(metric: Metric, labels: Mapping[str, str], **more: str) -> str:
    """Return one series of a case."""
    return named(metric.full_name, labels, **more)


def named(name: str, labels: Mapping[str, str], **more: str) -> str:
    """Return one series of a case, by name."""
    pairs = ",".join(f'{key}="{value}"' for key, value in {**labels, **more}.items())
    return f"{name}{{{pairs}}}"
