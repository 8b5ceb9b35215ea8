"""Charts and tables as CSV, read back by Python's own reader."""

from __future__ import annotations

import csv
import io
import zipfile
from urllib.parse import parse_qsl

import pytest

from agent.web import pages
from agent.web.table import as_csv
from agent.web.view import BoardView
from tests.agent.web import fixture, rack_fixture, supply_fixture
from tests.agent.web.asked import page


def archive(path: str, **query: str) -> dict[str, list[list[str]]]:
    """Return every table of an archive by the name of its file."""
    response = pages.handle(rack_fixture.view(), path, {**query, "format": "zip"})
    assert response is not None
    assert response.content_type == "application/zip"
    with zipfile.ZipFile(io.BytesIO(response.body)) as found:
        assert found.testzip() is None
        return {
            name: list(csv.reader(io.StringIO(found.read(name).decode("utf-8-sig"))))
            for name in found.namelist()
        }


def test_a_report_has_all_its_lists() -> None:
    """One file for each, and one for the figures that stand in no list; a list within a list says
    whose its rows are.
    """
    tables = archive("/api/hubs/guian/report", month="2026-10")
    assert list(tables) == [
        "figures.csv",
        "promises.csv",
        "sites.csv",
        "sites.factors.emissions.csv",
        "overheads.csv",
        "days.csv",
        "months.csv",
        "racks_needing.csv",
        "meters_lost.csv",
    ]
    assert len(tables["days.csv"]) == 1 + 31  # the days of October
    assert len(tables["months.csv"]) == 1 + 12
    assert "sites.site" in tables["sites.factors.emissions.csv"][0]
    head, figures = tables["figures.csv"]
    assert dict(zip(head, figures, strict=True))["period"] == "2026-10"


def test_one_list_is_chosen_by_its_name() -> None:
    """`?list=` gives the same as the file of that name; a name that is none is refused."""
    path = "/api/hubs/guian/report"
    query = {"month": "2026-10", "format": "csv"}
    one = pages.handle(rack_fixture.view(), path, {**query, "list": "racks_needing"})
    assert one is not None
    found = list(csv.reader(io.StringIO(one.body.decode("utf-8-sig"))))
    assert found == archive(path, month="2026-10")["racks_needing.csv"]
    assert "racks-needing" in dict(one.headers)["content-disposition"]
    with pytest.raises(ValueError, match="list: expected one of figures, promises, sites"):
        pages.handle(rack_fixture.view(), path, {**query, "list": "racks"})


def test_a_rack_has_its_curve_and_its_tables() -> None:
    """The trend of 48 hours; the phases with the feed that they are of, two feeds of three each."""
    path = f"/api/sites/{rack_fixture.SITE}/racks/{rack_fixture.NAME}"
    tables = archive(path)
    assert len(tables["trend.csv"]) == 1 + 48
    of_curve = [name for name in tables["figures.csv"][0] if name.startswith("trend.")]
    assert of_curve == ["trend.step_seconds"]
    head, *phases = tables["feeds.phases.csv"]
    assert [row[head.index("feeds.feed")] for row in phases] == ["A"] * 3 + ["B"] * 3


@pytest.mark.parametrize(
    ("page", "link"),
    [
        ("/hubs/guian/report?month=2026-10", "/api/hubs/guian/report?month=2026-10&amp;format=zip"),
        ("/hubs/guian", "/api/hubs/guian?format=zip"),
        (
            f"/sites/{rack_fixture.SITE}/racks/{rack_fixture.NAME}",
            f"/api/sites/{rack_fixture.SITE}/racks/{rack_fixture.NAME}?format=zip",
        ),
        (f"/sites/{rack_fixture.SITE}/supply", f"/api/sites/{rack_fixture.SITE}/supply?format=zip"),
        (
            f"/sites/{rack_fixture.SITE}",
            f"/api/sites/{rack_fixture.SITE}/pue?list=windows&amp;format=csv",
        ),
    ],
)
def test_the_pages_lead_there(page: str, link: str) -> None:
    """Below the tables of a page is the way to them, and the way is good."""
    path, _, query = page.partition("?")
    response = pages.handle(rack_fixture.view(), path, dict(parse_qsl(query)))
    assert response is not None
    assert f'href="{link}"' in response.body.decode()
    path, _, query = link.replace("&amp;", "&").partition("?")
    assert pages.handle(rack_fixture.view(), path, dict(parse_qsl(query))) is not None


def test_the_archive_of_a_supply_page_has_the_loss_that_it_tells() -> None:
    """What is asked of the page is asked of the file; its link has no choice that is not its
    own.
    """
    asked = {"lose": "bus-a", "at": "bus-b", "lang": "en"}
    html = page(f"/sites/{supply_fixture.SITE}/supply", supply_fixture.view(), **asked)
    assert 'href="/api/sites/s/supply?at=bus-b&amp;lose=bus-a&amp;format=zip"' in html


def test_a_site_leads_to_its_own_links_and_chips() -> None:
    """Rows of other sites do not stand above the link, so they are not in the file."""
    html = page(f"/sites/{fixture.SITE}", fixture.view())
    assert f'href="/api/chips?site={fixture.SITE}&amp;format=csv"' in html
    assert f'href="/api/links?site={fixture.SITE}&amp;format=csv"' in html
    assert 'href="/api/chips?format=csv"' in page(f"/hubs/{fixture.HUB}", fixture.view())


def rows(path: str, view: BoardView) -> list[list[str]]:
    response = pages.handle(view, path, {"format": "csv"})
    assert response is not None
    assert response.content_type == "text/csv; charset=utf-8"
    assert dict(response.headers)["content-disposition"].startswith(
        'attachment; filename="hubgauge'
    )
    return list(csv.reader(io.StringIO(response.body.decode("utf-8-sig"))))


def test_a_curve_is_a_line_for_each_time() -> None:
    """The PUE of thirty days with coverage and category; a day without a value has empty cells."""
    head, *lines = rows(f"/api/sites/{fixture.SITE}/pue", fixture.view())
    assert head[:3] == ["time", "pue", "coverage"]
    assert len(lines) == 30
    assert lines[0][0].endswith("Z")
    assert lines[12][1] == ""
    assert lines[13][2] == "0.0"


def test_a_chart_of_several_lines_has_a_column_each() -> None:
    """Power by stage: what was not metered in an hour is empty, not zero."""
    head, *lines = rows(f"/api/sites/{fixture.SITE}/power", fixture.view())
    assert head == ["time", "facility", "ups", "pdu", "it"]
    assert len(lines) == 24
    assert [line[4] == "" for line in lines[8:13]] == [False, True, True, True, False]


def test_a_table_has_its_columns() -> None:
    """Racks are a line each under the names of `/api/racks`; meters under the names of a record."""
    head, *lines = rows("/api/racks", fixture.view())
    assert head[:4] == ["site", "row", "rack", "state"]
    assert len(lines) == 24
    assert rows("/api/meters", rack_fixture.view())[0][:2] == ["site", "meter"]


@pytest.mark.parametrize(
    ("name", "cell"),
    [
        ("=cmd()", "'=cmd()"),
        ("@x", "'@x"),
        ("+1", "'+1"),
        ("\uff1dcmd()", "'\uff1dcmd()"),
        ("\uff0b1", "'\uff0b1"),
        ("\uff0d1", "'\uff0d1"),
        ("\uff20x", "'\uff20x"),
        ("\t=1", "'\t=1"),
        ("\r1", "'\r1"),
        ("\n=1", "'\n=1"),
        ("\u3000=1", "'\u3000=1"),
        ("a=1", "a=1"),
        ('a"b,c', 'a"b,c'),
        ("机柜", "机柜"),
        (-3.5, "-3.5"),
        (None, ""),
        (True, "true"),
    ],
)
def test_a_name_is_no_formula(name: str | float | bool | None, cell: str) -> None:
    """A text that a spreadsheet would compute is written as text; numbers keep their sign."""
    text = as_csv([{"name": name, "of": {"a": 1}, "list": ["x", "y"], "deep": [{"z": 1}]}])
    assert text is not None
    assert list(csv.reader(io.StringIO(text))) == [["name", "of.a", "list"], [cell, "1", "x; y"]]


def test_what_has_no_table_is_not_found() -> None:
    """An empty answer is no file."""
    assert as_csv([]) is None
    assert as_csv({}) is None
