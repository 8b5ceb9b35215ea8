"""A rack list in CSV with a YAML file beside it."""

from __future__ import annotations

from pathlib import Path

import pytest

from agent.inventory.load import inventory_in_force
from agent.inventory.model import Feed, Inventory
from agent.inventory.netbox.config import InventorySource
from collectors.strict import Problems

BESIDE = """
sites: [{site: one, name: Hall 1, timezone: Asia/Tokyo, scopes: [huawei]}]
supplies: [{supply: ups-a, site: one, kind: ups, capacity_watts: 5e5}]
breakers:
  - {breaker: bus-a, site: one, rated_amperes: 400, pair: bus-b, supply: ups-a}
  - {breaker: bus-b, site: one, rated_amperes: 400, pair: bus-a}
  - {breaker: rpp-a, site: one, rated_amperes: 100, pair: rpp-b, upstream: bus-a}
  - {breaker: rpp-b, site: one, rated_amperes: 100, pair: rpp-a, upstream: bus-b}
racks:
  - {rack: A07, site: one,
     feeds: {A: {pdu: A07-A, breaker: rpp-a}, B: {pdu: A07-B, breaker: rpp-b}},
     devices: [{node: n1, position: 10, units: 2}]}
meters: [{meter: main-1, site: one, point: utility}]
"""


def joined(folder: Path, rows: str, beside: str = BESIDE) -> Inventory:
    """Load a rack list and what stands beside it, as a config names them."""
    (folder / "racks.csv").write_text(rows, "utf-8")
    (folder / "rest.yaml").write_text(beside, "utf-8")
    source = InventorySource(csv=folder / "racks.csv", file=folder / "rest.yaml")
    return inventory_in_force(source, "guian", timezone="Asia/Shanghai", state_dir=folder)


def test_each_states_what_it_has(tmp_path: Path) -> None:
    """A rack has its place from the list, its feeds and devices from the file; both add racks."""
    stock = joined(
        tmp_path,
        "site,row,rack,height_units,x,y,facing,pdu_a,breaker_a,pdu_b,breaker_b\n"
        "one,A,A07,45,4.2,12,S,,,,\n"
        "one,A,A08,,,,,A08-A,rpp-a,A08-B,rpp-b\n",
    )
    rack, other = stock.racks["A07"], stock.racks["A08"]
    assert (rack.row, rack.height_units, rack.x, rack.y, rack.facing) == ("A", 45, 4.2, 12.0, "S")
    assert rack.feeds["B"].pdu == "A07-B"
    assert [device.node for device in rack.devices or ()] == ["n1"]
    assert [one.breaker for one in stock.supply_path(other.feeds["A"].breaker)] == [
        "rpp-a",
        "bus-a",
    ]
    site = stock.sites["one"]
    assert (site.name, site.timezone, site.scopes) == ("Hall 1", "Asia/Tokyo", ("huawei",))
    assert (list(stock.supplies), list(stock.meters)) == (["ups-a"], [("one", "main-1")])


def test_a_feed_of_both_has_what_each_states(tmp_path: Path) -> None:
    """A list that names a feed's PDU takes no breaker off it, and adds a phase and a capacity."""
    rows = "site,rack,pdu_a,phase_a,capacity_a_watts\none,A07,A07-A,L2,7000\n"
    feeds = joined(tmp_path, rows).racks["A07"].feeds
    assert feeds["A"] == Feed(pdu="A07-A", breaker="rpp-a", phase="L2", capacity_watts=7000)
    assert feeds["B"] == Feed(pdu="A07-B", breaker="rpp-b")


def test_the_zone_of_a_site_may_stand_in_the_list(tmp_path: Path) -> None:
    """A file that states none is contradicted by no list, and the hub's zone is neither's."""
    silent = BESIDE.replace(", timezone: Asia/Tokyo", "")
    rows = "site,rack,timezone\none,A08,Europe/Paris\n"
    assert joined(tmp_path, rows, silent).sites["one"].timezone == "Europe/Paris"
    assert joined(tmp_path, "site,rack\none,A08\n", silent).sites["one"].timezone == (
        "Asia/Shanghai"
    )


def test_a_breaker_of_the_file_stays_whole(tmp_path: Path) -> None:
    """A list that states a breaker's amperes as well does not take it off what feeds it."""
    stock = joined(
        tmp_path,
        "site,rack,pdu_a,breaker_a,breaker_a_amperes,pdu_b,breaker_b\n"
        "one,A08,A08-A,rpp-a,100,A08-B,rpp-b\n",
    )
    assert (stock.breakers["rpp-a"].upstream, stock.breakers["rpp-a"].pair) == ("bus-a", "rpp-b")


@pytest.mark.parametrize(
    ("rows", "words"),
    [
        ("site,rack,used_units\none,A07,5\n", "racks.csv:2: used_units: follows from the devices"),
        ("site,rack,height_units\none,A07,5\n", "racks.csv:2: devices: n1 reaches unit 11 of 5"),
        (
            "site,rack,pdu_a\none,A07,other\n",
            "racks.csv:2: feeds: the file beside it states another for rack A07",
        ),
        (
            "site,rack,pdu_a,breaker_a\none,A07,A07-A,rpp-b\n",
            "racks.csv:2: feeds: the file beside it states another for rack A07",
        ),
        (
            "site,rack,timezone\none,A08,Europe/Paris\n",
            "racks.csv:2: timezone: the file beside it states another for site one",
        ),
        (
            "site,rack\ntwo,A07\n",
            "racks.csv:2: site: the file beside it states another for rack A07",
        ),
        (
            "site,rack,pdu_a,breaker_a,breaker_a_amperes\none,A08,A08-A,rpp-a,63\n",
            "racks.csv:2: breaker: the file beside it states another rating for rpp-a",
        ),
        ("site,rack,pdu_a,breaker_a\none,A08,A08-A,rpp-c\n", "unknown breaker 'rpp-c'"),
    ],
)
def test_what_contradicts_is_refused(tmp_path: Path, rows: str, words: str) -> None:
    """Neither file wins in silence: the line of the list is named."""
    with pytest.raises(Problems) as caught:
        joined(tmp_path, rows)
    (mistake,) = map(str, caught.value.errors)
    assert words in mistake


def test_a_list_alone_needs_no_file(tmp_path: Path) -> None:
    """The key `csv` without a file is the list, with the zone of the hub."""
    (tmp_path / "racks.csv").write_text("site,rack\none,A07\n", "utf-8")
    source = InventorySource(csv=tmp_path / "racks.csv")
    stock = inventory_in_force(source, "guian", timezone="Asia/Shanghai", state_dir=tmp_path)
    assert stock.sites["one"].timezone == "Asia/Shanghai"


def test_there_is_one_source(tmp_path: Path) -> None:
    """Neither NetBox nor a list is a mistake."""
    with pytest.raises(ValueError, match="either netbox or csv"):
        InventorySource(file=tmp_path / "rest.yaml")
