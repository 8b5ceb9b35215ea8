"""The panels of the board: collectors, differences, power, PUE and this host."""

from __future__ import annotations

import re
from dataclasses import replace
from typing import Any

from agent.health import CollectorHealth
from agent.web import pages
from collectors.base import Metric
from collectors.catalogue import inventory, site
from collectors.catalogue.link import LINK_LOSS
from tests.agent.web import fixture
from tests.agent.web.reading import api, outline, page
from tests.agent.web.site_readings import racks


def test_simulated_data_says_so() -> None:
    """The banner is there when the devices are simulated, and only then."""
    assert "Simulated data" in page(fixture.view(simulated=True))
    assert "Simulated data" not in page(fixture.view(simulated=False))


def test_silent_collectors_are_listed_with_since_when() -> None:
    """The longest silent is first, with its last answer; one that was never heard says so."""
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
    """The time since which a device is silent survives a restart of the agent."""
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
    """Each difference is a row: reason, count and first names; without any there is no panel."""
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
    """A stage with silent meters is marked as a part; one that is all silent has no value."""
    stages = {stage["point"]: stage for stage in api(f"/api/sites/{fixture.SITE}/power")["now"]}
    assert stages["pdu_output"]["complete"] is False
    assert (stages["pdu_output"]["answering"], stages["pdu_output"]["meters"]) == (43, 44)
    assert stages["generator"]["watts"] is None
    html = page()
    assert "43 of 44 answer: only a part of the power" in html
    assert "none of 1 answers" in html


def test_pue_hardly_covered_gives_no_verdict() -> None:
    """A PUE of low coverage has the mark of the unknown, even within its limit."""
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
    """An agent without an inventory shows its host and the scoreboard; no PUE, power or racks."""
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


def test_a_link_is_marked_where_its_alert_is_raised() -> None:
    """Lossy is more than 5 % of the probes, out of reach all of them (docs/runbook.md)."""
    marks = {0.0: "", 0.002: "", 0.05: "", 0.051: "at_risk", 0.999: "at_risk", 1.0: "silent"}
    for loss, mark in marks.items():
        lost = (LINK_LOSS.series(fixture.HUB, fixture.SITE, "hangzhou"), loss)
        response = pages.handle(fixture.view([*racks(2), lost]), f"/sites/{fixture.SITE}", {})
        assert response is not None
        html = response.body.decode()
        (panel,) = re.findall(r'<section[^>]*panel-links".*?</section>', html, re.DOTALL)
        assert re.findall(r"#m-(\w+)", panel) == ([mark] if mark else []), loss
