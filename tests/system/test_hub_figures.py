"""A hub's figures on a real Prometheus with the generated rules and config: a gateway that is gone,
two of one site, and two that list both sites. Every gateway is a real agent with an imported year.

Sites of 100 kW each at 1.5 and 1.15 make (150 + 115) / 200 = 1.325.
"""

from __future__ import annotations

import contextlib
import datetime as dt
import shutil
import subprocess
import sys
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import AbstractContextManager, ExitStack
from dataclasses import dataclass, field
from pathlib import Path

import pytest

from agent.hubs.loader import load_registry
from dashboards import federation, rule_files
from dashboards.federation_plan import HubPlan, Plan
from dashboards.verify import Server
from tests.support import ROOT, binary, free_port, running, wait_for

HUBGAUGE = (sys.executable, "-m", "agent.cli")
INTERVAL = 1.0
BOTH, DOUBLE, ALL = "guian", "kunming", "liangya"
"""The hubs: of two gateways with a site each, of two gateways of one site,
of two that list both.
"""
VALUE = 'hub:dc_kpi:value{{kpi="pue",hub="{hub}",scope="{scope}"}}'
COVERAGE = 'hub:dc_kpi_coverage_ratio:min{{kpi="pue",hub="{hub}",scope="{scope}"}}'


@dataclass(frozen=True, kw_only=True)
class Gateway:
    """One agent: what it meters, and which sites its inventory lists."""

    name: str
    hub: str
    site: str
    pue: float
    lists: tuple[str, ...]
    point: str = "pdu_output"
    missing_days: int = 0
    """Days of the year that its utility meter lacks."""


GATEWAYS = (
    Gateway(name="g1", hub=BOTH, site="sa", pue=1.5, lists=("sa",)),
    Gateway(name="g2", hub=BOTH, site="sb", pue=1.15, lists=("sb",)),
    Gateway(name="c1", hub=DOUBLE, site="sc", pue=1.3, lists=("sc",)),
    Gateway(
        name="c2",
        hub=DOUBLE,
        site="sc",
        pue=1.226,
        lists=("sc",),
        point="ups_output",
        missing_days=18,
    ),
    Gateway(name="l1", hub=ALL, site="sa", pue=1.5, lists=("sa", "sb")),
    Gateway(name="l2", hub=ALL, site="sb", pue=1.15, lists=("sa", "sb")),
)


@dataclass
class Hubs:
    """The Prometheus of all hubs here, and how a gateway is ended and begun again."""

    prometheus: Server
    configs: dict[str, Path]
    ports: dict[str, int]
    folder: Path
    running: dict[str, ExitStack] = field(default_factory=dict)

    def now(self, expr: str) -> float | None:
        """Return the one value of a query; None where there is none."""
        found = self.prometheus.instant(expr, time.time())
        assert len(found) <= 1, expr
        return found[0].points[-1][1] if found else None

    def start(self, name: str) -> None:
        """Start a gateway, and wait until it answers."""
        stack = self.running[name] = ExitStack()
        stack.enter_context(self._agent(name))

    def stop(self, name: str) -> None:
        """End a gateway."""
        self.running.pop(name, ExitStack()).close()

    def _agent(self, name: str) -> AbstractContextManager[subprocess.Popen[bytes]]:
        return running(
            [*HUBGAUGE, "run", "--config", self.configs[name]],
            log=self.folder / f"{name}.log",
            ready=f"http://127.0.0.1:{self.ports[name]}/-/ready",
            cwd=ROOT,
        )


def write_agent(folder: Path, gateway: Gateway, port: int) -> Path:
    """Write a gateway's files; returns its config."""
    folder.mkdir()
    sites = "".join(f"  - {{site: {name}, scopes: [huawei]}}\n" for name in gateway.lists)
    (folder / "inventory.yaml").write_text(
        f"sites:\n{sites}meters:\n"
        f"  - {{meter: main, site: {gateway.site}, point: utility}}\n"
        f"  - {{meter: load, site: {gateway.site}, point: {gateway.point}}}\n"
        f"complete: {str(len(gateway.lists) > 1).lower()}\n"
    )
    config = folder / "config.yaml"
    config.write_text(
        f"hub: {gateway.hub}\nsite: {gateway.site}\nnode: {gateway.name}\n"
        f"state_dir: {folder / 'state'}\ninventory: inventory.yaml\n"
        f'sd: {{address: "127.0.0.1:{port}"}}\n'
        f"outputs: {{http: {{listen: '127.0.0.1:{port}'}}}}\ncollectors: {{}}\n"
    )
    return config


def import_years(folder: Path, configs: dict[str, Path]) -> None:
    """Import each gateway's year, all at a time; two that meter the same share one ledger."""
    made: dict[tuple[str, float], str] = {}
    running_now = []
    for gateway in GATEWAYS:
        if (gateway.site, gateway.pue) in made:
            continue
        made[gateway.site, gateway.pue] = gateway.name
        year = folder / gateway.name / "year.csv"
        year.write_text("".join(_year(gateway)))
        command: list[str | Path] = [*HUBGAUGE, "ledger", "import", "--site", gateway.site]
        command += ["--config", configs[gateway.name], "--interval", "1d", year]
        running_now.append(subprocess.Popen(command, cwd=ROOT, stdout=subprocess.DEVNULL))
    assert [process.wait(300) for process in running_now] == [0] * len(running_now)
    for gateway in GATEWAYS:
        source = made[gateway.site, gateway.pue]
        if source != gateway.name:
            shutil.copytree(folder / source / "state", folder / gateway.name / "state")


def _year(gateway: Gateway) -> Iterator[str]:
    """Yield a year of days: 100 kW of IT."""
    yield "time,meter,energy_kwh\n"
    today = dt.datetime.now(dt.UTC).replace(hour=0, minute=0, second=0, microsecond=0)
    for ago in range(366, 0, -1):
        at = f"{today - dt.timedelta(days=ago):%Y-%m-%dT%H:%M:%SZ}"
        yield f"{at},load,2400\n"
        if ago > gateway.missing_days:
            yield f"{at},main,{2400 * gateway.pue:.1f}\n"


@pytest.fixture(scope="module")
def hubs(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Hubs]:
    """Run six gateways and one Prometheus by a generated config and the generated rules."""
    folder = tmp_path_factory.mktemp("figures")
    ports = {gateway.name: free_port() for gateway in GATEWAYS}
    port = free_port()
    plan = Plan(
        hubs={
            "all": HubPlan(
                gateways=tuple(f"http://127.0.0.1:{each}" for each in ports.values()),
                prometheus=f"127.0.0.1:{port}",
            )
        },
        interval=INTERVAL,
        refresh=INTERVAL,
        alertmanagers=(),
    )
    federation.write(folder, plan)
    rule_files.write(folder / "all" / "rules", load_registry())
    with contextlib.ExitStack() as stack:
        hubs = Hubs(
            prometheus=Server(f"http://127.0.0.1:{port}"),
            configs={
                gateway.name: write_agent(folder / gateway.name, gateway, ports[gateway.name])
                for gateway in GATEWAYS
            },
            ports=ports,
            folder=folder,
        )
        import_years(folder, hubs.configs)
        for name in ports:
            stack.callback(hubs.stop, name)
        with ThreadPoolExecutor() as threads:
            list(threads.map(hubs.start, ports))
        stack.enter_context(
            running(
                [
                    binary("prometheus"),
                    f"--config.file={folder}/all/prometheus.yml",
                    f"--storage.tsdb.path={folder}/data",
                    f"--web.listen-address=127.0.0.1:{port}",
                ],
                log=folder / "prometheus.log",
                ready=f"http://127.0.0.1:{port}/-/ready",
            )
        )
        yield hubs


def is_near(value: float | None, wanted: float) -> bool:
    """Tell whether a value is there and the wanted one: the year ends today, not yet imported."""
    return value is not None and abs(value - wanted) < 4e-3 * wanted


def wait_near(hubs: Hubs, expr: str, wanted: float) -> None:
    """Wait until a query has this value."""
    wait_for(lambda: is_near(hubs.now(expr), wanted), what=f"{expr} is {wanted}")


@pytest.mark.parametrize("scope", ["hub", "huawei"])
def test_a_gateway_that_is_gone_takes_the_hubs_pue_with_it(hubs: Hubs, scope: str) -> None:
    """While the worst site is silent there is no value; with it the value is back."""
    value, coverage = (text.format(hub=BOTH, scope=scope) for text in (VALUE, COVERAGE))
    wait_near(hubs, value, 1.325)
    wait_near(hubs, coverage, 1.0)
    began = time.time()
    hubs.stop("g1")
    wait_for(lambda: hubs.now(value) is None, what=f"no {value}")
    wait_for(lambda: hubs.now(coverage) == 0, what=f"no {coverage}")
    met = f'hub:dc_target_value:met{{hub="{BOTH}",kpi="pue",scope="huawei"}} == 1'
    assert hubs.now(met) is None
    assert hubs.now(f'dc_target_state{{hub="{BOTH}",kpi="pue",state="met"}} == 1') is None
    hubs.start("g1")
    wait_near(hubs, value, 1.325)
    span = int(time.time() - began)
    assert is_near(hubs.now(f"min_over_time({value}[{span}s])"), 1.325), "never a better one"


def test_one_of_two_gateways_tells_a_site(hubs: Hubs) -> None:
    """Both sides of the ratio are one gateway's, and the one at the UPS does not take over."""
    value = VALUE.format(hub=DOUBLE, scope="hub")
    wait_near(hubs, value, 1.3)
    chosen = f'site:dc_pue_source:chosen{{hub="{DOUBLE}",instance="c1"}}'
    wait_for(lambda: hubs.now(chosen) == 1, what="its own rule is evaluated apart")
    began = time.time()
    hubs.stop("c1")
    wait_for(lambda: hubs.now(value) is None, what=f"no {value}")
    hubs.start("c1")
    wait_near(hubs, value, 1.3)
    span = int(time.time() - began)
    assert is_near(hubs.now(f"min_over_time({value}[{span}s])"), 1.3), "never the lower one"


def test_gateways_that_list_all_sites_cover_them(hubs: Hubs) -> None:
    """Each hears one site and lists both: together they are the whole hub."""
    wait_near(hubs, VALUE.format(hub=ALL, scope="hub"), 1.325)
    wait_near(hubs, COVERAGE.format(hub=ALL, scope="hub"), 1.0)
    bound = f'hub:dc_kpi_lower_bound:min{{kpi="pue",hub="{ALL}",scope="hub"}}'
    wait_for(lambda: hubs.now(bound) == 0, what="both list all sites")
