"""Verify against real servers: every panel shows data from a Prometheus that scrapes and from a
VictoriaMetrics that is pushed to.
"""

from __future__ import annotations

import datetime as dt
import json
import signal
import time
import urllib.request
from collections.abc import Iterator
from functools import partial
from pathlib import Path

import pytest

from agent.cli import main
from agent.hubs.loader import load_registry
from agent.hubs.model import Registry
from collectors.base import Unreachable
from dashboards import rule_files
from dashboards.build import build_all
from dashboards.signals.base import Excuse
from dashboards.verify import LAG, Dashboard, Server, verify
from tests.dashboards.synthetic import Catalogue, served
from tests.support import PATIENCE, binary, free_port, get, running, wait_for

OPEN_EXCUSES = {
    "nothing to mark",
    "the ledger's first hour here is not over",
    "no emission factor is set, so no carbon is told; or its first hour is not over",
    "this KPI is registered, not measured",
    "no limit of a round trip is stated",
    "no PUE limit is stated",
    "no target of the hub has a deadline",
    "nothing that the hub stated is measured",
    "none of the hubs has a place on the map",
}
"""Excuses that hold even where the whole catalogue is there: a hub need not have stated everything,
nor need an alert fire."""


@pytest.fixture(scope="module")
def registry() -> Registry:
    return load_registry()


@pytest.fixture(scope="module")
def dashboards(registry: Registry) -> list[Dashboard]:
    return [
        Dashboard(json=built.json, excuses=built.excuses) for built in build_all(registry, "en")
    ]


def evaluated(server: Server) -> float:
    """Return since when every group of rules has been evaluated at least once."""
    groups = json.loads(get(f"{server.url}/api/v1/rules"))["data"]["groups"]
    return min(dt.datetime.fromisoformat(group["lastEvaluation"]).timestamp() for group in groups)


def settled(server: Server) -> float:
    """Wait for a moment at which everything is in, and return it.

    Rules are made of rules, so they are evaluated a few times in a row. A scrape that fails ends
    every series for a time, so none may have failed in the last half minute.
    """
    wait_for(lambda: server.has('hub:dc_kpi:value{kpi="pue"}'))
    for _ in range(3):
        began = time.time()
        wait_for(partial(lambda began: evaluated(server) > began, began))
    whole = moment = time.time()

    def all_in() -> bool:
        nonlocal moment
        moment = server.instant("timestamp(up)", time.time())[0].points[0][1]
        return (
            moment - LAG > whole  # ranges end a little before
            and bool(server.instant("min_over_time(up[30s]) == 1", moment))
            and bool(server.instant("rate(node_cpu_seconds_total[15s]) > 0", moment - LAG))
        )

    wait_for(all_in)
    return moment


@pytest.fixture(scope="module")
def prometheus(registry: Registry, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Server]:
    """Run a Prometheus with our rules that scrapes every series of the catalogue but what agents
    compute for KPIs.

    It is asked at a moment at which everything is in, however long the questions take.
    """
    folder = tmp_path_factory.mktemp("prometheus")
    rule_files.write(folder, registry)
    port = free_port()
    with served(registry, computed=False) as address:
        config = folder / "prometheus.yml"
        config.write_text(f"""\
global: {{scrape_interval: 3s, evaluation_interval: 1s}}
rule_files: [rules.yml, alerts.yml]
scrape_configs:
  - {{job_name: hubgauge, honor_labels: true, static_configs: [{{targets: ["{address}"]}}]}}
""")
        command = [
            binary("prometheus"),
            f"--config.file={config}",
            f"--storage.tsdb.path={folder / 'data'}",
            f"--web.listen-address=127.0.0.1:{port}",
        ]
        url = f"http://127.0.0.1:{port}"
        with running(command, log=folder / "log", ready=f"{url}/-/ready") as process:
            moment = settled(Server(url))
            # What comes later is not asked for: it need not be scraped nor evaluated.
            config.write_text("scrape_configs: []\n", "utf-8")
            process.send_signal(signal.SIGHUP)
            yield Server(url, timeout=PATIENCE, clock=lambda: moment)


@pytest.fixture
def commanded(prometheus: Server, monkeypatch: pytest.MonkeyPatch) -> str:
    """Return the address of that Prometheus, which the command asks at that moment as well."""
    monkeypatch.setattr("dashboards.commands.dashboards.Server", lambda _: prometheus)
    return prometheus.url


@pytest.fixture(scope="module")
def victoriametrics(
    registry: Registry, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[Server]:
    """Run a VictoriaMetrics that the whole catalogue was pushed to, and nothing records rules for.

    It is asked at the moment at which the pushed samples end.
    """
    folder = tmp_path_factory.mktemp("victoriametrics")
    port = free_port()
    url = f"http://127.0.0.1:{port}"
    command = [
        binary("victoria-metrics"),
        f"-storageDataPath={folder / 'data'}",
        f"-httpListenAddr=127.0.0.1:{port}",
        "-search.latencyOffset=1s",
    ]
    with running(command, log=folder / "log", ready=f"{url}/health"):
        catalogue, now = Catalogue(registry), time.time()
        for age in range(300, 0, -15):
            body = catalogue.page(now - age, stamped=True).encode()
            request = urllib.request.Request(f"{url}/api/v1/import/prometheus", data=body)
            with urllib.request.urlopen(request, timeout=30) as reply:
                assert reply.status in (200, 204)
        get(f"{url}/internal/force_flush")
        server = Server(url, timeout=PATIENCE, clock=lambda: now)
        wait_for(lambda: server.has("dc_site_info"))
        yield server


@pytest.mark.parametrize("server", ["prometheus", "victoriametrics"])
def test_every_panel_has_data(
    server: str, dashboards: list[Dashboard], request: pytest.FixtureRequest
) -> None:
    """With the whole catalogue there, no query is empty, fails, or needs an excuse, whether scraped
    or pushed.
    """
    results = verify(dashboards, request.getfixturevalue(server))
    assert len(results) > 1500
    bad = [
        str(result)
        for result in results
        if result.outcome != "data" and result.detail not in OPEN_EXCUSES
    ]
    assert not bad, "\n".join(bad)


def test_the_command_reports(
    commanded: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """The command verifies a folder of Chinese dashboards, tells the sum, and exits with 0."""
    assert main(["dashboards", "build", "--out", str(tmp_path), "--language", "zh"]) == 0
    capsys.readouterr()
    status = main(
        [
            "dashboards",
            "verify",
            "--prometheus",
            commanded,
            "--dashboards",
            str(tmp_path),
            "--language",
            "zh",
        ]
    )
    lines = capsys.readouterr().out.splitlines()
    assert status == 0, "\n".join(lines)
    assert " 0 empty, 0 failed" in lines[-1]


def test_a_broken_panel_is_found(
    commanded: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """A query of a metric nobody has, and one that does not parse, are listed with their panel, and
    the exit status is 1.
    """
    assert main(["dashboards", "build", "--out", str(tmp_path)]) == 0
    for path in tmp_path.glob("*.json"):
        if path.stem != "hubgauge-nodes":
            path.unlink()
    path = tmp_path / "hubgauge-nodes.json"
    board = json.loads(path.read_text("utf-8"))
    queries = [panel for panel in board["panels"] if panel.get("targets")]
    queries[0]["targets"][0]["expr"] = 'dc_gone{instance=~"$instance"}'
    queries[1]["targets"][0]["expr"] = "sum(("
    path.write_text(json.dumps(board), "utf-8")
    capsys.readouterr()
    assert (
        main(["dashboards", "verify", "--prometheus", commanded, "--dashboards", str(tmp_path)])
        == 1
    )
    lines = capsys.readouterr().out.splitlines()
    empty, failed = (panel["title"] + f" ({panel['id']}) [A]" for panel in queries[:2])
    assert lines[0] == f'empty: hubgauge-nodes: {empty}: dc_gone{{instance=~"n1"}}'
    assert lines[1].startswith(f"failed: hubgauge-nodes: {failed}: HTTP 400: ")
    assert lines[-1].endswith("1 empty, 1 failed")


def test_an_excuse_must_hold(prometheus: Server) -> None:
    """An empty query is excused only while its witness is missing too; NaN alone is no data."""
    witnesses = {1: "dc_gone", 2: "dc_site_info", 3: ""}
    panels = [
        {
            "id": number,
            "title": f"p{number}",
            "targets": [{"refId": "A", "expr": "dc_gone", "instant": True}],
        }
        for number in witnesses
    ]
    panels.append(
        {"id": 4, "title": "p4", "targets": [{"refId": "A", "expr": "dc_site_info * NaN"}]}
    )
    board = {
        "uid": "u",
        "time": {"from": "now-1h", "to": "now"},
        "templating": {"list": []},
        "panels": panels,
    }
    excuses = {
        (number, "A"): (Excuse(reason="quiet", unless=witness),)
        for number, witness in witnesses.items()
    }
    results = verify([Dashboard(json=board, excuses=excuses)], prometheus)
    assert [result.outcome for result in results] == ["excused", "empty", "excused", "empty"]


def test_no_server_is_one_line(capsys: pytest.CaptureFixture[str]) -> None:
    """A server that is not there is one line on stderr; an address that is none is wrong input."""
    assert main(["dashboards", "verify", "--prometheus", f"http://127.0.0.1:{free_port()}"]) == 1
    assert len(capsys.readouterr().err.splitlines()) == 1
    assert main(["dashboards", "verify", "--prometheus", "localhost:9090"]) == 2
    assert "--prometheus" in capsys.readouterr().err
    with pytest.raises(Unreachable):
        Server(f"http://127.0.0.1:{free_port()}").has("up")


def test_a_variable_is_excused_as_its_board_is(prometheus: Server) -> None:
    """A hub that nobody reports on has no sites to choose from; one that is reported on must."""
    variable = {
        "name": "site",
        "type": "query",
        "query": 'label_values(dc_site_info{hub="nowhere"}, site)',
        "includeAll": True,
        "allValue": ".*",
    }
    board = {
        "uid": "u",
        "time": {"from": "now-1h", "to": "now"},
        "templating": {"list": [variable]},
        "panels": [],
    }
    for witness, outcome in (("dc_gone", "excused"), ("dc_site_info", "empty")):
        excuses = {(0, "variable site"): (Excuse(reason="quiet", unless=witness),)}
        (result,) = verify([Dashboard(json=board, excuses=excuses)], prometheus)
        assert result.outcome == outcome
