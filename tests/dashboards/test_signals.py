"""Signals: what they read, and how their places are rendered."""

from __future__ import annotations

import re

import pytest

from agent.hubs.model import Registry
from collectors.catalogue import all_metrics
from dashboards.promql import for_panel, for_rule, metric, of
from dashboards.signals import all_signals
from tests.dashboards.names import READ_BY_SIGNALS, TARGET_LABELS, declared
from tests.dashboards.promtool import (
    metric_names,
)


def test_signals_read_only_what_exists(registry: Registry) -> None:
    """Every metric and label of a signal is declared.

    A name the catalogue does not know is found out.
    """
    labels = (
        {label for found in all_metrics() for label in found.labels}
        | TARGET_LABELS
        | {"hub", "site", "tenth", "heard", "all", "told", "part", "named", "named_source"}
    )
    for signal in all_signals(registry):
        assert set(metric_names(signal.expr)) <= declared() | READ_BY_SIGNALS, signal.key
        for group in re.findall(r"\b(?:by|on|group_left)\s*\(([^()]*)\)", signal.expr):
            assert {label.strip() for label in group.split(",") if label.strip()} <= labels, (
                signal.key
            )
        for label in re.findall(r"(\w+)(?:=~|!=|!~|=)\"", signal.expr):
            assert label in labels, signal.key
        for label in re.findall(r"{{(\w+)}}", signal.legend):
            assert label in labels, signal.key


def test_an_undeclared_metric_is_found_out() -> None:
    """The reader of expressions finds names in all their places, and the catalogue refuses an
    unknown one.
    """
    expr = (
        'sum by (hub) (rate(dc_old_name{a="node_load1"}[5m])) / on (hub) (site:x:sum offset 5m) >'
        " bool 3 unless foo_total"
    )
    assert set(metric_names(expr)) == {"dc_old_name", "site:x:sum", "foo_total"}
    with pytest.raises(KeyError):
        metric("dc_old_name")


def test_places_are_rendered() -> None:
    """A panel narrows by its variables or its one hub; a rule does not narrow."""
    load = metric("node_load1")
    assert for_panel(of(load, 'a="b"')) == 'node_load1{hub=~"$hub",site=~"$site",a="b"}'
    assert for_panel(of(load, scope="hub"), hub="guian") == 'node_load1{hub="guian"}'
    assert for_rule(of(load, 'a="b"')) == 'node_load1{a="b"}'
    assert for_rule(of(load)) == "node_load1"
