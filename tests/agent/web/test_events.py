"""What happened, as a page, on the page of a rack, and in the API."""

from __future__ import annotations

from dataclasses import replace

from agent.web import pages
from agent.web.view import BoardView
from tests.agent.web import fixture, rack_fixture
from tests.agent.web.asked import page
from tests.agent.web.reading import api, outline
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


def test_the_rack_has_its_own() -> None:
    """The page of a rack lists its needs and the silences of its PDUs, and no other's."""
    html = page(f"/sites/{fixture.SITE}/racks/A06")
    part = html[html.index('data-key="panel-rack-events"') :]
    part = part[: part.index("</section>")]
    assert part.count("<tr>") == 3
    assert "PDU silent" in part
    assert "Z99" not in html


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
