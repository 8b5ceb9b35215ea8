"""Sites, racks, units and devices of NetBox as the inventory has them."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from agent import config as config_module
from agent.cli import main
from agent.inventory.model import Inventory, Rack
from agent.inventory.netbox.assemble import inventory_of as assemble
from agent.inventory.netbox.stock import Stock
from agent.loading import inventory_of
from tests.agent.inventory.netbox.data import Data
from tests.agent.inventory.netbox.panels import panels
from tests.agent.inventory.netbox.reading import Write
from tests.agent.inventory.netbox.server import served


def test_sites_and_their_states(stock: Inventory) -> None:
    """A site has a state, scopes by tags and tenant, and NetBox's zone or the hub's."""
    assert {key: site.state for key, site in stock.sites.items()} == {
        "one": "in_service",
        "two": "under_construction",
    }
    assert stock.sites["one"].scopes == ("huawei", "cloud")
    assert (stock.sites["one"].timezone, stock.sites["two"].timezone) == (
        "Asia/Tokyo",
        "Asia/Shanghai",
    )


def test_racks_and_their_states(stock: Inventory) -> None:
    """A rack is in service only if its site is; a deprecated rack is left out."""
    states = {name: rack.state for name, rack in stock.racks.items()}
    assert states == {
        "A01": "in_service",
        "A02": "in_service",
        "A03": "in_service",
        "A04": "planned",
        "B01": "under_construction",
    }
    assert (
        stock.racks["A01"].row,
        stock.racks["A01"].rated_power_watts,
        stock.racks["A03"].height_units,
    ) == ("A", 8000, 48)


def test_since_when_a_rack_is_in_service(stock: Inventory) -> None:
    """A custom field of a rack holds its date; a rack without one states nothing."""
    assert stock.racks["A01"].since == "2025-12-01"
    assert stock.racks["A02"].since == ""


@pytest.mark.parametrize(
    ("date", "since", "problems"), [("2025-12-01", "2025-12-01", 0), ("soon", "", 1)]
)
def test_a_date_that_cannot_be_read_is_named(date: str, since: str, problems: int) -> None:
    """A rack with such a date stays in the inventory, without it."""
    stock = Stock(node_roles=(), pdu_roles=(), rated_power_field="", since_field="begun")
    source = panels().lists
    stock.add_site(source["sites"][0])
    row = source["racks"][0] | {"custom_fields": {"begun": date}}
    stock.add_rack(row)
    assert (stock.racks[row["id"]].since, stock.problem_count) == (since, problems)


def test_where_a_rack_stands(stock: Inventory) -> None:
    """Custom fields of a rack hold its place; a rack without them states none, and not zero."""
    placed, other = stock.racks["A02"], stock.racks["A01"]
    assert (placed.x, placed.y, placed.facing) == (4.2, -12.0, "S")
    assert (other.x, other.y, other.facing) == (None, None, "")


@pytest.mark.parametrize(
    ("custom", "place", "problems"),
    [
        ({"hubgauge_x": 0, "hubgauge_y": "1.5", "hubgauge_facing": "n"}, (0.0, 1.5, "N"), 0),
        ({"hubgauge_x": None, "hubgauge_y": None, "hubgauge_facing": None}, (None, None, ""), 0),
        ({"hubgauge_x": "left", "hubgauge_y": 3}, (None, 3.0, ""), 1),
        ({"hubgauge_x": True, "hubgauge_y": 1e7, "hubgauge_facing": "up"}, (None, None, ""), 3),
        ({"hubgauge_x": "nan", "hubgauge_facing": ["N"]}, (None, None, ""), 2),
    ],
)
def test_a_place_that_cannot_be_read_is_named(
    custom: dict[str, object], place: tuple[float | None, float | None, str], problems: int
) -> None:
    """Such a field costs only itself; an empty one is not stated, which is no mistake."""
    stock = Stock(node_roles=(), pdu_roles=(), rated_power_field="")
    source = panels().lists
    stock.add_site(source["sites"][0])
    row = source["racks"][0] | {"custom_fields": custom}
    stock.add_rack(row)
    found = stock.racks[row["id"]].place
    assert ((found.x, found.y, found.facing), stock.problem_count) == (place, problems)


def test_units_are_counted_once(stock: Inventory) -> None:
    """Blades take no unit, devices of half the depth share one, half a unit takes a whole one."""
    units = {device.node: device.units for device in stock.racks["A01"].devices or ()}
    assert units["box"] == 10
    assert units["blade-1"] == units["blade-2"] == units["A01-A"] == 0
    assert sorted((units["front"], units["rear"])) == [0, 1]
    assert units["panel"] == 1
    assert "next-year" not in units
    assert stock.racks["A01"].used == 2 + 10 + 1 + 1 + 2 + 1


def test_reserved_is_apart_from_used(stock: Inventory) -> None:
    """Reservations and planned devices reserve free units, a reserved rack all; stale ones none."""
    assert (
        stock.racks["A01"].reserved_units == 4
    )  # units 30 and 31 twice over, 32, 33; unit 1 is taken
    assert (stock.racks["A02"].used, stock.racks["A02"].reserved_units) == (0, 42)
    assert (stock.racks["A03"].used, stock.racks["A03"].reserved_units) == (
        2,
        3,
    )  # numbered from 0: 0, 46, 47; 1 is taken


def test_who_runs_an_agent(stock: Inventory) -> None:
    """Active devices of the roles that run an agent are expected to have one, and no others."""
    assert {device.node for _, device in stock.devices() if device.agent} == {
        "n1",
        "n2",
        "lowest",
        "front",
        "rear",
        "blade-1",
        "blade-2",
    }


def test_names_that_are_not_unique(write: Write, capsys: pytest.CaptureFixture[str]) -> None:
    """Racks of one name at two sites get the site's name, and `hubgauge inventory` says so."""
    data = Data("v4")
    for slug in ("one", "two"):
        data.rack(data.site(slug), "A01")
    data.rack(data.lists["sites"][0], "A02", height=0)
    with served(data) as netbox:
        path = write(netbox.url)
        assert main(["inventory", "--config", str(path), "--refresh"]) == 0
    told = capsys.readouterr().out
    assert main(["inventory", "--config", str(path), "--language", "zh"]) == 0
    assert "未采用：rack A02" in capsys.readouterr().out
    found = inventory_of(config_module.load(path))
    assert found is not None
    assert list(found.racks) == ["one-A01", "two-A01"]
    assert "this one is called one-A01" in told
    assert "not used: rack A02: a height of 0 units" in told


_JSON = st.recursive(
    st.none() | st.booleans() | st.integers(-5, 100) | st.floats() | st.text(max_size=5),
    lambda inner: (
        st.lists(inner, max_size=3)
        | st.dictionaries(
            st.sampled_from(("id", "value", "slug", "name", "device")), inner, max_size=3
        )
    ),
    max_leaves=8,
)


@settings(max_examples=150)
@given(st.data())
def test_no_object_of_any_shape_breaks_the_rest(data: st.DataObject) -> None:
    """An object with fields of any type is left out at most; the inventory stays valid."""
    stock = Stock(
        node_roles=("server",),
        pdu_roles=("pdu",),
        rated_power_field="rated_power_watts",
        panel_amperes_field="amperes",
    )
    source = panels().lists
    steps: list[tuple[str, Callable[[dict[str, Any]], None]]] = [
        ("sites", stock.add_site),
        ("racks", stock.add_rack),
        ("device-types", stock.add_type),
        ("devices", stock.add_device),
        ("rack-reservations", stock.add_reservation),
        ("power-panels", stock.add_panel),
        ("power-feeds", stock.add_feed),
    ]
    for endpoint, take in steps:
        for row in source[endpoint]:
            changed = dict(row)
            if data.draw(st.integers(0, 3)) == 0:
                key = data.draw(st.sampled_from(sorted(set(row) - {"id"})))
                changed[key] = data.draw(_JSON)
            take(changed)
    found = assemble(stock, "guian", complete=False, read_at=1.0)
    assert all(isinstance(rack, Rack) and rack.site in found.sites for rack in found.racks.values())
