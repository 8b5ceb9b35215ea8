"""Charts and tables as CSV, read back by Python's own reader."""

from __future__ import annotations

import csv
import io

import pytest

from agent.web import pages
from agent.web.table import as_csv
from agent.web.view import BoardView
from tests.agent.web import fixture, rack_fixture


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
