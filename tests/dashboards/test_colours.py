"""Which colour a value has, and in which unit a KPI is shown: by hand, from what each panel
says.
"""

from __future__ import annotations

import pytest

from agent.hubs.loader import load_registry
from dashboards.signals import all_signals
from dashboards.signals.base import BLUE, GREEN, GREY, ORANGE, PINK, RED, SKY, Signal
from dashboards.signals.kpi import unit_of

NAMES = {
    BLUE: "blue",
    GREEN: "green",
    GREY: "grey",
    ORANGE: "orange",
    PINK: "pink",
    RED: "red",
    SKY: "sky",
}


@pytest.fixture(scope="module")
def signals() -> dict[str, Signal]:
    return {signal.key: signal for signal in all_signals(load_registry())}


def colour_of(signal: Signal, value: float) -> str:
    """Return a value's colour as Grafana finds it: that of its state, or of the highest step that
    it reaches.
    """
    if signal.states:
        (chosen,) = [state.color for state in signal.states if state.value == value]
        return NAMES[chosen]
    return NAMES[[one.color for one in signal.steps if one.value is None or value >= one.value][-1]]


@pytest.mark.parametrize(
    ("key", "colours"),
    [
        # A share that fills up: what is equal to a limit keeps it.
        ("rack.power_ratio", {0.8: "blue", 0.801: "orange", 1.0: "orange", 1.001: "red"}),
        ("ups.load", {0.8: "blue", 0.801: "orange", 1.0: "orange", 1.001: "red"}),
        ("supply.load", {0.8: "green", 0.801: "orange", 0.95: "orange", 0.951: "red"}),
        ("supply.failover", {0.8: "green", 0.801: "orange", 1.0: "orange", 1.001: "red"}),
        ("node.filesystem", {0.8: "blue", 0.801: "orange", 0.95: "orange", 0.951: "red"}),
        ("node.load", {0.99: "blue", 1.0: "orange", 2.0: "red"}),
        ("rack.failover", {0.8: "green", 0.81: "orange", 1.0: "orange", 1.01: "red"}),
        # ASHRAE TC 9.9, class A1: recommended up to 27 °C, allowable up to 32 °C.
        ("rack.inlet", {27: "green", 27.1: "orange", 32: "orange", 32.1: "red"}),
        ("one.sensors", {27: "green", 27.1: "orange", 32: "orange", 32.1: "red"}),
        ("one.headroom", {-1: "red", 0: "orange", 499: "orange", 500: "green"}),
        # One silent device of many is not green.
        ("pdu.up", {0.89: "red", 0.9: "orange", 0.999: "orange", 1.0: "green"}),
        ("collector.success", {0.89: "red", 0.999: "orange", 1.0: "green"}),
        ("inventory.answering", {0.89: "red", 0.999: "orange", 1.0: "green"}),
        ("chip.healthy", {0.98: "red", 0.99: "orange", 1.0: "green"}),
        ("breaker.coverage", {0.89: "red", 0.99: "orange", 1.0: "green"}),
        ("ups.battery", {0.49: "red", 0.5: "orange", 0.89: "orange", 0.9: "green"}),
        # Below 90 % a PUE is not trusted.
        ("site.pue_coverage", {0.5: "red", 0.89: "red", 0.9: "orange", 0.99: "green"}),
        ("site.overhead_coverage", {0.89: "red", 0.9: "orange", 0.99: "green"}),
        ("site.pue_required", {0.99: "red", 1.0: "orange", 1.1: "green"}),
        ("site.pue_burn", {1.0: "blue", 1.01: "orange", 1.5: "orange", 1.51: "red"}),
        ("link.loss", {0.05: "green", 0.051: "orange", 0.999: "orange", 1.0: "red"}),
        ("spool.fill", {0.8: "green", 0.81: "orange", 1.0: "red"}),
        ("breaker.imbalance", {0.3: "green", 0.301: "orange"}),
        ("row.full", {59: "red", 60: "orange", 119: "orange", 120: "green"}),
        ("chip.temperature", {79: "green", 80: "orange", 90: "red"}),
        # A count of none is not green where only some are counted.
        ("rack.hot_count", {0: "blue", 1: "orange"}),
        ("rack.failover_count", {0: "blue", 1: "orange"}),
        ("target.in_danger", {0: "blue", 1: "orange"}),
        ("pdu.silent", {0: "green", 1: "orange"}),
        ("chip.silent", {0: "green", 1: "orange"}),
        # States: what is simulated is never green, what is not known never red.
        ("ups.on_battery", {0: "green", 1: "red"}),
        ("meter.up", {0: "red", 1: "green"}),
        ("one.pdu_up", {0: "red", 1: "green"}),
        ("sink.up", {0: "red", 1: "green"}),
        ("link.up", {0: "red", 1: "green"}),
        ("agent.simulated", {0: "green", 1: "orange"}),
        ("site.pue_state", {0: "green", 1: "orange", 2: "grey", 3: "red"}),
        ("site.pue_grade", {0: "red", 1: "green", 2: "sky", 3: "orange"}),
        (
            "target.state",
            {0: "sky", 1: "green", 2: "blue", 3: "grey", 4: "pink", 5: "orange", 6: "red"},
        ),
    ],
)
def test_a_value_has_the_colour_of_what_it_means(
    signals: dict[str, Signal], key: str, colours: dict[float, str]
) -> None:
    """The colour turns where the panel's description or a standard says, and nowhere else."""
    assert {value: colour_of(signals[key], value) for value in colours} == colours


@pytest.mark.parametrize(
    ("kpi", "unit"),
    [
        # Grafana's ids: bps is bits a second, Bps bytes; percentunit takes 0 to 1.
        ("link_rate", "bps"),
        ("compute_flops", "flops"),
        ("round_trip", "s"),
        ("headroom", "watt"),
        ("rack_occupancy", "percentunit"),
        ("renewable_energy_factor", "percentunit"),
        ("pue", "none"),
        ("racks_in_service", "locale"),
        ("carbon", "suffix:kg CO₂e"),
        ("carbon_usage_effectiveness", "suffix:kg/kWh"),
        ("water_usage_effectiveness", "suffix:l/kWh"),
        ("in_service", "none"),
        ("software_output", "currency:¥"),
    ],
)
def test_a_kpi_is_shown_in_the_unit_of_its_base(kpi: str, unit: str) -> None:
    """Values are stored in base units, so Grafana's unit is the base unit's, not the registry's."""
    assert unit_of(load_registry().kpis[kpi])[0] == unit
