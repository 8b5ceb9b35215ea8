"""Gateways that share an inventory: every device is somebody's, nobody's twice, and what is said of a site is said once and whole."""

from __future__ import annotations

import asyncio
import dataclasses
import json
from collections import Counter
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest

from agent.inventory.model import Device, Inventory, Rack
from agent.inventory.part import ShardDevices, part_of
from agent.inventory.shard import Shard, parse_shard
from agent.loading import load_files, with_collectors
from agent.pue.boundary import boundary_of
from agent.pue.collector import PueCollector
from agent.racks.collector import RackCollector
from agent.racks.phases import PhaseCollector
from agent.web.discovery import Discovery
from collectors.base import Reading
from collectors.catalogue.facility import METER_POWER, PDU_POWER
from collectors.catalogue.site import SITE_POWER
from collectors.strict import Problems
from tests.support.ledger import T0, Clock, Pages, batch, inventory, ledger

ROWS, RACKS_A_ROW, PARTS = 12, 4, 4
SITES = ("s1", "s2")


def rack_text(site: str, row: str, number: int) -> str:
    name = f"{site}-{row}{number}"
    feeds = ", ".join(
        f"{feed}: {{pdu: {name}-{feed}, capacity_watts: 7000, breaker: {site}-{row}-{feed}}}"
        for feed in ("A", "B")
    )
    return (
        f"- {{rack: {name}, site: {site}, row: {row}, height_units: 10, rated_power_watts: 8000, feeds: {{{feeds}}},"
        f" devices: [{{node: n-{name}, position: 1, units: 4}}, {{node: w-{name}, units: 1, agent: false}}]}}\n"
    )


def breakers_text(site: str) -> str:
    text = "".join(
        f"- {{breaker: {site}-main-{feed}, site: {site}, rated_amperes: 4000, pair: {site}-main-{other}}}\n"
        for feed, other in ("AB", "BA")
    )
    for row in range(ROWS):
        for feed, other in ("AB", "BA"):
            text += (
                f"- {{breaker: {site}-r{row}-{feed}, site: {site}, rated_amperes: 100, pair: {site}-r{row}-{other},"
                f" upstream: {site}-main-{feed}}}\n"
            )
    return text


TEXT = (
    f"complete: true\nsites: [{', '.join(f'{{site: {site}}}' for site in SITES)}]\n"
    "breakers:\n"
    + "".join(map(breakers_text, SITES))
    + "racks:\n"
    + "".join(
        rack_text(site, f"r{row}", n)
        for site in SITES
        for row in range(ROWS)
        for n in range(RACKS_A_ROW)
    )
    + "- {rack: alone, site: s1, feeds: {A: {pdu: alone-A}}}\n- {rack: later, site: s1, row: r1, state: planned}\n"
    + "meters:\n"
    + "".join(
        f"- {{meter: main, site: {site}, point: utility}}\n- {{meter: ups, site: {site}, point: ups_output}}\n"
        for site in SITES
    )
    + "- {meter: s1-r10-A, site: s1, point: it_input}\n"
)


def whole() -> Inventory:
    return inventory(TEXT)


def parts(stock: Inventory) -> list[Inventory]:
    return [part_of(stock, Shard(number, PARTS)) for number in range(1, PARTS + 1)]


def test_every_rack_and_meter_is_in_one_part() -> None:
    """The parts together are the whole, and no two have anything in common."""
    stock = whole()
    found = parts(stock)
    for of in (lambda one: one.racks, lambda one: one.meters, lambda one: one.pdus):
        assert Counter(name for part in found for name in of(part)) == Counter(list(of(stock)))
    assert all(
        part.racks.keys() | part.racks_of_others.keys() == stock.racks.keys() for part in found
    )
    assert sum(bool(part.racks) for part in found) == PARTS


def test_a_row_stays_together() -> None:
    """All racks of a row, and so both PDUs of each, are one part's; a rack without a row goes by itself."""
    for part in parts(whole()):
        here = {(rack.site, rack.row) for rack in part.racks.values() if rack.row}
        assert not here & {(rack.site, rack.row) for rack in part.racks_of_others.values()}


def test_nothing_moves_when_devices_are_added() -> None:
    """A rack that joins a row, and a row that joins a site, leave all others where they were."""
    before = whole()
    added = dict(before.racks)
    for name, row in (("new-1", "r1"), ("new-2", "r99"), ("new-3", "")):
        added[name] = Rack(rack=name, site="s1", row=row)
    after = dataclasses.replace(before, racks=added)
    for old, new in zip(parts(before), parts(after), strict=True):
        assert old.racks.keys() == new.racks.keys() - {"new-1", "new-2", "new-3"}
        assert ("new-1" in new.racks) == ("s1-r10" in new.racks)


def test_the_split_is_the_same_everywhere() -> None:
    """The part of a name is fixed: it does not depend on the machine, the process or the version."""
    parts_of = [
        next(n for n in range(1, 5) if Shard(n, 4).holds("row", "s1", f"r{row}"))
        for row in range(8)
    ]
    assert "".join(map(str, parts_of)) == "34213131"


def test_parts_are_even() -> None:
    """Of ten thousand rows every one of eight parts has an eighth, to a tenth."""
    counts = Counter(
        n for row in range(10_000) for n in range(1, 9) if Shard(n, 8).holds("row", "s1", f"r{row}")
    )
    assert sum(counts.values()) == 10_000
    assert all(abs(count - 1250) < 125 for count in counts.values())


def heard(part: Inventory) -> list[Reading]:
    """Return what a part's own devices say: every PDU 1000 W, every meter 100 kW."""
    found = [
        (
            PDU_POWER.series("guian", fed.rack.site, fed.rack.row, fed.rack.rack, pdu, fed.feed),
            1000.0,
        )
        for pdu, fed in part.pdus.items()
    ]
    meters = [meter for meter in part.meters.values() if meter.meter not in part.pdus]
    return found + [
        (METER_POWER.series("guian", one.site, one.meter, str(one.point)), 1e5) for one in meters
    ]


def series_of(part: Inventory) -> dict[str, float]:
    """Return what the racks' collector says in one part."""
    collector = RackCollector(part, Pages(*heard(part)), "guian")
    return {series.prefix.strip(): value for series, value in asyncio.run(collector.collect())}


def test_no_series_is_said_twice_and_none_is_lost() -> None:
    """The parts' series of sites, racks, rows and breakers are the whole's, each from one gateway; but a site's share of power nobody can say."""
    together = Counter(name for part in parts(whole()) for name in series_of(part))
    assert max(together.values()) == 1
    missing = {name for name in series_of(whole()) if name not in together}
    assert {name.partition("{")[0] for name in missing} <= {
        "dc_site_rack_occupancy_ratio",
        "dc_row_headroom_watts",
        "dc_breaker_headroom_watts",
    }
    assert {name for name in missing if name.startswith("dc_site")} == {
        f'dc_site_rack_occupancy_ratio{{hub="guian",site="{site}",method="power"}}'
        for site in SITES
    }


def test_what_is_said_is_as_true_as_of_the_whole() -> None:
    """Racks, rows and their panels have the whole's values; of what several gateways share, bounds hold and headroom is never too much."""
    full = series_of(whole())
    for part in parts(whole()):
        for name, value in series_of(part).items():
            if "headroom" in name or "-main-" in name:
                assert value <= full[name] or 'bound="upper"' in name, name
                assert value >= full[name] or 'bound="upper"' not in name, name
            else:
                assert value == pytest.approx(full[name]), name


def test_phases_of_shared_breakers_are_told_once() -> None:
    """A breaker behind which several parts' racks hang is told of by the part that has its site."""
    told = Counter(
        name
        for part in parts(whole())
        for name in part.breakers
        if name not in part.breakers_of_others
    )
    assert told == Counter(list(whole().breakers))
    for part in parts(whole()):
        assert not list(asyncio.run(PhaseCollector(part, Pages(), "guian").collect()))


def test_rack_pdus_of_a_part_do_not_pass_for_all() -> None:
    """IT energy of a shared site is what its own meters say, never the PDUs that one gateway happens to read."""
    for part in parts(whole()):
        for site in SITES:
            boundary = boundary_of(part.sites[site], part, ())
            assert boundary.it_candidates == (
                ("ups_output",) if site not in part.sites_of_others else ()
            )
    assert boundary_of(whole().sites["s2"], whole(), ()).it_candidates == (
        "pdu_output",
        "ups_output",
    )


def test_one_gateway_tells_a_sites_energy(tmp_path: Path) -> None:
    """Of each site exactly one part says what it draws, and it goes by the site's own meters."""
    said: Counter[str] = Counter()
    for number, part in enumerate(parts(whole())):
        (tmp_path / str(number)).mkdir()
        readings = heard(part)
        book = ledger(tmp_path / str(number), Clock(T0), part)
        book.accept(batch(T0, *readings))
        collector = PueCollector(part, Pages(*readings), book, "guian", clock=Clock(T0 + 60))
        found = asyncio.run(_all(collector))
        said.update(series.prefix for series, _ in found)
        assert {value for series, value in found if series.metric is SITE_POWER} <= {0.0, 1e5}
        book.close()
    assert {name for name, count in said.items() if count > 1} == set()
    assert sum(
        name.startswith("dc_site_power_watts") and 'boundary="it"' in name for name in said
    ) == len(SITES)


async def _all(collector: PueCollector) -> list[Reading]:
    return list(await collector.collect())


def config(folder: Path, shard: str, collectors: str, **more: str) -> Path:
    (folder / "inventory.yaml").write_text(TEXT)
    path = folder / "config.yaml"
    text = f"hub: guian\nsite: s1\nnode: gw-1\n{f'shard: {shard}' if shard else ''}\ninventory: inventory.yaml\ncollectors:\n{collectors}"
    path.write_text(text + "".join(f"\n{key}: {value}" for key, value in more.items()))
    return path


SNMP = (
    "  snmp:\n    devices:\n"
    + "".join(
        f"      - {{address: 10.0.{row}.{n}{(feed == 'B' and 1) or 0}, pdu: s1-r{row}{n}-{feed}, profile: apc-rpdu2}}\n"
        for row in range(ROWS)
        for n in range(RACKS_A_ROW)
        for feed in "AB"
    )
    + "      - {address: 10.9.0.1, ups: ups-1}\n      - {address: 10.9.0.2, pdu: nobody-knows-1}\n"
)
MODBUS = "  modbus:\n    devices:\n" + "".join(
    f"      - {{address: 10.8.0.{n}, unit: 1, profile: eastron-sdm630, meter: m{n}, point: utility}}\n"
    for n in range(3)
)


def asked(path: Path) -> Counter[str]:
    loaded = with_collectors(*load_files(path))
    return Counter(one.device for one in loaded.collectors)


def test_every_device_is_asked_by_one_gateway(tmp_path: Path) -> None:
    """The same config with another `shard` each: together the gateways ask every device, and none twice."""
    everything = asked(config(tmp_path, "", SNMP + MODBUS))
    each = [
        asked(config(tmp_path, f"{number}/{PARTS}", SNMP + MODBUS))
        for number in range(1, PARTS + 1)
    ]
    assert sum(each, Counter()) == everything
    plant = [found for found in each if "ups-1" in found]
    assert [sorted(name for name in found if name.startswith("m")) for found in plant] == [
        ["m0", "m1", "m2"]
    ]


def test_both_feeds_of_a_rack_are_asked_by_one_gateway(tmp_path: Path) -> None:
    """The two PDUs of a rack are never at two gateways."""
    for number in range(1, PARTS + 1):
        found = asked(config(tmp_path, f"{number}/{PARTS}", SNMP))
        feeds = Counter(name[:-2] for name in found if name.startswith("s1-"))
        assert set(feeds.values()) <= {2}


def test_a_device_that_only_names_its_rack_goes_with_the_rack() -> None:
    """A device without a PDU or node is polled by the gateway of the rack that its config names."""
    stock = whole()
    racks = Counter[str]()
    for number in range(1, PARTS + 1):
        shard = Shard(number, PARTS)
        part = part_of(stock, shard)
        devices = ShardDevices(part, shard, "s1")
        owned = {name for name in stock.racks if devices.owns(SimpleNamespace(rack=name))}
        assert owned == set(part.racks)
        racks.update(owned)
    assert set(racks.values()) == {1}


def test_a_mistake_is_told_at_its_line(tmp_path: Path) -> None:
    """A mistake is named where it stands in the file, however few of the devices are this gateway's."""
    wrong = SNMP + "      - {address: 10.9.0.3, pdu: s1-r10-A, profile: no-such-profile}\n"
    lines = set()
    for number in range(1, PARTS + 1):
        path = config(tmp_path, f"{number}/{PARTS}", wrong)
        try:
            with_collectors(*load_files(path))
        except Problems as problems:
            lines |= {error.line for error in problems.errors}
    assert lines == {
        path.read_text()
        .splitlines()
        .index("      - {address: 10.9.0.3, pdu: s1-r10-A, profile: no-such-profile}")
        + 1
    }


@pytest.mark.parametrize("text", ["4", "0/4", "5/4", "1/65", "a/b", "1/", "-1/4", "1/4/2"])
def test_a_shard_is_a_part_of_a_whole(text: str) -> None:
    """What is no part such as 2/4 is refused."""
    with pytest.raises(ValueError, match="shard: expected a part such as 2/4"):
        parse_shard(text)


def test_a_shard_needs_an_inventory(tmp_path: Path) -> None:
    """Without an inventory nobody knows what there is to share."""
    path = tmp_path / "config.yaml"
    path.write_text("hub: guian\nshard: 1/2\n")
    with pytest.raises(Problems, match=r"config.yaml:2: shard: needs an inventory"):
        load_files(path)


# /sd


def discovery_of(path: Path) -> Discovery:
    found, inventory = load_files(path)
    assert inventory is not None
    return Discovery(found, inventory)


def sd(path: Path, **query: str) -> list[dict[str, Any]]:
    answer = discovery_of(path).answer(query)
    assert answer.content_type.startswith("application/json")
    found: list[dict[str, Any]] = json.loads(answer.body)
    return found


def test_prometheus_is_told_of_nodes_and_gateways(tmp_path: Path) -> None:
    """Nodes in service that are to have an agent, and the gateways, each with where it stands."""
    path = config(
        tmp_path,
        "",
        "  {}",
        sd="{nodes: '{node}.{site}:9717', address: 'gw-1:9717', gateways: [{address: 'gw-2:9717', site: s2}]}",
    )
    found = {group["targets"][0]: group["labels"] for group in sd(path)}
    assert len(found) == 2 + len(SITES) * ROWS * RACKS_A_ROW
    assert found["n-s1-r10.s1:9717"] == {
        "hub": "guian",
        "site": "s1",
        "row": "r1",
        "rack": "s1-r10",
        "node": "n-s1-r10",
    }
    assert found["gw-1:9717"] == {"hub": "guian", "site": "s1", "node": "gw-1"}
    assert found["gw-2:9717"] == {"hub": "guian", "site": "s2", "node": "gw-2"}
    assert not any(address.startswith("w-") for address in found)


@pytest.mark.parametrize("shard", ["", "2/4"])
def test_the_list_can_be_narrowed(tmp_path: Path, shard: str) -> None:
    """By site, by role and by shard; the shards together are the whole, also where the gateway itself reads a part."""
    path = config(tmp_path, shard, "  {}")
    every = Counter(group["targets"][0] for group in sd(path))
    assert (
        sum(
            (
                Counter(group["targets"][0] for group in sd(path, shard=f"{n}/4"))
                for n in range(1, 5)
            ),
            Counter(),
        )
        == every
    )
    assert {group["labels"]["site"] for group in sd(path, site="s2", role="node")} == {"s2"}
    assert [group["targets"] for group in sd(path, role="gateway")] == [["127.0.0.1:9717"]]
    assert sd(path, site="nowhere") == []


@pytest.mark.parametrize("query", [{"shard": "5/4"}, {"role": "king"}, {"rack": "A07"}])
def test_a_wrong_question_is_refused(tmp_path: Path, query: dict[str, str]) -> None:
    """A mistyped query is an error: an empty list, or the whole one, would be taken for the answer."""
    with pytest.raises(ValueError, match="expected"):
        sd(config(tmp_path, "", "  {}"), **query)


def test_the_list_is_made_once(tmp_path: Path) -> None:
    """The second answer to a question is the first one's bytes."""
    discovery = discovery_of(config(tmp_path, "", "  {}"))
    assert discovery.answer({}).body is discovery.answer({}).body


def test_a_node_of_a_rack_goes_with_it() -> None:
    """A management controller, known by its node alone, is asked by the gateway that reads its rack."""
    for number in range(1, PARTS + 1):
        shard = Shard(number, PARTS)
        part = part_of(whole(), shard)
        narrow = ShardDevices(part, shard, "s1")
        for name in whole().racks:
            assert narrow.owns(Device(node=f"n-{name}")) == (name in part.racks) or name in (
                "alone",
                "later",
            )
