"""Every panel of every dashboard from real agents: scraped by a Prometheus, and pushed to a
VictoriaMetrics, the same series.
"""

from __future__ import annotations

import contextlib
import json
import time
import urllib.parse
from collections.abc import Iterator, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from agent.hubs.loader import load_registry
from dashboards import rule_files
from dashboards.build import Built, build_all
from dashboards.language import Language
from dashboards.preview.server import Preview
from dashboards.verify import LAG, Dashboard, Result, Server, answer, verify
from simulator.site import build_site
from tests.support import PATIENCE, ROOT, binary, free_port, get, preview_tools, running, wait_for
from tests.support.browser import Browser
from tests.system.excused_panels import MACHINE_MAY_LACK, NOBODY_HAS, OF_SOME_HOURS, OF_SOME_PLACES
from tests.system.sites_behind_dashboards import (
    HUBGAUGE,
    Servers,
    import_past,
    prometheus_config,
    simulated,
    write_agent,
)

HUBS = {
    "guian": ("huawei", "china-mobile-400g"),
    "kunming": ("ai-computing-center",),
    "liangya": ("international-gateway",),
}
"""The hubs with an agent, and the named groups their one site belongs to.

The hubs above them are told of by these agents.
"""


RACKS = 4


SILENT = 'hub="kunming",ups="ups-system-b"'
"""The device that answers first and is silent then."""


OURS = '{__name__=~"(dc|node|hubgauge)_.*"}'


@pytest.fixture(scope="module")
def servers(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Servers]:
    """Run both databases and three agents, until all that needs two rounds has had them."""
    folder = tmp_path_factory.mktemp("hubs")
    rule_files.write(folder, load_registry())
    sites = [replace(build_site(hub, RACKS), scopes=scopes) for hub, scopes in HUBS.items()]
    ports = {site.hub: (site.key, free_port()) for site in sites}
    victoria_port, prometheus_port = free_port(), free_port()
    victoria, prometheus = (
        f"http://127.0.0.1:{victoria_port}",
        f"http://127.0.0.1:{prometheus_port}",
    )
    (folder / "prometheus.yml").write_text(prometheus_config(ports))
    with contextlib.ExitStack() as stack:

        def start(command: Sequence[object], name: str, ready: str) -> None:
            stack.enter_context(running(command, log=folder / f"{name}.log", ready=ready, cwd=ROOT))

        start(
            [
                binary("victoria-metrics"),
                f"-storageDataPath={folder}/victoria",
                f"-httpListenAddr=127.0.0.1:{victoria_port}",
                "-search.latencyOffset=1s",
                "-search.maxUniqueTimeseries=100000",
            ],
            "victoria",
            f"{victoria}/health",
        )
        start(
            [
                binary("prometheus"),
                f"--config.file={folder}/prometheus.yml",
                f"--storage.tsdb.path={folder}/prometheus",
                f"--web.listen-address=127.0.0.1:{prometheus_port}",
            ],
            "prometheus",
            f"{prometheus}/-/ready",
        )
        simulators = stack.enter_context(simulated(sites))
        for hub, simulator in simulators.items():
            config = write_agent(folder / hub, simulator, ports[hub][1], victoria)
            import_past(folder, config, simulator)
            start(
                [*HUBGAUGE, "run", "--config", config],
                hub,
                f"http://127.0.0.1:{ports[hub][1]}/-/ready",
            )
        wait_for(
            lambda: Server(prometheus).has(f"dc_ups_up{{{SILENT}}} == 1"),
            what="an answer of the UPS that is to fall silent",
        )
        # So that there are failures to show.
        simulators["kunming"].set_fault("ups-system-b", "silent")
        for url in (prometheus, victoria):
            wait_for(
                lambda url=url: seen_twice(Server(url)),
                what=f"two rounds of all that counts at {url}",
            )
        yield Servers(prometheus=prometheus, victoriametrics=victoria)


def seen_twice(server: Server) -> bool:
    """Tell whether the slowest counters had a rate when ranges end: the energy of three sites, the
    failures of one collector.
    """
    at = f"offset {LAG + 1:.0f}s"
    ledger = f"count(rate(dc_site_energy_joules_total{{boundary='facility'}}[60s] {at})) == 3"
    return server.has(ledger) and server.has(f"rate(hubgauge_collector_errors_total[60s] {at}) > 0")


@pytest.mark.parametrize("language", ["en", "zh"])
@pytest.mark.parametrize("name", ["prometheus", "victoriametrics"])
def test_every_panel_has_data_from_real_agents(
    servers: Servers, name: str, language: Language
) -> None:
    """No query of any panel is empty or fails, whatever is chosen.

    Each has data for some hub, site or rack, but for what none has.
    """
    dashboards = [
        Dashboard(json=built.json, excuses=built.excuses)
        for built in build_all(load_registry(), language)
    ]
    server = Server(getattr(servers, name), timeout=PATIENCE)
    # The silent device is told by the inventory's collector, some seconds after its counter rises.
    told = 'dc_inventory_silent_since_timestamp_seconds{hub="kunming",device="ups-system-b"}'
    wait_for(lambda: server.has(f"{told} offset {LAG + 1:.0f}s"), what="the silence of a UPS")
    results = answers(dashboards, server)
    assert len(results) > 1000
    bad = [str(one) for one in results if one.outcome in BAD]
    assert not bad, "\n".join(bad)
    shown = {
        (one.query.dashboard, one.query.panel, one.query.ref)
        for one in results
        if one.outcome == "data"
    }
    never = [
        one for one in results if (one.query.dashboard, one.query.panel, one.query.ref) not in shown
    ]
    assert {one.detail for one in never} <= MACHINE_MAY_LACK | NOBODY_HAS | OF_SOME_HOURS, (
        "\n".join(map(str, never))
    )


BAD = ("empty", "failed")


def answers(dashboards: list[Dashboard], server: Server) -> list[Result]:
    """Ask every query, and those that show nothing again: on a busy machine a device misses its
    deadline now and then, and what is read of it is missing until the next round.
    """
    results = verify(dashboards, server)

    def all_shown() -> bool:
        results[:] = [answer(server, one.query) if one.outcome in BAD else one for one in results]
        return not any(one.outcome in BAD for one in results)

    with contextlib.suppress(pytest.fail.Exception):  # the caller says which
        wait_for(all_shown)
    return results


def series_of(url: str) -> set[frozenset[tuple[str, str]]]:
    """Return every series of ours that a server has, as sets of label and value."""
    now = time.time()
    asked = urllib.parse.urlencode(
        {"match[]": OURS, "start": f"{now - 3600:.0f}", "end": f"{now:.0f}"}
    )
    return {
        frozenset(one.items()) for one in json.loads(get(f"{url}/api/v1/series?{asked}"))["data"]
    }


def test_scraped_and_pushed_series_are_the_same(servers: Servers) -> None:
    """Names and labels of everything ours are equal on both servers, so that one dashboard serves
    both.
    """
    found: dict[str, list[str]] = {}

    def equal() -> bool:
        scraped, pushed = series_of(servers.prometheus), series_of(servers.victoriametrics)
        found["only scraped"] = sorted(str(sorted(one)) for one in scraped - pushed)
        found["only pushed"] = sorted(str(sorted(one)) for one in pushed - scraped)
        found["all"] = [str(len(scraped))]
        return scraped == pushed

    try:
        wait_for(equal, what="what is new to arrive at both")
    finally:
        print({which: series[:20] for which, series in found.items()})
    assert int(found["all"][0]) > 2000


def test_every_rule_evaluates(servers: Servers) -> None:
    """Prometheus finds no fault with any recording rule or alert, nor do two of them make one
    series.
    """

    def rules() -> list[dict[str, Any]]:
        groups = json.loads(get(f"{servers.prometheus}/api/v1/rules"))["data"]["groups"]
        return [rule for group in groups for rule in group["rules"]]

    wait_for(lambda: all(rule["health"] != "unknown" for rule in rules()), what="every rule")
    assert len(rules()) > 40
    assert [
        (rule["name"], rule.get("lastError")) for rule in rules() if rule["health"] != "ok"
    ] == []


@pytest.mark.parametrize("language", ["en", "zh"])
def test_every_panel_is_drawn_by_grafanas_components(
    servers: Servers, language: Language, tmp_path: Path
) -> None:
    """In a real browser every panel of every dashboard shows data, without an error and without a
    request to anybody else.
    """
    preview_tools()
    boards = list(build_all(load_registry(), language))
    found: list[str] = []
    with Preview([built.json for built in boards], servers.prometheus) as preview:
        browser = Browser(binary("chromium"), tmp_path)
        try:
            for built in boards:
                found += undrawn(browser, preview.url, built)
        finally:
            browser.close()
    assert not found, "\n".join(found)


def undrawn(browser: Browser, url: str, built: Built) -> list[str]:
    """Open a dashboard.

    Returns a line for each panel that shows no data, each error and each request to the outside.
    """
    uid = built.json["uid"]
    lacking = MACHINE_MAY_LACK | NOBODY_HAS | OF_SOME_HOURS | OF_SOME_PLACES
    excused = {
        panel
        for (panel, _), why in built.excuses.items()
        if {excuse.reason for excuse in why} & lacking
    }
    wrong: list[str] = []

    def drawn() -> bool:
        browser.open(f"{url}?board={uid}")
        wait_for(lambda: browser.eval("document.body.dataset.state"), what=uid)
        panels = browser.eval(
            "[...document.querySelectorAll('[data-panel]')].map((e) => ({...e.dataset}))"
        )
        wrong[:] = [
            f"{uid}: {panel['title']}: {panel['state']} {panel.get('reason', '')}"
            for panel in panels
            if panel["state"] != "ok" and int(panel["panel"]) not in excused
        ]
        if not panels:
            wrong.append(f"{uid}: nothing drawn")
        return not wrong

    browser.errors.clear()
    browser.requests.clear()
    browser.size(1500, 900)
    with contextlib.suppress(pytest.fail.Exception):  # a device may miss a round: as in `answers`
        wait_for(drawn)
    wrong += [f"{uid}: {error}" for error in browser.errors]
    wrong += [
        f"{uid}: asked for {asked}"
        for asked in browser.requests
        if not asked.startswith((url, "data:", "blob:"))
    ]
    return wrong
