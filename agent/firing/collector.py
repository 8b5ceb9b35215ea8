"""Asks an Alertmanager which alerts fire.

Source: Alertmanager's API v2, `GET /api/v2/alerts`
(https://github.com/prometheus/alertmanager/blob/main/api/v2/openapi.yaml).
"""

from __future__ import annotations

import datetime as dt
import time
from collections.abc import Callable, Mapping, Sequence
from typing import ClassVar, Final

from agent.firing.model import Alert, Heard
from agent.firing.settings import Alertmanager
from agent.json_server import JsonServer
from collectors.base import BadReply, Reading, Schedule
from collectors.secrets import read_secret, read_token

_MAX_BYTES: Final = 64 * 2**20
_STALE_ROUNDS: Final = 2.5
"""What was heard so many intervals ago is not told as the present state."""
_ASKED: Final = "/api/v2/alerts?active=true&silenced=true&inhibited=true&unprocessed=true"


class FiringAlerts:
    """Asks Alertmanager once a round. It is a collector without readings, as `Federation` is."""

    name: ClassVar[str] = "alertmanager"

    def __init__(
        self, config: Alertmanager, hub: str, *, clock: Callable[[], float] = time.time
    ) -> None:
        """Take the section of the config; raises ConfigError where a secret cannot be read."""
        self.device = ""
        self.schedule = Schedule(interval=config.interval, timeout=config.timeout)
        self._config: Final = config
        self._server: Final = _server(config)
        self._hub, self._clock = hub, clock
        self._alerts: Sequence[Alert] = ()
        self._at: float | None = None
        self._error = ""

    def collect(self) -> Sequence[Reading]:
        """Ask for all alerts once; raises CollectError."""
        try:
            found = parse(self._server.ask(_ASKED))
        except Exception as error:
            self._error = str(error) or type(error).__name__
            raise
        self._alerts = [one for one in found if one.label("hub") in ("", self._hub)]
        self._at, self._error = self._clock(), ""
        return ()

    def heard(self) -> Heard:
        """Return what was said last."""
        oldest = self._clock() - _STALE_ROUNDS * self._config.interval
        return Heard(
            alerts=self._alerts,
            at=self._at,
            is_fresh=not self._error and self._at is not None and self._at >= oldest,
            error=self._error,
            url=(self._config.open_url or self._config.url).rstrip("/"),
            acknowledge=self._config.acknowledge,
        )


def _server(config: Alertmanager) -> JsonServer:
    token, login = config.token_file, None
    if config.password_file is not None:
        password = read_secret(config.password_file, "alertmanager.password_file")
        login = (config.username, password)
    return JsonServer(
        config.url,
        called="an Alertmanager",
        timeout=config.timeout,
        token=read_token(token, "alertmanager.token_file") if token is not None else "",
        login=login,
        ca_file=config.ca_file,
        max_bytes=_MAX_BYTES,
    )


def parse(answer: object) -> list[Alert]:
    """Return the alerts of an answer of `/api/v2/alerts`; raises BadReply."""
    if not isinstance(answer, list):
        raise BadReply("the answer is no list of alerts: is that an Alertmanager?")
    return [_alert(one) for one in answer]


def _alert(one: object) -> Alert:
    match one:
        case {
            "labels": dict() as labels,
            "annotations": dict() as annotations,
            "startsAt": str() as since,
            "status": {"state": str() as state},
            "receivers": list() as receivers,
        }:
            return Alert(
                labels=_texts(labels),
                annotations=_texts(annotations),
                since=_seconds(since),
                is_muted=state == "suppressed",
                receivers=[_receiver(each) for each in receivers],
            )
        case _:
            raise BadReply("an alert does not have the shape that Alertmanager's API v2 describes")


def _receiver(one: object) -> str:
    match one:
        case {"name": str() as name}:
            return name
        case _:
            raise BadReply("a receiver has no name")


def _texts(pairs: Mapping[object, object]) -> dict[str, str]:
    return {str(name): str(value) for name, value in pairs.items()}


def _seconds(text: str) -> float:
    """Return the seconds since the epoch of a time as RFC 3339 writes it."""
    try:
        return dt.datetime.fromisoformat(text).timestamp()
    except (ValueError, OverflowError):
        raise BadReply(f"an alert began at {text[:40]!r}, which is no time") from None
