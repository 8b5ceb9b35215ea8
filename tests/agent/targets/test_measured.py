"""What an agent measures of every KPI, from a real snapshot and inventory."""

from __future__ import annotations

from dataclasses import replace

import pytest

from agent.inventory.model import Device, Inventory, Rack, Site
from agent.targets.kpis import MEASURES
from agent.targets.kpis import measured as kpi_rows
from collectors.base import Reading
from collectors.catalogue import node
from collectors.catalogue.link import LINK_LOSS, LINK_ROUND_TRIP, LINK_SPEED
from tests.agent.targets.told import REGISTRY, inventory, measured, racks, sites


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


@pytest.mark.parametrize(("nodes", "hours"), [(("n1", "n2"), 2000), (("n1",), 1000)])
def test_hours_of_chips_are_always_a_lower_bound(nodes: tuple[str, ...], hours: int) -> None:
    """Two nodes of 1000 h each, and one of them off: the other's 1000 h do not say that it had
    none. That the inventory is complete does not help: it says nothing of hours.
    """
    told: list[Reading] = []
    for name in nodes:
        used = node.ACCELERATOR_USED.series("guian", "a", "A", "A01", name, "0")
        told += [*chip(name, 0, "Huawei"), (used, 1000 * 3600.0)]
    found = measured(told, inventory=inventory(complete=True, a=()))
    kept = found["guian", "accelerator_hours", "hub"]
    assert (kept.value, kept.at_least) == (hours * 3600, True)


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
        return LINK_ROUND_TRIP.series("guian", where, peer, quantile), value

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
            (LINK_ROUND_TRIP.series("guian", "a", "guangzhou", "0.5"), 0.008),
            (LINK_LOSS.series("guian", "a", "guangzhou"), 0.0),
            (LINK_LOSS.series("guian", "b", "hangzhou"), 1.0),
        ]
    )
    assert found["guizhou", "round_trip_guangzhou", "hub"].value == 0.008
    assert ("guian", "round_trip", "hub") not in found


def test_link_rate_of_the_named_channel() -> None:
    """The channel's rate is the fastest interface at the sites where it ends."""
    links = [
        (LINK_SPEED.series("guian", "pop", "r1", name), speed)
        for name, speed in (("a", 1e11), ("b", 4e11))
    ]
    links.append((LINK_SPEED.series("guian", "other", "r2", "c"), 8e11))
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


def test_unregistered_hub_is_measured_by_nobody() -> None:
    """A hub the registry does not know has no KPIs and raises nothing."""
    assert measured(racks("atlantis", "a", "in_service", 3), "atlantis") == {}
