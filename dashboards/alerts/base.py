"""Alert and Case: a condition that people must know of, and when it must and must not fire."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Final, Literal

from agent.hubs.model import Registry
from collectors.base import Metric
from collectors.catalogue.rack_limits import SiteLimits
from dashboards.alerts.leads import NO_LINKS, Links
from dashboards.alerts.limit import NO_LIMIT, Limit
from dashboards.language import LANGUAGES, SOURCE, Text
from dashboards.naming import filled, in_alert, names_in_alerts

_VALUE: Final = re.compile(r"{{ \$value[^}]*}}(?: °C| K\b| days\b)?")
Severity = Literal["critical", "warning", "info"]
"""critical: somebody acts at once; warning: somebody looks today; info: only to be known."""


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
    """A condition that people must know of."""

    name: str
    expr: str
    wait: str
    severity: Severity
    summary: Text
    description: str
    limit: Limit = NO_LIMIT
    """The limit that the value is compared with."""
    must_fire: Case
    must_not_fire: Case
    also_quiet: tuple[Case, ...] = ()
    """More cases in which it must stay quiet."""

    @property
    def shown_value(self) -> str:
        """The value with its unit, as the summary has it; empty where it has none."""
        found = _VALUE.search(self.summary.source)
        return found[0] if found else ""

    def annotations(
        self, links: Links = NO_LINKS, registry: Registry | None = None
    ) -> dict[str, str]:
        """Return the texts an alert carries: what to do first, in every language.

        Hubs and promises have the names that `registry` gives them.
        """
        texts = {
            **{
                f"summary_{one}" if one != SOURCE else "summary": in_alert(
                    self.summary.of(one), names_in_alerts(one, registry)
                )
                for one in LANGUAGES
            },
            "description": self.description,
            "value": self.shown_value,
            "limit": self.limit.template(),
            **links.of(self.name, self.must_fire.fires or {}),
        }
        return {key: text for key, text in texts.items() if text}

    def expected(self, links: Links, registry: Registry | None, case: Case) -> dict[str, str]:
        """Return the texts of a case that fires, as Prometheus has filled them in."""
        labels = case.fires or {}
        texts = self.annotations(links, registry) | {"limit": self.limit.of(labels)}
        texts |= links.filled(self.name, labels)
        return {key: _filled(text, case) for key, text in texts.items() if text}

    def json(self, links: Links = NO_LINKS, registry: Registry | None = None) -> dict[str, Any]:
        """Return the alert as Prometheus's rule file has it."""
        return {
            "alert": self.name,
            "expr": self.expr,
            "for": self.wait,
            "labels": {"severity": self.severity},
            "annotations": self.annotations(links, registry),
        }


def _filled(text: str, case: Case) -> str:
    """Fill in a text's labels and value as Prometheus does."""
    return re.sub(
        r"{{ \$value(?: \| humanize(?:Percentage|Duration)?)? }}",
        lambda _: case.value,
        filled(text, case.fires or {}),
    )


SITE: Final = {"hub": "guian", "site": "s1"}
RACK: Final = {**SITE, "row": "A", "rack": "A07"}
"""The places of the cases."""


def common_place(own: SiteLimits, place: Mapping[str, str]) -> Mapping[str, str]:
    """Return a place for the cases at a site without limits of its own.

    `place` has the other labels.
    """
    names = (f"s{n}" for n in range(1, len(own.places) + len(own.site_burn_rates) + 2))
    taken = {*own.sites, *own.site_burn_rates}
    return {**place, "site": next(name for name in names if name not in taken)}


def series(metric: Metric, labels: Mapping[str, str], **more: str) -> str:
    """Return one series of a case, in promtool's notation."""
    return named(metric.full_name, labels, **more)


def named(name: str, labels: Mapping[str, str], **more: str) -> str:
    """Return one series of a case by its name, in promtool's notation."""
    pairs = ",".join(f'{key}="{value}"' for key, value in {**labels, **more}.items())
    return f"{name}{{{pairs}}}"
