"""The way to a database that takes remote write: which protocol it speaks, and one request.

2.0 is tried first where nothing else is configured. A database that speaks it says in a header how
many samples it has written. One that does not answers 415 or 400. Or it reads an empty message of
1.0 and answers 204, though it has stored nothing. So those answers without the header mean 1.0, as
does a 2xx that says 0 before any has said more. The same samples are then sent in 1.0 at once.

Source: remote write specification 1.0; 2.0-rc.4, "Content negotiation", "Required Written Response
Headers".
"""

from __future__ import annotations

import logging
import time
from base64 import b64encode
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Final
from urllib.parse import urlsplit

from agent.sinks.base import Reply
from agent.sinks.http import one_line
from agent.sinks.remote.bodies import BodiesV1, BodiesV2
from agent.sinks.remote.config import RemoteWrite
from agent.sinks.remote.frames import Frame, frames_of
from agent.sinks.requests import Requests
from collectors.secrets import read_secret, read_token

log: Final = logging.getLogger("hubgauge.sink")

WRITTEN: Final = "X-Prometheus-Remote-Write-Samples-Written"
UNSUPPORTED: Final = "415"
BAD: Final = "400"
FAILED: Final = "500"
TOO_OLD: Final = "too old sample"
"""What Prometheus 2.39 to 2.48 says with 500 of a sample that is older than its out-of-order
window. It never takes that sample, so the answer means 400, which later versions give.

Source: prometheus/prometheus#13334, #13335.
"""


@dataclass(frozen=True, slots=True, kw_only=True)
class _Answer:
    """An answer as it came."""

    reply: Reply
    written: int | None = None
    """How many samples a database of 2.0 says it has written."""


class RemoteWire:
    """Sends frames to one database. `post` is for one thread; `close` may come from any."""

    def __init__(
        self,
        receiver: RemoteWrite,
        *,
        name: str,
        wall_clock: Callable[[], float] = time.time,
        monotonic: Callable[[], float] = time.monotonic,
    ) -> None:
        self.place: Final = urlsplit(receiver.url).netloc
        self._receiver: Final = receiver
        self._name: Final = name
        self._confirmed = False  # whether the database has said that it has written samples of 2.0
        self._authorization: dict[str, str] = {}
        self._v1: Final = BodiesV1(monotonic)
        self._v2: Final = BodiesV2()
        self._speaks: BodiesV1 | BodiesV2 = self._v1 if receiver.protocol == "1.0" else self._v2
        self._requests: Final = Requests(
            receiver.timeout,
            ca_file=receiver.ca_file,
            cert_file=receiver.cert_file,
            key_file=receiver.key_file,
            wall_clock=wall_clock,
            monotonic=monotonic,
        )
        self.renew()

    @property
    def protocol(self) -> str:
        """The protocol of the next request."""
        return "1.0" if self._speaks is self._v1 else "2.0"

    def renew(self) -> None:
        """Read secrets again, as they may have been replaced; raises ConfigError."""
        receiver, key = self._receiver, f"outputs.{self._name}"
        if receiver.token_file is not None:
            token = read_token(receiver.token_file, f"{key}.token_file")
            self._requests.secrets.replace([token])
            self._authorization = {"Authorization": f"Bearer {token}"}
        elif receiver.password_file is not None:
            password = read_secret(receiver.password_file, f"{key}.password_file")
            pair = b64encode(f"{receiver.username}:{password}".encode()).decode()
            self._authorization = {"Authorization": f"Basic {pair}"}
            self._requests.secrets.replace([password, pair.rstrip("=")])

    def post(self, body: bytes) -> Reply:
        """Send frames; returns when the database has answered or the time is up."""
        frames = list(frames_of(body))
        answer = self._send(frames)
        if self._speaks is self._v1:
            return answer.reply
        samples = sum(frame.samples for frame in frames)
        reply, written = answer.reply, answer.written
        self._confirmed = self._confirmed or bool(written)
        if written is None:
            old = reply.taken or reply.code in (UNSUPPORTED, BAD)
        else:
            old = reply.taken and not self._confirmed
        if not old:
            if reply.taken and written is not None and written < samples:
                return Reply(code=BAD, message=f"{written} of {samples} samples written")
            return reply
        if self._receiver.protocol == "2.0":
            message = f"{self.place} does not speak remote write 2.0 ({reply})"
            return Reply(code=UNSUPPORTED, message=message)
        log.info("sink %s: %s speaks remote write 1.0", self._name, self.place)
        self._speaks = self._v1
        return self._send(frames).reply

    def _send(self, frames: Sequence[Frame]) -> _Answer:
        try:
            body = self._speaks.body(frames)
        except (OSError, ValueError) as error:
            return _Answer(reply=Reply(code="unreachable", message=one_line(str(error))))
        reply, headers = self._requests.send(self._receiver.url, self._headers(), body)
        if reply.code == FAILED and TOO_OLD in reply.message:
            reply = Reply(code=BAD, message=reply.message)
        said = headers.get(WRITTEN, "")
        return _Answer(
            reply=reply, written=int(said) if said.isascii() and said.isdigit() else None
        )

    def own_page(self, seconds: float) -> str | None:
        """Return `/metrics` of the database; empty where its place cannot be told."""
        base, api, _ = self._receiver.url.rpartition("/api/v1/")
        if not api:
            return ""
        url = f"{base}/metrics"
        return self._requests.own_page(seconds, url, self._known_by())

    def _known_by(self) -> dict[str, str]:
        """Return the headers of every request: who asks, and for whom."""
        return {**self._receiver.headers, **self._authorization}

    def _headers(self) -> dict[str, str]:
        return {
            **self._known_by(),
            "Content-Encoding": "snappy",
            "Content-Type": self._speaks.content_type,
            "X-Prometheus-Remote-Write-Version": self._speaks.version,
        }

    def close(self) -> None:
        """End a request that is under way, and send no more."""
        self._requests.close()
