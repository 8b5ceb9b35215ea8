"""Nothing is calm, whole or zero that was heard only in part: view by view, by hand."""

from __future__ import annotations

from dataclasses import replace

import pytest

from agent.inventory.model import Device, Inventory, Meter, Rack, Site
from agent.web.view import BoardView
from agent.web.views import chips, heat_panel, overhead, power, racks, sites, standing, supply, wall
from agent.web.views.promises import read as promises
from collectors.base import Reading
from collectors.catalogue import agent, facility, inventory, node, rack
from collectors.catalogue import site as catalogue
from tests.agent.web import asked, fixture
from tests.agent.web.reading import page
from tests.agent.web.site_readings import HUB, SITE
from tests.agent.web.test_standing import FINE, WELL, expected, rack_of, stands, view
from tests.agent.web.test_supply import SITE as SUPPLIED
from tests.agent.web.test_supply import view as supplied


def part_of_a_rack(name: str) -> list[Reading]:
    """Return a rack of 8 kW of which one feed of two draws 3 kW, and nobody reads the other."""
    return [
        *rack_of(name, 3000.0),
        (rack.RACK_POWER_CAPACITY.series(HUB, SITE, "R1", name), 8000.0),
    ]


def needs_cell(readings: list[Reading]) -> str:
    """Return the cell of the sites' table that says how many racks need somebody."""
    other = [(rack.RACK_INFO.series(HUB, "other", "R1", "B1", "planned"), 1.0)]
    html = page(view([*readings, *other]))
    row = html[html.index('class="plain sitelist"') :]
    row = row[row.index(f"/sites/{SITE}") :]
    row = row[: row.index("</tr>")]
    return row[row.rindex("<td") :]


@pytest.mark.parametrize(
    ("readings", "said", "marked"),
    [
        ([*rack_of("A1", 5000.0)], "0", False),
        ([*rack_of("A1", None)], "0 of 1 measured", True),
        ([*rack_of("A1", 5000.0), *rack_of("A2", None)], "1 of 2 measured", True),
        ([*rack_of("A1", 5000.0), *part_of_a_rack("A2")], "1 of 2 measured", True),
    ],
)
def test_no_zero_of_needs_where_not_all_is_measured(
    readings: list[Reading], said: str, *, marked: bool
) -> None:
    """The table of sites says 0 without a mark only where every rack was heard whole."""
    cell = needs_cell(readings)
    assert said in cell
    assert ("m-unknown" in cell) is marked


def test_a_rack_with_a_feed_that_nobody_reads_is_not_calm() -> None:
    """3 kW of one feed say nothing of a rating of 8 kW for both: nor can line, list and page."""
    found = stands([*WELL, *part_of_a_rack("A2")])
    assert [(one.said, one.count) for one in found.parts] == [("unmeasured", 1)]
    assert found.severity == "unknown"
    html = asked.page(f"/sites/{SITE}", view([*WELL, *part_of_a_rack("A2")]))
    assert "Cannot tell: 1 of 2 racks measured." in html
    assert "No rack needs attention." not in html
    alone = asked.page(f"/sites/{SITE}/racks/A2", view(part_of_a_rack("A2")))
    assert "Cannot tell: not every feed of this rack is measured." in alone
    assert "This rack needs no attention." not in alone


def test_the_power_of_some_racks_is_not_that_of_all() -> None:
    """5 kW of one rack and 3 kW of a part of another: at least 8 kW, of one of two racks."""
    readings = [*rack_of("A1", 5000.0), *part_of_a_rack("A2")]
    html = asked.page(f"/sites/{SITE}", view(readings)).replace("\u202f", " ")
    assert "drawing ≥ 8.00 kW of 8.00 kW rated · 1 of 2 measured" in html


def test_meters_that_are_listed_and_that_nobody_reads_end_the_calm() -> None:
    """The agent reads PDUs and no meter, and the inventory lists two: they are named, not green."""
    listed = Inventory(
        hub=HUB,
        sites={SITE: Site(site=SITE)},
        meters={
            (SITE, name): Meter(meter=name, site=SITE, point="utility") for name in ("m1", "m2")
        },
    )
    pdus = [*rack_of("A1", 5000.0), *expected("pdu", 2, 2)]
    found = standing.read(
        replace(view(pdus), inventory=listed),
        racks.read(view(pdus))[SITE],
        wall.collectors.read(view(pdus)).counts,
    )
    assert [(one.said, one.kind, one.count) for one in found.parts] == [("not_polled", "meter", 2)]
    assert found.severity == "unknown"
    assert standing.kinds(replace(view(WELL), inventory=listed))[0].polled


def test_a_spool_that_cannot_be_written_is_told() -> None:
    """The database answers and the samples are in memory only: a warning, not calm."""
    found = stands(
        [
            *WELL,
            (agent.SINK_UP.series("influxdb"), 1.0),
            (agent.SPOOL_HEALTHY.series("influxdb"), 0.0),
        ]
    )
    assert found.severity == "warning"
    assert [one.said for one in found.parts] == ["spools"]


def test_a_point_with_a_meter_that_nobody_reads_is_a_part() -> None:
    """Two utility meters are listed and one is read: 100 kW is at least the power, 1 of 2 heard."""
    readings: list[Reading] = [
        (facility.METER_POWER.series(HUB, SITE, "m1", "utility"), 100e3),
        (facility.METER_UP.series(HUB, SITE, "m1", "utility"), 1.0),
        (inventory.MISMATCH_INFO.series(HUB, SITE, "meter_not_polled", "", "m2"), 1.0),
    ]
    listed = Inventory(
        hub=HUB,
        sites={SITE: Site(site=SITE)},
        meters={
            (SITE, name): Meter(meter=name, site=SITE, point="utility") for name in ("m1", "m2")
        },
    )
    (stage,) = power.stages(replace(fixture.view(readings), inventory=listed), SITE)
    assert (stage.point, stage.watts, stage.complete) == ("utility", 100e3, False)
    assert (stage.answering, stage.meters) == (1, 2)


def test_supplies_that_are_all_silent_are_no_zero_watts() -> None:
    """With the utility's and the generator's meters dead, the facility's power is not known."""
    dead = [(facility.METER_UP.series(HUB, SITE, p, p), 0.0) for p in ("utility", "generator")]
    whole = next(one for one in power.stages(view(dead), SITE) if one.point == "facility")
    assert (whole.watts, whole.answering, whole.meters) == (None, 0, 2)


@pytest.mark.parametrize("counted", [True, False])
def test_racks_that_vanish_are_not_calm(*, counted: bool) -> None:
    """The inventory has two racks in service and neither is told of at present, as where the agent
    lags: they are not measured, whether or not it is counted who answers.
    """
    listed = Inventory(
        hub=HUB,
        sites={SITE: Site(site=SITE)},
        racks={name: Rack(rack=name, site=SITE, row="R1") for name in ("A1", "A2")},
    )
    pdus: list[Reading] = [
        (facility.PDU_UP.series(HUB, SITE, "R1", "A1", f"A1-{feed}", feed), 1.0) for feed in "AB"
    ]
    made = replace(view([*pdus, *(expected("pdu", 2, 2) if counted else ())]), inventory=listed)
    found = standing.read(made, [], wall.collectors.read(made).counts)
    assert [(one.said, one.count, one.all) for one in found.parts] == [("unmeasured", 2, 2)]
    assert found.severity == "unknown"


def _chips(count: int, healthy: int) -> list[Reading]:
    """Return chips that answer and draw 300 W, some of which tell that they have no alarm."""
    found: list[Reading] = []
    for n in range(count):
        at = (HUB, SITE, "A", "A1", "n1", str(n))
        found += [
            (node.ACCELERATOR_UP.series(*at), 1.0),
            (node.ACCELERATOR_INFO.series(*at, "huawei", "910B", f"u{n}", f"b{n}"), 1.0),
            (node.ACCELERATOR_POWER.series(*at), 300.0),
        ]
        if n < healthy:
            found.append((node.ACCELERATOR_HEALTHY.series(*at), 1.0))
    return found


@pytest.mark.parametrize(
    ("healthy", "unhealthy", "complete"), [(8, 0, True), (3, 0, False), (0, None, False)]
)
def test_no_zero_of_alarms_where_no_chip_tells_them(
    healthy: int, unhealthy: int | None, *, complete: bool
) -> None:
    """Of eight chips none tells whether it has an alarm: that is not 0 alarms."""
    (found,) = chips.read(fixture.view(_chips(8, healthy)), SITE)
    assert (found.unhealthy, found.health_complete, found.silent) == (unhealthy, complete, 0)


def test_the_chips_of_a_few_nodes_are_a_part_of_those_listed() -> None:
    """Eight chips of one node draw 2.4 kW; the inventory lists two nodes with eight chips each."""
    one = Rack(
        rack="A1",
        site=SITE,
        row="A",
        devices=tuple(
            Device(node=name, position=at, units=4, accelerators=8)
            for name, at in (("n1", 1), ("n2", 5))
        ),
    )
    listed = Inventory(hub=HUB, sites={SITE: Site(site=SITE)}, racks={"A1": one})
    (stage,) = power.stages(replace(fixture.view(_chips(8, 8)), inventory=listed), SITE)
    assert (stage.point, stage.watts) == ("chips", 2400.0)
    assert (stage.answering, stage.meters, stage.complete) == (8, 16, False)


def test_a_subsystem_without_energy_keeps_its_line() -> None:
    """Cooling is listed and its meters told nothing: its row has a dash, it does not vanish."""
    at = (HUB, SITE)
    told = fixture.view(
        [
            (catalogue.SITE_OVERHEAD.series(*at, "ups", "12mo"), 1e9),
            (catalogue.SITE_OVERHEAD_COVERAGE.series(*at, "ups", "12mo"), 1.0),
            (catalogue.SITE_OVERHEAD_COVERAGE.series(*at, "cooling", "12mo"), 0.0),
        ]
    )
    window = overhead.read(told, SITE).foremost
    assert window is not None
    assert [(one.subsystem, one.joules) for one in window.parts] == [
        ("cooling", None),
        ("ups", 1e9),
    ]
    html = asked.page(f"/sites/{SITE}", told)
    rows = html[html.index('id="p-overhead-') :]
    cooling = rows[rows.index("Cooling") :]
    assert "\u2013" in cooling[: cooling.index("</tr>")]


def test_a_tile_of_many_racks_says_of_how_many_it_is() -> None:
    """One of three racks is measured: the tile is of 1 of 3, not of all."""
    members = racks.read(
        view(
            [
                *rack_of("A1", 5000.0),
                (rack.RACK_UTILIZATION.series(HUB, SITE, "R1", "A1", "power"), 0.6),
                (rack.RACK_POWER_CAPACITY.series(HUB, SITE, "R1", "A1"), 8000.0),
                *rack_of("A2", None),
                *rack_of("A3", None),
            ]
        )
    )[SITE]
    block = heat_panel.block(members, "power", key="k")
    assert (block.known, block.live, block.value) == (1, 3, 5000 / 8000)


def test_a_loss_that_a_breaker_cannot_be_judged_by_is_not_said_to_hold() -> None:
    """RPP-A is lost, and of RPP-B no capacity is known: the page names it and has no tick."""
    made = supplied()
    kept = [
        (series, value)
        for metric in (rack.BREAKER_INFO, rack.BREAKER_POWER, rack.BREAKER_CAPACITY)
        for series, value in made.snapshot.family(metric).items()
        if metric is not rack.BREAKER_CAPACITY or series.label("breaker") != "RPP-B"
    ]
    watts = list(made.snapshot.family(facility.PDU_POWER).items())
    small = replace(
        fixture.view([*kept, *watts], where=SUPPLIED),
        inventory=replace(
            made.inventory or Inventory(hub=HUB),
            racks={
                name: one
                for name, one in (made.inventory or Inventory(hub=HUB)).racks.items()
                if name == "A2"
            },
        ),
    )
    loss = supply.read(small, SUPPLIED, lose="RPP-A").loss
    assert loss is not None
    assert (loss.dark, loss.over, loss.unknown, list(loss.breakers)) == ([], [], [], [])
    assert loss.untold == ["RPP-B"]
    html = asked.page(f"/sites/{SUPPLIED}/supply", small, lose="RPP-A")
    assert "What is left carries it" not in html
    assert "1 breaker or supply carries more then" in html


def test_a_site_of_which_nothing_is_heard_is_named_on_the_wall() -> None:
    """A listed site in service without any reading does not vanish from the wall."""
    silent = (catalogue.SITE_INFO.series(HUB, "s2", "in_service", "Gui'an no. 2"), 1.0)
    planned = (catalogue.SITE_INFO.series(HUB, "s3", "planned", "Gui'an no. 3"), 1.0)
    seen: BoardView = view([*WELL, silent, planned])
    found = wall.read(seen, promises(seen), racks.read(seen))
    assert found.unheard == ["Gui'an no. 2"]
    html = asked.page("/", seen, kiosk="")
    assert "in service, and not heard here: Gui&#39;an no. 2" in html


def test_a_site_s_pue_is_that_of_a_window_that_is_metered() -> None:
    """The year reads 1.1 and is covered by 1 %, the month 1.3 and 97 %: the line says 1.3."""
    at = (HUB, SITE)
    readings: list[Reading] = []
    for window, pue, coverage, state in (
        ("30d", 1.3, 0.97, "valid"),
        ("12mo", 1.1, 0.01, "low_coverage"),
    ):
        readings += [
            (catalogue.SITE_PUE.series(*at, "2", window), pue),
            (catalogue.SITE_PUE_COVERAGE.series(*at, window), coverage),
            (catalogue.SITE_PUE_STATE.series(*at, window, state), 1.0),
        ]
    (line,) = sites.read(fixture.view(readings, healthy=lambda: FINE))
    assert (line.pue, line.window, line.category) == (1.3, "30d", "2")
