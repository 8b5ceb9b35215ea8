"""The way from what a rack needs to its dashboard in Grafana, at the time it began."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from urllib.parse import parse_qs, urlsplit

import pytest

from agent.cli import main
from agent.settings import Grafana
from agent.web import grafana
from dashboards import uids
from dashboards.boards import rack
from tests.agent.web import fixture, rack_fixture
from tests.agent.web.asked import api, page

RACK = f"/sites/{fixture.SITE}/racks/A06"


def test_it_leads_to_the_dashboard_that_is_built() -> None:
    """Its uid and its variables are those of the rack's dashboard, in either language."""
    for language in ("en", "zh"):
        address = grafana.rack_at(
            Grafana(url="https://g.example/x/", language=language),
            "guian",
            "s 1",
            "A",
            "A/6",
            since=7200.0,
        )
        parts = urlsplit(address)
        board = rack.board(language)
        assert parts.path == f"/x/d/{uids.local(board.uid, language)}"
        asked = parse_qs(parts.query)
        named = {key.removeprefix("var-") for key in asked if key.startswith("var-")}
        assert named == {one.name for one in board.variables}
        assert asked["var-rack"] == ["A/6"]
        assert (asked["from"], asked["to"]) == (["5400000"], ["9000000"])


def test_every_need_has_it_where_a_grafana_is_named() -> None:
    """The page and the API have the address; without a Grafana there is none."""
    view = replace(rack_fixture.view(), grafana=Grafana(url="https://g.example"))
    needs = api(RACK, view)["needs"]
    assert needs
    assert all(one["grafana"].startswith("https://g.example/d/hubgauge-rack?") for one in needs)
    assert 'href="https://g.example/d/hubgauge-rack?' in page(RACK, view)
    assert [one["grafana"] for one in api("/events", view)["events"][:2]] == [
        grafana.rack_at(view.grafana, "guian", fixture.SITE, "A", "A06", since=fixture.NOW - ago)
        for ago in (3600, 7200)
    ]
    assert "Grafana" not in page(RACK)


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("{url: g.example}", "outputs.http.grafana.url: expected http://… or https://…"),
        ("{url: 'http://g', language: de}", "outputs.http.grafana.language"),
    ],
)
def test_a_wrong_address_is_told(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], text: str, said: str
) -> None:
    """One line with file, line and key."""
    config = tmp_path / "c.yaml"
    config.write_text(f"hub: guian\noutputs:\n  http:\n    grafana: {text}\n")
    assert main(["check", str(config)]) == 2
    (line,) = capsys.readouterr().err.splitlines()
    assert "c.yaml:4" in line
    assert said in line
