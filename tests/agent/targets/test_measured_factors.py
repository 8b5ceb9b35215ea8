"""PUE and the other factors of a hub, from the windows that its sites tell."""

from __future__ import annotations

from pathlib import Path

import pytest

from agent.hubs.loader import load_registry
from agent.targets.measured import measure
from agent.targets.model import Key
from agent.targets.scoreboard import scoreboard
from collectors.catalogue import site
from tests.agent.targets.told import (
    NOW,
    REGISTRY,
    inventory,
    measured,
    racks,
    sites,
    snapshot,
    year,
)


def test_pue_of_one_site() -> None:
    """A site's PUE is that of the trailing year, with the year's coverage."""
    for complete in (True, False):
        listed = inventory(complete=complete, h=("huawei",))
        found = measured(year("h", 1.18, 0.95, 1e15), inventory=listed)
        for scope in ("hub", "huawei"):
            evidence = found["guian", "pue", scope]
            assert (evidence.value, evidence.coverage, evidence.at_least) == (
                pytest.approx(1.18),
                pytest.approx(0.95),
                not complete,
            )


def test_pue_of_several_sites() -> None:
    """A hub's PUE is energy over energy: 1.15 and 1.60 at 1000 to 200 give 1.225."""
    readings = year("big", 1.15, 1.0, 1000.0) + year("small", 1.60, 1.0, 200.0)
    evidence = measured(readings)["guian", "pue", "hub"]
    assert (evidence.value, evidence.coverage) == (pytest.approx(1.225), 1)


@pytest.mark.parametrize(
    ("first", "second", "wanted", "coverage"),
    [
        # A year of the first at 100 kW is 400 of 800: (1.5 * 800 + 1.15 * 200) / 1000.
        ((1.5, 0.5, 400.0), (1.15, 1.0, 200.0), 1.43, 0.6),
        # As much of both is metered, so it changes nothing: (2 * 1000 + 1.1 * 1000) / 2000.
        ((2.0, 0.25, 250.0), (1.1, 0.25, 250.0), 1.55, 0.25),
        # The better site is silent for a tenth: (2 * 900 + 1.1 * 1000) / 1900, 1800 of 1900.
        ((2.0, 1.0, 900.0), (1.1, 0.9, 900.0), 2900 / 1900, 1800 / 1900),
    ],
)
def test_silent_hours_change_no_sites_weight(
    first: tuple[float, float, float],
    second: tuple[float, float, float],
    wanted: float,
    coverage: float,
) -> None:
    """A site counts by its mean power, and a hub's coverage is weighted by energy."""
    evidence = measured(year("a", *first) + year("b", *second))["guian", "pue", "hub"]
    assert evidence.value == pytest.approx(wanted)
    assert evidence.coverage == pytest.approx(coverage)


def test_a_silent_site_leaves_its_hub_without_a_pue() -> None:
    """A site in service that tells none makes the others' a figure of nothing;
    a planned one not.
    """
    own = year("a", 1.1, 1.0, 1000.0)
    silent = own + sites(a="in_service", b="in_service", c="planned")
    assert ("guian", "pue", "hub") not in measured(silent)
    assert measured(own + sites(a="in_service", c="planned"))["guian", "pue", "hub"].coverage == 1
    assert ("guian", "pue", "hub") not in measured(own, inventory=inventory(a=(), b=()))
    impossible = own + year("b", 0.8, 1.0, 10.0)
    sound = [reading for reading in impossible if reading[1] != 0.8]
    assert ("guian", "pue", "hub") not in measured(sound), "what it metered cannot be"


def test_a_part_shows_no_limit_kept() -> None:
    """A PUE within its limit is met only where all sites are listed;
    one above it is told anyway.
    """
    for pue, complete, wanted in (
        (1.15, True, "met"),
        (1.15, False, "unknown"),
        (1.35, True, "at_risk"),
        (1.35, False, "at_risk"),
    ):
        listed = inventory(complete=complete, h=("huawei",))
        readings = snapshot(*year("h", pue, 0.95, 1000.0))
        found = measure(REGISTRY, readings, "guian", NOW, inventory=listed)
        (hub,) = scoreboard(REGISTRY, found, NOW, ["guian"])
        states = {row.id: row.state for row in hub.targets}
        assert states["guian-huawei-pue"] == wanted, (pue, complete)


def test_a_group_needs_its_own_sites_only() -> None:
    """A silent site takes the value of the groups it is in, and of no other."""
    listed = inventory(h=("huawei",), other=())
    found = measured(year("h", 1.15, 1.0, 1000.0), inventory=listed)
    assert found["guian", "pue", "huawei"].value == pytest.approx(1.15)
    assert ("guian", "pue", "hub") not in found
    assert ("guian", "pue", "huawei") not in measured(
        year("other", 1.15, 1.0, 1000.0), inventory=listed
    )


def test_the_hubs_file_says_which_sites_there_are(tmp_path: Path) -> None:
    """Sites that the hub's file lists are needed; where all of them tell, the value is of all."""
    (tmp_path / "sites.yaml").write_text("extends: guian\nsites: [a, b]\n", "utf-8")
    registry = load_registry(tmp_path)
    own, other = year("a", 1.1, 1.0, 1000.0), year("b", 1.5, 1.0, 1000.0)
    listed = inventory(a=())
    alone = measure(registry, snapshot(*own), "guian", NOW, inventory=listed)
    assert Key("guian", "pue", "hub") not in alone
    both = measure(registry, snapshot(*own, *other), "guian", NOW, inventory=listed)
    (evidence,) = both[Key("guian", "pue", "hub")]
    assert (evidence.value, evidence.at_least) == (pytest.approx(1.3), False)


def test_scope_is_its_sites_only() -> None:
    """A group's KPI is measured at its sites only, the hub's at all."""
    readings = year("h", 1.15, 1.0, 1000.0) + year("other", 1.6, 1.0, 200.0)
    found = measured(readings, inventory=inventory(h=("huawei",), other=()))
    assert found["guian", "pue", "huawei"].value == pytest.approx(1.15)
    assert found["guian", "pue", "hub"].value == pytest.approx(1.225)


def test_scope_without_sites_is_not_measured() -> None:
    """A group that the inventory puts no site in has no value, least of all the hub's."""
    assert ("guian", "pue", "huawei") not in measured(
        year("h", 1.15, 1.0, 1000.0), inventory=inventory(h=())
    )
    assert ("guian", "pue", "huawei") not in measured(year("h", 1.15, 1.0, 1000.0))


def test_renewables_occupancy_and_carbon() -> None:
    """Occupancy is weighted by racks; carbon is a lower bound while a site is silent."""
    readings = (
        year("a", 1.2, 1.0, 300.0)
        + year("b", 1.2, 1.0, 100.0)
        + sites(a="in_service", b="in_service")
    )
    readings += [
        (site.SITE_RENEWABLE.series("guian", where, "12mo"), value)
        for where, value in (("a", 1.0), ("b", 0.6))
    ]
    readings += racks("guian", "a", "in_service", 30) + racks("guian", "b", "in_service", 10)
    readings += [
        (site.SITE_OCCUPANCY.series("guian", where, "racks"), value)
        for where, value in (("a", 0.5), ("b", 0.9))
    ]
    readings += [(site.SITE_CARBON.series("guian", "a"), 7.0)]
    found = measured(readings)
    assert found["guian", "renewable_energy_factor", "hub"].value == pytest.approx(0.9)
    assert found["guian", "rack_occupancy", "hub"].value == pytest.approx(0.6)
    assert (found["guian", "carbon", "hub"].value, found["guian", "carbon", "hub"].at_least) == (
        7.0,
        True,
    )


def test_water_carbon_and_reused_heat() -> None:
    """WUE and CUE are weighted by IT energy, ERF by facility energy, and told for each kWh."""
    readings = (
        year("a", 1.2, 1.0, 1000.0)
        + year("b", 1.6, 1.0, 250.0)
        + sites(a="in_service", b="in_service")
    )
    for where, water, carbon, reused in (("a", 1.8, 0.4, 0.25), ("b", 5.4, 0.9, 0.125)):
        at = ("guian", where)
        readings += [
            (site.SITE_WUE.series(*at, "12mo"), water / 3.6e6),
            (site.SITE_CUE.series(*at, "location", "12mo"), carbon / 3.6e6),
            (site.SITE_REUSED.series(*at, "12mo"), reused),
            (site.SITE_FACTOR_COVERAGE.series(*at, "wue", "12mo"), 0.5 if where == "a" else 1.0),
        ]
    found = measured(readings)
    # (1.8 x 1000 + 5.4 x 250) / 1250, heard (0.5 x 1000 + 1 x 250) / 1250
    water_usage = found["guian", "water_usage_effectiveness", "hub"]
    assert water_usage.value == pytest.approx(2.52)
    assert water_usage.coverage == pytest.approx(0.6)
    # (0.4 x 1000 + 0.9 x 250) / 1250
    carbon_usage = found["guian", "carbon_usage_effectiveness", "hub"]
    assert carbon_usage.value == pytest.approx(0.5)
    # (0.25 x 1200 + 0.125 x 400) / 1600
    assert found["guian", "energy_reuse_factor", "hub"].value == pytest.approx(0.21875)


def test_a_site_without_a_water_meter_withdraws_its_hubs_wue() -> None:
    """Water that nobody meters at one site in service is missing, and no zero."""
    readings = year("a", 1.2, 1.0, 1000.0) + sites(a="in_service", b="in_service")
    readings += [(site.SITE_WUE.series("guian", "a", "12mo"), 1.8 / 3.6e6)]
    assert ("guian", "water_usage_effectiveness", "hub") not in measured(readings)
    readings = year("a", 1.2, 1.0, 1000.0) + sites(a="in_service", b="under_construction")
    readings += [(site.SITE_WUE.series("guian", "a", "12mo"), 1.8 / 3.6e6)]
    found = measured(readings)["guian", "water_usage_effectiveness", "hub"]
    assert found.value == pytest.approx(1.8)
