"""What an agent measures of every KPI, from a real snapshot and inventory."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path

import pytest

from agent.hubs.loader import load_registry
from agent.inventory.model import Device, Inventory, Rack, Site
from agent.snapshot import Snapshot
from agent.targets.kpis import MEASURES
from agent.targets.kpis import measured as kpi_rows
from agent.targets.measured import measure
from agent.targets.model import Evidence, Key
from agent.targets.scoreboard import scoreboard
from collectors.base import Batch, Reading
from collectors.catalogue import node, rack, site

REGISTRY = load_registry()
NOW = 1_795_000_000.0


def snapshot(*readings: Reading) -> Snapshot:
    """Return a snapshot that holds these readings."""
    made = Snapshot()
    made.update(Batch(collector="test", device="", time=NOW, lifetime=60.0, readings=readings))
    return made


def measured(
    readings: Sequence[Reading], hub: str = "guian", inventory: Inventory | None = None
) -> dict[tuple[str, str, str], Evidence]:
    """Return the evidence by hub, KPI and scope."""
    found = measure(REGISTRY, snapshot(*readings), hub, NOW, inventory=inventory)
    assert all(len(items) == 1 for items in found.values())
    return {key: items[0] for key, items in found.items()}


def racks(hub: str, where: str, state: str, count: int) -> list[Reading]:
    """Return the info series of some racks."""
    return [
        (rack.RACK_INFO.series(hub, where, "A", f"{where}-{state}-{n}", state), 1.0)
        for n in range(count)
    ]


def sites(hub: str = "guian", **states: str) -> list[Reading]:
    """Return the info series of some sites."""
    return [
        (site.SITE_INFO.series(hub, key.replace("_", "-"), state, key), 1.0)
        for key, state in states.items()
    ]


def year(where: str, pue: float, coverage: float, it: float) -> list[Reading]:
    """Return the series of a site's trailing year."""
    return [
        (site.SITE_PUE.series("guian", where, "3", "12mo"), pue),
        (site.SITE_PUE.series("guian", where, "3", "1d"), 9.0),
        (site.SITE_PUE_COVERAGE.series("guian", where, "12mo"), coverage),
        (site.SITE_PUE_COVERAGE.series("guian", where, "1d"), 1.0),
        (site.SITE_WINDOW_ENERGY.series("guian", where, "facility", "12mo"), pue * it),
        (site.SITE_WINDOW_ENERGY.series("guian", where, "it", "12mo"), it),
    ]


def inventory(*, complete: bool = False, **scopes: tuple[str, ...]) -> Inventory:
    """Return an inventory of sites in scopes."""
    return Inventory(
        hub="guian",
        sites={
            key.replace("_", "-"): Site(site=key.replace("_", "-"), scopes=of)
            for key, of in scopes.items()
        },
        complete=complete,
    )


def test_nothing_is_measured_of_nothing() -> None:
    """An empty snapshot has no values, and zero least of all."""
    assert measured([]) == {}


def test_the_rows_are_of_registered_kpis() -> None:
    """Every row is of a KPI of the registry, and both name the same label that narrows it."""
    for row in MEASURES:
        labelled = REGISTRY.kpis[row.kpi].labelled
        assert (row.narrowing.label if row.narrowing else None) == (
            labelled.label if labelled else None
        )


def test_what_is_told_of_the_hub_above() -> None:
    """Counts, links and the round trip to one peer may be told of a hub above, shares may not."""
    told = {key for key, row in kpi_rows(REGISTRY.kpis.values()).items() if row.of_a_part}
    assert told == {
        "data_centers_in_service",
        "data_centers_under_construction",
        "data_centers",
        "racks_in_service",
        "racks_under_construction",
        "compute_flops",
        "accelerators",
        "accelerators_huawei",
        "link_rate",
        "round_trip_guangzhou",
        "round_trip_shenzhen",
        "round_trip_hangzhou",
    }


def test_counts_are_lower_bounds() -> None:
    """A count is a lower bound unless the inventory is complete, and always for the province."""
    readings = (
        racks("guian", "a", "in_service", 3)
        + racks("guian", "b", "under_construction", 2)
        + sites(a="in_service", b="under_construction")
    )
    for complete in (False, True):
        found = measured(readings, inventory=inventory(complete=complete, a=(), b=()))
        assert {k[1]: e.value for k, e in found.items() if k[0] == "guian"} == {
            "racks_in_service": 3,
            "racks_under_construction": 2,
            "data_centers_in_service": 1,
            "data_centers_under_construction": 1,
            "data_centers": 2,
        }
        assert found["guian", "racks_in_service", "hub"].at_least is not complete
        assert found["guizhou", "data_centers", "hub"].value == 2
        assert found["guizhou", "data_centers", "hub"].at_least


def test_a_listed_hub_without_racks_in_service_has_none() -> None:
    """Zero is told where the inventory lists racks and none is in service."""
    assert (
        measured(racks("guian", "a", "planned", 2))["guian", "racks_in_service", "hub"].value == 0
    )


def test_another_hubs_series_are_not_counted() -> None:
    """Only the agent's own hub is counted, whatever else is in its snapshot."""
    found = measured(racks("guian", "a", "in_service", 3) + racks("kunming", "k", "in_service", 5))
    assert found["guian", "racks_in_service", "hub"].value == 3
    assert not [key for key in found if key[0] == "kunming"]


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
    """A site in service that tells none makes the others' a figure of nothing; a planned one not."""
    own = year("a", 1.1, 1.0, 1000.0)
    silent = own + sites(a="in_service", b="in_service", c="planned")
    assert ("guian", "pue", "hub") not in measured(silent)
    assert measured(own + sites(a="in_service", c="planned"))["guian", "pue", "hub"].coverage == 1
    assert ("guian", "pue", "hub") not in measured(own, inventory=inventory(a=(), b=()))
    impossible = own + year("b", 0.8, 1.0, 10.0)
    sound = [reading for reading in impossible if reading[1] != 0.8]
    assert ("guian", "pue", "hub") not in measured(sound), "what it metered cannot be"


def test_a_part_shows_no_limit_kept() -> None:
    """A PUE within its limit is met only where all sites are listed; one above it is told anyway."""
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


def chip(node_name: str, n: int, vendor: str, peak: float | None = None) -> list[Reading]:
    """Return the series of one accelerator."""
    where = ("guian", "a", "A", "A01", node_name, str(n))
    found: list[Reading] = [(node.ACCELERATOR_INFO.series(*where, vendor, "X", "", ""), 1.0)]
    if peak is not None:
        found += [
            (node.ACCELERATOR_PEAK.series(*where, "fp16"), peak),
            (node.ACCELERATOR_PEAK.series(*where, "int8"), 9 * peak),
        ]
    return found


def test_accelerators() -> None:
    """Chips are those that telemetry sees, and those listed on nodes that tell nothing."""
    devices = (
        Device(node="n1", accelerators=8, vendor="Huawei"),
        Device(node="n2", accelerators=8, vendor="Huawei"),
        Device(node="n3", accelerators=4, vendor="NVIDIA"),
    )
    listed = Inventory(
        hub="guian",
        sites={"a": Site(site="a", scopes=("huawei",))},
        racks={
            "A01": Rack(rack="A01", site="a", devices=devices),
            "A02": Rack(
                rack="A02",
                site="a",
                state="planned",
                devices=(Device(node="n4", accelerators=8, vendor="Huawei"),),
            ),
        },
    )
    found = measured(
        chip("n1", 0, "Huawei", 3e14) + chip("n1", 1, "huawei", 3e14), inventory=listed
    )
    assert found["guian", "accelerators", "hub"].value == 2 + 8 + 4
    assert found["guian", "accelerators_huawei", "huawei"].value == 2 + 8
    assert found["guian", "compute_flops", "hub"].value == 6e14


def test_compute_of_nodes_that_tell_nothing() -> None:
    """Listed chips of a rated model add their peak; an unrated one leaves a lower bound."""
    rated = Device(node="n2", accelerators=8, vendor="Huawei", model="910B3")
    unknown = Device(node="n3", accelerators=4, vendor="Huawei", model="Z9")
    for devices, bound in (((rated,), False), ((rated, unknown), True)):
        listed = Inventory(
            hub="guian",
            sites={"a": Site(site="a")},
            racks={"A01": Rack(rack="A01", site="a", devices=devices)},
            complete=True,
        )
        evidence = measured(chip("n1", 0, "Huawei", 3e14), inventory=listed)[
            "guian", "compute_flops", "hub"
        ]
        assert evidence.value == pytest.approx(3e14 + 8 * 313e12)
        assert evidence.at_least is bound
    seen_unrated = measured(
        chip("n1", 0, "Huawei", 3e14) + chip("n1", 1, "Huawei"), inventory=replace(listed, racks={})
    )
    assert seen_unrated["guian", "compute_flops", "hub"].at_least


def test_round_trip_is_the_slowest_sites_median() -> None:
    """The slowest site's median to the named peer is judged, and no other quantile."""

    def probe(where: str, peer: str, quantile: str, value: float) -> Reading:
        return site.LINK_ROUND_TRIP.series("guian", where, peer, quantile), value

    found = measured(
        [
            probe("a", "guangzhou", "0.5", 0.008),
            probe("b", "Guangzhou", "0.5", 0.009),
            probe("a", "guangzhou", "0.99", 0.03),
            probe("a", "hangzhou", "0.5", 0.02),
        ]
    )
    assert found["guizhou", "round_trip_guangzhou", "hub"].value == 0.009
    assert found["guizhou", "round_trip_guangzhou", "hub"].at_least, "other hubs may be slower"
    assert found["guian", "round_trip", "hub"].value == 0.02
    assert ("guizhou", "round_trip_shenzhen", "hub") not in found


def test_a_peer_that_does_not_answer_is_not_fast() -> None:
    """While a probed peer is silent there is no slowest round trip; other peers keep theirs."""
    found = measured(
        [
            (site.LINK_ROUND_TRIP.series("guian", "a", "guangzhou", "0.5"), 0.008),
            (site.LINK_LOSS.series("guian", "a", "guangzhou"), 0.0),
            (site.LINK_LOSS.series("guian", "b", "hangzhou"), 1.0),
        ]
    )
    assert found["guizhou", "round_trip_guangzhou", "hub"].value == 0.008
    assert ("guian", "round_trip", "hub") not in found


def test_link_rate_of_the_named_channel() -> None:
    """The channel's rate is the fastest interface at the sites where it ends."""
    links = [
        (site.LINK_SPEED.series("guian", "pop", "r1", name), speed)
        for name, speed in (("a", 1e11), ("b", 4e11))
    ]
    links.append((site.LINK_SPEED.series("guian", "other", "r2", "c"), 8e11))
    found = measured(links, inventory=inventory(pop=("china-mobile-400g",), other=()))
    assert found["guizhou", "link_rate", "china-mobile-400g"].value == 4e11


def test_centre_in_service() -> None:
    """A named centre is in service when one of its sites is."""
    listed = Inventory(
        hub="kunming", sites={"ai": Site(site="ai", scopes=("ai-computing-center",))}
    )
    for state, value in (("in_service", 1), ("under_construction", 0)):
        found = measured(sites("kunming", ai=state), "kunming", listed)
        assert found["kunming", "in_service", "ai-computing-center"].value == value


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


def test_unregistered_hub_is_measured_by_nobody() -> None:
    """A hub the registry does not know has no KPIs and raises nothing."""
    assert measured(racks("atlantis", "a", "in_service", 3), "atlantis") == {}
