"""What a row's racks may add within their breakers, worked out by hand."""

from __future__ import annotations

from agent.inventory.model import Breaker, Feed, Inventory, Rack
from agent.racks.shared_supply import SharedSupply


def breaker(name: str, upstream: str = "") -> Breaker:
    return Breaker(breaker=name, site="one", capacity_watts=10_000, upstream=upstream)


def supply() -> SharedSupply:
    """Return three racks: two behind the panels a1 and b1, one behind a2 and b2; mains a and b."""
    names = {"a": "", "b": "", "a1": "a", "a2": "a", "b1": "b", "b2": "b"}
    racks = [
        Rack(
            rack=f"r{number}",
            site="one",
            feeds={"A": Feed(breaker=f"a{panel}"), "B": Feed(breaker=f"b{panel}")},
        )
        for number, panel in enumerate((1, 1, 2))
    ]
    inventory = Inventory(
        hub="guian", breakers={name: breaker(name, above) for name, above in names.items()}
    )
    return SharedSupply(racks, inventory)


WIDE = dict.fromkeys(("a", "b", "a1", "a2", "b1", "b2"), 50_000.0)


def test_wide_breakers_leave_the_sum_of_the_racks() -> None:
    """Where every breaker has room, the racks decide: 1000 + 2000 + 4000 W."""
    assert supply().total([1000, 2000, 4000], WIDE) == 7000


def test_a_panel_bounds_its_own_racks() -> None:
    """A panel with room for 2500 W takes that of the 3000 W of its racks; the third adds 4000 W."""
    assert supply().total([1000, 2000, 4000], WIDE | {"a1": 2500}) == 6500


def test_a_main_bounds_its_panels_together() -> None:
    """Panels add 2500 and 4000 W, and the main has room for 5000 W."""
    assert supply().total([1000, 2000, 4000], WIDE | {"a1": 2500, "a": 5000}) == 5000


def test_the_tighter_side_decides() -> None:
    """Side A has room for 6000 W and side B for 3000 W, whichever of them comes first."""
    assert supply().total([1000, 2000, 4000], WIDE | {"a": 6000, "b": 3000}) == 3000
    assert supply().total([1000, 2000, 4000], WIDE | {"a": 3000, "b": 6000}) == 3000


def test_an_unknown_breaker_has_no_room() -> None:
    """Only the rack behind the other panel may add: 4000 W."""
    known = {name: watts for name, watts in WIDE.items() if name != "b1"}
    assert supply().total([1000, 2000, 4000], known) == 4000


def test_rows_that_are_full_on_different_sides_have_no_room() -> None:
    """One row has 50 kW on side B and none on A, the other the reverse: no rack may add a watt."""
    assert supply().total([1000, 2000, 4000], WIDE | {"a1": 0, "b2": 0}) == 0


def test_each_rack_has_its_own_tightest_side() -> None:
    """The first panel has 2500 W left on side A, the second 3000 W on side B: 5500 W."""
    assert supply().total([1000, 2000, 4000], WIDE | {"a1": 2500, "b2": 3000}) == 5500


def test_a_pair_has_one_headroom() -> None:
    """One rack is on a breaker, one on its pair. Both have the same 1000 W, which go once."""
    pair = {
        "a": Breaker(breaker="a", site="one", capacity_watts=10_000, pair="b"),
        "b": Breaker(breaker="b", site="one", capacity_watts=10_000, pair="a"),
    }
    racks = [
        Rack(rack=name, site="one", feeds={"A": Feed(), "B": Feed(breaker=name)}) for name in "ab"
    ]
    found = SharedSupply(racks, Inventory(hub="guian", breakers=pair))
    assert found.total([800, 800], {"a": 1000, "b": 1000}) == 1000


def test_a_pair_that_feeds_nothing_here_takes_nothing_away() -> None:
    """Behind one breaker of a pair only: what is told of that breaker is what there is."""
    pair = {
        "a": Breaker(breaker="a", site="one", capacity_watts=10_000, pair="b"),
        "b": Breaker(breaker="b", site="one", capacity_watts=10_000, pair="a"),
    }
    racks = [Rack(rack="r", site="one", feeds={"B": Feed(breaker="b")})]
    assert (
        SharedSupply(racks, Inventory(hub="guian", breakers=pair)).total([800], {"b": 1000}) == 800
    )


def test_racks_without_breakers_add_up() -> None:
    """Without any breaker, the racks alone decide."""
    racks = [Rack(rack=name, site="one") for name in ("x", "y")]
    assert SharedSupply(racks, Inventory(hub="guian")).total([300, 400], {}) == 700
