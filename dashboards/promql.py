"""PromQL that panels and rules share: one text, rendered for a panel or for a rule.

An expression is written once. It has `<hub>`, `<site>`, `<row>`, `<rack>`, `<window>` or
`<instance>` where a panel puts matchers of its variables, and `<rate>` where a panel puts Grafana's
rate interval. A rule gets the same text without these matchers and with a fixed interval. Metrics
are named through the catalogue, so that a renamed metric breaks the build and not a panel.
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
"""The labels that a panel puts matchers of in each place of an expression."""
_TOKEN: Final = re.compile(rf"<({'|'.join(PLACES)})>(,?)")


def of(metric: Metric, *matchers: str, scope: str = "site") -> str:
    """Return a selector of one metric with the place `<scope>` and with `matchers`.

    A matcher is such as `feed!=""`.
    """
    return f"{metric.full_name}{{{','.join((f'<{scope}>', *matchers))}}}"


def rate(metric: Metric, *matchers: str, scope: str = "site") -> str:
    """Return the per-second rate of a counter.

    For a histogram's buckets or sums, give `sample` instead.
    """
    return f"rate({of(metric, *matchers, scope=scope)}[<rate>])"


def seen_twice(metric: Metric, *matchers: str, scope: str = "site") -> str:
    """Return an expression that has a value from a few seconds after a counter's second sample on.

    Counters by reason begin with their first event, and a single sample has no rate yet. It is the
    rate that is asked for: a database that keeps doubles counts one sample twice.
    """
    return f"rate({of(metric, *matchers, scope=scope)}[<rate>] offset 5s) >= 0"


def sample(metric: Metric, suffix: str, *matchers: str, scope: str = "site") -> str:
    """Return a selector of a histogram's or summary's `_bucket`, `_sum` or `_count`."""
    return f"{metric.full_name}{suffix}{{{','.join((f'<{scope}>', *matchers))}}}"


def last_known(aggregation: str, selector: str) -> str:
    """Return an aggregation of the present values, or else of the last ones within the hour.

    An alert on a failure must not end because the series ends: the failure may still be there.
    """
    return f"({aggregation} ({selector}) or {aggregation} (last_over_time({selector}[1h])))"


def while_up(expr: str, up: Metric, labels: str, *, scope: str = "site") -> str:
    """Return the values only of devices that answer; `labels` tell one device from another.

    A database to which agents push does not know that a series has ended: for minutes it returns
    the last value of a silent device as the present one. Values without any `up` are kept.
    """
    return f"{expr} unless on ({labels}) (max by ({labels}) ({of(up, scope=scope)}) == 0)"


def while_all_up(
    expr: str, up: Metric, labels: str, group: str, *matchers: str, scope: str = "site"
) -> str:
    """Return a sum only while all of its devices answer, so that no part is taken for the whole.

    `labels` tell one device from another, `group` one sum from another.
    """
    each = f"max by ({labels}) ({of(up, *matchers, scope=scope)})"
    return f"{expr} unless on ({group}) (min by ({group}) ({each}) == 0)"


def while_told(expr: str, told: str, labels: str, beside: str, known: str) -> str:
    """Return the values only of series that their collector has told in its last round.

    A database to which agents push gives a series on for minutes after it has ended, and no `up`
    tells whether a sum of many devices has ended. `told` selects the series, `beside` one that the
    same collector tells in each round: a series that is older than this one has ended. `labels`
    tell one value from another, `known` are those of them that `beside` has as well.
    """
    last = f"max by ({labels}) (timestamp({told}))"
    rounds = f"min by ({known}) (timestamp({beside}))"
    return f"{expr} unless on ({labels}) ({last} < on ({known}) group_left () {rounds})"


TOLD: Final = "{{told}}"
"""The legend for what `told` returns: how many devices of how many a sum has."""
PART: Final = "≥"
"""What stands before a sum of a part, which is less than the whole."""


def told(total: str, answering: str, expected: str) -> str:
    """Return a sum by site with the label `told`: how many devices of how many it has, `48 / 48`.

    A part has `≥ 46 / 48`. If the number of expected devices is not known, the sum has no such
    label.
    """
    by = "count_values by (hub, site)"
    # Without `or`: VictoriaMetrics gives what stands behind it the labels of what stands before it.
    part = f'{by} ("part", {answering} < bool {expected})'
    part = f'label_replace({part}, "part", "{PART} ", "part", "1")'
    joined = (
        f'{total} * on (hub, site) group_left (heard) {by} ("heard", {answering})'
        f' * on (hub, site) group_left (all) {by} ("all", {expected})'
        f' * on (hub, site) group_left (part) label_replace({part}, "part", "", "part", "0")'
    )
    counted = f'label_join({joined}, "of", " / ", "heard", "all")'
    # Grafana writes the name of a label that a series lacks, so the mark stands in the same label.
    return f'label_join({counted}, "told", "", "part", "of") or on (hub, site) {total}'


MARKED: Final = "{{named}}"
"""The legend for what `marked` returns."""


def marked(total: str, part: str, labels: str, name: str, into: str = "named") -> str:
    """Return a sum over time, with its label `name` as `into`: `≥ A` while it is of a part.

    It is of a part while `part` has a value. How many devices it has is not in the label: each
    number of them would be a line of its own.
    """
    there = f"on ({labels}) ({part})"
    return (
        f'label_replace({total} and {there}, "{into}", "{PART} $1", "{name}", "(.*)")'
        f' or label_join({total} unless {there}, "{into}", "", "{name}")'
    )


def share(labels: str, ones: str) -> str:
    """Return the share of ones among values of 0 and 1, by these labels.

    It is a sum over a count, so nine of ten is exactly 0.9. An average may be a little less, and an
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
    """Render an expression for a panel: with matchers of its variables, or of one hub."""

    def narrowed(match: re.Match[str]) -> str:
        matchers = [
            f'hub="{hub}"' if label == "hub" and hub else f'{label}=~"${label}"'
            for label in PLACES[match[1]]
        ]
        return ",".join(matchers) + match[2]

    return _TOKEN.sub(narrowed, expr).replace("<rate>", "$__rate_interval")
