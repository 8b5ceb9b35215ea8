"""Which gateway polls what, where several share an inventory."""

from __future__ import annotations

import dataclasses
from collections import Counter
from pathlib import Path
from types import SimpleNamespace

import pytest

from agent.inventory.model import Device, Rack
from agent.inventory.part import ShardDevices, part_of
from agent.inventory.shard import Shard, parse_shard
from agent.loading import load_files, with_collectors
from collectors.strict import Problems
from tests.agent.inventory.hub_in_parts import (
    PARTS,
    RACKS_A_ROW,
    ROWS,
    config,
    parts,
    whole,
)


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
    """All racks of a row are in one part; a rack without a row is in a part by itself."""
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
    """The part of a name does not depend on the machine, the process or the version.

    The scores are those of `b2sum -l 64` (coreutils) for a part's number and the names, with a zero
    byte between them; the greatest of the four wins.
    """
    parts_of = [
        next(n for n in range(1, 5) if Shard(n, 4).holds("row", "s1", f"r{row}"))
        for row in range(8)
    ]
    assert "".join(map(str, parts_of)) == "44114344"


@pytest.mark.parametrize("of", [1, 2, 4, 7, 15])
def test_one_more_part_takes_from_the_others_and_moves_nothing_between_them(of: int) -> None:
    """From n to n + 1 parts a name stays or goes to the new part, and one in n + 1 goes.

    Before and after, every name is in exactly one part.
    """
    moved = 0
    for row in range(1000):
        name = ("row", "s1", f"r{row}")
        (old,) = [n for n in range(1, of + 1) if Shard(n, of).holds(*name)]
        (new,) = [n for n in range(1, of + 2) if Shard(n, of + 1).holds(*name)]
        assert new in (old, of + 1)
        moved += new != old
    assert abs(moved - 1000 / (of + 1)) < 50


def test_parts_are_even() -> None:
    """Of ten thousand rows every one of eight parts has an eighth, to a tenth."""
    counts = Counter(
        n for row in range(10_000) for n in range(1, 9) if Shard(n, 8).holds("row", "s1", f"r{row}")
    )
    assert sum(counts.values()) == 10_000
    assert all(abs(count - 1250) < 125 for count in counts.values())


SNMP = (
    "  snmp:\n    devices:\n"
    + "".join(
        f"      - {{address: 10.0.{row}.{10 * n + (feed == 'B')},"
        f" pdu: s1-r{row}{n}-{feed}, profile: apc-rpdu2}}\n"
        for row in range(ROWS)
        for n in range(RACKS_A_ROW)
        for feed in "AB"
    )
    + "      - {address: 10.9.0.1, ups: ups-1}\n      - {address: 10.9.0.2, pdu: nobody-knows-1}\n"
)


MODBUS = "  modbus:\n    devices:\n" + "".join(
    f"      - {{address: 10.8.0.{n}, unit: 1, profile: eastron-sdm630, meter: m{n},"
    f" point: utility}}\n"
    for n in range(3)
)


def asked(path: Path) -> Counter[str]:
    loaded = with_collectors(*load_files(path))
    return Counter(one.device for one in loaded.collectors)


def test_every_device_is_asked_by_one_gateway(tmp_path: Path) -> None:
    """Gateways whose configs differ only in `shard` poll every device together, none twice."""
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
    """A mistake has its line in the file, whichever gateway polls the device."""
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


def test_a_node_of_a_rack_goes_with_it() -> None:
    """A management controller, known only by its node, is polled by its rack's gateway."""
    for number in range(1, PARTS + 1):
        shard = Shard(number, PARTS)
        part = part_of(whole(), shard)
        narrow = ShardDevices(part, shard, "s1")
        for name in whole().racks:
            assert narrow.owns(Device(node=f"n-{name}")) == (name in part.racks) or name in (
                "alone",
                "later",
            )
