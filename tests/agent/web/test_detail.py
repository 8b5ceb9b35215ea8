"""The page of a rack."""

from __future__ import annotations

from dataclasses import replace
from urllib.parse import quote

import pytest

from agent.web import pages
from agent.web.paths import rack_path
from collectors.base import Batch
from collectors.catalogue import facility, rack
from tests.agent.web import fixture, rack_fixture
from tests.agent.web.asked import api, page
from tests.agent.web.reading import HOSTILE, outline

RACK = f"/sites/{fixture.SITE}/racks/{rack_fixture.NAME}"


@pytest.mark.parametrize("language", ["en", "zh"])
@pytest.mark.parametrize(
    "path", [RACK, f"/racks/{rack_fixture.NAME}", f"/sites/{fixture.SITE}/racks/B06", "/collectors"]
)
def test_pages_are_well_formed(path: str, language: str) -> None:
    """In both languages the elements nest and ids are unique."""
    found = outline(page(path, lang=language))
    assert found.tags.count("h1") == found.tags.count("main") == 1


def test_a_rack_is_known_by_its_name_alone() -> None:
    """`/racks/NAME` is the rack where one site has it, and a choice where several have."""
    assert "Rack A06" in page("/racks/A06")
    two = replace(fixture.view(), inventory=None)
    two.snapshot.update(
        Batch(
            collector="other",
            device="",
            time=0,
            lifetime=1e9,
            readings=fixture.racks(6, where="other-site"),
        )
    )
    assert f'href="{RACK}"' in page("/racks/A06", two)
    assert 'href="/sites/other-site/racks/A06"' in page("/racks/A06", two)
    assert api("/racks/A06", two)["sites"] == [fixture.SITE, "other-site"]


@pytest.mark.parametrize(
    "path", ["/racks/nosuch", f"/sites/{fixture.SITE}/racks/nosuch", "/sites/nosuch/racks/A06"]
)
def test_a_rack_nobody_names_is_not_found(path: str) -> None:
    """A rack that neither the inventory nor any reading names has no page, and no data."""
    response = pages.handle(rack_fixture.view(), path, {})
    assert response is not None
    assert response.status == 404
    assert (
        api(path)["sites"] == []
        if path.startswith("/racks")
        else pages.handle(rack_fixture.view(), f"/api{path}", {}) is None
    )


def test_what_a_rack_needs_leads_to_what_to_do() -> None:
    """Each need names the alert whose section says what to do:
    the graver one where it is that bad.
    """
    assert [(need["need"], need["alert"]) for need in api(RACK)["needs"]] == [
        ("over", "RackOverPower"),
        ("failover_lost", "RackFailoverLost"),
    ]
    assert [need["alert"] for need in api(f"/sites/{fixture.SITE}/racks/A10")["needs"]] == [
        "RackFailoverTight"
    ]
    assert [need["alert"] for need in api(f"/sites/{fixture.SITE}/racks/B03")["needs"]] == [
        "RackTooHot"
    ]


def test_elevation_says_what_is_free() -> None:
    """What stands where comes from the inventory; what takes no unit stands elsewhere.

    The free stretches are told.
    """
    found = api(RACK)["elevation"]
    assert [
        (place["node"], place["position"], place["units"]) for place in found["placed"][:2]
    ] == [
        ("leaf-switch-a-of-row-a-rack-06", 42, 1),
        ("gpu-08", 29, 4),
    ]
    assert [place["node"] for place in found["elsewhere"]] == ["strip"]
    assert found["free"] == [[33, 41]]
    assert found["largest_free_units"] == 9
    assert "33-41" in page(RACK)


def test_feeds_tell_phases_and_capacity() -> None:
    """Each feed has its PDU's state, load over its capacity, its phases and how uneven they are."""
    first, second = api(RACK)["feeds"]
    assert (first["feed"], first["up"], first["load_ratio"]) == (
        "A",
        True,
        pytest.approx(4281 / 7400),
    )
    assert [phase["current_amperes"] for phase in first["phases"]] == [7.9, 6.1, 4.9]
    assert first["imbalance_ratio"] == 0.24
    assert second["power_watts"] == 4279.0
    html = page(RACK)
    assert "412.34\u202fMWh" in html
    assert "psu 24" in html


def test_a_silent_feed_has_no_power_and_a_time() -> None:
    """Of a PDU that does not answer the page says since when.

    Its power is not known, and what is drawn is at least the other's.
    """
    feeds = {feed["feed"]: feed for feed in api(f"/sites/{fixture.SITE}/racks/B06")["feeds"]}
    assert (feeds["B"]["up"], feeds["B"]["power_watts"]) == (False, None)
    html = page(f"/sites/{fixture.SITE}/racks/B06")
    assert "silent since 09:43:48 (3\u202fh)" in html
    assert "≥\u202f2.10\u202fkW" in html


def test_a_pdu_that_is_not_polled_is_told() -> None:
    """A listed PDU without any reading neither answers nor is silent: it is not polled."""
    known = rack_fixture.listed()
    one = known.racks[rack_fixture.NAME]
    feeds = {**one.feeds, "C": replace(one.feeds["A"], pdu="A06-C")}
    racks = {rack_fixture.NAME: replace(one, feeds=feeds)}
    view = replace(rack_fixture.view(), inventory=replace(known, racks=racks))
    assert [feed["up"] for feed in api(RACK, view)["feeds"]] == [True, True, None]
    assert "not polled" in page(RACK, view)


def test_sensors_are_held_against_the_limits() -> None:
    """An inlet is as recommended, still allowed or beyond.

    The warm side is not judged by limits of the cold one.
    """
    html = page(RACK)
    for sensor, said in (
        ("inlet bottom", "as recommended"),
        ("inlet top", "still allowed"),
        ("inlet middle", "beyond"),
        ("exhaust", "warm side"),
    ):
        row = html[html.index(f">{sensor}<") :]
        assert said in row[: row.index("</tr>")]


def test_a_column_of_which_nothing_is_known_is_left_out() -> None:
    """Outlets that tell no current have no column of dashes for it."""
    outlets = page(RACK).partition('id="p-rack-outlets"')[2]
    assert "Power" in outlets
    assert "Voltage" not in outlets


def test_names_from_outside_are_only_text() -> None:
    """A hostile rack name is escaped on its page, in its links and in the way there."""
    name = HOSTILE
    view = fixture.view(
        [(rack.RACK_INFO.series(fixture.HUB, fixture.SITE, "A", name, "in_service"), 1.0)]
    )
    safe = next(iter(view.snapshot.family(rack.RACK_INFO))).values[3]
    html = page(f"/sites/{fixture.SITE}/racks/{quote(safe, safe='')}", view)
    outline(html)
    assert "<script>alert" not in html
    assert quote(safe, safe="") in html


@pytest.mark.parametrize(
    "name",
    [
        "A/07",
        "A//07",
        "/",
        "..",
        "A%2F07",
        "A07?x=1#y",
        "机柜/7",
        "a b+c;d",
        "\u202e70A",
        "x" * 1024,
    ],
)
def test_a_rack_of_any_name_is_opened_by_the_board_s_own_link(name: str) -> None:
    """A slash in a rack's name is no step of the path; page, search by name and API agree."""
    view = fixture.view(
        [(rack.RACK_INFO.series(fixture.HUB, fixture.SITE, "A", name, "in_service"), 1.0)]
    )
    known = next(iter(view.snapshot.family(rack.RACK_INFO))).values[3]
    path = rack_path(fixture.SITE, known)
    html = page(path, view)
    assert f'href="{path}?lang=zh"' in html
    assert api(path, view)["rack"] == known
    assert page(f"/racks/{quote(known, safe='')}", view)
    assert api(f"/racks/{quote(known, safe='')}", view)


def test_readings_of_a_rack_carry_its_site() -> None:
    """A PDU of a rack of the same name at another site is not this rack's."""
    view = rack_fixture.view()
    at = (fixture.HUB, "other-site", "A", "A06", "A06-X", "A")
    view.snapshot.update(
        Batch(
            collector="other",
            device="",
            time=0,
            lifetime=1e9,
            readings=[(facility.PDU_POWER.series(*at), 1.0)],
        )
    )
    assert [feed["pdu"] for feed in api(RACK, view)["feeds"]] == ["A06-A", "A06-B"]
