"""The alerts of a real Alertmanager: heard, silenced, and not heard any more."""

from __future__ import annotations

import json
import re
import signal
import socket
import subprocess
import threading
import urllib.parse
import urllib.request
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import bcrypt
import psutil
import pytest

from agent.firing.collector import FiringAlerts, parse
from agent.firing.settings import Alertmanager
from collectors.base import BadReply, Refused, Unreachable
from tests.support import HANGS, binary, free_port, get, running, wait_for
from tests.support.certificates import self_signed

HOSTILE = 'a "quoted", \\ comma=x} 架'
ALERTS = (
    {"alertname": "RackTooHot", "severity": "critical", "hub": "guian", "rack": "A06"},
    {"alertname": "SpoolBlocked", "severity": "warning", "instance": HOSTILE},
    {"alertname": "RackTooHot", "severity": "critical", "hub": "kunming", "rack": "K1"},
)
CONFIG = "route: {receiver: duty}\nreceivers: [{name: duty}]\n"


@dataclass
class Server:
    """A running Alertmanager, and how it is asked."""

    url: str
    process: subprocess.Popen[bytes]

    def post(self, path: str, body: object) -> Any:
        request = urllib.request.Request(
            f"{self.url}/api/v2/{path}",
            json.dumps(body).encode(),
            {"Content-Type": "application/json"},
        )
        with urllib.request.urlopen(request, timeout=60) as reply:
            return json.loads(reply.read() or b"null")

    def silence(self, matchers: Mapping[str, str]) -> None:
        self.post(
            "silences",
            {
                "matchers": [
                    {"name": name, "value": value, "isRegex": False, "isEqual": True}
                    for name, value in matchers.items()
                ],
                "startsAt": "2026-01-01T00:00:00Z",
                "endsAt": "2099-01-01T00:00:00Z",
                "createdBy": "test",
                "comment": "test",
            },
        )


def command(folder: Path, port: int, *more: str) -> list[str]:
    """Return how an Alertmanager with one receiver is started."""
    (folder / "alertmanager.yml").write_text(CONFIG)
    return [
        binary("prometheus-alertmanager"),
        f"--config.file={folder / 'alertmanager.yml'}",
        f"--storage.path={folder / 'data'}",
        f"--web.listen-address=127.0.0.1:{port}",
        "--cluster.listen-address=",
        *more,
    ]


@pytest.fixture
def server(tmp_path: Path) -> Iterator[Server]:
    """An Alertmanager that was told of three alerts."""
    port = free_port()
    url = f"http://127.0.0.1:{port}"
    with running(command(tmp_path, port), log=tmp_path / "log", ready=f"{url}/-/ready") as process:
        found = Server(url, process)
        found.post(
            "alerts",
            [
                {
                    "labels": one,
                    "startsAt": "2026-11-23T04:00:00Z",
                    "endsAt": "2099-01-01T00:00:00Z",
                    "annotations": {"summary": "hot: open the door"},
                }
                for one in ALERTS
            ],
        )
        yield found


class Clock:
    """A clock that a test sets."""

    now = 1_795_000_000.0

    def __call__(self) -> float:
        return self.now


def firing(url: str, clock: Clock | None = None, **more: Any) -> FiringAlerts:
    """Return who asks for the alerts of one hub."""
    return FiringAlerts(Alertmanager(url=url, **more), "guian", clock=clock or Clock())


def test_alerts_of_this_hub_and_of_none(server: Server) -> None:
    """Those of another hub are left out. 04:00 UTC of 23 November 2026 is 1795406400 s."""
    asked = firing(server.url)
    assert list(asked.collect()) == []
    heard = asked.heard()
    assert heard.is_fresh
    assert {(one.label("alertname"), one.label("hub")) for one in heard.alerts} == {
        ("RackTooHot", "guian"),
        ("SpoolBlocked", ""),
    }
    assert {one.since for one in heard.alerts} == {1_795_406_400.0}
    assert {one.annotations["summary"] for one in heard.alerts} == {"hot: open the door"}
    assert {tuple(one.receivers) for one in heard.alerts} == {("duty",)}
    assert not any(one.is_muted for one in heard.alerts)


def test_a_silenced_alert_is_muted(server: Server) -> None:
    """Alertmanager tells nobody of it: it is no firing alert of the board."""
    server.silence({"alertname": "RackTooHot"})
    asked = firing(server.url)
    asked.collect()
    assert {one.label("alertname"): one.is_muted for one in asked.heard().alerts} == {
        "RackTooHot": True,
        "SpoolBlocked": False,
    }


def test_the_links_hold_matchers_that_alertmanager_reads(server: Server) -> None:
    """What the link gives to the form finds, asked of Alertmanager itself, this alert alone."""
    asked = firing(server.url, open_url="https://alerts.example/am/")
    asked.collect()
    heard = asked.heard()
    odd = next(one for one in heard.alerts if one.label("alertname") == "SpoolBlocked")
    link = heard.silence_url(odd.labels)
    assert link.startswith("https://alerts.example/am/#/silences/new?filter=%7B")
    braced = urllib.parse.unquote(link.partition("?filter=")[2])
    assert heard.alert_url(odd.labels).endswith(urllib.parse.quote(braced, safe=""))
    assert re.fullmatch(r'\{alertname="SpoolBlocked", instance=".*", severity="warning"\}', braced)
    name, odd_value, severity = re.split(r", (?=instance=|severity=)", braced[1:-1])
    query = urllib.parse.urlencode([("filter", one) for one in (name, odd_value, severity)])
    found = json.loads(get(f"{server.url}/api/v2/alerts?{query}"))
    assert [one["labels"]["instance"] for one in found] == [HOSTILE]


def test_one_that_does_not_answer_is_never_calm(server: Server) -> None:
    """What was heard stays, but is not fresh: after a failed reading, and after 2.5 intervals."""
    clock = Clock()
    asked = firing(server.url, clock, timeout=1.0)
    assert asked.heard().at is None
    assert not asked.heard().is_fresh
    asked.collect()
    clock.now += 75.0
    assert asked.heard().is_fresh
    clock.now += 1.0
    assert not asked.heard().is_fresh
    asked.collect()
    server.process.send_signal(signal.SIGSTOP)
    stopped = psutil.Process(server.process.pid)
    wait_for(lambda: stopped.status() == psutil.STATUS_STOPPED, what="Alertmanager to stop")
    try:
        with pytest.raises(Unreachable):
            asked.collect()
    finally:
        server.process.send_signal(signal.SIGCONT)
    heard = asked.heard()
    assert (heard.is_fresh, len(heard.alerts), bool(heard.error)) == (False, 2, True)
    asked.collect()
    assert (asked.heard().is_fresh, asked.heard().error) == (True, "")


def test_with_tls_and_a_password(tmp_path: Path) -> None:
    """As its own `--web.config.file` asks for: an own authority, a user and a password."""
    certificate, key = self_signed(tmp_path, "alerts")
    hashed = bcrypt.hashpw(b"secret", bcrypt.gensalt(4)).decode()
    web = {
        "tls_server_config": {"cert_file": str(certificate), "key_file": str(key)},
        "basic_auth_users": {"board": hashed},
    }
    (tmp_path / "web.yml").write_text(json.dumps(web))
    for name, text in (("good", "secret\n"), ("bad", "other\n")):
        (tmp_path / name).write_text(text)
        (tmp_path / name).chmod(0o600)
    port = free_port()
    url = f"https://127.0.0.1:{port}"
    flag = f"--web.config.file={tmp_path / 'web.yml'}"
    asked = firing(
        url, ca_file=certificate, username="board", password_file=tmp_path / "good", timeout=60.0
    )
    with running(command(tmp_path, port, flag), log=tmp_path / "log") as process:
        while True:
            try:
                asked.collect()
                break
            except Unreachable:
                assert process.poll() is None, (tmp_path / "log").read_text()
        assert asked.heard().is_fresh
        other = firing(url, ca_file=certificate, username="board", password_file=tmp_path / "bad")
        with pytest.raises(Refused):
            other.collect()
        with pytest.raises(Unreachable, match="certificate"):
            firing(url).collect()


WHOLE = {
    "labels": {},
    "annotations": {},
    "startsAt": "2026-11-23T04:00:00Z",
    "status": {"state": "active"},
    "receivers": [{"name": "duty"}],
}
"""An alert with all that the API's description calls required, of what is read."""


@pytest.mark.parametrize(
    "answer",
    [
        {"status": "success"},
        [{"labels": {}}],
        [{"labels": {}, "annotations": {}, "startsAt": "soon", "status": {"state": "active"}}],
        ["alert"],
        [{**WHOLE, "receivers": ["duty"]}],
        [{**WHOLE, "receivers": [{}]}],
    ],
)
def test_what_is_no_list_of_alerts_is_refused(answer: object) -> None:
    """Another server at this address, or alerts without their parts, are a bad reply."""
    with pytest.raises(BadReply):
        parse(answer)
    assert parse([WHOLE])[0].receivers == ["duty"]


@pytest.mark.parametrize(
    ("wrong", "said"),
    [
        ({"url": "ftp://x"}, "url"),
        ({"open_url": "x"}, "open_url"),
        ({"acknowledge": {"duty": "javascript:alert(1)"}}, "acknowledge.duty"),
        ({"username": "x"}, "password_file"),
    ],
)
def test_a_wrong_section_is_told(wrong: dict[str, Any], said: str) -> None:
    """Addresses are of HTTP, and a user has a password."""
    with pytest.raises(ValueError, match=said):
        Alertmanager(**{"url": "http://127.0.0.1:9093", **wrong})


@pytest.mark.parametrize(
    "answer",
    [
        b"SSH-2.0-OpenSSH_9.2\r\n",
        b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n40\r\n[{",
        b"HTTP/1.1 503 no\r\nTransfer-Encoding: chunked\r\n\r\n40\r\nlate",
    ],
)
def test_what_speaks_no_whole_http_is_told_at_once(answer: bytes) -> None:
    """Whatever a port answers, what was heard before is not told as the present."""
    with socket.create_server(("127.0.0.1", 0)) as listening:

        def serve() -> None:
            connection, _ = listening.accept()
            with connection:
                connection.recv(65536)
                connection.sendall(answer)

        thread = threading.Thread(target=serve)
        thread.start()
        asked = firing(f"http://127.0.0.1:{listening.getsockname()[1]}", Clock(), timeout=HANGS)
        with pytest.raises(BadReply):
            asked.collect()
        thread.join()
    assert asked.heard().error
