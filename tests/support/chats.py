"""Stand-ins for what alerts are sent to, which refuse what the vendors' documentation refuses.

Each takes one way of telling in the form its vendor documents:

- WeCom's robot: developer.work.weixin.qq.com/document/path/91770 ("markdown", at most 4096 bytes);
- WeCom's application: .../path/91039 (`gettoken`) and 90236 (`message/send`, text to 2048 bytes);
- DingTalk: open.dingtalk.com/document/robots/custom-robot-access (timestamp in milliseconds, not
  off by more than an hour; the signature in the address);
- Feishu: open.feishu.cn/document/client-docs/bot-v3/add-custom-bot (timestamp in seconds);
- Slack: api.slack.com/reference/messaging/attachments;
- PagerDuty: developer.pagerduty.com, Events API v2.
"""

from __future__ import annotations

import base64
import hashlib
import hmac
import json
import socketserver
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from email import message_from_bytes, policy
from email.message import EmailMessage
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any
from urllib.parse import parse_qs, urlsplit

TOKEN, SECRET, APPLICATION = "a-token", "SEC-of-the-robot", "of-the-application"
Json = dict[str, Any]


@dataclass(slots=True)
class Vendors:
    """The stand-ins, and what each has taken and refused."""

    url: str = ""
    mail: str = ""
    taken: dict[str, list[Json]] = field(default_factory=dict)
    mails: list[EmailMessage] = field(default_factory=list)
    refused: list[str] = field(default_factory=list)
    busy: bool = False
    """Whether the robots refuse everything, as they do beyond twenty messages a minute."""

    def take(self, path: str, query: dict[str, str], body: Json, bearer: str) -> tuple[int, Json]:
        """Answer a request as its vendor does."""
        name, answer = path.strip("/"), (404, Json())
        for known, check in _CHECKS.items():
            if name == known:
                why = (
                    "too many requests"
                    if self.busy
                    else check(Told(query=query, body=body, bearer=bearer))
                )
                answer = _ANSWERS[known](why)
                if why:
                    self.refused.append(f"{known}: {why}")
                else:
                    self.taken.setdefault(known, []).append(body)
        return answer


@dataclass(frozen=True, slots=True, kw_only=True)
class Told:
    """A request: the parameters of its address, its JSON, and what it has for a login."""

    query: dict[str, str]
    body: Json
    bearer: str


def _signed(key: bytes, text: bytes) -> str:
    return base64.b64encode(hmac.new(key, text, hashlib.sha256).digest()).decode()


def _wecom_robot(told: Told) -> str:
    body = told.body
    if told.query.get("key") != TOKEN:
        return "93000 invalid webhook url"
    if body.get("msgtype") != "markdown" or set(body) != {"msgtype", "markdown"}:
        return "40008 invalid message type"
    content = body["markdown"]["content"]
    return "" if 0 < len(content.encode()) <= 4096 else "40058 content too long"


def _wecom_application(told: Told) -> str:
    body = told.body
    if told.query.get("access_token") != APPLICATION:
        return "40014 invalid access_token"
    if not (body.get("touser") or body.get("toparty") or body.get("totag")):
        return "40031 no receiver"
    if body.get("msgtype") != "text" or body.get("agentid") != "1000002":
        return "40008 invalid message type or agent"
    return "" if 0 < len(body["text"]["content"].encode()) <= 2048 else "40058 too long"


def _wecom_token(told: Told) -> str:
    good = {"corpid": "ww1", "corpsecret": SECRET}
    return "" if told.query == good else "40001 invalid credential"


def _dingtalk(told: Told) -> str:
    body = told.body
    if told.query.get("access_token") != TOKEN:
        return "token is not exist"
    stamp = told.query.get("timestamp", "0")
    if abs(int(stamp) / 1000 - time.time()) > 3600:
        return "invalid timestamp"
    if told.query.get("sign") != _signed(SECRET.encode(), f"{stamp}\n{SECRET}".encode()):
        return "sign not match"
    if body.get("msgtype") != "markdown" or not set(body) <= {"msgtype", "markdown", "at"}:
        return "unknown msgtype"
    text = body["markdown"]["text"]
    mobiles = body.get("at", {}).get("atMobiles", [])
    if not body["markdown"]["title"] or len(text.encode()) > 20_000:
        return "no title, or too long"
    return "" if all(f"@{one}" in text for one in mobiles) else "who is called is not in the text"


def _feishu(told: Told) -> str:
    body = told.body
    stamp = str(body.get("timestamp"))
    if not stamp.isdigit() or abs(int(stamp) - time.time()) > 3600:
        return "19021 timestamp is not within one hour"
    if body.get("sign") != _signed(f"{stamp}\n{SECRET}".encode(), b""):
        return "19021 sign match fail"
    if body.get("msg_type") != "post" or len(json.dumps(body).encode()) > 60_000:
        return "9499 Bad Request"
    for post in body["content"]["post"].values():
        for part in (part for line in post["content"] for part in line):
            if set(part) not in ({"tag", "text"}, {"tag", "text", "href"}):
                return "9499 a part that no rich text has"
            if part["tag"] != ("a" if "href" in part else "text"):
                return "9499 a link without an address"
    return "" if set(body["content"]["post"]) <= {"zh_cn", "en_us"} else "9499 language"


def _slack(told: Told) -> str:
    attachments = told.body.get("attachments")
    if not isinstance(attachments, list) or not attachments:
        return "no_text"
    return "" if all("fallback" in one and "text" in one for one in attachments) else "no_text"


def _pagerduty(told: Told) -> str:
    body = told.body
    if body.get("routing_key") != TOKEN or body.get("event_action") not in ("trigger", "resolve"):
        return "invalid event"
    payload = body.get("payload", {})
    if body["event_action"] == "trigger" and not (
        payload.get("summary")
        and len(payload["summary"]) <= 1024
        and payload.get("source")
        and payload.get("severity") in ("critical", "error", "warning", "info")
    ):
        return "invalid payload"
    return ""


def _webhook(told: Told) -> str:
    good = told.body.get("version") == "4" and told.bearer == f"Bearer {TOKEN}"
    return "" if good else "no message of Alertmanager, or no token"


_CHECKS = {
    "robot": _wecom_robot,
    "cgi-bin/gettoken": _wecom_token,
    "cgi-bin/message/send": _wecom_application,
    "robot/send": _dingtalk,
    "open-apis/bot/v2/hook/1": _feishu,
    "services/T/B/X": _slack,
    "v2/enqueue": _pagerduty,
    "hook": _webhook,
}


def _coded(key: str, said: str, **more: str) -> Any:
    return lambda why: (200, {key: 1 if why else 0, said: why or "ok", **more})


_ANSWERS = {
    "robot": _coded("errcode", "errmsg"),
    "cgi-bin/gettoken": _coded("errcode", "errmsg", access_token=APPLICATION),
    "cgi-bin/message/send": _coded("errcode", "errmsg"),
    "robot/send": _coded("errcode", "errmsg"),
    "open-apis/bot/v2/hook/1": _coded("code", "msg"),
    "services/T/B/X": lambda why: (400 if why else 200, {}),
    "v2/enqueue": lambda why: (400, {"errors": [why]}) if why else (202, {"status": "success"}),
    "hook": lambda why: (403 if why else 200, {}),
}


def _smtp_handler(found: Vendors) -> type[socketserver.StreamRequestHandler]:
    class Smtp(socketserver.StreamRequestHandler):
        """As much of SMTP (RFC 5321) as a mail without login needs."""

        def handle(self) -> None:
            self.wfile.write(b"220 here\r\n")
            while line := self.rfile.readline():
                word = line[:4].upper()
                if word == b"DATA":
                    self.wfile.write(b"354 go on\r\n")
                    text = b"".join(iter(self.rfile.readline, b".\r\n"))
                    mail = message_from_bytes(text, policy=policy.default)
                    assert isinstance(mail, EmailMessage)
                    found.mails.append(mail)
                self.wfile.write(b"221 bye\r\n" if word == b"QUIT" else b"250 ok\r\n")
                if word == b"QUIT":
                    return

    return Smtp


@contextmanager
def vendors() -> Iterator[Vendors]:
    """Run all stand-ins."""
    found = Vendors()

    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            self.answer({})

        def do_POST(self) -> None:
            self.answer(json.loads(self.rfile.read(int(self.headers["Content-Length"]))))

        def answer(self, body: Json) -> None:
            parts = urlsplit(self.path)
            query = {key: values[0] for key, values in parse_qs(parts.query).items()}
            bearer = self.headers.get("Authorization", "")
            status, said = found.take(parts.path, query, body, bearer)
            text = json.dumps(said).encode()
            self.send_response(status)
            self.send_header("Content-Length", str(len(text)))
            self.end_headers()
            self.wfile.write(text)

        def log_message(self, *_: object) -> None:
            """Be quiet."""

    with (
        ThreadingHTTPServer(("127.0.0.1", 0), Handler) as server,
        socketserver.ThreadingTCPServer(("127.0.0.1", 0), _smtp_handler(found)) as smtp,
    ):
        found.url = f"http://127.0.0.1:{server.server_address[1]}"
        found.mail = f"127.0.0.1:{smtp.server_address[1]}"
        for one in (server, smtp):
            threading.Thread(target=one.serve_forever, daemon=True).start()
        yield found
        for one in (server, smtp):
            one.shutdown()
