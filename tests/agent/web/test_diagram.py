"""The one-line diagram and the loss of what is above the breakers, worked out by hand."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import replace

import pytest

from agent.inventory.model import Breaker, Feed, Inventory, Rack, Site, Supply
from agent.web.view import BoardView
from agent.web.views import supply
from agent.web.views.diagram import IN_COLUMN, BoxView, DiagramView, WireView
from agent.web.views.loss import LossView
from collectors.base import Reading
from collectors.catalogue import facility, generator, node, rack, transfer, ups
from tests.agent.web import fixture
from tests.agent.web.asked import api, page
from tests.agent.web.served import Site as Served
from tests.agent.web.served import fresh
from tests.support.browser import Browser

HUB, SITE = fixture.HUB, "s"
AT = (HUB, SITE)
SUPPLIES = [
    Supply(supply="grid", site=SITE, kind="utility", capacity_watts=20_000),
    Supply(supply="roof", site=SITE, kind="solar", joins="board"),
    Supply(supply="board", site=SITE, kind="switchboard", upstream="grid"),
    Supply(supply="diesel", site=SITE, kind="generator", capacity_watts=8_000),
    Supply(
        supply="ats-a",
        site=SITE,
        kind="transfer_switch",
        inputs={"1": "board", "2": "diesel"},
        capacity_watts=9_000,
    ),
    Supply(
        supply="ats-b",
        site=SITE,
        kind="transfer_switch",
        inputs={"1": "board", "2": "diesel"},
        capacity_watts=9_000,
    ),
    Supply(supply="ups-a", site=SITE, kind="ups", upstream="ats-a", capacity_watts=6_000),
    Supply(supply="ups-b", site=SITE, kind="ups", upstream="ats-b", capacity_watts=6_000),
]
WATTS = {"1-A": 2000.0, "1-B": 1800.0, "2-A": 1500.0, "2-B": 1200.0}
"""Of the PDUs: 3500 W from side A, and 3000 W from side B."""
INTAKE = {"a": 4000.0, "b": 3500.0}
"""What each transfer switch delivers, and its UPS draws."""
OUTPUT = {"a": 3700.0, "b": 3200.0}
"""What each UPS delivers: 300 W are lost in each."""


def readings(*, selected: Mapping[str, str]) -> Iterable[Reading]:
    """Yield what the devices tell; `selected` is the input that each switch says it uses."""
    for name, watts in (("grid", 8000.0), ("roof", 1000.0)):
        point = "utility" if name == "grid" else "renewable"
        yield facility.METER_POWER.series(*AT, name, point), watts
    yield generator.GENERATOR_RUNNING.series(*AT, "diesel"), 0.0
    for side in "ab":
        ats = (*AT, "", "", f"ats-{side}")
        yield transfer.ATS_OUTPUT_POWER.series(*ats, ""), INTAKE[side]
        for source in ("1", "2"):
            if f"ats-{side}" in selected:
                used = float(selected[f"ats-{side}"] == source)
                yield transfer.ATS_SOURCE_SELECTED.series(*ats, source), used
        own = (*AT, f"ups-{side}")
        for phase, share in (("L1", 0.5), ("L2", 0.25), ("L3", 0.25)):
            yield ups.UPS_OUTPUT_POWER.series(*own, phase), OUTPUT[side] * share
        yield ups.UPS_INPUT_POWER.series(*own, ""), INTAKE[side]
        drawn = sum(watts for pdu, watts in WATTS.items() if pdu.endswith(side.upper()))
        pair = "bus-b" if side == "a" else "bus-a"
        bus = (*AT, f"bus-{side}")
        yield rack.BREAKER_INFO.series(*bus, pair, ""), 1.0
        yield rack.BREAKER_CAPACITY.series(*bus), 10_000.0
        yield rack.BREAKER_COVERAGE.series(*bus), 1.0
        for bound in ("lower", "upper"):
            yield rack.BREAKER_POWER.series(*bus, bound), drawn
    for pdu, watts in WATTS.items():
        name, side = pdu.split("-")
        yield facility.PDU_POWER.series(*AT, "R", name, pdu, side), watts
    yield node.ACCELERATOR_POWER.series(*AT, "R", "1", "n1", "0"), 400.0


def view(*, left_out: Iterable[str] = (), selected: Mapping[str, str] | None = None) -> BoardView:
    """Return the site; nothing is told of the series whose text has one of `left_out`."""
    told = selected if selected is not None else {"ats-a": "1", "ats-b": "1"}
    kept = [
        (series, value)
        for series, value in readings(selected=told)
        if not any(text in series.prefix for text in left_out)
    ]
    made = fixture.view(kept, where=SITE)
    racks = [
        Rack(
            rack=name,
            site=SITE,
            row="R",
            feeds={
                side: Feed(
                    pdu=f"{name}-{side}", breaker=f"bus-{side.lower()}", capacity_watts=4000.0
                )
                for side in "AB"
            },
        )
        for name in "12"
    ]
    breakers = [
        Breaker(
            breaker=f"bus-{side}",
            site=SITE,
            capacity_watts=10_000,
            pair=f"bus-{'ba'['ab'.index(side)]}",
            supply=f"ups-{side}",
        )
        for side in "ab"
    ]
    inventory = Inventory(
        hub=HUB,
        sites={SITE: Site(site=SITE)},
        racks={one.rack: one for one in racks},
        breakers={one.breaker: one for one in breakers},
        supplies={one.supply: one for one in SUPPLIES},
    )
    return replace(made, inventory=inventory)


def drawn(made: BoardView, lose: str = "") -> DiagramView:
    found = supply.read(made, SITE, lose=lose).diagram
    assert found is not None
    return found


def box(found: DiagramView, name: str) -> BoxView:
    return next(one for one in found.boxes if one.name == name)


def wire(found: DiagramView, above: str, below: str) -> WireView:
    return next(one for one in found.wires if (one.above, one.below) == (above, below))


def lost(made: BoardView, name: str) -> LossView:
    found = supply.read(made, SITE, lose=name).loss
    assert found is not None
    return found


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


def test_the_loss_of_a_switch_leaves_its_ups_on_its_battery() -> None:
    """It has no way around itself."""
    found = lost(view(), "ats-a")
    assert (found.batteries, found.racks, found.transfers) == (["ups-a"], 2, [])


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
