from __future__ import annotations

import asyncio
from collections.abc import Sequence
from dataclasses import replace

import pytest

from agent.racks.collector import RackCollector
from collectors.base import Reading
from collectors.catalogue.facility import SENSOR_HUMIDITY, SENSOR_TEMPERATURE
from collectors.catalogue.rack_limits import LimitedPlace, RackLimits, SiteLimits
from tests.support.ledger import SITE, Pages, inventory, pdu_power

HEAD = f"sites: [{{site: {SITE}, name: Huawei}}, {{site: next, state: planned}}]\nracks:\n"
RACK = (
    f"- {{rack: A07, site: {SITE}, row: A, height_units: 10, rated_power_watts: 8000,"
    " feeds: {A: {pdu: A07-A, capacity_watts: 7360}, B: {pdu: A07-B, capacity_watts: 5000}},"
    " devices: [{node: n1, position: 1, units: 2}, {node: n2, units: 3}]}\n"
)


def collect(text: str, *readings: Reading) -> dict[str, float]:
    collector = RackCollector(inventory(HEAD + text), Pages(*readings), "guian")
    return {series.prefix.strip(): value for series, value in asyncio.run(collector.collect())}


def rack(name: str, extra: str = "") -> str:
    return f'dc_rack_{name}{{hub="guian",site="{SITE}",row="A",rack="A07"{extra}}}'


def occupancy(method: str) -> str:
    return f'dc_site_rack_occupancy_ratio{{hub="guian",site="{SITE}",method="{method}"}}'


def test_what_the_inventory_says() -> None:
    """State, height, used units, rated power and feeds' capacity come from the inventory alone."""
    found = collect(RACK)
    assert found[rack("info", ',state="in_service"')] == 1.0
    assert found[rack("height_units")] == 10.0
    assert found[rack("used_units")] == 5.0
    assert found[rack("utilization_ratio", ',kind="space"')] == 0.5
    assert found[rack("power_capacity_watts")] == 8000.0
    assert found[rack("feed_capacity_watts", ',feed="B"')] == 5000.0
    assert (
        found[f'dc_site_info{{hub="guian",site="{SITE}",state="in_service",name="Huawei"}}'] == 1.0
    )
    assert found['dc_site_info{hub="guian",site="next",state="planned",name="next"}'] == 1.0


def test_both_feeds_make_the_rack_s_power() -> None:
    """With both feeds known, so are utilisation, and the load of the weaker feed alone."""
    found = collect(RACK, pdu_power("A07-A", 2400.0), pdu_power("A07-B", 1600.0, feed="B"))
    assert found[rack("power_watts", ',feed="A"')] == 2400.0
    assert found[rack("power_watts", ',feed="B"')] == 1600.0
    assert found[rack("utilization_ratio", ',kind="power"')] == pytest.approx(0.5)
    assert found[rack("failover_load_ratio")] == pytest.approx(4000 / 5000)


def test_a_silent_feed_is_missing_not_zero() -> None:
    """With one feed silent the live one is shown, and nothing that would need both."""
    found = collect(RACK, pdu_power("A07-A", 2400.0))
    assert found[rack("power_watts", ',feed="A"')] == 2400.0
    absent = (
        ("power_watts", ',feed="B"'),
        ("utilization_ratio", ',kind="power"'),
        ("failover_load_ratio", ""),
    )
    assert not [name for name, extra in absent if rack(name, extra) in found]
    assert occupancy("power") not in found


def test_no_failover_with_one_feed_or_without_capacities() -> None:
    """A rack with one feed, or with a feed of unknown capacity, has no failover load."""
    one = RACK.replace(", B: {pdu: A07-B, capacity_watts: 5000}", "")
    assert rack("failover_load_ratio") not in collect(one, pdu_power("A07-A", 1.0))
    unknown = RACK.replace("A07-B, capacity_watts: 5000", "A07-B")
    assert rack("failover_load_ratio") not in collect(
        unknown, pdu_power("A07-A", 1.0), pdu_power("A07-B", 1.0, feed="B")
    )


def test_unknown_devices_are_not_an_empty_rack() -> None:
    """Where the inventory does not list a rack's devices, its used units are unknown, not 0."""
    found = collect(f"- {{rack: A07, site: {SITE}, row: A}}\n")
    assert rack("used_units") not in found
    assert occupancy("units") not in found
    assert (
        collect(f"- {{rack: A07, site: {SITE}, row: A, devices: []}}\n")[rack("used_units")] == 0.0
    )


def test_a_pdu_of_another_site_is_another_pdu() -> None:
    """A PDU is the rack's only at the rack's own site."""
    found = collect(RACK.replace(f"site: {SITE}", "site: next"), pdu_power("A07-A", 2400.0))
    assert not [name for name in found if name.startswith("dc_rack_power_watts")]


def test_occupancy_by_three_methods() -> None:
    """Occupancy by racks, by units and by power, of racks in service only."""
    text = (
        f"- {{rack: a, site: {SITE}, height_units: 40, used_units: 20,"
        f" rated_power_watts: 1000, feeds: {{A: {{pdu: a}}}}}}\n"
        f"- {{rack: b, site: {SITE}, height_units: 40, used_units: 0,"
        f" rated_power_watts: 3000, feeds: {{A: {{pdu: b}}}}}}\n"
        f"- {{rack: c, site: {SITE}, height_units: 40, used_units: 40,"
        f" state: under_construction}}\n"
    )
    found = collect(text, pdu_power("a", 800.0, "a"), pdu_power("b", 0.0, "b"))
    assert (found[occupancy("racks")], found[occupancy("units")], found[occupancy("power")]) == (
        0.5,
        0.25,
        0.2,
    )


def test_occupancy_needs_nearly_all_to_be_known() -> None:
    """Occupancy by power needs nine tenths of the racks to be known; eight tenths are too few."""
    racks = "".join(
        f"- {{rack: r{n}, site: {SITE}, rated_power_watts: 1000, feeds: {{A: {{pdu: p{n}}}}}}}\n"
        for n in range(10)
    )
    heard = [pdu_power(f"p{n}", 500.0, f"r{n}") for n in range(9)]
    assert occupancy("power") not in collect(racks, *heard[:8])
    assert collect(racks, *heard)[occupancy("power")] == 0.5


def sensors(values: Sequence[tuple[str, float]]) -> list[Reading]:
    return [
        (SENSOR_TEMPERATURE.series("guian", SITE, "A", "A07", name), value)
        for name, value in values
    ]


def test_inlet_is_the_warmest_sensor_of_the_cold_side() -> None:
    """The warmest inlet counts; sensors named after the exhaust do not."""
    wet = (SENSOR_HUMIDITY.series("guian", SITE, "A", "A07", "1"), 0.4)
    found = collect(
        RACK,
        *sensors([("1", 22.0), ("front-top", 27.5), ("rear-top", 41.0), ("Exhaust", 39.0)]),
        wet,
    )
    assert found[rack("inlet_temperature_celsius")] == 27.5
    assert found[rack("humidity_ratio")] == 0.4


WITHIN = f'dc_site_inlets_within_ratio{{hub="guian",site="{SITE}"}}'


def inlets(*values: float, limits: SiteLimits | None = None) -> dict[str, float]:
    """Return what ten racks tell, the first of which have these temperatures at their inlets."""
    racks = "".join(f"- {{rack: r{n}, site: {SITE}, height_units: 42}}\n" for n in range(10))
    racks += f"- {{rack: new, site: {SITE}, state: planned}}\n"
    stock = replace(
        inventory(f"sites: [{{site: {SITE}}}]\nracks:\n{racks}"), limits=limits or SiteLimits()
    )
    heard = [
        (SENSOR_TEMPERATURE.series("guian", SITE, "", f"r{n}", "1"), value)
        for n, value in enumerate(values)
    ]
    found = asyncio.run(RackCollector(stock, Pages(*heard), "guian").collect())
    return {series.prefix.strip(): value for series, value in found}


def test_share_of_racks_within_the_recommended_temperature() -> None:
    """27 °C is within (ASHRAE TC 9.9), more is not; a rack without a reading is not within."""
    assert inlets(*[27.0] * 7, 27.1, 30.0, 33.0)[WITHIN] == 0.7
    assert inlets(*[20.0] * 9)[WITHIN] == 0.9
    assert inlets(*[20.0] * 8, 30.0)[WITHIN] == 0.8


def test_compliance_needs_nearly_all_racks_to_be_measured() -> None:
    """Of ten racks, eight readings tell nothing of the site."""
    assert WITHIN not in inlets(*[20.0] * 8)


def test_compliance_is_by_the_limits_of_the_place() -> None:
    """Where a contract says 24 °C, 25 °C is not within, but for a rack with a limit of its own."""
    limits = SiteLimits(
        common=RackLimits(inlet_recommended_celsius=24.0),
        places={
            LimitedPlace(site=SITE, rack="r1"): RackLimits(inlet_recommended_celsius=30.0),
        },
    )
    assert inlets(25.0, 25.0, *[20.0] * 8, limits=limits)[WITHIN] == 0.9


def test_units_of_a_site() -> None:
    """Ten racks in service of 42 U are 420 U; a planned one is none of them."""
    assert inlets()[f'dc_site_rack_units{{hub="guian",site="{SITE}"}}'] == 420.0


def test_a_rack_that_only_labels_name_has_power() -> None:
    """A PDU that the inventory does not list still shows the power of the rack its config names."""
    found = collect("", pdu_power("X-A", 700.0, "X1"))
    assert (
        found[f'dc_rack_power_watts{{hub="guian",site="{SITE}",row="A",rack="X1",feed="A"}}']
        == 700.0
    )


def test_reserved_and_occupied_are_apart() -> None:
    """What is promised is a share of the same whole as what is occupied, and no part of it."""
    other = (
        f"- {{rack: A08, site: {SITE}, row: A, height_units: 10, used_units: 0,"
        f" reserved_units: 10}}\n"
    )
    found = collect(RACK.replace("height_units: 10", "height_units: 10, reserved_units: 2") + other)
    assert found[rack("reserved_units")] == 2.0
    assert found[occupancy("units")] == 0.25
    reserved = f'dc_site_rack_reserved_ratio{{hub="guian",site="{SITE}",method='
    assert (found[reserved + '"units"}'], found[reserved + '"racks"}']) == (0.6, 0.5)


def test_a_feed_without_a_pdu_leaves_the_total_unknown() -> None:
    """Where one of two feeds is not measured, the rack's power is not that of the other."""
    found = collect(
        RACK.replace("{pdu: A07-B, capacity_watts: 5000}", "{capacity_watts: 5000}"),
        pdu_power("A07-A", 2400.0),
    )
    assert found[rack("power_watts", ',feed="A"')] == 2400.0
    assert rack("utilization_ratio", ',kind="power"') not in found


def humidity(sensor: str, value: float) -> Reading:
    return SENSOR_HUMIDITY.series("guian", SITE, "A", "A07", sensor), value


def test_humidity_is_the_mean_of_the_cold_side() -> None:
    """0.2, 0.3 and 0.7 at the inlet have a mean of 0.4; the sensor at the rear does not count."""
    found = collect(
        RACK, humidity("1", 0.2), humidity("2", 0.3), humidity("3", 0.7), humidity("rear", 0.9)
    )
    assert found[rack("humidity_ratio")] == pytest.approx(0.4)


def test_a_listed_pdu_counts_in_its_own_rack_alone() -> None:
    """Where a PDU's label names a rack that is not listed, the inventory's rack has its power."""
    found = collect(RACK, pdu_power("A07-A", 2400.0, "X9"))
    assert found[rack("power_watts", ',feed="A"')] == 2400.0
    assert not [name for name in found if 'rack="X9"' in name]
