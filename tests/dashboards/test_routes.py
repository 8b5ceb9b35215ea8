"""What a real Alertmanager does with the alerts: one failure is one message,
to those it concerns.
"""

from __future__ import annotations

import json
import re
import subprocess
import threading
import urllib.request
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

import pytest
import yaml

from agent.hubs.loader import load_registry
from dashboards.alerts import ALERTS, routes
from dashboards.alerts.routes import CAUSES, WAYS, Cause, alertmanager
from tests.support import binary, free_port, get, running, wait_for

REGISTRY = load_registry()
SITE = {"hub": "guian", "site": "s1"}
SEVERITY = {alert.name: alert.severity for alert in ALERTS}
QUICK = {
    severity: replace(way, group_wait="5s", group_interval="2s") for severity, way in WAYS.items()
}
"""Sooner than the shipped ones. Even where the machine stands still for a moment, Alertmanager has
taken in a cause before it tells of its effects."""


def amtool(*arguments: str) -> str:
    """Run amtool; returns what it prints."""
    done = subprocess.run(
        [binary("amtool"), *arguments], capture_output=True, text=True, check=False, timeout=300
    )
    assert done.returncode == 0, done.stdout + done.stderr
    return done.stdout


@pytest.fixture(scope="module")
def config(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Write the config as it is shipped."""
    path = tmp_path_factory.mktemp("routes") / "alertmanager.yml"
    path.write_text(yaml.safe_dump(alertmanager(REGISTRY), sort_keys=False), "utf-8")
    return path


def test_alertmanager_takes_the_config(config: Path) -> None:
    """Amtool finds the config good."""
    assert "SUCCESS" in amtool("check-config", str(config))


@pytest.mark.parametrize(
    ("labels", "receiver"),
    [
        ("alertname=SitePdusSilent severity=critical hub=guian site=s1", "page-guian"),
        ("alertname=PduSilent severity=warning hub=kunming site=s1", "ticket-kunming"),
        ("alertname=HubTargetUnreported severity=info hub=national", "note-national"),
        ("alertname=AgentDown severity=critical instance=n1", "page-elsewhere"),
        ("alertname=Somebodys hub=guian", "ticket-guian"),
        ("alertname=Somebodys", "ticket-elsewhere"),
    ],
)
def test_everybody_hears_of_their_own(config: Path, labels: str, receiver: str) -> None:
    """Severity and hub choose the receiver; what has neither still reaches somebody."""
    assert (
        amtool("config", "routes", "test", f"--config.file={config}", *labels.split()).strip()
        == receiver
    )


def test_a_cause_that_is_no_alert_is_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    """An inhibition by a name that no alert has would be silent for ever."""
    monkeypatch.setattr(
        routes,
        "CAUSES",
        (*CAUSES, Cause(cause="RackTooHot", effects=("RackTepid",), same=("rack",))),
    )
    with pytest.raises(ValueError, match="RackTepid"):
        alertmanager(REGISTRY)


def test_effects_carry_what_must_be_the_same() -> None:
    """An inhibition compares only labels that both alerts carry.

    Two that both lack a label would be taken for the same place.
    """
    labels = {alert.name: set(alert.must_fire.fires or {}) for alert in ALERTS}
    for cause in CAUSES:
        for name in (cause.cause, *cause.effects):
            assert set(cause.same) <= labels[name], (cause.cause, name)


def test_an_alert_hides_only_those_of_its_own_place() -> None:
    """A rack that is too hot says nothing of the other racks of its site.

    So an inhibition compares each label that names a place and that both alerts carry.
    """
    places = {"hub", "site", "rack", "breaker", "instance", "target"}
    labels = {alert.name: places & set(alert.must_fire.fires or {}) for alert in ALERTS}
    loose = [
        (cause.cause, name)
        for cause in CAUSES
        for name in cause.effects
        if labels[cause.cause] & labels[name] != set(cause.same)
    ]
    assert loose == []


class Heard:
    """What a receiver was sent: a path and the alerts of each message."""

    def __init__(self) -> None:
        self.messages: list[tuple[str, dict[str, Any]]] = []

    def to(self, path: str) -> list[dict[str, Any]]:
        """Return the messages to one receiver."""
        return [message for sent, message in self.messages if sent == path]


@contextmanager
def hook() -> Iterator[tuple[str, Heard]]:
    """Run a receiver that counts."""
    heard = Heard()

    class Handler(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            body = self.rfile.read(int(self.headers["Content-Length"]))
            heard.messages.append((self.path, json.loads(body)))
            self.send_response(200)
            self.end_headers()

        def log_message(self, *_: object) -> None:
            """Be quiet."""

    with ThreadingHTTPServer(("127.0.0.1", 0), Handler) as server:
        threading.Thread(target=server.serve_forever, daemon=True).start()
        yield f"http://127.0.0.1:{server.server_address[1]}", heard
        server.shutdown()


@pytest.fixture
def alerting(tmp_path: Path) -> Iterator[tuple[str, Heard]]:
    """Run an Alertmanager with the shipped routes, only sooner, and its receiver."""
    port = free_port()
    url = f"http://127.0.0.1:{port}"
    with hook() as (address, heard):
        path = tmp_path / "alertmanager.yml"
        path.write_text(yaml.safe_dump(alertmanager(REGISTRY, hook=address, ways=QUICK)), "utf-8")
        command = [
            binary("prometheus-alertmanager"),
            f"--config.file={path}",
            f"--storage.path={tmp_path / 'data'}",
            f"--web.listen-address=127.0.0.1:{port}",
            "--cluster.listen-address=",
        ]
        with running(command, log=tmp_path / "log", ready=f"{url}/-/ready"):
            yield url, heard


def raise_alerts(url: str, alerts: list[dict[str, str]]) -> None:
    """Tell Alertmanager of alerts as Prometheus does, a thousand at a time."""
    for n in range(0, len(alerts), 1000):
        body = [
            {"labels": {**labels, "severity": SEVERITY[labels["alertname"]]}}
            for labels in alerts[n : n + 1000]
        ]
        request = urllib.request.Request(
            f"{url}/api/v2/alerts", json.dumps(body).encode(), {"Content-Type": "application/json"}
        )
        urllib.request.urlopen(request, timeout=30).close()


def wait_until_told(url: str) -> None:
    """Wait until Alertmanager has gone through its groups a few times more.

    It looks into its log of messages each time a group is due, which is every group interval. What
    it had to tell beside what has come, it has told by then.
    """

    def looked() -> float:
        page = get(f"{url}/metrics").decode()
        found = re.search(r"^alertmanager_nflog_queries_total (\S+)$", page, re.MULTILINE)
        assert found is not None
        return float(found[1])

    enough = looked() + 3
    wait_for(lambda: looked() >= enough, what="further rounds of Alertmanager")


def test_a_site_failure_with_a_thousand_racks_is_one_message(alerting: tuple[str, Heard]) -> None:
    """A site that goes dark is one page that names it.

    Its two thousand PDUs, its racks and collectors are not told beside it.
    """
    url, heard = alerting
    racks = [{**SITE, "row": f"R{n // 40}", "rack": f"R{n // 40}-{n % 40}"} for n in range(1000)]
    alerts = [{**SITE, "alertname": "SitePdusSilent"}]
    alerts += [
        {**rack, "alertname": "PduSilent", "pdu": f"{rack['rack']}-{feed}", "feed": feed}
        for rack in racks
        for feed in "AB"
    ]
    alerts += [{**rack, "alertname": "RackFailoverLost"} for rack in racks]
    alerts += [
        {
            **SITE,
            "alertname": "CollectorFailing",
            "instance": "gw",
            "collector": "snmp",
            "device": f"p{n}",
        }
        for n in range(500)
    ]
    alerts += [{**SITE, "alertname": "SitePueCoverageLow", "window": "1d"}]
    raise_alerts(url, alerts)
    wait_for(lambda: heard.messages, what="a message")
    wait_until_told(url)
    (message,) = heard.to("/page/guian")
    assert [alert["labels"]["alertname"] for alert in message["alerts"]] == ["SitePdusSilent"]
    assert heard.to("/ticket/guian") == []
    assert len(json.loads(get(f"{url}/api/v2/alerts"))) == len(alerts)


def test_other_sites_are_not_silenced(alerting: tuple[str, Heard]) -> None:
    """While one site is dark, a hot rack there and a silent PDU elsewhere are told all the same."""
    url, heard = alerting
    rack = {"row": "A", "rack": "A07"}
    raise_alerts(
        url,
        [
            {**SITE, "alertname": "SitePdusSilent"},
            {**SITE, **rack, "alertname": "RackTooHot"},
            {**SITE, **rack, "alertname": "RackHot"},
            {
                "hub": "guian",
                "site": "s2",
                **rack,
                "alertname": "PduSilent",
                "pdu": "A07-A",
                "feed": "A",
            },
        ],
    )

    def paged() -> set[str]:
        return {
            alert["labels"]["alertname"]
            for message in heard.to("/page/guian")
            for alert in message["alerts"]
        }

    wait_for(lambda: len(paged()) > 1 and heard.to("/ticket/guian"), what="the messages")
    wait_until_told(url)
    assert paged() == {"SitePdusSilent", "RackTooHot"}
    assert {
        alert["labels"]["site"]
        for message in heard.to("/ticket/guian")
        for alert in message["alerts"]
    } == {"s2"}
