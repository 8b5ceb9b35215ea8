"""A rack in maintenance calls nobody, and never looks calm."""

from __future__ import annotations

from dataclasses import replace

from agent.inventory.maintenance import Window
from agent.web.view import BoardView
from agent.web.views import collectors, racks, standing
from tests.agent.web import fixture, rack_fixture
from tests.agent.web.asked import api, page


def window(rack: str, *, site: str = "") -> Window:
    """Return a window around the fixture's moment, 2026-11-22T12:43:48+08:00."""
    return Window(
        rack=rack,
        site=site,
        since="2026-11-22T12:00+08:00",
        until="2026-11-22T14:00+08:00",
        why="swap of <PDU> B",
    )


def stands(view: BoardView) -> standing.StandingView:
    members = [one for found in racks.read(view).values() for one in found]
    return standing.read(view, members, collectors.read(view).counts)


def test_what_a_rack_in_maintenance_needs_is_marked_and_calls_nobody() -> None:
    """A06 is over its rating: five racks need someone; in its window there are four."""
    view = rack_fixture.view()
    assert stands(view).racks.needing == 5
    calm = stands(replace(view, windows=[window("A06")]))
    assert (calm.racks.needing, calm.racks.excused) == (4, 1)
    assert "maintenance" in [one.said for one in calm.parts]


def test_the_page_of_the_rack_says_until_when_and_why() -> None:
    """The needs stay on the page, each marked; the reason is text and no markup."""
    view = replace(rack_fixture.view(), windows=[window("A06")])
    html = page("/racks/A06", view)
    assert "In maintenance until 14:00:00: swap of &lt;PDU&gt; B." in html
    assert "draws" in html
    assert "(in maintenance)" in html
    told = api("/racks/A06", view)
    assert told["sites"] == [fixture.SITE]
    needs = api(f"/sites/{fixture.SITE}/racks/A06", view)["needs"]
    assert needs
    assert all(one["excused"] for one in needs)


def test_a_silent_pdu_of_a_rack_in_maintenance_is_not_counted() -> None:
    """B06-B is the one silent PDU of 44; in a window of its rack none of 43 is silent."""
    view = fixture.view()
    assert [one.silent for one in stands(view).silent if one.kind == "pdu"] == [1]
    excused = stands(replace(view, windows=[window("B06")]))
    assert [one for one in excused.silent if one.kind == "pdu"] == []


def test_a_site_in_maintenance_is_not_green() -> None:
    """Where every need is excused, nothing is critical, and nothing is calm."""
    view = fixture.view([*fixture.racks(24)])
    whole = replace(view, windows=[window("", site=fixture.SITE)])
    assert stands(view).severity in ("critical", "warning")
    assert stands(whole).racks.needing == 0
    assert stands(whole).severity != "calm"
    assert "No rack needs attention" not in page(f"/sites/{fixture.SITE}", whole)


def test_a_window_that_is_over_excuses_nothing() -> None:
    """At its end the racks need someone again."""
    over = replace(window("A06"), until="2026-11-22T12:43:48+08:00")
    assert stands(replace(rack_fixture.view(), windows=[over])).racks.needing == 5
