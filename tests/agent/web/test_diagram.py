"""The one-line diagram: what feeds what, and what each line carries, worked out by hand."""

from __future__ import annotations

from dataclasses import replace

import pytest

from agent.inventory.model import Breaker, Device
from agent.web.view import BoardView
from agent.web.views import supply
from agent.web.views.diagram import IN_COLUMN, BoxView, DiagramView, WireView
from collectors.catalogue import node, rack, ups
from tests.agent.web import fixture
from tests.agent.web.asked import api, page
from tests.agent.web.served import Site as Served
from tests.agent.web.served import fresh
from tests.agent.web.supply_fixture import AT, SITE, readings, view
from tests.support.browser import Browser


def drawn(made: BoardView, lose: str = "") -> DiagramView:
    found = supply.read(made, SITE, lose=lose).diagram
    assert found is not None
    return found


def box(found: DiagramView, name: str) -> BoxView:
    return next(one for one in found.boxes if one.name == name)


def wire(found: DiagramView, above: str, below: str) -> WireView:
    return next(one for one in found.wires if (one.above, one.below) == (above, below))


def test_it_goes_from_the_sources_to_the_rows_in_columns() -> None:
    """What feeds another thing stands left of it; the rows are last."""
    found = drawn(view())
    columns: dict[float, list[str]] = {}
    for one in found.boxes:
        columns.setdefault(one.x, []).append(one.name)
    assert [columns[x] for x in sorted(columns)] == [
        ["diesel", "grid", "roof"],
        ["board"],
        ["ats-a", "ats-b"],
        ["ups-a", "ups-b"],
        ["bus-a", "bus-b"],
        ["\tR"],
    ]
    row = box(found, "\tR").row
    assert row is not None
    assert (row.racks, row.watts, row.chip_watts) == (2, 6500.0, 400.0)


def test_lines_carry_what_is_measured() -> None:
    """The roof joins the board; a UPS draws more than it delivers; a busbar carries its PDUs."""
    found = drawn(view())
    assert wire(found, "roof", "board").watts == 1000.0
    assert wire(found, "grid", "board").watts == 8000.0  # it has no other way
    assert wire(found, "board", "ats-a").watts == 4000.0
    assert wire(found, "ats-a", "ups-a").watts == 4000.0
    assert wire(found, "ups-b", "bus-b").watts == 3000.0
    assert wire(found, "bus-b", "\tR").watts == 3000.0
    assert wire(found, "board", "ats-a").width > wire(found, "ups-b", "bus-b").width
    unused = wire(found, "diesel", "ats-a")
    assert (unused.open, unused.watts) == (True, None)


def test_losses_are_told_where_all_is_measured() -> None:
    """A UPS: 4000 - 3700 = 300 W within, 3700 - 3500 = 200 W behind it. The board: 8000 + 1000 in,
    4000 + 3500 out, so 1500 W go to cooling, light and losses.
    """
    made = view()
    parts = {one.part.supply: one.part for one in drawn(made).boxes if one.part is not None}
    assert parts["ups-a"].loss_watts == 300.0
    assert box(drawn(made), "ups-a").rest_watts == 200.0
    assert box(drawn(made), "board").rest_watts == 1500.0
    silent = view(left_out=['dc_ats_output_power_watts{hub="guian",site="s",row="",rack="",ats="a'])
    assert box(drawn(silent), "board").rest_watts is None


def test_a_board_whose_utility_feeds_a_breaker_as_well_is_not_measured() -> None:
    """How much of the grid's 8000 W goes past the board to the chillers, nobody knows."""
    made = view()
    assert made.inventory is not None
    chiller = Breaker(breaker="chiller", site=SITE, capacity_watts=3000, supply="grid")
    breakers = {**made.inventory.breakers, "chiller": chiller}
    more = replace(made, inventory=replace(made.inventory, breakers=breakers))
    board = box(drawn(more), "board")
    assert (board.told, board.watts, board.rest_watts) == ("unmetered", None, None)
    assert box(drawn(made), "board").watts == 9000.0  # 8000 + 1000 from the roof


@pytest.mark.parametrize(("up", "silent", "said"), [(1.0, 0, "chips 400"), (0.0, 1, "chips ≥")])
def test_chips_that_are_silent_make_the_power_of_a_row_the_least(
    up: float, silent: int, said: str
) -> None:
    """One chip draws 400 W; a second one tells no power, as one of a card, or does not answer."""
    made = view()
    told = [
        *readings(selected={"ats-a": "1", "ats-b": "1"}),
        (node.ACCELERATOR_UP.series(*AT, "R", "1", "n1", "0"), 1.0),
        (node.ACCELERATOR_UP.series(*AT, "R", "1", "n1", "1"), up),
    ]
    whole = replace(fixture.view(told, where=SITE), inventory=made.inventory)
    row = box(drawn(whole), "\tR").row
    assert row is not None
    assert (row.chip_watts, row.chips, row.chips_silent) == (400.0, 1, silent)
    assert said in page(f"/sites/{SITE}/supply", whole)


def test_chips_that_were_never_heard_count_as_silent() -> None:
    """The inventory lists eight chips in a row of which one tells 400 W: seven are silent."""
    made = view()
    assert made.inventory is not None
    one = replace(made.inventory.racks["1"], devices=(Device(node="n1", accelerators=8),))
    listed = replace(made.inventory, racks={**made.inventory.racks, "1": one})
    row = box(drawn(replace(made, inventory=listed)), "\tR").row
    assert row is not None
    assert (row.chip_watts, row.chips_silent) == (400.0, 7)


def test_meters_that_disagree_tell_no_loss() -> None:
    """A UPS that delivers 3700 W of 3600 loses nothing, and 3490 of 3500 W are within their
    errors.
    """
    made = view()
    more = fixture.view(
        [
            (ups.UPS_OUTPUT_POWER.series(*AT, "ups-a", ""), 3700.0),
            (ups.UPS_INPUT_POWER.series(*AT, "ups-a", ""), 3600.0),
            (ups.UPS_OUTPUT_POWER.series(*AT, "ups-b", ""), 3490.0),
            (rack.BREAKER_INFO.series(*AT, "bus-b", "bus-a", ""), 1.0),
            (rack.BREAKER_COVERAGE.series(*AT, "bus-b"), 1.0),
            (rack.BREAKER_POWER.series(*AT, "bus-b", "lower"), 3500.0),
        ],
        where=SITE,
    )
    found = drawn(replace(more, inventory=made.inventory))
    part = box(found, "ups-a").part
    assert part is not None
    assert part.loss_watts is None
    assert box(found, "ups-b").rest_watts is None


def test_what_is_not_measured_has_no_power() -> None:
    """A UPS without readings is not measured; one that does not answer is silent. None is 0 W."""
    gone = view(left_out=['ups="ups-a"'])
    assert (box(drawn(gone), "ups-a").told, box(drawn(gone), "ups-a").watts) == ("unmetered", None)
    made = view(left_out=['ups="ups-a"'])
    silent = fixture.view([(ups.UPS_UP.series(*AT, "ups-a"), 0.0)], where=SITE)
    made = replace(silent, inventory=made.inventory)
    assert (box(drawn(made), "ups-a").told, box(drawn(made), "ups-a").watts) == ("silent", None)
    assert box(drawn(view()), "diesel").watts == 0.0  # it says that it stands


def test_the_position_of_a_switch_is_never_guessed() -> None:
    """A switch that does not tell, or tells both inputs or none, hangs on neither."""
    for told in ({}, {"ats-a": "none", "ats-b": "1"}):
        found = drawn(view(selected=told))
        part = box(found, "ats-a").part
        assert part is not None
        assert (part.selected, part.upstream) == ("", "")
        assert wire(found, "board", "ats-a").open
        assert wire(found, "diesel", "ats-a").open
    html = page(f"/sites/{SITE}/supply", view(selected={}))
    assert "position unknown" in html
    assert "on board" not in html
    assert "on board" in page(f"/sites/{SITE}/supply", view())


def test_of_a_large_site_the_first_columns_are_drawn() -> None:
    """Panels that would not fit are left out and counted; from one busbar down they are shown."""
    made = view()
    assert made.inventory is not None
    panels = [f"p{number}" for number in range(IN_COLUMN + 1)]
    more = [(rack.BREAKER_INFO.series(*AT, name, "", "bus-a"), 1.0) for name in panels]
    told = [*readings(selected={"ats-a": "1", "ats-b": "1"}), *more]
    whole = replace(fixture.view(told, where=SITE), inventory=made.inventory)
    assert box(drawn(whole), "bus-a").hidden == IN_COLUMN + 1
    assert not any(one.name in panels for one in drawn(whole).boxes)


def test_the_api_tells_it() -> None:
    """The diagram, the supplies and what a switch is on."""
    told = api(f"/sites/{SITE}/supply", view())
    lines = {one["breaker"]["breaker"]: one for one in told["lines"]}
    assert lines["ats-a"]["part"]["selected"] == "1"
    assert lines["bus-a"]["breaker"]["upstream"] == "ups-a"
    assert len(told["diagram"]["boxes"]) == 11


@pytest.mark.parametrize(("width", "language"), [(390, "en"), (1366, "zh")])
def test_a_click_on_the_utility_says_what_happens(
    browser: Browser, width: int, language: str
) -> None:
    """The box in the diagram leads to the answer, and the page is no wider than the screen."""
    site = Served(view())
    try:
        browser.size(width, 800)
        fresh(browser, f"{site.url}/sites/{SITE}/supply?lang={language}")
        way = browser.eval("document.querySelector('.oneline .k-utility').href.baseVal")
        browser.open(f"{site.url}{way}")
        said = browser.eval("document.querySelector('.outcome').innerText")
        assert ("ats-a 切换至 diesel" if language == "zh" else "ats-a goes to diesel") in said
        assert browser.eval("document.documentElement.scrollWidth") <= width
        assert browser.errors == []
    finally:
        site.close()
