"""The racks as the board sees them."""

from __future__ import annotations

import json
from dataclasses import replace

import pytest

from agent.inventory.model import Device, Feed, Inventory, Rack
from agent.web import pages
from agent.web.views import heat, racks, search
from agent.web.views.rack import RackView, urgent
from collectors.base import Batch
from collectors.catalogue import rack
from tests.agent.web import fixture
from tests.agent.web.reading import page, size_of
from tests.agent.web.site_readings import NOW


def test_a_rack_tells_what_it_needs_gravest_first() -> None:
    """Over its power, hot, without failover, silent: each is found, and the hottest stands at the
    top.
    """
    view = fixture.view(fixture.racks(24))
    found = urgent(racks.read(view)[fixture.SITE])
    assert [(one.rack, list(one.needs)) for one in found] == [
        ("B03", ["too_hot"]),
        ("A06", ["over", "failover_lost"]),
        ("B06", ["silent"]),
        ("A03", ["hot"]),
        ("A10", ["failover_tight"]),
    ]


def test_a_need_waits_as_long_as_its_alert() -> None:
    """Over its rating for 4 minutes a rack is watched, for 5 it needs someone, and says since when.

    The alert RackOverPower waits 5 minutes.
    """
    key = (fixture.HUB, fixture.SITE, "A", "A01")

    def seen(minutes: float) -> tuple[RackView, str]:
        view = fixture.view(
            [
                (rack.RACK_INFO.series(*key, "in_service"), 1.0),
                (rack.RACK_POWER.series(*key, "A"), 8100.0),
                (rack.RACK_UTILIZATION.series(*key, "power"), 1.01),
                (rack.RACK_NEED_SINCE.series(*key, "over"), NOW - 60 * minutes),
            ]
        )
        (one,) = racks.read(view)[fixture.SITE]
        html = page(view)
        html = html[html.index('class="attention"') :]
        return one, html[: html.index("</section>")]

    young, told = seen(4)
    assert (young.needs, young.pending) == ((), ("over",))
    assert "1 rack has just begun to need attention:" in told
    assert "m-met" not in told
    old, told = seen(5)
    assert (old.needs, old.pending) == (("over",), ())
    assert "since 12:38" in told


def test_limits_are_not_needs() -> None:
    """Exactly at 27 °C, at 0.8 of failover and at the rated power nobody is called."""
    key = (fixture.HUB, fixture.SITE, "A", "A01")
    readings = [
        (rack.RACK_INFO.series(*key, "in_service"), 1.0),
        (rack.RACK_UTILIZATION.series(*key, "power"), 1.0),
        (rack.RACK_FAILOVER_LOAD.series(*key), 0.8),
        (rack.RACK_INLET_TEMPERATURE.series(*key), 27.0),
    ]
    view = fixture.view(readings)
    assert urgent(racks.read(view)[fixture.SITE]) == []


def test_a_rack_that_is_not_in_service_needs_nobody() -> None:
    """A rack under construction is drawn, not called out."""
    key = (fixture.HUB, fixture.SITE, "A", "A01")
    readings = [
        (rack.RACK_INFO.series(*key, "planned"), 1.0),
        (rack.RACK_INLET_TEMPERATURE.series(*key), 40.0),
    ]
    assert urgent(racks.read(fixture.view(readings))[fixture.SITE]) == []


def test_sums_of_a_site_are_of_racks_in_service() -> None:
    """Of 8 kW in service, 6 kW planned and 4 kW under construction, 8 kW are the site's rating."""
    readings = []
    for name, state, watts in (
        ("A01", "in_service", 8000.0),
        ("A02", "planned", 6000.0),
        ("A03", "under_construction", 4000.0),
    ):
        key = (fixture.HUB, fixture.SITE, "A", name)
        readings += [
            (rack.RACK_INFO.series(*key, state), 1.0),
            (rack.RACK_POWER_CAPACITY.series(*key), watts),
        ]
    view = fixture.view(readings)
    found = racks.summary(view, fixture.SITE, racks.read(view)[fixture.SITE])
    assert found.rated_power_watts == 8000.0
    assert found.racks == {"in_service": 1, "under_construction": 1, "planned": 1}


def test_another_hubs_racks_are_not_ours() -> None:
    """A page shows the racks of the agent's own hub."""
    assert racks.read(fixture.view(fixture.racks(4, hub="kunming"))) == {}


def test_missing_is_null_in_the_api() -> None:
    """What is not known of a rack is null, never 0."""
    key = (fixture.HUB, fixture.SITE, "A", "A01")
    view = fixture.view([(rack.RACK_INFO.series(*key, "in_service"), 1.0)])
    response = pages.handle(view, "/api/racks", {})
    assert response is not None
    reply = json.loads(response.body)
    row = dict(zip(reply["columns"], reply["rows"][0], strict=True))
    assert row["power_watts"] is None
    assert row["power_utilization_ratio"] is None
    assert row["needs"] == []


def test_many_sites_are_a_list_that_leads_to_each() -> None:
    """Of twelve sites the page shows one whole and links to the others."""
    twelve = [
        reading
        for n in range(12)
        for reading in fixture.racks(600 if n == 3 else 48, per_row=24, where=f"site-{n:02d}")
    ]
    size, body = size_of(fixture.view(twelve, where="site-03"))
    assert size < 60_000
    assert body.count(b'class="site"') == 1
    assert b'href="/sites/site-11"' in body


@pytest.mark.parametrize(
    ("text", "found"),
    [("b03", ["B03"]), ("A0", [f"A0{n}" for n in range(1, 10)]), ("zz", []), (" ", [])],
)
def test_a_rack_is_found_by_its_name(text: str, found: list[str]) -> None:
    """A rack is found by a part of its name, in whatever case, and the exact one is first."""
    assert [one.rack for one, _ in search.find(fixture.view(fixture.racks(24)), text)] == found


def test_a_rack_is_found_by_what_stands_in_it_and_what_feeds_it() -> None:
    """The names of nodes and PDUs lead to their rack, and it is said by which it was found."""
    view = fixture.view(fixture.racks(24))
    rack_ = Rack(
        rack="B07",
        site=fixture.SITE,
        feeds={"A": Feed(pdu="px-9")},
        devices=(Device(node="n4711"),),
    )
    view = replace(view, inventory=Inventory(hub=fixture.HUB, racks={"B07": rack_}))
    assert [(one.rack, name) for one, name in search.find(view, "N4711")] == [("B07", "n4711")]
    assert [(one.rack, name) for one, name in search.find(view, "px-9")] == [("B07", "px-9")]
    assert b"B07" in size_of(view, f"/sites/{fixture.SITE}", find="n4711")[1]


def test_what_is_searched_for_is_shown_and_not_run() -> None:
    """The text that was searched for comes back as text, and only as much of it as a name may
    have.
    """
    body = size_of(fixture.view(), f"/sites/{fixture.SITE}", find="<script>" + "x" * 500)[1]
    assert b"<script>x" not in body
    assert b"&lt;script&gt;" + b"x" * 92 + b"\xe2\x80\x9d" in body


def test_a_row_is_coloured_by_its_worst_or_by_its_sum() -> None:
    """Heat and failover of a row are those of its worst rack, since a mean hides it.

    Power is drawn over rated.
    """
    view = fixture.view(fixture.racks(24))
    row = [one for one in racks.read(view)[fixture.SITE] if one.row == "A"]
    assert heat.value_of_all(row, "failover") == 1.16
    assert heat.value_of_all(row, "inlet") == 28.2
    drawn = sum(
        one.power_watts
        for one in row
        if one.power_watts is not None and one.power_utilization_ratio is not None
    )
    assert heat.value_of_all(row, "power") == pytest.approx(
        drawn / (8000 * sum(one.power_utilization_ratio is not None for one in row))
    )
    assert heat.value_of_all([], "power") is None


def test_rows_are_grouped_by_hall_where_their_names_tell_it() -> None:
    """H1-A and H1-B stand in hall H1; names that tell no hall make one group without a name."""
    assert heat.halls(["H1-A", "H1-B", "H2-A", "H2-B"]) == [
        ("H1", ["H1-A", "H1-B"]),
        ("H2", ["H2-A", "H2-B"]),
    ]
    assert heat.halls(["A", "B"]) == [("", ["A", "B"])]
    assert heat.halls(["H1-A", "H2-A"]) == [("", ["H1-A", "H2-A"])]


def test_neighbouring_rows_make_one_tile_within_their_hall() -> None:
    """Rows are put together until they hold as many racks as are drawn one by one.

    A hall's end ends a stretch.
    """
    rows = {
        name: [RackView(site="s", row=name, rack="r")] * 3
        for name in ("H1-A", "H1-B", "H1-C", "H2-A", "H2-B")
    }
    assert heat.stretches(rows, 6) == [
        ("H1", [("H1-A", "H1-B"), ("H1-C",)]),
        ("H2", [("H2-A", "H2-B")]),
    ]
    assert heat.asked_for("H1-A..H1-C", list(rows)) == ("H1-A", "H1-B", "H1-C")
    assert heat.asked_for("H1-C..H1-A", list(rows)) == ()
    assert heat.asked_for("H1-A..H9", list(rows)) == ()


def test_racks_are_read_anew_when_they_change() -> None:
    """A rack that comes, goes or changes is seen at the next look.

    What a device no longer says is not kept.
    """
    view = fixture.view(fixture.racks(4))
    before = {one.rack: one.power_utilization_ratio for one in racks.read(view)[fixture.SITE]}
    assert list(before) == ["A01", "A02", "A03", "A04"]
    readings = [row for row in fixture.racks(5) if row[0].metric is not rack.RACK_UTILIZATION]
    view.snapshot.update(
        Batch(collector="fixture", device="", time=fixture.NOW, lifetime=1e9, readings=readings)
    )
    after = {one.rack: one.power_utilization_ratio for one in racks.read(view)[fixture.SITE]}
    assert after == dict.fromkeys(("A01", "A02", "A03", "A04", "A05"))


def test_a_row_told_in_one_run_is_read_anew_each_round() -> None:
    """A row of ten racks told metric by metric: each rack has its own values, in every round.

    Rack n draws 100 n watts in round 1 and 1000 n in round 2, by feeds A (a fifth) and B.
    """
    names = [f"A{n:02d}" for n in range(1, 11)]
    view = fixture.view([])

    def tell(each: float) -> dict[str, float | None]:
        keys = [(fixture.HUB, fixture.SITE, "A", name) for name in names]
        readings = [(rack.RACK_INFO.series(*key, "in_service"), 1.0) for key in keys]
        for feed, share in (("A", 0.2), ("B", 0.8)):
            readings += [
                (rack.RACK_POWER.series(*key, feed), each * n * share)
                for n, key in enumerate(keys, 1)
            ]
        view.snapshot.update(
            Batch(collector="racks", device="", time=NOW, lifetime=1e9, readings=readings)
        )
        return {one.rack: one.power_watts for one in racks.read(view)[fixture.SITE]}

    for each in (100.0, 1000.0):
        told = tell(each)
        assert told == {name: pytest.approx(each * n) for n, name in enumerate(names, 1)}
