"""The API's description against what the API answers."""

from __future__ import annotations

import json
import re
from dataclasses import replace
from typing import Any

import pytest

from agent.web import pages
from agent.web.hosthistory import HostHistory
from agent.web.operations import OPERATIONS
from agent.web.view import BoardView
from tests.agent.web import fixture, rack_fixture
from tests.agent.web.asked import api, page
from tests.agent.web.test_host import say

NAMED = {
    "hub": rack_fixture.HUB,
    "site": rack_fixture.SITE,
    "rack": rack_fixture.NAME,
    "target": "guian-huawei-pue",
}


def _view() -> BoardView:
    made = replace(rack_fixture.view(), evidence=fixture.evidence, host_history=HostHistory())
    say(made, 0)  # a machine with host metrics
    return made


@pytest.fixture(scope="module")
def described() -> Any:
    return api("/openapi.json")


PATHS = [
    "/api",
    "/api/hubs",
    "/api/hubs/{hub}",
    "/api/hubs/{hub}/trends/{target}",
    "/api/hubs/{hub}/report",
    "/api/links",
    "/api/chips",
    "/api/sites",
    "/api/sites/{site}/pue",
    "/api/sites/{site}/power",
    "/api/sites/{site}/temperature",
    "/api/sites/{site}/overhead",
    "/api/sites/{site}/breakers",
    "/api/sites/{site}/rows",
    "/api/sites/{site}/supply",
    "/api/sites/{site}/racks/{rack}",
    "/api/sites/{site}/racks/{rack}/temperature",
    "/api/racks",
    "/api/racks/{rack}",
    "/api/collectors",
    "/api/host",
    "/api/devices",
    "/api/meters",
    "/api/losses",
    "/api/alerts",
    "/api/events",
    "/api/search",
    "/api/openapi.json",
]
"""Written by hand: no path may go, and none may come undescribed."""


def test_every_path_is_described_and_no_other(described: Any) -> None:
    """`/api` lists the paths that there are, and the description has the same."""
    assert api("")["paths"] == PATHS
    listed = {path.removeprefix("/api") or "/" for path in PATHS} - {"/openapi.json"}
    assert set(described["paths"]) == listed
    assert described["openapi"].startswith("3.1")
    assert {one["get"]["operationId"] for one in described["paths"].values()} >= {"racks", "rack"}


@pytest.mark.parametrize("path", [one.path for one in OPERATIONS])
def test_an_answer_is_as_it_is_described(described: Any, path: str) -> None:
    """Each answer of a made-up site holds against its schema (JSON Schema 2020-12)."""
    import jsonschema  # builds a grammar: more than a second of each process that collects

    asked = re.sub(r"{(\w+)}", lambda found: NAMED[found[1]], path)
    response = pages.handle(_view(), asked, {"week": "2026-W46"})
    assert response is not None
    answer = json.loads(response.body)
    get = described["paths"][path.removeprefix("/api") or "/"]["get"]
    schema = get["responses"]["200"]["content"]["application/json"]["schema"]
    whole = {**schema, "components": described["components"]}
    jsonschema.Draft202012Validator(whole).validate(answer)
    if isinstance(answer, dict):
        kind = described["components"]["schemas"][_name(schema)]
        assert set(answer) == set(kind["properties"])


def _name(schema: dict[str, Any]) -> str:
    found = schema.get("$ref") or next(one["$ref"] for one in schema["anyOf"] if "$ref" in one)
    return str(found).rpartition("/")[2]


@pytest.mark.parametrize("path", [one.path for one in OPERATIONS])
def test_every_answer_says_whether_it_is_simulated(path: str) -> None:
    """The header says so of rows and files too; an answer that is a record has it as a key."""
    asked = re.sub(r"{(\w+)}", lambda found: NAMED[found[1]], path)
    for simulated in (True, False):
        view = replace(_view(), simulated=simulated)
        response = pages.handle(view, asked, {"week": "2026-W46"})
        assert response is not None
        assert (pages.SIMULATED in response.headers) == simulated
        answer = json.loads(response.body)
        assert isinstance(answer, list) or answer["simulated"] is simulated


def test_the_version_stands_in_the_address() -> None:
    """/api/v1/racks gives what /api/racks does; there is no v2, and no v1 of v1."""
    assert api("/v1/racks") == api("/racks")
    for path in ("/api/v2/racks", "/api/v1/v1/racks"):
        assert pages.handle(rack_fixture.view(), path, {}) is None


def test_the_page_says_what_each_path_gives() -> None:
    """In both languages every path has its line."""
    for language in ("en", "zh"):
        html = page("/openapi", lang=language)
        for one in OPERATIONS:
            assert f"<code>{one.path}</code>" in html
