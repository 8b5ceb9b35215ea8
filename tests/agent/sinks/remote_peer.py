"""What a receiver of remote write answers, and the times that tests send."""

from __future__ import annotations

from agent.sinks.base import Ending
from agent.sinks.remote.sink import RemoteSink
from collectors.base import Batch
from tests.agent.sinks import wireformat
from tests.agent.sinks.peers import Answer, Received

WRITTEN = "X-Prometheus-Remote-Write-Samples-Written"
V2 = "application/x-protobuf;proto=io.prometheus.write.v2.Request"
MS = 1_790_000_000_000


def speaks_v2(request: Received) -> Answer:
    """Answer as a database that has written everything."""
    count = sum(len(one["samples"]) for one in wireformat.v2(request.body))
    return 204, {WRITTEN: str(count)}, b""


def ending(some: Batch, when: float) -> Ending:
    return Ending(collector=some.collector, device=some.device, layout=some.layout, time=when)


def ended(made: RemoteSink, some: Batch, when: float) -> None:
    made.ended(ending(some, when))
