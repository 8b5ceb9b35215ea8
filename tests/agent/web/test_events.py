"""What happened, as a page, on the page of a rack, and in the API."""

from __future__ import annotations

import re
from dataclasses import replace

import pytest

from agent.ledger.store.episodes import Episode
from agent.messages.catalogue import words
from agent.web import pages
from agent.web.limits import MOST_EVENTS
from agent.web.over import Over
from agent.web.view import BoardView
from tests.agent.web import fixture, rack_fixture
from tests.agent.web.asked import page
from tests.agent.web.reading import api, outline
from tests.agent.web.site_readings import NOW
from tests.agent.web.test_maintenance import window


def events(view: BoardView | None = None, **query: str) -> list[tuple[str, str, bool]]:
    """Return what the API tells: the kind, to whom, and whether it lasts."""
    told = api("/api/events", view or rack_fixture.view(), **query)["events"]
    return [(one["kind"], one["subject"], one["until"] is None) for one in told]


def test_a_week_the_newest_first() -> None:
    """A rack's need lasts, the others are over; the first state of a promise is no change."""
    assert events() == [
        ("rack", "A06", True),
        ("device", "A06-A", False),
        ("promise", "guian-pue", True),
        ("agent", "gw1", False),
        ("import", "bills.csv", False),
    ]
    assert ("rack", "Z99", False) in events(days="366")


def test_it_is_narrowed_down() -> None:
    """By kind, by site, and by a part of a name or a row."""
    assert [one[1] for one in events(kind="device")] == ["A06-A"]
    assert [one[1] for one in events(find="a06")] == ["A06", "A06-A"]
    assert [one[1] for one in events(find="A", kind="rack")] == ["A06"]
    assert events(site="elsewhere") == []
    assert [one[1] for one in events(days="junk", kind="rack")] == ["A06"]


def test_maintenance_is_among_them() -> None:
    """A window that has begun is listed with its reason; one of tomorrow is not."""
    later = replace(window("A07"), since="2026-11-24T12:00+08:00", until="2026-11-24T14:00+08:00")
    view = replace(rack_fixture.view(), windows=[window("A06"), later])
    assert events(view, kind="maintenance") == [("maintenance", "A06", True)]
    assert "maintenance: swap of &lt;PDU&gt; B" in page("/events", view)


def test_the_page_leads_to_what_it_is_about() -> None:
    """Racks and PDUs lead to the rack, promises to the hub; the choices stay in the links."""
    html = page("/events", lang="zh", days="366")
    links = outline(html).links
    rack = f"/sites/{fixture.SITE}/racks/A06?lang=zh"
    assert links.count(rack) == 2
    assert "/hubs/guian?lang=zh#t-guian-pue" in links
    assert "/events?lang=zh&days=366&kind=device" in links
    assert "/api/events?days=366&format=csv" in links
    assert "机柜" in html


def test_the_days_are_the_time_that_is_marked() -> None:
    """366 days are the year: nothing else is chosen, and the form has its ends."""
    html = page("/events", lang="en", days="366")
    nav = html[html.index('class="over filter"') :]
    nav = nav[: nav.index("</nav>")]
    assert re.findall(r'aria-current="true">([^<]+)<', nav) == ["1 year"]
    assert 'value="2025-11-21 12:43"' in html


@pytest.mark.parametrize(
    ("query", "said"),
    [
        # NOW is 2026-11-22 12:43:48 in the hub's zone.
        ({"span": "1y"}, "2025-11-21 12:43 to 2026-11-22 12:43"),
        ({"span": "24h"}, "2026-11-21 12:43 to 2026-11-22 12:43"),
        ({"span": "1h"}, "11:43:48 to 12:43:48"),
    ],
)
def test_both_ends_are_written_alike(query: dict[str, str], said: str) -> None:
    """Over more than a day, with day and year: a clock beside a year's day would be of that day."""
    assert said in page("/events", **query)


def test_the_rack_has_its_own() -> None:
    """The page of a rack lists its needs and the silences of its PDUs, and no other's."""
    html = page(f"/sites/{fixture.SITE}/racks/A06")
    part = html[html.index('data-key="panel-rack-events"') :]
    part = part[: part.index("</section>")]
    assert part.count("<tr>") == 3
    assert "PDU silent" in part
    assert "Z99" not in html


class Told(rack_fixture.FakePast):
    """A ledger of which a test says what it has."""

    def __init__(self, told: list[Episode] | None) -> None:
        self.told = told

    def events(self, _over: Over) -> list[Episode] | None:
        return self.told


def crowded(count: int) -> BoardView:
    """Return a view of a site whose other racks had many events since those of rack A06."""
    own = rack_fixture.FakePast().events(Over(span=30 * 86400.0))
    others = [
        Episode(NOW - 60 - n / 100, "rack", fixture.SITE, "B", f"B{n}", "hot", until=NOW)
        for n in range(count)
    ]
    return replace(rack_fixture.view(), past=Told([*others, *own]))


def test_a_rack_has_its_events_however_many_others_have() -> None:
    """Those of a whole site are more than an answer lists."""
    path = f"/api/sites/{fixture.SITE}/racks/A06"
    alone = [one["subject"] for one in api(path, rack_fixture.view())["events"]]
    assert alone == ["A06", "A06-A"]
    assert [one["subject"] for one in api(path, crowded(400))["events"]] == alone


@pytest.mark.parametrize("language", ["en", "zh"])
def test_more_than_is_looked_through_is_told(language: str) -> None:
    """Only the newest are read: what else there was is not known, and no number says so."""
    said = words(language)("events.cut", count=MOST_EVENTS)
    full, few = crowded(MOST_EVENTS), crowded(10)
    assert said in page("/events", full, lang=language, kind="import")
    assert said not in page("/events", few, lang=language, kind="import")
    assert [api("/api/events", one)["is_complete"] for one in (full, few)] == [False, True]


def test_what_is_not_read_yet_did_not_not_happen() -> None:
    """Until the ledger has been read, nobody knows that nothing happened."""
    html = page("/events", replace(rack_fixture.view(), past=Told(None)))
    assert "is being read" in html
    assert "Nothing of this kind" not in html


def test_without_a_ledger_it_says_so() -> None:
    """An agent that keeps no ledger does not claim that nothing happened."""
    view = replace(fixture.view(), past=None)
    assert "so it does not know what happened" in page("/events", view)
    assert "Nothing of this kind" in page("/events", kind="maintenance")


def test_events_are_a_table() -> None:
    """CSV has a line an event."""
    response = pages.handle(rack_fixture.view(), "/api/events", {"format": "csv"})
    assert response is not None
    lines = response.body.decode("utf-8-sig").splitlines()
    assert len(lines) == 1 + 5
    assert lines[0].startswith("kind,site,row,subject,detail")
