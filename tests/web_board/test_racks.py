"""The racks as the board sees them."""

from __future__ import annotations

import json

from agent.web import pages, racks
from collectors.catalogue import rack
from tests.web_board import fixture


def test_a_rack_tells_what_it_needs_gravest_first() -> None:
    """Over its power, hot, without failover, silent: each is found, and the hottest stands at the top."""
    view = fixture.view(fixture.racks(24))
    found = racks.urgent(racks.read(view.snapshot, fixture.HUB)[fixture.SITE])
    assert [(one.rack, one.needs()) for one in found] == [
        ("B03", ["hot"]), ("A06", ["over", "failover"]), ("B06", ["silent"]), ("A03", ["hot"]), ("A10", ["failover"]),
    ]  # fmt: skip


def test_limits_are_not_needs() -> None:
    """Exactly at 27 °C, at 0.8 of failover and at the rated power nobody is called."""
    key = (fixture.HUB, fixture.SITE, "A", "A01")
    readings = [
        (rack.RACK_INFO.series(*key, "in_service"), 1.0), (rack.RACK_UTILIZATION.series(*key, "power"), 1.0),
        (rack.RACK_FAILOVER_LOAD.series(*key), 0.8), (rack.RACK_INLET_TEMPERATURE.series(*key), 27.0),
    ]  # fmt: skip
    view = fixture.view(readings)
    assert racks.urgent(racks.read(view.snapshot, fixture.HUB)[fixture.SITE]) == []


def test_a_rack_that_is_not_in_service_needs_nobody() -> None:
    """A rack under construction is drawn, not called out."""
    key = (fixture.HUB, fixture.SITE, "A", "A01")
    readings = [(rack.RACK_INFO.series(*key, "planned"), 1.0), (rack.RACK_INLET_TEMPERATURE.series(*key), 40.0)]
    assert racks.urgent(racks.read(fixture.view(readings).snapshot, fixture.HUB)[fixture.SITE]) == []


def test_another_hubs_racks_are_not_ours() -> None:
    """A page shows the racks of the agent's own hub."""
    assert racks.read(fixture.view(fixture.racks(4, hub="kunming")).snapshot, fixture.HUB) == {}


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


def test_a_whole_hub_stays_a_light_page() -> None:
    """27 584 racks at one site make a page under 1.5 MB, and a hub of twelve sites one far smaller."""
    one = pages.handle(fixture.view(fixture.racks(27_584, per_row=32)), "/", {})
    assert one is not None
    assert 200_000 < len(one.body) < 1_500_000
    twelve = [reading for n in range(12) for reading in fixture.racks(600, per_row=24, where=f"site-{n:02d}")]
    many = pages.handle(fixture.view(twelve, where="site-03"), "/", {})
    assert many is not None
    assert len(many.body) < 250_000
    assert many.body.count(b'class="site"') == 1
    assert b"?site=site-11" in many.body
