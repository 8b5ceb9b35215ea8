"""The page and its API, without a browser."""

from __future__ import annotations

import json
import re
from dataclasses import replace
from html.parser import HTMLParser
from typing import Any

import pytest

from agent.health import CollectorHealth
from agent.messages.catalogue import languages, words
from agent.targets.model import STATES, State
from agent.targets.wording import STATE_NAMES
from agent.web import board, pages
from agent.web.page import Page
from collectors.base import Metric
from collectors.catalogue import facility, inventory, node, rack, site
from tests.agent.web import fixture

HOSTILE = "\"><script>alert(1)</script>&amp;' onload=x {0} \\"
_VOID = {"meta", "link", "br", "hr", "img", "input", "col"}


class Outline(HTMLParser):
    """Checks that elements nest, ids are unique, and notes what a test asks about."""

    def __init__(self) -> None:
        super().__init__()
        self.open: list[str] = []
        self.ids: list[str] = []
        self.links: list[str] = []
        self.tags: list[str] = []
        self.references: list[str] = []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.append(tag)
        found = dict(attrs)
        assert len(found) == len(attrs), (tag, attrs)
        assert not any(name.startswith("on") or name == "style" for name in found), (tag, attrs)
        if found.get("id"):
            self.ids.append(str(found["id"]))
        for name in ("href", "src"):
            if found.get(name):
                self.links.append(str(found[name]))
        for name in ("aria-labelledby",):
            if found.get(name):
                self.references.append(str(found[name]))
        if tag not in _VOID:
            self.open.append(tag)

    def handle_startendtag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.handle_starttag(tag, attrs)
        if tag not in _VOID:
            self.open.pop()

    def handle_endtag(self, tag: str) -> None:
        assert self.open, tag
        assert self.open.pop() == tag


def outline(html: str) -> Outline:
    parser = Outline()
    parser.feed(html)
    parser.close()
    assert parser.open == []
    assert len(parser.ids) == len(set(parser.ids)), sorted(
        i for i in parser.ids if parser.ids.count(i) > 1
    )
    assert set(parser.references) <= set(parser.ids)
    return parser


def page(view: Any = None, **query: str) -> str:
    response = pages.handle(view or fixture.view(), "/", query)
    assert response is not None
    return response.body.decode()


def api(path: str, view: Any = None, **query: str) -> Any:
    response = pages.handle(view or fixture.view(), path, query)
    assert response is not None, path
    assert response.content_type.startswith("application/json")
    return json.loads(response.body)


@pytest.mark.parametrize("language", list(languages()))
@pytest.mark.parametrize("colour", ["power", "space", "inlet", "nonsense"])
def test_page_is_well_formed(language: str, colour: str) -> None:
    """In every language and colouring the elements nest, ids are unique and labels point at something."""
    found = outline(page(lang=language, racks=colour))
    assert found.tags.count("main") == 1
    assert found.tags.count("h1") == 1
    assert {
        "header",
        "nav",
        "footer",
        "table",
        "caption",
        "details",
        "svg",
        "title",
        "desc",
    } <= set(found.tags)


def test_page_asks_for_nothing_from_outside() -> None:
    """Every address in the page is on this server."""
    for link in outline(page()).links:
        assert re.match(r"[/?#]", link), link
        assert not link.startswith("//")


def test_policy_forbids_what_the_page_does_not_need() -> None:
    """The content-security policy allows this server's own files and no inline script or style."""
    response = pages.handle(fixture.view(), "/", {})
    assert response is not None
    policy = dict(response.headers)["content-security-policy"]
    assert "default-src 'none'" in policy
    assert "unsafe" not in policy


@pytest.mark.parametrize("name", ["board.css", "board.js", "icon.svg"])
def test_static_files_are_served(name: str) -> None:
    """The style sheet, the script and the icon are part of the package."""
    response = pages.handle(fixture.view(), f"/static/{name}", {})
    assert response is not None
    assert response.body
    assert not re.search(rb"(url\(|@import|https?://(?!www\.w3\.org/2000/svg))", response.body)


@pytest.mark.parametrize(
    "path",
    [
        "/nothing",
        "/static/../pages.py",
        "/static/",
        "/api/none",
        "/api/hubs/atlantis",
        "/api/sites/none/pue",
        "/apix",
        "/api/sites/a/b/c",
    ],
)
def test_unknown_paths_are_not_ours(path: str) -> None:
    """A path that the board does not know is left to the server."""
    assert pages.handle(fixture.view(), path, {}) is None


def test_first_line_says_which_promises_are_in_danger() -> None:
    """A PUE above its limit is named in the heading, with value, limit, hub and state in words."""
    html = page()
    heading = re.search(r"<h1.*?</h1>", html, re.DOTALL)
    assert heading
    assert "1 promise is in danger: PUE" in heading[0]
    assert re.search(r"1\.2284.{0,40}≤.1\.2", html)


def test_no_danger_is_said_in_words_too() -> None:
    """Where nothing is measured the heading says that nothing can be judged, rather than that all is well."""
    bare = fixture.view([], where="", inventory=False)
    assert "No promise can be judged yet" in page(bare)


@pytest.mark.parametrize("language", list(languages()))
@pytest.mark.parametrize("state", STATES)
def test_every_state_has_a_word_and_a_shape(state: State, language: str) -> None:
    """A state is told by a word and by a mark of its own shape, never by colour alone."""
    shown = Page(fixture.view(), w=words(language))
    hub = next(hub for hub in shown.board if hub.hub == "guian")
    row = next(row for row in hub.targets if row.id == "guian-huawei-pue")
    name = STATE_NAMES[state]
    shown.board = [replace(hub, targets=(replace(row, state=state, state_name=name),))]
    drawn = board.draw(shown)
    drawn = drawn[drawn.index("<article") : drawn.index("</article>")]
    assert f'href="#m-{state}"' in drawn
    assert f">{shown.w.pick(name)}<" in drawn
    assert f'id="m-{state}"' in page(lang=language)


def test_deadline_range_distance_coverage_and_source_are_shown() -> None:
    """A target's row has both ends of its deadline, its distance and coverage, and its source with what that leaves open."""
    html = page()
    row = html[html.index('id="t-guian-huawei-pue"') :]
    row = row[: row.index("</tbody>")]
    for said in (
        "2027-03-01",
        "2027-06-14",
        "over the limit",
        "96\u202f%",
        "measured",
        "TapTechNews, 2024-06-14",
        "What the source leaves open",
    ):
        assert said in row, said


def test_registered_observations_stand_apart() -> None:
    """A published figure without a threshold is under its own heading and not among the promises."""
    html = page()
    hub = html[html.index('data-key="hub-guian"') :]
    hub = hub[: hub.index("</article>")]
    promises, registered = hub.split('<details class="registered"')
    assert "t-guian-chips-in-use" in registered
    assert "t-guian-chips-in-use" not in promises
    assert "no target stated" in promises


def test_a_lower_bound_of_nothing_is_not_shown() -> None:
    """An agent that sees one site does not put "at least 0" beside what was published of the whole hub."""
    view = fixture.view(
        [(site.SITE_INFO.series("kunming", "k1", "in_service", ""), 1.0)], hub="kunming", where="k1"
    )
    row = next(
        row
        for row in api("/api/hubs/kunming", view)["targets"]
        if row["kpi"] == "data_centers_under_construction"
    )
    assert (row["value"], row["value_at_least"]) == (0.0, True)
    assert "at least 0" not in page(view)


def test_simulated_data_says_so() -> None:
    """The banner is there when the devices are simulated, and only then."""
    assert "Simulated data" in page(fixture.view(simulated=True))
    assert "Simulated data" not in page(fixture.view(simulated=False))


def test_silent_collectors_are_listed_with_since_when() -> None:
    """The longest silent comes first, with the time it last answered in the hub's zone, and one never heard says so."""
    silent = [
        CollectorHealth(
            collector="snmp",
            device="a",
            ok=False,
            last_success=fixture.NOW - 60,
            last_error="no answer",
        ),
        CollectorHealth(
            collector="snmp", device="b", ok=False, last_success=None, last_error="refused"
        ),
        CollectorHealth(collector="snmp", device="c", ok=True, last_success=fixture.NOW),
        CollectorHealth(collector="cpu", ok=None),
    ]
    view = fixture.view(healthy=lambda: silent)
    reply = api("/api/collectors", view, silent="1")
    assert [(one["device"], one["last_error"]) for one in reply["collectors"]] == [
        ("b", "refused"),
        ("a", "no answer"),
    ]
    assert reply["counts"] == {"all": 4, "answering": 1, "silent": 2}
    html = page(view)
    assert "2 of 4 do not answer" in html
    assert "never answered" in html
    assert "12:42:48" in html


def test_silence_is_told_across_restarts() -> None:
    """What the reconciliation remembers stands in place of what this run of the agent has seen."""
    key = (fixture.HUB, fixture.SITE)
    readings = [(inventory.SILENT_SINCE.series(*key, "pdu", "A01-A"), fixture.NOW - 3 * 86400.0)]
    silent = [
        CollectorHealth(
            collector="snmp", device="A01-B", ok=False, last_success=fixture.NOW - 60.0
        ),
        CollectorHealth(collector="snmp", device="A01-A", ok=False, last_success=None),
    ]
    view = fixture.view(readings, healthy=lambda: silent)
    listed = api("/api/collectors", view)["collectors"]
    assert [(one["device"], fixture.NOW - one["silent_since_seconds"]) for one in listed] == [
        ("A01-A", 259200.0),
        ("A01-B", 60.0),
    ]
    shown = page(view)
    assert "3 d" in shown[shown.index("A01-A") : shown.index("A01-B")].replace("\u202f", " ")
    assert api("/api/devices", view)["silent"][0]["device"] == "A01-A"


def test_where_inventory_and_devices_differ_is_shown() -> None:
    """Each difference is a row with its reason in words, how many, and the first of them; without any the panel is not there."""
    key = (fixture.HUB, fixture.SITE)
    some: list[Any] = [
        (inventory.EXPECTED.series(*key, "pdu"), 48.0),
        (inventory.ANSWERING.series(*key, "pdu"), 47.0),
        (inventory.MISMATCHES.series(*key, "rack_without_pdu"), 12.0),
        (inventory.MISMATCHES.series(*key, "unknown_meter"), 0.0),
        *(
            (inventory.MISMATCH_INFO.series(*key, "rack_without_pdu", f"R{n:02}", ""), 1.0)
            for n in range(12)
        ),
    ]
    view = fixture.view(some)
    reply = api("/api/devices", view)
    assert reply["kinds"] == [
        {"site": fixture.SITE, "kind": "pdu", "expected": 48, "answering": 47}
    ]
    assert [(one["reason"], one["count"], len(one["named"])) for one in reply["mismatches"]] == [
        ("rack_without_pdu", 12, 12)
    ]
    shown = page(view)
    assert "Racks without a PDU" in shown
    assert "R07" in shown
    assert "and 4 more" in shown
    assert "无 PDU 的机柜" in page(view, lang="zh")
    assert "Racks without a PDU" not in page(fixture.view())


def test_a_part_of_the_meters_is_called_a_part() -> None:
    """A stage whose meters do not all answer is shown as at least that much; a silent one as nothing, not as zero."""
    stages = {stage["point"]: stage for stage in api(f"/api/sites/{fixture.SITE}/power")["now"]}
    assert stages["pdu_output"]["complete"] is False
    assert (stages["pdu_output"]["answering"], stages["pdu_output"]["meters"]) == (43, 44)
    assert stages["generator"]["watts"] is None
    html = page()
    assert "43 of 44 answer: a part only" in html
    assert "none of 1 answers" in html


def test_pue_hardly_covered_gives_no_verdict() -> None:
    """A PUE of low coverage is shown as such, with the mark of the unknown, even within its limit."""
    place = (fixture.HUB, fixture.SITE)
    view = fixture.view(
        [
            (site.SITE_PUE.series(*place, "1", "12mo"), 1.1),
            (site.SITE_PUE_COVERAGE.series(*place, "12mo"), 0.01),
            (site.SITE_PUE_STATE.series(*place, "12mo", "low_coverage"), 1.0),
            (site.SITE_PUE_STATE.series(*place, "12mo", "valid"), 0.0),
        ]
    )
    number = re.search(r'<p class="lead-number.*?</p>', page(view), re.DOTALL)
    assert number
    assert "#m-unknown" in number[0]
    assert "low coverage" in number[0]
    window = api(f"/api/sites/{fixture.SITE}/pue", view)["windows"][0]
    assert (window["state"], window["interim"]) == ("low_coverage", True)


def test_inconsistent_meters_give_no_value() -> None:
    """A window whose meters contradict each other has a state and a dash, no number."""
    place = (fixture.HUB, fixture.SITE)
    view = fixture.view(
        [
            (site.SITE_PUE_STATE.series(*place, "1d", "inconsistent"), 1.0),
            (site.SITE_PUE_COVERAGE.series(*place, "1d"), 0.9),
        ]
    )
    window = api(f"/api/sites/{fixture.SITE}/pue", view)["windows"][0]
    assert (window["pue"], window["state"]) == (None, "inconsistent")
    assert "lead-number" not in page(view)


def test_limit_of_a_site_is_its_own() -> None:
    """A limit stated for one group of sites is not lent to a site outside it."""
    assert [limit["value"] for limit in api(f"/api/sites/{fixture.SITE}/pue")["limits"]] == [1.2]
    elsewhere = fixture.view([*fixture.energy(where="other")], where="other")
    assert elsewhere.inventory is not None
    outside = replace(
        elsewhere.inventory, sites={"other": replace(elsewhere.inventory.sites["other"], scopes=())}
    )
    assert api("/api/sites/other/pue", replace(elsewhere, inventory=outside))["limits"] == []


def _node_metric(name: str, *labels: str) -> Metric:
    return Metric(namespace="node", name=name, type="gauge", help="", labels=labels)


def test_a_bare_node_shows_itself_and_invents_nothing() -> None:
    """An agent without inventory shows its host and the scoreboard of registered facts; no PUE, power or racks."""
    size, free = (
        _node_metric("filesystem_size_bytes", "mountpoint", "fstype"),
        _node_metric("filesystem_avail_bytes", "mountpoint", "fstype"),
    )
    readings = [
        (_node_metric("load1").series(), 0.5),
        (_node_metric("cpu_seconds_total", "cpu", "mode").series("0", "idle"), 9.0),
        (_node_metric("memory_MemTotal_bytes").series(), 8 * 2.0**30),
        (_node_metric("memory_MemAvailable_bytes").series(), 6 * 2.0**30),
        (size.series("/", "ext4"), 100 * 2.0**30),
        (free.series("/", "ext4"), 25 * 2.0**30),
        (size.series("/run", "tmpfs"), 1.0),
    ]
    html = page(fixture.view(readings, where="", inventory=False, healthy=list))
    outline(html)
    for said in (
        "This host",
        "75\u202f%",
        "25.0\u202fGiB free of 100\u202fGiB",
        "6.00\u202fGiB free",
        "guian-huawei-pue",
    ):
        assert said in html, said
    for absent in ('data-key="panel-pue', 'data-key="panel-power', 'data-key="panel-racks', "/run"):
        assert absent not in html, absent


def test_hostile_names_are_only_text() -> None:
    """Whatever a device, a rack, a site, a meter or an error is called, it stays text in the page and a string in the API."""
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
        assert html.count("<script") == 1
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
            {"hub", "site", "limits", "windows", "required_ratio", "trend"},
        ),
        (f"/api/sites/{fixture.SITE}/power", {"hub", "site", "now", "trend"}),
        ("/api/racks", {"at", "hub", "sites", "limits", "columns", "rows"}),
        ("/api/collectors", {"at", "counts", "kinds", "collectors"}),
        ("/api/devices", {"at", "hub", "kinds", "silent", "mismatches"}),
    ],
)
def test_everything_on_the_page_is_in_the_api(path: str, keys: set[str]) -> None:
    """Each part of the board has its path under /api, of a stable shape."""
    assert set(api(path)) == keys


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


def test_page_is_the_same_while_the_data_is() -> None:
    """Nothing moves unless data did: the same view gives the same bytes."""
    view = fixture.view()
    assert page(view) == page(view)


def test_languages_differ_and_link_to_each_other() -> None:
    """Each language says its own words, names itself, and keeps what was asked for in the link to the other."""
    english, chinese = page(lang="en", racks="space"), page(lang="zh", racks="space")
    assert '<html lang="en">' in english
    assert '<html lang="zh-Hans">' in chinese
    assert 'href="/?lang=zh&amp;racks=space"' in english
    assert "项承诺处于危险之中" in chinese
    assert "promise" not in re.sub(r"<[^>]*>", "", chinese)
