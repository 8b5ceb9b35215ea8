"""Two hubs with a Prometheus each and a third above them: it shows both, and a hub that ends is
told of once, within the stated time.
"""

from __future__ import annotations

import contextlib
import json
import subprocess
import sys
import time
import urllib.parse
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

import pytest
import yaml

from agent.hubs.loader import load_registry
from dashboards import federation, rule_files
from dashboards.alerts.routes import WAYS, alertmanager
from dashboards.build import build_all
from dashboards.federation_plan import HubPlan, Plan
from dashboards.uids import OVERVIEW
from dashboards.verify import Dashboard, Server, verify
from simulator.config import Wanted, write_config
from simulator.simulator import Simulator
from simulator.site import build_site
from tests.dashboards.test_routes import Heard, hook, wait_until_told
from tests.support import HANGS, PATIENCE, ROOT, binary, free_port, get, running, wait_for
from tests.system.sites_behind_dashboards import import_past, simulated

HUBGAUGE = (sys.executable, "-m", "agent.cli")
HUBS = ("guian", "kunming")
INTERVAL = 2.0
GONE_AFTER = 6.0
FAILED = 'timestamp(up{told_by="kunming"} == 0)'
QUICK = {
    severity: replace(way, group_wait="1s", group_interval="2s") for severity, way in WAYS.items()
}


@dataclass
class Country:
    """Where each Prometheus answers, how one is ended and begun again,
    and what Alertmanager told.
    """

    above: str
    hubs: dict[str, str]
    scrapers: list[str]
    alerts: str
    heard: Heard
    start: Callable[[str], subprocess.Popen[bytes]]
    processes: dict[str, subprocess.Popen[bytes]] = field(default_factory=dict)

    def now(self, expr: str, at: float | None = None) -> list[dict[str, Any]]:
        """Ask the Prometheus above."""
        return [
            {**series.labels, "value": series.points[-1][1]}
            for series in Server(self.above).instant(expr, at or time.time())
        ]

    def ups(self, hub: str) -> list[tuple[float, float]]:
        """Return when the Prometheus above scraped a hub, and 1 where it could, else 0."""
        expr = urllib.parse.quote(f'up{{told_by="{hub}"}}[10m]')
        found = json.loads(get(f"{self.above}/api/v1/query?query={expr}"))["data"]["result"]
        return [(float(at), float(up)) for series in found for at, up in series["values"]]


def write_agent(folder: Path, simulator: Simulator, port: int) -> Path:
    """Write a gateway's config: its nodes have agents at addresses that nobody has."""
    config = write_config(
        simulator,
        folder,
        Wanted(listen=f"127.0.0.1:{port}", interval="2s", state_dir=folder / "state"),
    )
    text = config.read_text("utf-8")
    head = (
        f'node: gateway-{simulator.site.hub}\nsd: {{nodes: "{{node}}.invalid:9717"}}\ncollectors:\n'
    )
    config.write_text(text.replace("collectors:\n", head, 1), "utf-8")
    return config


@pytest.fixture(scope="module")
def country(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Country]:
    """Run two gateways, their Prometheus, two that share one hub's nodes, Alertmanager, and the
    Prometheus above; from generated configs.
    """
    folder = tmp_path_factory.mktemp("country")
    agents = {hub: free_port() for hub in HUBS}
    hubs = {hub: free_port() for hub in HUBS}
    scrapers, above, alerts = [free_port(), free_port()], free_port(), free_port()
    plan = Plan(
        hubs={
            hub: HubPlan(
                gateways=(f"http://127.0.0.1:{agents[hub]}",),
                prometheus=f"127.0.0.1:{hubs[hub]}",
                scrapers=tuple(f"127.0.0.1:{port}" for port in scrapers) if hub == "guian" else (),
            )
            for hub in HUBS
        },
        interval=INTERVAL,
        above=INTERVAL,
        gone_after=GONE_AFTER,
        refresh=INTERVAL,
        alertmanagers=(f"127.0.0.1:{alerts}",),
    )
    federation.write(folder, plan)
    for hub in HUBS:
        rule_files.write(folder / hub / "rules", load_registry())
    # The one above comes last, or it would miss the hubs that are still starting.
    servers = {
        "guian": hubs["guian"],
        "guian/scraper-1-of-2": scrapers[0],
        "guian/scraper-2-of-2": scrapers[1],
        "kunming": hubs["kunming"],
        "global": above,
    }
    with contextlib.ExitStack() as stack:
        address, heard = stack.enter_context(hook())
        (folder / "alertmanager.yml").write_text(
            yaml.safe_dump(alertmanager(load_registry(), hook=address, ways=QUICK))
        )

        def start(name: str, *command: object, ready: str) -> subprocess.Popen[bytes]:
            log = folder / f"{name.replace('/', '-')}.log"
            return stack.enter_context(
                running(list(map(str, command)), log=log, ready=ready, cwd=ROOT)
            )

        def prometheus(name: str) -> subprocess.Popen[bytes]:
            config = folder / (f"{name}.yml" if "scraper" in name else f"{name}/prometheus.yml")
            port = servers[name]
            flags = (
                f"--config.file={config}",
                f"--storage.tsdb.path={folder}/data-{port}",
                f"--web.listen-address=127.0.0.1:{port}",
            )
            return start(
                name, binary("prometheus"), *flags, ready=f"http://127.0.0.1:{port}/-/ready"
            )

        start(
            "alertmanager",
            binary("prometheus-alertmanager"),
            f"--config.file={folder}/alertmanager.yml",
            f"--storage.path={folder}/alerts",
            f"--web.listen-address=127.0.0.1:{alerts}",
            "--cluster.listen-address=",
            ready=f"http://127.0.0.1:{alerts}/-/ready",
        )
        sites = [
            replace(build_site(hub, 2), scopes=("huawei",) if hub == "guian" else ())
            for hub in HUBS
        ]
        simulators = stack.enter_context(simulated(sites))
        for hub, simulator in simulators.items():
            config = write_agent(folder / f"gateway-{hub}", simulator, agents[hub])
            import_past(folder, config, simulator)
            ready = f"http://127.0.0.1:{agents[hub]}/-/ready"
            start(f"gateway-{hub}", *HUBGAUGE, "run", "--config", config, ready=ready)
        yield Country(
            above=f"http://127.0.0.1:{above}",
            hubs={hub: f"http://127.0.0.1:{port}" for hub, port in hubs.items()},
            scrapers=[f"http://127.0.0.1:{port}" for port in scrapers],
            alerts=f"http://127.0.0.1:{alerts}",
            heard=heard,
            start=prometheus,
            processes={name: prometheus(name) for name in servers},
        )


def targets(url: str) -> set[str]:
    """Return what a Prometheus scrapes."""
    found = json.loads(get(f"{url}/api/v1/targets?state=active"))["data"]["activeTargets"]
    return {target["labels"]["instance"] for target in found}


def both_hubs(country: Country) -> None:
    """Wait until the Prometheus above has a recorded value of both hubs."""
    for hub in HUBS:
        value = f'hub:dc_kpi:value{{hub="{hub}",kpi="pue"}}'
        wait_for(lambda value=value: country.now(value), what=value)


def test_prometheus_scrapes_what_the_inventory_lists(country: Country) -> None:
    """Its gateway is scraped by the hub's.

    Each node by exactly one of those that share them, under the name it would push with.
    """
    wait_for(lambda: targets(country.hubs["guian"]) == {"gateway-guian"}, what="the gateway")
    listed = {node.node for rack in build_site("guian", 2).racks for node in rack.nodes}
    assert listed
    wait_for(
        lambda: targets(country.scrapers[0]) | targets(country.scrapers[1]) == listed,
        what="the nodes",
    )
    assert not targets(country.scrapers[0]) & targets(country.scrapers[1])
    wait_for(
        lambda: "gateway-kunming" in targets(country.hubs["kunming"]),
        what="the other hub",
    )


def test_the_overview_shows_both_hubs(country: Country) -> None:
    """Every query of the overview returns data on the Prometheus above, and for both hubs where it
    is of hubs.
    """
    both_hubs(country)
    for hub in HUBS:
        wanted = f'dc_target_state{{hub="{hub}"}} == 1'
        wait_for(lambda wanted=wanted: country.now(wanted), what=wanted)
    (built,) = (built for built in build_all(load_registry(), "en") if built.uid == OVERVIEW)
    dashboard = Dashboard(json=built.json, excuses=built.excuses)

    def wrong() -> list[str]:
        results = verify([dashboard], Server(country.above, timeout=PATIENCE))
        return [str(one) for one in results if one.outcome not in ("data", "excused")]

    wait_for(lambda: not wrong(), what="all of the overview")
    for expr in ("max by (hub) (dc_site_power_watts)", "max by (hub) (hubgauge_simulated)"):
        # A scrape that a busy machine makes too late leaves a hub out for a moment.
        wait_for(lambda expr=expr: {one["hub"] for one in country.now(expr)} == set(HUBS))


def test_nothing_of_racks_is_federated(country: Country) -> None:
    """However many racks and devices a hub has, the Prometheus above knows none of them."""
    both_hubs(country)
    for label in ("rack", "pdu", "meter", "node", "device", "breaker"):
        assert country.now(f'count({{{label}!="",job!="x"}})') == [], label
    assert country.now("count({told_by!=''})")[0]["value"] < 2000


def test_rules_evaluate_at_every_hub(country: Country) -> None:
    """Also where the nodes' series are read back from those that scrape them."""

    def rules(url: str) -> list[dict[str, Any]]:
        groups = json.loads(get(f"{url}/api/v1/rules"))["data"]["groups"]
        return [rule for group in groups for rule in group["rules"]]

    def wrong(url: str) -> list[tuple[str, str | None]]:
        return [
            (rule["name"], rule.get("lastError")) for rule in rules(url) if rule["health"] != "ok"
        ]

    for url in country.hubs.values():
        assert len(rules(url)) > 40, url
        wait_for(lambda url=url: not wrong(url), what=(f"no rule without a value: {wrong(url)}"))


def test_a_hub_that_ends_is_stale_in_two_scrapes_and_told_once(country: Country) -> None:
    """Its values end with the first scrape after its end, and the alert is one message."""
    value = 'hub:dc_kpi:value{hub="kunming"}'
    both_hubs(country)
    wait_for(lambda: not country.now('ALERTS{alertname="HubGone"}'), what="no alert yet")
    country.heard.messages.clear()
    country.processes["kunming"].kill()
    country.processes["kunming"].wait(HANGS)
    ended = time.time()
    failed: list[dict[str, Any]] = []
    wait_for(lambda: failed.extend(country.now(FAILED)) or failed, what="a failed scrape")
    assert {up for at, up in country.ups("kunming") if at > ended} == {0.0}
    assert country.now(value, failed[0]["value"] + 0.1) == []
    wait_for(lambda: gone(country), what="the page")
    assert time.time() - ended >= GONE_AFTER
    wait_until_told(country.alerts)
    assert [(path, labels["hub"]) for path, labels in gone(country)] == [
        ("/page/kunming", "kunming")
    ]
    wait_for(lambda: country.now('hub:dc_kpi:value{hub="guian"}'), what="the other hub")
    country.processes["kunming"] = country.start("kunming")
    wait_for(lambda: country.now(value), what="the hub is back")


def gone(country: Country) -> list[tuple[str, dict[str, str]]]:
    """Return every telling of a hub that is gone: who was told, and what of."""
    return [
        (path, alert["labels"])
        for path, message in country.heard.messages
        for alert in message["alerts"]
        if alert["labels"]["alertname"] == "HubGone" and alert["status"] == "firing"
    ]
