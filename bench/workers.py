"""What it costs to hand readings from a worker to the agent: CPU of both sides, and bytes.

PDUs have 34 series each, as at `detail: phase`. CPU time is counted, not time that passes.
"""

from __future__ import annotations

import time
from array import array
from dataclasses import dataclass
from typing import Final

from agent.workers.decode import Decoder, Metrics
from agent.workers.encode import HEARD, Encoder
from agent.workers.frames import FrameReader
from bench import Row
from collectors.base import Batch, Metric, Series
from collectors.batch import Layout
from collectors.catalogue.facility import PDU_PHASE_CURRENT, PDU_UP

_SERIES: Final = 34
_READ: Final = 2**16
"""Bytes that the agent takes from a socket at once."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Cost:
    """What a round of one device costs: CPU seconds of the worker and of the agent, and bytes."""

    worker: float
    agent: float
    size: float


class Crossing:
    """Devices whose rounds cross from a worker to the agent."""

    def __init__(self, devices: int) -> None:
        self._layouts: Final = [Layout(_series(n)) for n in range(devices)]
        self._values: Final = array("d", [1.5]) * _SERIES
        self._frames: Final[list[bytes]] = []
        self._encoder: Final = Encoder(self._frames.append)
        self._reader: Final = FrameReader()
        self._decoder: Final = Decoder(Metrics())

    def round(self, now: float) -> Cost:
        """Send and take in one round of every device."""
        began = time.process_time()
        for n, layout in enumerate(self._layouts):
            source = ("snmp", f"p{n}")
            self._encoder.batch(
                Batch(
                    collector=source[0],
                    device=source[1],
                    time=now,
                    lifetime=37.5,
                    columns=(layout, self._values),
                )
            )
            self._encoder.round(source, ok=True, flags=HEARD, last_success=now, duration=0.01)
        sent = time.process_time()
        data = b"".join(self._frames)
        self._frames.clear()
        for at in range(0, len(data), _READ):
            for kind, body in self._reader.feed(data[at : at + _READ]):
                self._decoder.told(kind, body)
        devices = len(self._layouts)
        return Cost(
            worker=(sent - began) / devices,
            agent=(time.process_time() - sent) / devices,
            size=len(data) / devices,
        )


def _series(number: int) -> tuple[Series, ...]:
    pdu = {"hub": "kunming", "site": "s", "rack": f"r{number}", "pdu": f"p{number}", "feed": "A"}

    def of(metric: Metric, **labels: str) -> Series:
        return metric.new_series(*((pdu | labels).get(one, "") for one in metric.labels))

    phases = (of(PDU_PHASE_CURRENT, phase=f"L{n}") for n in range(_SERIES - 1))
    return (*phases, of(PDU_UP))


def main(*, smoke: bool = False) -> list[Row]:
    """Print what a round costs, the first one and a later one; return the rows of the summary."""
    crossing = Crossing(20 if smoke else 2000)
    first = crossing.round(1.0)
    later = [crossing.round(2.0 + n) for n in range(2 if smoke else 10)]
    worker = sum(one.worker for one in later) / len(later)
    agent = sum(one.agent for one in later) / len(later)
    print("| round of a device of 34 series | worker, µs | agent, µs | bytes |\n|---|---|---|---|")
    print(
        f"| the first, names included | {first.worker * 1e6:.1f} | {first.agent * 1e6:.1f} |"
        f" {first.size:.0f} |"
    )
    print(f"| any later one | {worker * 1e6:.1f} | {agent * 1e6:.1f} | {later[-1].size:.0f} |")
    each = (worker + agent) / _SERIES * 1e6
    return [
        Row(what="from a worker to the agent: CPU of a sample, both sides", value=each, unit="µs"),
        Row(what="from a worker to the agent: bytes of a round of 34", value=later[-1].size),
    ]
