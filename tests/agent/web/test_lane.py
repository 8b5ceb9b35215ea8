"""The lane below the curves: what happened in their time, each mark a way to its events."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import replace

import pytest

from agent.ledger.store.episodes import Episode
from agent.web.limits import MOST_EVENTS
from agent.web.narrowed import Narrowing
from agent.web.over import Over
from agent.web.view import BoardView
from tests.agent.web import rack_fixture
from tests.agent.web.asked import page
from tests.agent.web.reading import outline
from tests.agent.web.site_readings import NOW, SITE
from tests.agent.web.test_maintenance import window

RACK = f"/sites/{SITE}/racks/{rack_fixture.NAME}"


class Told(rack_fixture.FakePast):
    """A ledger of which a test says what it has."""

    def __init__(self, found: Sequence[Episode] | None) -> None:
        self._found = found

    def events(self, _over: Over) -> list[Episode] | None:
        """Return what the test said."""
        return None if self._found is None else list(self._found)


def view(found: Sequence[Episode] | None) -> BoardView:
    """Return a board whose ledger has these events."""
    return replace(rack_fixture.view(), past=Told(found))


def lanes(path: str, board: BoardView, **query: str) -> list[str]:
    """Return the lanes of a page, as HTML."""
    return re.findall(r'<div class="plot lane">.*?</div>', page(path, board, **query), re.DOTALL)


def test_what_begins_and_what_is_over_again() -> None:
    """On the rack's page: its need and its end, the silence of its PDU, and none of another rack.

    The curve is of 48 hours; a place of the lane is two of them. What began before it and lasts
    still is at its beginning; what was over before it is not there.
    """
    hour = 3600.0
    told = [
        Episode(NOW - 10 * hour, "rack", SITE, "A", "A06", "over", until=NOW - 5.1 * hour),
        Episode(NOW - 20 * hour, "device", SITE, "", "A06-A", "pdu", until=NOW + hour),
        Episode(NOW - 30 * hour, "rack", SITE, "A", "A07", "over"),
        Episode(NOW - 60 * hour, "rack", SITE, "A", "A06", "hot"),
        Episode(NOW - 60 * hour, "rack", SITE, "A", "A06", "too_hot", until=NOW - 50 * hour),
    ]
    (lane,) = lanes(RACK, view(told))
    assert re.findall(r'href="#m-(\w+)"', lane) == ["hot", "silent", "over", "ok"]
    assert re.findall(r'<svg x="([\d.]+)%"', lane) == ["2.08", "60.42", "81.25", "89.58"]
    assert "over again" in lane


def test_a_mark_leads_to_the_events_at_its_time() -> None:
    """At two hours around it, narrowed to the rack; the label has the time for who cannot see."""
    told = [Episode(NOW - 36000.0, "rack", SITE, "A", "A06", "over")]
    (lane,) = lanes(RACK, view(told), lang="en")
    (link,) = outline(lane).links[:1]
    # 43:48 past: the place from 02:43:48 to 04:43:48 of the hub's clock, which is UTC+8
    assert link == (
        f"/events?lang=en&from=2026-11-21T18%3A43Z&to=2026-11-21T20%3A44Z&site={SITE}&find=A06"
    )
    assert re.findall(r'aria-label="([^"]+)"', lane)[1:] == ["02:43:48 over rated power A06"]


def test_what_is_close_together_is_one_mark_of_the_gravest() -> None:
    """Three events within the same two hours: one mark, which says how many they are."""
    told = [
        Episode(NOW - 35000.0 - n, "rack", SITE, "A", "A06", need)
        for n, need in enumerate(("hot", "over", "failover_tight"))
    ]
    (lane,) = lanes(RACK, view(told))
    assert re.findall(r'href="#m-(\w+)"', lane) == ["over"]
    assert "3 events: " in lane


def test_maintenance_is_a_band() -> None:
    """A window of the rack, of its row's site, but none of another rack."""
    board = view([])
    (lane,) = lanes(RACK, replace(board, windows=[window("A06")]))
    assert 'class="band"' in lane
    assert "swap of &lt;PDU&gt; B" in lane
    (other,) = lanes(RACK, replace(board, windows=[window("A07")]))
    assert 'class="band"' not in other
    (whole,) = lanes(RACK, replace(board, windows=[window("", site=SITE)]))
    assert 'class="band"' in whole


@pytest.mark.usefixtures("pages_are_kept")
def test_a_page_that_is_made_once_is_made_for_each_maintenance() -> None:
    """A slow page of before a maintenance window is not given to who asks after it."""
    board = view([])
    bands = [
        page(RACK, replace(board, windows=windows)).count('class="band"')
        for windows in ([], [window("A06")], [])
    ]
    assert bands[0] == bands[2] == 0 < bands[1]


def test_what_was_not_looked_through_is_told() -> None:
    """An empty lane is calm only if the ledger was read, and to the lane's beginning."""
    assert "being read" in page(RACK, view(None))
    many = [Episode(NOW - n, "rack", SITE, "A", f"Z{n}", "hot") for n in range(MOST_EVENTS)]
    assert "Only the newest events" in page(RACK, view(many))
    assert "Only the newest events" not in page(RACK, view(many[:-1]))
    old = [*many[:-1], Episode(NOW - 90 * 3600.0, "rack", SITE, "A", "Z", "hot")]
    assert "Only the newest events" not in page(RACK, view(old))
    # an import of long ago, which is added to the newest, does not say that all between was read
    imported = [*many, Episode(NOW - 90 * 3600.0, "import", SITE, "", "bills.csv", "24")]
    assert "Only the newest events" in page(RACK, view(imported))


def test_site_and_promise_have_theirs() -> None:
    """A site's two curves have all of the site; a promise's curve its changes of state."""
    told = [Episode(NOW - 3600.0, "promise", "", "", "guian-huawei-pue", "missed", former="met")]
    assert len(lanes(f"/sites/{SITE}", view(told))) == 2
    found = lanes("/hubs/guian", view(told))
    assert sum("#m-missed" in one for one in found) >= 1


def test_no_lane_where_nobody_may_follow_it() -> None:
    """None on the wall, and none for a reader of some sites, who may not see `/events`."""
    assert lanes("/", view([]), kiosk="") == []
    narrowed = Narrowing().view(view([]), frozenset({SITE}))
    assert lanes(RACK, narrowed) == []
