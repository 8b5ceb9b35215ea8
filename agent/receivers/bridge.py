"""`hubgauge notify`: takes Alertmanager's webhook on this machine, and writes to a chat's robot.

A message that the vendor does not take is answered with 502, so that Alertmanager tries it again
and counts it (`alertmanager_notifications_failed_total`). Secrets are read for each message, so
that a new one needs no restart. They stand in no log and in no answer.
"""

from __future__ import annotations

import http.client
import json
import logging
import re
import time
import urllib.error
import urllib.request
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import IO, Final

from agent.messages.catalogue import words
from agent.receivers.chats import CHATS, Post, Robot, why_refused
from agent.receivers.message import read_message
from agent.receivers.model import AlertingSection, Receiver
from agent.settings import is_loopback, split_listen
from collectors.address import http_url
from collectors.base import ConfigError, HubgaugeError
from collectors.secrets import read_secret, read_token

logger: Final = logging.getLogger("hubgauge.notify")
MAX_BODY: Final = 4 * 2**20
"""Bytes of a message. One of Alertmanager's with a hundred alerts has a tenth of that."""
SECONDS: Final = 10.0
"""Seconds that a vendor may take to answer, and Alertmanager to send."""


class NotTold(HubgaugeError):
    """A vendor has refused a message, or did not answer."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Bridge:
    """Sends messages to those receivers of a config that Alertmanager cannot reach itself."""

    alerting: AlertingSection
    send: Callable[[Post], bytes]
    now: Callable[[], float] = time.time

    @property
    def receivers(self) -> Mapping[str, Receiver]:
        """The receivers that are told through it, by name."""
        return {one.name: one for one in self.alerting.receivers if one.is_bridged}

    def tell(self, name: str, body: bytes) -> None:
        """Send what Alertmanager posted on to a receiver.

        Raises KeyError for an unknown receiver, ValueError for a body that is no message, and
        NotTold where the vendor does not take the message.
        """
        receiver = self.receivers[name]
        message = read_message(body)
        ((kind, _),) = receiver.ways.items()
        w = words(self.alerting.language_of(receiver))
        try:
            post = CHATS[kind](message, robot_of(receiver, self.now()), w)
            refused = why_refused(post, self.send(post))
        except ConfigError as error:
            raise NotTold(f"{error.key or name}: {error.message}") from None
        except (OSError, http.client.HTTPException) as error:
            raise NotTold(_reason(error)) from None
        if refused:
            raise NotTold(refused)


def robot_of(receiver: Receiver, now: float) -> Robot:
    """Read the address and the secret of a receiver's robot; raises ConfigError."""
    secrets = {key.split(".")[1]: path for key, path in receiver.secrets.items()}
    url = read_token(secrets["url_file"], "url_file")
    parts = http_url(url)
    if parts is None or not (parts.scheme == "https" or is_loopback(parts.hostname or "")):
        raise ConfigError("expected an address that begins with https://", key="url_file")
    secret = secrets.get("secret_file")
    return Robot(
        url=url,
        now=now,
        secret=read_secret(secret, "secret_file") if secret is not None else "",
        mobiles=receiver.dingtalk.at_mobiles if receiver.dingtalk is not None else (),
    )


def _reason(error: Exception) -> str:
    """Say why a request failed, without its address: that is a secret."""
    if isinstance(error, urllib.error.HTTPError):
        error.close()
        return f"HTTP {error.code}"
    cause = error.reason if isinstance(error, urllib.error.URLError) else error
    if isinstance(cause, OSError) and cause.strerror:
        return cause.strerror
    return type(cause).__name__ if isinstance(cause, Exception) else "no answer"


class _NoRedirect(urllib.request.HTTPRedirectHandler):
    """Follows no redirect: it would send the message, and the address, to somebody else."""

    def redirect_request(
        self,
        req: urllib.request.Request,
        fp: IO[bytes],
        code: int,
        msg: str,
        headers: http.client.HTTPMessage,
        newurl: str,
    ) -> None:
        """Refuse."""


_OPENER: Final = urllib.request.build_opener(_NoRedirect)


def send_post(post: Post) -> bytes:
    """Send a request to a vendor; returns its answer; raises OSError."""
    body = json.dumps(post.body, ensure_ascii=False).encode()
    headers = {"Content-Type": "application/json; charset=utf-8"}
    request = urllib.request.Request(post.url, body, headers)
    with _OPENER.open(request, timeout=SECONDS) as answer:
        found: bytes = answer.read(65_536)
        return found


class BridgeServer(ThreadingHTTPServer):
    """Answers Alertmanager: `POST /NAME` tells a receiver, `GET /-/healthy` says that it runs."""

    daemon_threads = True

    def __init__(self, bridge: Bridge) -> None:
        """Listen where the section says; raises OSError."""
        super().__init__(split_listen(bridge.alerting.notify), BridgeHandler)
        self.bridge = bridge


class BridgeHandler(BaseHTTPRequestHandler):
    """One request of Alertmanager."""

    timeout = SECONDS
    server: BridgeServer

    def do_GET(self) -> None:
        """Say that the bridge runs."""
        if self.path == "/-/healthy":
            self._answer(200, "ok")
        else:
            self._answer(404, "no such path")

    def do_POST(self) -> None:
        """Tell a receiver, by the name in the path."""
        name = self.path.strip("/")
        bridge = self.server.bridge
        length = self.headers.get("Content-Length", "")
        if name not in bridge.receivers:
            self._answer(404, "no such receiver")
        elif not re.fullmatch(r"[0-9]{1,9}", length) or int(length) > MAX_BODY:
            self._answer(413, f"expected a body of at most {MAX_BODY} bytes")
        else:
            self._tell(name, self.rfile.read(int(length)))

    def _tell(self, name: str, body: bytes) -> None:
        try:
            self.server.bridge.tell(name, body)
        except NotTold as error:
            logger.warning("%s is not told: %s", name, error)
            self._answer(502, str(error))
        except ValueError as error:
            self._answer(400, f"no message of Alertmanager: {error}")
        else:
            self._answer(200, "told")

    def _answer(self, status: int, text: str) -> None:
        body = f"{text}\n".encode()
        self.send_response(status)
        self.send_header("Content-Type", "text/plain; charset=utf-8")
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, format: str, *args: object) -> None:
        """Log nothing of what is told: only what goes wrong."""
