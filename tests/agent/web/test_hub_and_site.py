"""A hub's page and a site's: what they say, and that the API says the same."""

from __future__ import annotations

import datetime as dt
import json
import re
from dataclasses import replace
from typing import Any

import pytest

from agent.web import pages
from tests.agent.web import fixture
from tests.agent.web.reading import outline


def answer(path: str, **query: str) -> str:
    response = pages.handle(replace(fixture.view(), evidence=fixture.evidence), path, query)
    assert response is not None, path
    return response.body.decode()


def api(path: str, **query: str) -> Any:
    return json.loads(answer(path, **query))


@pytest.mark.parametrize("language", ["en", "zh"])
@pytest.mark.parametrize(
    "path", ["/hubs/guian", "/hubs/kunming", "/hubs/liangya", f"/sites/{fixture.SITE}"]
)
def test_pages_are_well_formed(path: str, language: str) -> None:
    """In both languages elements nest, ids are unique, and there is one main part and one h1."""
    found = outline(answer(path, lang=language, find="A0", row="A"))
    assert found.tags.count("main") == 1
    assert found.tags.count("h1") == 1


@pytest.mark.parametrize(
    "path", ["/api/hubs/guian/trends/none", "/api/sites/none/rows", "/api/sites/none/supply"]
)
def test_what_is_not_known_has_no_data(path: str) -> None:
    """Of a hub, site or target that nobody knows there is no data."""
    assert pages.handle(fixture.view(), path, {}) is None


@pytest.mark.parametrize(
    ("path", "language", "said"),
    [
        ("/hubs/atlantis", "en", "There is no such page"),
        ("/sites/none", "zh", "没有这个页面"),
        ("/sites/none/supply", "en", "There is no such page"),
        ("/%3Cscript%3E/x", "en", "/%3Cscript%3E/x"),
    ],
)
def test_an_address_that_is_no_page_leads_home(path: str, language: str, said: str) -> None:
    """The status is 404, and the page has the ways to the board, the site and the search."""
    response = pages.handle(fixture.view(), path, {"lang": language})
    assert response is not None
    assert response.status == 404
    html = response.body.decode()
    assert said in html
    assert "<script>" not in html
    for way in ("/", f"/sites/{fixture.SITE}", "/collectors", "/search"):
        assert f'href="{way}?lang={language}"' in html


def _row(target: str) -> Any:
    return next(row for row in api("/api/hubs/guian")["targets"] if row["id"] == target)


def test_measured_and_registered_stand_apart() -> None:
    """A measured count and a published figure are two lines, each with its own time and source."""
    row = next(
        row
        for row in api("/api/hubs/guian")["targets"]
        if row["kpi"] == "accelerators" and row["kind"] != "observation"
    )
    assert [(one["kind"], one["value"], one["at_least"]) for one in row["evidence"]] == [
        ("measured", 8000, True),
        ("registered", 80000, True),
    ]
    assert row["evidence"][1]["published"] == "2024-03-06"
    noon = dt.datetime.fromisoformat("2024-03-06T12:00+08:00")  # of that day at the hub
    assert row["evidence"][1]["time_seconds"] == noon.timestamp()
    html = answer("/hubs/guian")
    assert "at least 8" in html
    assert "over 80" in html


def test_a_forecast_is_drawn_with_its_range_to_the_deadline() -> None:
    """The forecast of a falling PUE continues its pace, and its range widens to the deadline."""
    found = api("/api/hubs/guian/trends/guian-huawei-pue")
    series, times = found["trend"]["series"], found["trend"]["times"]
    assert found["limit"] == 1.2
    assert times == sorted(times)
    assert {len(values) for values in series.values()} == {len(times)}
    last = max(index for index, value in enumerate(series["value"]) if value is not None)
    assert times[last] <= fixture.NOW + found["trend"]["step_seconds"]
    row = _row("guian-huawei-pue")
    assert series["expected"][-1] == pytest.approx(row["expected"]["expected"], abs=2e-4)
    widths = [
        high - low
        for low, high in zip(series["lower"], series["upper"], strict=True)
        if low is not None
    ]
    assert widths == sorted(widths)
    assert all(value is None for value in series["expected"][: last - 1])
    assert 'class="band forecast"' in answer("/hubs/guian")


def test_a_claim_says_where_it_was_made_and_what_it_leaves_open() -> None:
    """Every promise is unfolded: publisher, date, claim, and what its source leaves open."""
    html = answer("/hubs/guian")
    assert 'TapTechNews, <span class="day">2024-06-14</span>' in html
    assert "What the source does not say" in html
    assert html.count('<details open data-key="d-guian') >= 6


def test_overhead_adds_up_and_says_how_well_it_was_metered() -> None:
    """The overheads are shares of one sum; one that was metered in part says so."""
    window = api(f"/api/sites/{fixture.SITE}/overhead")["windows"][-1]
    assert [part["subsystem"] for part in window["parts"]] == [
        "cooling",
        "ups",
        "distribution",
        "lighting",
        "unmetered",
    ]
    html = answer(f"/sites/{fixture.SITE}")
    assert "168\u202fMWh" in html
    assert "239\u202fMWh" in html
    assert re.search(r"0\.512\u202fkg/kWh \(location-based\)", html)
    assert "0.31\u202fL/kWh" in html


def test_breakers_are_listed_tightest_first_with_both_bounds() -> None:
    """A breaker with unknown load shows both bounds; the pair that cannot fail over is first."""
    found = api(f"/api/sites/{fixture.SITE}/breakers")
    assert [one["breaker"] for one in found] == ["QF-A1", "QF-B1", "QF-A2", "QF-B2"]
    assert found[1]["load_ratio"] == {"lower": 0.47, "upper": pytest.approx(0.54)}
    assert "47\u202f%\u202f–\u202f54\u202f%" in answer(f"/sites/{fixture.SITE}")


def test_a_row_says_when_it_is_full_and_of_what() -> None:
    """The day is given with its range; a row whose pace leads nowhere has none."""
    rows = api(f"/api/sites/{fixture.SITE}/rows")
    assert [one["row"] for one in rows] == ["A", "B"]
    assert rows[1]["full"] == {}
    html = answer(f"/sites/{fixture.SITE}")
    assert "2027-01-12" in html
    assert "space · 2027-01-02 to 2027-02-27" in html


def test_links_and_chips_are_told() -> None:
    """Links have round trips by quantile and loss; chips are counted by model, lost ones too."""
    links = {link["peer"]: link for link in api("/api/links")}
    assert links["hangzhou"]["round_trip_seconds"] == {"0.5": 0.0152, "0.99": 0.0171}
    assert links["hangzhou"]["loss_ratio"] == 0.002
    assert links["hangzhou"]["name"] == {"en": "Hangzhou", "zh": "杭州"}
    site = f"/sites/{fixture.SITE}"
    assert re.search(r'<th scope="row">\s*杭州<', answer(site, lang="zh"))
    assert re.search(r'<th scope="row">\s*Hangzhou<', answer(site))
    chips = {one["model"]: one for one in api("/api/chips")}
    assert (chips["Ascend 910B"]["chips"], chips["Ascend 910B"]["silent"]) == (23, 0)
    assert chips[""]["silent"] == 1


def test_the_curve_is_marked_where_the_category_changes() -> None:
    """Twelve of thirty days are of category 1 and the last sixteen of 2: the mark is in the gap."""
    trend = api(f"/api/sites/{fixture.SITE}/pue")["trend"]
    assert (trend["category"][11], trend["category"][12], trend["category"][14]) == (1, None, 2)
    html = answer(f"/sites/{fixture.SITE}")
    # Between the middles of the 12th and the 15th day: (11.5 + 14.5) / 2 of 30 days.
    assert re.search(r'class="mark-name" x="43.33%"[^>]*>category 1 → 2<', html)
    assert "类别 1 → 2" in answer(f"/sites/{fixture.SITE}", lang="zh")
