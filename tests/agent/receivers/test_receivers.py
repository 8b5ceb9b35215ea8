"""A real Alertmanager tells every kind of receiver, in the form that its vendor documents."""

from __future__ import annotations

import datetime as dt
import json
import socket
import sys
import threading
import urllib.error
import urllib.request
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest
import yaml

from agent.hubs.loader import load_registry
from agent.receivers.bridge import Bridge, BridgeServer, send_post
from agent.receivers.model import AlertingSection, Dingtalk, Receiver
from agent.receivers.template import templates
from collectors.strict import Document
from dashboards.alerts.routes import alertmanager
from tests.agent.receivers.told import ALERT, QUICK, RUNBOOK, config_text, message_of
from tests.support import binary, free_port, running, wait_for
from tests.support.chats import TOKEN, Vendors, vendors

TOLD = (
    "cgi-bin/message/send",
    "robot",
    "robot/send",
    "open-apis/bot/v2/hook/1",
    "services/T/B/X",
    "v2/enqueue",
    "hook",
)
"""Where all but the mail are sent."""


@dataclass(slots=True)
class Duty:
    """What is running: Alertmanager and the vendors, with the config's file."""

    url: str
    vendors: Vendors
    config: Path

    def tell(self, alert: object) -> None:
        """Tell Alertmanager of an alert, as Prometheus does."""
        body = json.dumps([alert]).encode()
        headers = {"Content-Type": "application/json"}
        request = urllib.request.Request(f"{self.url}/api/v2/alerts", body, headers)
        urllib.request.urlopen(request, timeout=30).close()

    def taken(self, path: str) -> dict[str, Any]:
        """Wait for the first message to a vendor, and return it."""
        wait_for(lambda: self.vendors.taken.get(path), what=f"{path}; {self.vendors.refused}")
        return self.vendors.taken[path][0]


@pytest.fixture(scope="module")
def duty(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Duty]:
    """Run Alertmanager, the bridge and the stand-ins, and raise one alert that ends at once."""
    folder = tmp_path_factory.mktemp("duty")
    port, bridge = free_port(), free_port()
    with vendors() as found:
        config = folder / "hubgauge.yaml"
        config.write_text(config_text(found, folder, bridge), "utf-8")
        alerting = Document(config).section("alerting", AlertingSection)
        made = alertmanager(load_registry(), ways=QUICK, alerting=alerting)
        (folder / "alertmanager.yml").write_text(yaml.safe_dump(made, sort_keys=False), "utf-8")
        (folder / "hubgauge.tmpl").write_text(templates(), "utf-8")
        url = f"http://127.0.0.1:{port}"
        command = [
            binary("prometheus-alertmanager"),
            f"--config.file={folder / 'alertmanager.yml'}",
            f"--storage.path={folder / 'data'}",
            f"--web.listen-address=127.0.0.1:{port}",
            "--cluster.listen-address=",
        ]
        notify = [sys.executable, "-m", "agent.cli", "notify", "--config", str(config)]
        healthy = f"http://127.0.0.1:{bridge}/-/healthy"
        with (
            running(command, log=folder / "alertmanager.log", ready=f"{url}/-/ready"),
            running(notify, log=folder / "notify.log", ready=healthy),
        ):
            duty = Duty(url, found, config)
            duty.tell(ALERT)
            for path in TOLD:  # before any test has the robots refuse: not all are asked again
                duty.taken(path)
            yield duty


def has_all(text: str, *, zh: bool) -> bool:
    """Tell whether a text has value, limit, since, runbook and board, in one language."""
    since = dt.datetime(2026, 11, 29, 0, 12, tzinfo=dt.UTC).astimezone().isoformat(" ", "minutes")
    language = "zh" if zh else "en"
    named = ("当前值：", "限值：", "开始时间：") if zh else ("Value: ", "Limit: ", "Since: ")
    said = zip(named, ("25.5 °C", "24 °C", since.replace("+00:00", "")), strict=True)
    links = (f"{RUNBOOK}?lang={language}#rackhot", f"/sites/lyon/racks/A07?lang={language}")
    return all(f"{name}{value}" in text for name, value in said) and all(
        link in text for link in links
    )


def test_a_mail_has_all_that_one_needs_to_go(duty: Duty) -> None:
    """The mail goes from and to whom the config says, with value, limit, since and links."""
    wait_for(lambda: duty.vendors.mails, what="a mail")
    (mail,) = duty.vendors.mails[:1]
    assert (mail["From"], mail["To"]) == ("hg@acme.com", "ops@acme.com")
    assert mail["Subject"] == "[1 firing] critical guian lyon RackHot"
    body = mail.get_body()
    assert body is not None
    assert has_all(body.get_content(), zh=False)


def test_wecom_takes_the_application_and_the_robot(duty: Duty) -> None:
    """Both ways of WeCom get Chinese text, the robot's with links as Markdown."""
    application = duty.taken("cgi-bin/message/send")
    assert has_all(application["text"]["content"], zh=True)
    robot = duty.taken("robot")["markdown"]["content"]
    assert has_all(robot, zh=True)
    assert f"[处置手册]({RUNBOOK}?lang=zh#rackhot)" in robot
    assert "1 条告警" in robot.splitlines()[0]
    assert "紧急 guian lyon RackHot" in robot.splitlines()[0]


def test_dingtalk_is_signed_and_calls_the_people(duty: Duty) -> None:
    """DingTalk's robot takes the signature, and the text names whom it calls."""
    body = duty.taken("robot/send")
    assert has_all(body["markdown"]["text"], zh=True)
    assert body["at"] == {"atMobiles": ["13800000000"], "isAtAll": False}


def test_feishu_has_links_as_parts_of_their_own(duty: Duty) -> None:
    """Feishu's robot takes a signed rich text; a name with markup stays a text."""
    post = duty.taken("open-apis/bot/v2/hook/1")["content"]["post"]["en_us"]
    parts = [part for line in post["content"] for part in line]
    assert has_all("\n".join(part["text"] + part.get("href", "") for part in parts), zh=False)
    assert [part["text"].strip() for part in parts if part["tag"] == "a"] == ["Runbook", "Board"]


def test_slack_gets_no_markup_of_a_name(duty: Duty) -> None:
    """What a name has of Slack's markup calls nobody."""
    (attachment,) = duty.taken("services/T/B/X")["attachments"]
    assert has_all(attachment["text"].replace("&amp;", "&"), zh=False)
    assert "<!channel>" not in attachment["text"]
    assert attachment["title_link"] == ALERT["annotations"]["board_url"]


def test_pagerduty_and_a_webhook_are_told(duty: Duty) -> None:
    """PagerDuty gets an event of its API, and a program Alertmanager's JSON with its token."""
    event = duty.taken("v2/enqueue")
    payload = event["payload"]
    assert isinstance(payload, dict)
    assert (payload["severity"], payload["component"]) == ("critical", "lyon")
    assert has_all(payload["custom_details"]["firing"], zh=True)
    assert event["client_url"] == ALERT["annotations"]["board_url"]
    assert duty.taken("hook")["status"] == "firing"
    assert duty.vendors.refused == []


def test_what_is_over_is_told_and_calls_nobody(duty: Duty) -> None:
    """When an alert ends, DingTalk is told until when, and nobody is called by name."""
    duty.taken("robot/send")
    duty.tell(ALERT | {"endsAt": "2026-11-29T00:13:00Z"})
    wait_for(lambda: len(duty.vendors.taken["robot/send"]) > 1, what="the end")
    body = duty.vendors.taken["robot/send"][-1]
    assert "恢复时间：" in body["markdown"]["text"]
    assert body["at"]["atMobiles"] == []


def _post(url: str, body: bytes) -> tuple[int, str]:
    try:
        with urllib.request.urlopen(url, body, timeout=30) as answer:
            return answer.status, answer.read().decode()
    except urllib.error.HTTPError as error:
        with error:
            return error.code, error.read().decode()


def test_a_refusal_is_told_to_alertmanager_and_names_no_secret(duty: Duty) -> None:
    """Where a vendor refuses, Alertmanager gets 502, so that it tries again; no token is told."""
    duty.vendors.busy = True
    alerting = Document(duty.config).section("alerting", AlertingSection)
    assert alerting is not None
    try:
        status, said = _post(f"http://{alerting.notify}/robot", message_of(1))
        assert status == 502
        assert "too many requests" in said
        assert TOKEN not in said
        assert _post(f"http://{alerting.notify}/nobody", message_of(1))[0] == 404
        assert _post(f"http://{alerting.notify}/robot", b"{}")[0] == 400
    finally:
        duty.vendors.busy = False
        duty.vendors.refused.clear()


@pytest.mark.parametrize("length", ["", "²", "-1", "4194305", "9" * 5000])
def test_a_length_that_is_none_or_too_large_is_refused(length: str, tmp_path: Path) -> None:
    """A body is read only if its length is a plain number of at most 4 MiB;
    else the answer is 413.
    """
    robot = Receiver(name="ding", dingtalk=Dingtalk(url_file=tmp_path / "url"))
    alerting = AlertingSection(notify=f"127.0.0.1:{free_port()}", receivers=(robot,))
    with BridgeServer(Bridge(alerting=alerting, send=send_post)) as server:
        thread = threading.Thread(target=server.handle_request, daemon=True)
        thread.start()
        with socket.create_connection(("127.0.0.1", server.server_port), 30) as asked:
            head = f"POST /ding HTTP/1.0\r\nContent-Length: {length}\r\n\r\n"
            asked.sendall(head.encode("latin-1"))
            assert asked.makefile("rb").readline().split()[1] == b"413"
        thread.join()
