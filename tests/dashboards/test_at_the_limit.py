"""A value equal to a limit keeps it: on the board, in an alert, and by the colour in Grafana.

A limit is stated as the most that may be: ASHRAE TC 9.9 recommends inlets up to 27 °C, NEC
210.20(A) allows continuous loads of up to 80 % of a breaker's rating.
"""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
import yaml

from agent.hubs.loader import load_registry
from agent.racks.needs import needs_of
from dashboards.alerts import ALERTS
from dashboards.signals import all_signals
from tests.dashboards.promtool import promtool
from tests.dashboards.test_colours import colour_of

LIMITS = [
    # The alert, the panel, the limit, and a value above it.
    ("RackHot", "rack.inlet", 27.0, 27.1),
    ("RackTooHot", "rack.inlet", 32.0, 32.1),
    ("RackFailoverTight", "rack.failover", 0.8, 0.801),
    ("RackFailoverLost", "rack.failover", 1.0, 1.001),
    ("RackOverPower", "rack.power_ratio", 1.0, 1.001),
    ("BreakerLoadHigh", "supply.load", 0.8, 0.801),
    ("BreakerNearTrip", "supply.load", 0.95, 0.951),
    ("BreakerFailoverTight", "supply.failover", 0.8, 0.801),
    ("BreakerFailoverLost", "supply.failover", 1.0, 1.001),
    ("BreakerPhasesUneven", "breaker.imbalance", 0.3, 0.301),
    ("SpoolFilling", "spool.fill", 0.8, 0.801),
]
MORE = [
    # The panel, and values from good to bad: those of one colour stand in one group.
    # LinkLossy: above 5 % of the probes; LinkDown: all of them (docs/runbook.md).
    ("link.loss", [[0.0, 0.011, 0.05], [0.051, 0.1, 0.999], [1.0]]),
    # PduSilent: any; SitePdusSilent: fewer than 90 % answer.
    ("pdu.up", [[1.0], [0.999, 0.95, 0.9], [0.899, 0.5]]),
    ("inventory.answering", [[1.0], [0.999, 0.9], [0.899]]),
    ("collector.success", [[1.0], [0.999, 0.9], [0.899]]),
    # RowFullSoon: in fewer than 60 whole days.
    ("row.full", [[500.0, 120.0], [119.0, 60.0, 59.5], [59.4, 1.0]]),
]


def test_a_panel_turns_its_colour_above_the_limit() -> None:
    """At a limit it has the colour of what is within it."""
    signals = {signal.key: signal for signal in all_signals(load_registry())}
    for alert, key, limit, beyond in LIMITS:
        within = colour_of(signals[key], limit - 0.001)
        assert colour_of(signals[key], limit) == within, alert
        assert colour_of(signals[key], beyond) != within, alert


@pytest.mark.parametrize(("key", "groups"), MORE)
def test_a_panel_turns_its_colour_where_the_alert_is_raised(
    key: str, groups: list[list[float]]
) -> None:
    """What an alert calls good is not coloured, and what it calls bad is."""
    (signal,) = [one for one in all_signals(load_registry()) if one.key == key]
    colours = [{colour_of(signal, value) for value in group} for group in groups]
    assert [len(one) for one in colours] == [1] * len(groups)
    assert len(set.union(*colours)) == len(groups)


def test_the_alerts_on_links_are_raised_at_these_limits(tmp_path: Path) -> None:
    """5 % is not too much, a little more is; 100 % is out of reach, and not lossy as well."""
    conditions = {alert.name: alert.expr for alert in ALERTS}
    lost = {"at": 0.05, "above": 0.051, "none": 1.0}
    series = [
        {"series": f'dc_link_loss_ratio{{hub="h",site="s",peer="{peer}"}}', "values": f"{value}x5"}
        for peer, value in lost.items()
    ]
    asked = [
        {
            "expr": conditions[name],
            "eval_time": "3m",
            "exp_samples": [
                {"labels": f'{{hub="h",site="s",peer="{peer}"}}', "value": lost[peer]},
            ],
        }
        for name, peer in (("LinkLossy", "above"), ("LinkDown", "none"))
    ]
    test = {"interval": "1m", "input_series": series, "promql_expr_test": asked}
    file = {"rule_files": [], "evaluation_interval": "1m", "tests": [test]}
    (tmp_path / "asked.yml").write_text(yaml.safe_dump(file), "utf-8")
    done = promtool(tmp_path, "test", "rules", "asked.yml")
    assert done.returncode == 0, done.stdout + done.stderr


def test_an_alert_is_raised_above_the_limit(tmp_path: Path) -> None:
    """Of two series, one at the limit and one above, the condition of the alert has the second."""
    conditions = {alert.name: alert.expr for alert in ALERTS}
    cases: list[dict[str, Any]] = []
    for name, _, limit, beyond in LIMITS:
        recorded = conditions[name].partition(" ")[0]
        values = {"at": limit, "above": beyond}
        series = [
            {"series": f'{recorded}{{where="{where}"}}', "values": f"{value}x5"}
            for where, value in values.items()
        ]
        # What is just above the milder of two limits is not above the graver one.
        said = [{"labels": f'{recorded}{{where="above"}}', "value": beyond}]
        asked = {"expr": conditions[name], "eval_time": "3m", "exp_samples": said}
        cases.append({"interval": "1m", "input_series": series, "promql_expr_test": [asked]})
    file = {"rule_files": [], "evaluation_interval": "1m", "tests": cases}
    (tmp_path / "asked.yml").write_text(yaml.safe_dump(file), "utf-8")
    done = promtool(tmp_path, "test", "rules", "asked.yml")
    assert done.returncode == 0, done.stdout + done.stderr


@pytest.mark.parametrize(
    ("load", "inlet", "failover", "needs"),
    [
        (1.0, 27.0, 0.8, ()),
        (1.001, 27.1, 0.801, ("over", "hot", "failover_tight")),
        (1.0, 32.0, 1.0, ("hot", "failover_tight")),
        (1.0, 32.1, 1.001, ("too_hot", "failover_lost", "hot", "failover_tight")),
    ],
)
def test_the_board_names_a_rack_above_the_limit(
    load: float, inlet: float, failover: float, needs: tuple[str, ...]
) -> None:
    """A rack needs nobody at its limits."""
    assert needs_of(load, inlet, failover, silent=False) == needs
