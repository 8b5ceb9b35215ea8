"""What views work out of readings, against values worked out by hand."""

from __future__ import annotations

from dataclasses import replace

import pytest

from agent.web.format import percent_range
from agent.web.views import contents, heat, power, stages
from agent.web.views.overhead import OverheadPartView, OverheadView, OverheadWindowView
from agent.web.views.power import PowerStageView
from agent.web.views.pue import PueLimitView, PueView, SitePueView
from collectors.base import Reading
from collectors.catalogue import facility, inventory, node, site
from collectors.catalogue.rack_limits import STANDARD, RackLimits
from tests.agent.web import fixture


def _stage(point: str, watts: float) -> PowerStageView:
    return PowerStageView(point=point, watts=watts, complete=True)


def test_a_loss_is_input_less_output_over_input() -> None:
    """1000 W into a UPS path and 950 W out of it are a loss of 5 %; 990 W after that are none."""
    found = stages.shown(
        [_stage("ups_output", 1000.0), _stage("pdu_output", 950.0), _stage("it_input", 990.0)]
    )
    assert [one.loss_ratio for one in found] == [None, pytest.approx(0.05), None]


def test_behind_an_unknown_stage_no_bar_is_drawn() -> None:
    """Where no UPS answers, the PDUs behind it have their watts and no bar."""
    silent = PowerStageView(point="ups_output", watts=None, answering=0, meters=2, complete=False)
    found = stages.shown([_stage("facility", 2000.0), silent, _stage("pdu_output", 900.0)])
    assert [one.bar_ratio for one in found] == [1.0, None, None]
    assert [one.stage.watts for one in found] == [2000.0, None, 900.0]


def test_a_few_of_many_nodes_are_a_part() -> None:
    """Four of 48 expected nodes tell 2 kW: that is a part of the nodes' power, beside their chips.

    A site whose every node tells is whole, and so is one of which nobody says how many it has.
    """
    place = ("guian", "s", "A", "A1")
    told = [(node.NODE_POWER.series(*place, f"n{n}", "redfish"), 500.0) for n in range(4)]
    for expected, meters in ((48.0, 48), (4.0, 4), (None, 4)):
        known = (
            []
            if expected is None
            else [(inventory.EXPECTED.series("guian", "s", "node"), expected)]
        )
        (stage,) = power.stages(fixture.view([*told, *known], where="s"), "s")
        assert (stage.point, stage.watts, stage.answering) == ("nodes", 2000.0, 4)
        assert (stage.meters, stage.complete) == (meters, meters == 4)


@pytest.mark.parametrize(
    ("dead_watts", "is_stuck", "stated"),
    [
        (0.0, 1.0, (97_500.0, 3, 4, False)),  # dead: at least what the three others say
        (0.0, 0.0, (97_500.0, 4, 4, True)),  # switched off
        (32_500.0, 1.0, (130_000.0, 4, 4, True)),  # its register alone stands still
    ],
)
def test_a_dead_supply_is_missing_and_not_zero(
    dead_watts: float, is_stuck: float, stated: tuple[float, int, int, bool]
) -> None:
    """Of four feeds of 32.5 kW one stands at 0: "≥ 97.5 kW, 3 of 4" where it cannot."""
    names = [("guian", "s", f"main-{n}", "utility") for n in range(4)]
    watts = [dead_watts, *[32_500.0] * 3]
    told = [
        *(facility.METER_POWER.series(*name) for name in names),
        *(facility.METER_UP.series(*name) for name in names),
        site.METER_STUCK.series(*names[0]),
    ]
    values = [*watts, *[1.0] * 4, is_stuck]
    readings = list(zip(told, values, strict=True))
    (stage,) = power.stages(fixture.view(readings, where="s"), "s")
    assert (stage.watts, stage.answering, stage.meters, stage.complete) == stated


def test_a_colour_begins_at_its_bound() -> None:
    """A share of exactly 1 is still full; an inlet of exactly 32 °C is still allowable."""
    assert [heat.level_of(value, "power") for value in (0.2, 0.99, 1.0, 1.01, None)] == [
        "l1",
        "l4",
        "l4",
        "l5",
        "lx",
    ]
    assert [heat.level_of(value, "inlet") for value in (18.0, 27.0, 32.0, 32.1)] == [
        "l0",
        "l3",
        "l4",
        "l5",
    ]


@pytest.mark.parametrize(
    ("celsius", "verdict"),
    [(27.0, "recommended"), (27.1, "allowable"), (32.0, "allowable"), (32.1, "beyond")],
)
def test_a_sensor_at_a_limit_keeps_it(celsius: float, verdict: str) -> None:
    """Air at exactly a limit of ASHRAE is still within it."""
    assert contents.verdict(celsius, STANDARD, exhaust=False) == verdict


@pytest.mark.parametrize(
    ("celsius", "verdict", "colour"),
    [
        (24.0, "recommended", "l3"),
        (24.5, "allowable", "l4"),
        (30.0, "allowable", "l4"),
        (30.5, "beyond", "l5"),
    ],
)
def test_own_limits_judge_the_air(celsius: float, verdict: str, colour: str) -> None:
    """Limits of a site's own decide what is said of the air, and its colour."""
    own = RackLimits(inlet_recommended_celsius=24.0, inlet_allowable_celsius=30.0)
    assert contents.verdict(celsius, own, exhaust=False) == verdict
    assert heat.level_of(celsius, "inlet", own) == colour


def test_two_bounds_are_written_as_a_range() -> None:
    """Different bounds are a range, the lower first; equal or single bounds are one number."""
    thin = "\u202f"
    assert percent_range(0.4, 0.5) == f"40{thin}%{thin}–{thin}50{thin}%"
    assert percent_range(0.4, 0.4) == percent_range(None, 0.4) == f"40{thin}%"


def test_a_silent_meter_without_a_value_is_missed_in_its_sum() -> None:
    """Of two meters of the utility one tells 1000 W, and the other never told any: 1 of 2."""
    readings: list[Reading] = [
        (facility.METER_POWER.series("guian", "s", "m1", "utility"), 1000.0),
        (facility.METER_UP.series("guian", "s", "m1", "utility"), 1.0),
        (facility.METER_UP.series("guian", "s", "m2", "utility"), 0.0),
    ]
    (stage,) = power.stages(fixture.view(readings, where="s"), "s")
    assert (stage.watts, stage.answering, stage.meters) == (1000.0, 1, 2)
    assert not stage.complete


def pue_of(value: float, *, coverage: float = 0.97, state: str = "valid") -> PueView:
    return PueView(
        window="12mo",
        pue=value,
        category="2",
        state=state,
        interim=False,
        coverage_ratio=coverage,
        uncertainty_ratio=None,
        renewable_energy_ratio=None,
        facility_joules=None,
        it_joules=None,
    )


@pytest.mark.parametrize(
    ("window", "limits", "silent", "verdict"),
    [
        (pue_of(1.25), (1.25,), 0, "met"),  # not to be exceeded, and it is not
        (pue_of(1.2501), (1.25,), 0, "at_risk"),
        (pue_of(1.25), (1.3, 1.2), 0, "at_risk"),  # the stricter of two holds
        (pue_of(1.1, coverage=0.01, state="low_coverage"), (1.25,), 0, "unknown"),
        (pue_of(1.5, coverage=0.01, state="low_coverage"), (1.25,), 0, "unknown"),
        (pue_of(1.25), (), 0, ""),
        (pue_of(1.25), (1.25,), 2, "unknown"),  # nobody knows how it is now
        (pue_of(1.2501), (1.25,), 2, "at_risk"),
    ],
)
def test_a_window_is_judged_by_the_strictest_limit_if_it_is_covered(
    window: PueView, limits: tuple[float, ...], silent: int, verdict: str
) -> None:
    """A PUE of hardly any hours is neither well nor bad, however it reads.

    A year within its limit has no tick while meters are silent and the last hour has no PUE.
    """
    site = SitePueView(
        hub="guian",
        site="s",
        limits=[PueLimitView(value=one, name={}, target=str(one)) for one in limits],
        windows=[window],
        silent=silent,
        required_ratio=None,
        trend=None,
    )
    assert site.verdict(window) == verdict


def test_a_year_keeps_its_tick_while_the_last_hour_is_measured_by_the_others() -> None:
    """One of many meters is silent, and the hour has enough of them."""
    year, hour = pue_of(1.1), replace(pue_of(1.1), window="1h")
    limit = PueLimitView(value=1.25, name={}, target="t")
    site = SitePueView(
        hub="guian",
        site="s",
        limits=[limit],
        windows=[hour, year],
        silent=1,
        required_ratio=None,
        trend=None,
    )
    assert site.verdict(year) == "met"
    low = replace(hour, state="low_coverage")
    assert replace(site, windows=[low, year]).verdict(year) == "unknown"


def overhead_of(window: str, coverage: float, *, metered: bool = True) -> OverheadWindowView:
    part = OverheadPartView(
        subsystem="cooling" if metered else "unmetered",
        joules=3.6e6,
        coverage_ratio=coverage,
        partial_pue_ratio=None,
    )
    return OverheadWindowView(
        window=window,
        parts=[part],
        reused_energy_ratio=None,
        carbon_usage_kilograms_per_joule=1e-7,
        carbon_basis="location",
        water_usage_liters_per_joule=5e-7,
        gb_40879_grade=None,
        coverage_ratio=coverage,
    )


def test_the_overhead_that_is_shown_is_covered() -> None:
    """Of a day of 97 % and a year of 10 % the day is shown; where neither is covered, the year."""
    day, month, year = (
        overhead_of("1d", 0.97),
        overhead_of("30d", 0.8),
        overhead_of("12mo", 0.1),
    )
    unmetered = overhead_of("12mo", 0.97, metered=False)
    for windows, shown in (
        ([day, year], day),
        ([day, month, year], month),
        ([overhead_of("1d", 0.5), year], year),
        ([day, unmetered], day),
        ([unmetered], None),
    ):
        assert OverheadView(hub="guian", site="s", windows=windows).foremost is shown


def test_carbon_and_water_are_told_by_kilowatt_hour() -> None:
    """A kilowatt-hour has 3.6 million joules: 1e-7 kg/J is 0.36 kg/kWh, 5e-7 l/J is 1.8 l/kWh."""
    window = overhead_of("1d", 0.97)
    assert window.carbon_kilograms_per_kilowatt_hour == pytest.approx(0.36)
    assert window.water_liters_per_kilowatt_hour == pytest.approx(1.8)
