"""The loss of what is above the breakers, and what more power does there, worked out by hand."""

from __future__ import annotations

from dataclasses import replace

import pytest

from agent.web.view import BoardView
from agent.web.views import supply
from agent.web.views.loss import LossView
from tests.agent.web.asked import page
from tests.agent.web.supply_fixture import SITE, SUPPLIES, view
from tests.agent.web.test_diagram import box, drawn


def lost(made: BoardView, name: str) -> LossView:
    found = supply.read(made, SITE, lose=name).loss
    assert found is not None
    return found


def test_the_loss_of_the_utility_is_taken_by_the_generator() -> None:
    """Both switches go to the generator: 4000 + 3500 = 7500 of its 8000 W. No rack loses a feed."""
    found = lost(view(), "grid")
    assert [(one.switch, one.source) for one in found.transfers] == [
        ("ats-a", "diesel"),
        ("ats-b", "diesel"),
    ]
    assert (found.racks, found.breakers, found.untold) == (0, [], [])
    told = drawn(view(), "grid")
    assert (box(told, "board").after, box(told, "ats-a").after) == ("lost", "")


def test_a_switch_whose_inputs_are_both_lost_stays() -> None:
    """Behind ats-a both inputs hang on the grid: its UPS has its battery alone, and both racks lose
    that feed. The switch ats-b goes to the generator.
    """
    made = view()
    assert made.inventory is not None
    bound = replace(SUPPLIES[4], inputs={"1": "board", "2": "grid"})
    inventory = replace(made.inventory, supplies={**made.inventory.supplies, "ats-a": bound})
    found = lost(replace(made, inventory=inventory), "grid")
    assert [(one.switch, one.source) for one in found.transfers] == [("ats-b", "diesel")]
    assert (found.batteries, found.racks, found.dark) == (["ups-a"], 2, [])


def test_a_generator_too_small_goes_over() -> None:
    """7500 W on a generator of 7000 W are 107 %."""
    made = view()
    assert made.inventory is not None
    small = replace(SUPPLIES[3], capacity_watts=7000)
    inventory = replace(made.inventory, supplies={**made.inventory.supplies, "diesel": small})
    found = lost(replace(made, inventory=inventory), "grid")
    assert [(one.breaker, one.before_ratio) for one in found.breakers] == [("diesel", 0.0)]
    assert found.breakers[0].after_ratio == pytest.approx(7500 / 7000)


def test_the_loss_of_a_ups_moves_its_racks_to_the_other_side() -> None:
    """Rack 1 draws 3800 and rack 2 2700 W from B, both within 4000. UPS B goes from 3200 to
    3200 + 3500 = 6700 of 6000 W; the busbar carries 6500 of 10 000, ats-b 3500 + 3500 of 9000 W.
    """
    found = lost(view(), "ups-a")
    assert (found.racks, found.dark, found.over, found.unknown) == (2, [], [], [])
    assert [(one.breaker, one.after_ratio) for one in found.breakers] == [
        ("ups-b", pytest.approx(6700 / 6000))
    ]


def test_what_moves_from_a_silent_pdu_is_not_known() -> None:
    """Without 1-A at least 1500 W move: UPS B goes from 3200 to 4700 W of 6000 or more."""
    found = lost(view(left_out=['pdu="1-A"']), "ups-a")
    assert found.breakers == []
    assert found.untold == ["ats-b", "bus-b", "ups-b"]


def test_the_loss_of_a_switch_leaves_its_ups_on_its_battery() -> None:
    """It has no way around itself."""
    found = lost(view(), "ats-a")
    assert (found.batteries, found.racks, found.transfers) == (["ups-a"], 2, [])


def test_the_loss_of_the_solar_plant_is_taken_by_the_utility() -> None:
    """8000 + 1000 W of 20 000: nothing goes over; of 8500 the utility would."""
    found = lost(view(), "roof")
    assert (found.replaced_by, found.breakers, found.racks) == ("grid", [], 0)
    made = view()
    assert made.inventory is not None
    small = replace(SUPPLIES[0], capacity_watts=8500)
    inventory = replace(made.inventory, supplies={**made.inventory.supplies, "grid": small})
    found = lost(replace(made, inventory=inventory), "roof")
    assert [(one.breaker, one.after_ratio) for one in found.breakers] == [
        ("grid", pytest.approx(9000 / 8500))
    ]


def test_what_is_added_in_a_row_flows_through_the_supplies() -> None:
    """5 kW are 2500 W a side. UPS A goes from 3700 to 6200 of 6000 W, UPS B from 3200 to 5700,
    the utility from 8000 to 13 000 of 20 000 W. With the other side lost, UPS B goes from 3700 +
    3200 to 11 900 of 6000 W, and each switch from 4000 + 3500 to 12 500 of 9000 W. The board has no
    capacity, so it cannot be judged, nor can the busbars, of which no load is told.
    """
    found = supply.read(view(), SITE, add="5", row="R").addition
    assert found is not None
    assert [(one.breaker, one.before_ratio, one.after_ratio) for one in found.breakers] == [
        ("ups-b", pytest.approx(6900 / 6000), pytest.approx(11_900 / 6000)),
        ("ats-a", pytest.approx(7500 / 9000), pytest.approx(12_500 / 9000)),
        ("ats-b", pytest.approx(7500 / 9000), pytest.approx(12_500 / 9000)),
        ("ups-a", pytest.approx(3700 / 6000), pytest.approx(6200 / 6000)),
    ]
    assert found.unknown_breakers == ["board", "bus-a", "bus-b"]


def test_what_a_supply_carries_if_its_pair_is_lost() -> None:
    """The busbars are a pair, so their UPSs are, and the switches above: (3700 + 3200) / 6000 W."""
    lines = {one.breaker.breaker: one.breaker for one in supply.read(view(), SITE).lines}
    assert {
        name: one.pair for name, one in lines.items() if name in {"ups-a", "ats-b", "board"}
    } == {
        "ups-a": "ups-b",
        "ats-b": "ats-a",
        "board": "",
    }
    assert lines["ups-a"].failover_load_ratio["upper"] == pytest.approx(6900 / 6000)
    silent = view(left_out=['ups="ups-b"'])
    lines = {one.breaker.breaker: one.breaker for one in supply.read(silent, SITE).lines}
    assert lines["ups-a"].failover_load_ratio == {}


def test_the_loss_of_the_generator_leaves_no_second_source() -> None:
    """Nothing moves, and both switches have only the mains."""
    found = lost(view(), "diesel")
    assert (found.unprotected, found.racks, found.breakers) == (["ats-a", "ats-b"], 0, [])


def test_a_switch_of_unknown_position_cannot_be_judged() -> None:
    """It may hang on what is lost, and so the racks behind it may."""
    found = lost(view(selected={"ats-b": "1"}), "grid")
    assert found.positions == ["ats-a"]
    assert found.unknown == ["1", "2"]
    assert [one.switch for one in found.transfers] == ["ats-b"]
    html = page(f"/sites/{SITE}/supply", view(selected={"ats-b": "1"}), lose="grid")
    part = html[html.index('data-key="panel-supply-loss"') :]
    assert "m-met" not in part[: part.index("</section>")]
