"""PromQL that panels and rules share: one text, rendered for whoever reads it.

An expression is written once, with `<hub>`, `<site>`, `<row>`, `<rack>`, `<window>` or `<instance>`
where a panel narrows it by its variables and `<rate>` where a panel takes Grafana's rate interval.
A rule gets the same text without matchers and with a fixed interval. Metrics are named through the
catalogue, so that a renamed metric breaks the build and not a panel.
"""

from __future__ import annotations

import re
from functools import cache
from typing import Final

from collectors.base import Metric
from collectors.catalogue import all_metrics

RULE_RATE: Final = "5m"
"""Interval of rates in rules: ten rounds of the slowest default interval, 30 s, so that one lost
round costs nothing."""

PLACES: Final = {
    "hub": ("hub",),
    "site": ("hub", "site"),
    "row": ("hub", "site", "row"),
    "rack": ("hub", "site", "row", "rack"),
    "window": ("hub", "site", "window"),
    "instance": ("hub", "site", "instance"),
}
"""What each place in an expression narrows a panel by."""
_TOKEN: Final = re.compile(rf"<({'|'.join(PLACES)})>(,?)")


def of(metric: Metric, *matchers: str, scope: str = "site") -> str:
    """Return a selector of one metric, narrowed by `scope` and by `matchers`.

    A matcher is such as `feed!=""`.
    """
    return f"{metric.full_name}{{{','.join((f'<{scope}>', *matchers))}}}"


def rate(metric: Metric, *matchers: str, scope: str = "site") -> str:
    """Return the per-second rate of a counter.

    For a histogram's buckets or sums, give `sample` instead.
    """
    return f"rate({of(metric, *matchers, scope=scope)}[<rate>])"


def seen_twice(metric: Metric, *matchers: str, scope: str = "site") -> str:
    """Return what holds a few seconds after a counter's second sample, when it has a rate.

    Counters by reason begin with their first event, and one sample alone has no rate.
    """
    return f"count_over_time({of(metric, *matchers, scope=scope)}[<rate>] offset 5s) > 1"


def sample(metric: Metric, suffix: str, *matchers: str, scope: str = "site") -> str:
    """Return a selector of a histogram's or summary's `_bucket`, `_sum` or `_count`."""
    return f"{metric.full_name}{suffix}{{{','.join((f'<{scope}>', *matchers))}}}"


def last_known(aggregation: str, selector: str) -> str:
    """Return an aggregation of what is said now, or else of what was said last within the hour.

    An alert on a failure must not end because the failing series has: nobody said that it is over.
    """
    return f"({aggregation} ({selector}) or {aggregation} (last_over_time({selector}[1h])))"


def while_up(expr: str, up: Metric, labels: str, *, scope: str = "site") -> str:
    """Return values only of what answers; `labels` tell one device from another.

    A database to which agents push knows no end of a series: for minutes it gives the last value of
    a dead device as the present one. What no `up` is told of stays.
    """
    return f"{expr} unless on ({labels}) (max by ({labels}) ({of(up, scope=scope)}) == 0)"


def while_all_up(expr: str, up: Metric, labels: str, group: str, *matchers: str) -> str:
    """Return a sum only while each of its devices answers: a part is not to be taken for it.

    `labels` tell one device from another, `group` one sum from another.
    """
    each = f"max by ({labels}) ({of(up, *matchers)})"
    return f"{expr} unless on ({group}) (min by ({group}) ({each}) == 0)"


TOLD: Final = "{{told}}"
"""The legend of what `told` returns: how many of how many a sum is of."""


def told(total: str, answering: str, expected: str) -> str:
    """Return a sum by site with how many it is of in the label `told`: `46 / 48`.

    Where nobody says how many are expected the sum stays, without that label.
    """
    joined = (
        f"{total} * on (hub, site) group_left (heard)"
        f' count_values by (hub, site) ("heard", {answering})'
        f' * on (hub, site) group_left (all) count_values by (hub, site) ("all", {expected})'
    )
    return f'label_join({joined}, "told", " / ", "heard", "all") or on (hub, site) {total}'


def share(labels: str, ones: str) -> str:
    """Return the share of ones among values of 0 and 1, by these labels.

    A sum over a count: nine of ten is 0.9 exactly. An average may come out a little below, and an
    alert that compares it with 0.9 would fire.
    """
    return f"sum by ({labels}) ({ones}) / count by ({labels}) ({ones})"


@cache
def _by_name() -> dict[str, Metric]:
    return {metric.full_name: metric for metric in all_metrics()}


def metric(name: str) -> Metric:
    """Return the catalogue's metric of this name.

    Raises KeyError where the catalogue declares none.
    """
    return _by_name()[name]


def for_rule(expr: str) -> str:
    """Render an expression for a rule: every hub and site, rates over a fixed interval."""
    expr = _TOKEN.sub("", expr).replace("<rate>", RULE_RATE)
    return expr.replace("{}", "").replace(",}", "}")


def for_panel(expr: str, *, hub: str = "") -> str:
    """Render an expression for a panel: narrowed by variables, or to the one hub."""

    def narrowed(match: re.Match[str]) -> str:
        matchers = [
            f'hub="{hub}"' if label == "hub" and hub else f'{label}=~"${label}"'
            for label in PLACES[match[1]]
        ]
        return ",".join(matchers) + match[2]

    return _TOKEN.sub(narrowed, expr).replace("<rate>", "$__rate_interval")
