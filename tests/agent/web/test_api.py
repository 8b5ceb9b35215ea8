"""Paths and the API: their shapes, and that no name of a device becomes markup."""

from __future__ import annotations

import json
import re
from dataclasses import replace

import pytest

from agent.health import CollectorHealth
from agent.web import pages
from collectors.catalogue import facility, inventory, node, rack, site
from tests.agent.web import fixture
from tests.agent.web.reading import HOSTILE, api, outline, page


def test_policy_forbids_what_the_page_does_not_need() -> None:
    """The content-security policy allows this server's own files and no inline script or style."""
    response = pages.handle(fixture.view(), "/", {})
    assert response is not None
    policy = dict(response.headers)["content-security-policy"]
    assert "default-src 'none'" in policy
    assert "unsafe" not in policy


@pytest.mark.parametrize("name", ["board.css", "board.js", "picture.js", "zoom.js", "icon.svg"])
def test_static_files_are_served(name: str) -> None:
    """The style sheet, the script and the icon are part of the package."""
    response = pages.handle(fixture.view(), f"/static/{name}", {})
    assert response is not None
    assert response.body
    assert not re.search(rb"(url\(|@import|https?://(?!www\.w3\.org/2000/svg))", response.body)


@pytest.mark.parametrize(
    "path",
    [
        "/static/../pages.py",
        "/static/",
        "/api/none",
        "/api/hubs/atlantis",
        "/api/sites/none/pue",
        "/api/sites/a/b/c",
    ],
)
def test_unknown_paths_are_not_ours(path: str) -> None:
    """A path that the board does not know is left to the server."""
    assert pages.handle(fixture.view(), path, {}) is None


def test_hostile_names_are_only_text() -> None:
    """Any name of a device, rack, site or meter, and any error, stays text in page and API."""
    key = (fixture.HUB, HOSTILE, HOSTILE, HOSTILE)
    readings = [
        (site.SITE_INFO.series(fixture.HUB, HOSTILE, "in_service", HOSTILE), 1.0),
        (rack.RACK_INFO.series(*key, "in_service"), 1.0),
        (rack.RACK_UTILIZATION.series(*key, "power"), 2.0),
        (facility.PDU_UP.series(*key, HOSTILE, "A"), 0.0),
        (facility.METER_POWER.series(fixture.HUB, HOSTILE, HOSTILE, "utility"), 1.0),
        (site.SITE_PUE.series(fixture.HUB, HOSTILE, HOSTILE, HOSTILE), 1.3),
        (node.NODE_POWER.series(*key, HOSTILE, HOSTILE), 3.0),
        (inventory.SILENT_SINCE.series(fixture.HUB, HOSTILE, HOSTILE, HOSTILE), 1.0),
        (inventory.MISMATCHES.series(fixture.HUB, HOSTILE, HOSTILE), 1.0),
        (inventory.MISMATCH_INFO.series(fixture.HUB, HOSTILE, HOSTILE, HOSTILE, HOSTILE), 1.0),
    ]
    bad = [CollectorHealth(collector=HOSTILE, device=HOSTILE, ok=False, last_error=HOSTILE)]
    view = replace(fixture.view(readings, healthy=lambda: bad), node=HOSTILE)
    for colour in ("power", "space"):
        html = page(view, racks=colour, lang='"><script>', site=HOSTILE)
        outline(html)
        assert "<script>alert" not in html
        assert html.count("<script") == 2
    for path in ("/api", "/api/racks", "/api/collectors", "/api/devices", "/api/sites"):
        assert HOSTILE.rstrip("\\") in json.dumps(api(path, view)).encode().decode("unicode_escape")


@pytest.mark.parametrize(
    ("path", "keys"),
    [
        (
            "/api",
            {"at", "hub", "site", "node", "simulated", "sites", "collectors", "host", "paths"},
        ),
        (
            "/api/hubs/guian",
            {
                "hub",
                "name",
                "parent",
                "targets",
                "policy",
                "no_target",
                "counts",
                "timezone",
                "at",
                "location",
                "children",
            },
        ),
        (
            f"/api/sites/{fixture.SITE}/pue",
            {"hub", "site", "limits", "windows", "silent", "required_ratio", "trend"},
        ),
        (f"/api/sites/{fixture.SITE}/power", {"hub", "site", "now", "trend"}),
        ("/api/racks", {"at", "hub", "sites", "limits", "columns", "rows"}),
        ("/api/collectors", {"at", "counts", "kinds", "collectors", "notices"}),
        ("/api/devices", {"at", "hub", "kinds", "silent", "mismatches"}),
    ],
)
def test_everything_on_the_page_is_in_the_api(path: str, keys: set[str]) -> None:
    """Each part of the board has its path under /api, of a stable shape."""
    assert set(api(path)) == {"simulated", *keys}


def test_api_lists_hubs_and_sites() -> None:
    """The hubs are all there, and the site's line says its PUE, power and racks."""
    assert {hub["hub"] for hub in api("/api/hubs")} == {
        "national",
        "kunming",
        "liangya",
        "guizhou",
        "guian",
    }
    (line,) = api("/api/sites")
    assert (line["site"], line["pue"], line["window"], line["needing"]) == (
        fixture.SITE,
        1.2284,
        "12mo",
        5,
    )
    assert line["racks"]["racks"] == {"in_service": 22, "under_construction": 1, "planned": 1}
    assert len(api("/api/racks", needs="1")["rows"]) == 5
