"""Many simulated devices, some of which never answer, and one agent that reads them: how evenly the
others are read.
"""

from __future__ import annotations

import itertools
import re
import statistics
import subprocess
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import yaml

from tests.support import ROOT, free_port, get, running, wait_for
from tests.system.running_agent import HUBGAUGE

SUCCESS = re.compile(
    (
        r'^hubgauge_collector_last_success_timestamp_seconds\{collector="(\w+)",'
        r'device="([^"]+)"\} (\S+)$'
    ),
    re.MULTILINE,
)


@dataclass
class Crowd:
    """A simulated site and the agent that reads it."""

    port: int
    interval: float
    dead: frozenset[str]
    devices: int
    agent: subprocess.Popen[bytes]
    seen: dict[str, list[float]] = field(default_factory=dict)

    def page(self) -> str:
        """The agent's page."""
        return get(f"http://127.0.0.1:{self.port}/metrics").decode()

    def watch(self, rounds: int) -> None:
        """Note when each device was read, for so many intervals."""
        end = time.monotonic() + rounds * self.interval
        while time.monotonic() < end:
            self.note()
            time.sleep(self.interval / 4)

    def note(self) -> None:
        """Note when each device was last read, by the runner's own stamp."""
        for collector, device, at in SUCCESS.findall(self.page()):
            if collector in ("snmp", "modbus"):
                times = self.seen.setdefault(device, [])
                if not times or times[-1] != float(at):
                    times.append(float(at))

    def least(self) -> int:
        """Return how often the device was seen to be read that was read least of those that
        answer.
        """
        live = [len(times) for device, times in self.seen.items() if device not in self.dead]
        return min(live, default=0)

    def gaps(self) -> dict[str, list[float]]:
        """Seconds between the readings of each device that answers, as a share of its interval."""
        return {
            device: [
                (after - before) / self.interval for before, after in itertools.pairwise(times)
            ]
            for device, times in self.seen.items()
            if device not in self.dead
        }

    def summary(self) -> tuple[float, float, float]:
        """Return the median, the 95th percentile and the largest of how far a gap is from its
        interval, as a share of it.
        """
        off = sorted(abs(gap - 1.0) for gaps in self.gaps().values() for gap in gaps)
        return statistics.median(off), off[int(len(off) * 0.95)], off[-1]


@contextmanager
def crowd(
    folder: Path,
    *,
    racks: int,
    dead: int,
    interval: float,
    timeout: float,
    change: Callable[[dict[str, Any]], None] | None = None,
) -> Iterator[Crowd]:
    """Run a site of so many racks, of which every so many-th PDU never answers, and an agent that
    reads it.
    """
    simulated, log = folder / "site", folder / "simulator.log"
    names = [f"{chr(65 + n // 24)}{n // 2 % 12 + 1:02}-{'AB'[n % 2]}" for n in range(2 * racks)]
    silent = frozenset(names[:: len(names) // dead][:dead] if dead else ())
    faults = [word for name in sorted(silent) for word in ("--fault", f"{name}=silent")]
    command = [
        *HUBGAUGE,
        "simulate",
        "--hub",
        "guian",
        "--racks",
        str(racks),
        "--write-config",
        simulated,
        *faults,
    ]
    port = free_port()
    with running(command, log=log, cwd=ROOT):
        wait_for(lambda: "ready" in log.read_text(), timeout=60, what="the simulator")
        config = yaml.safe_load((simulated / "config.yaml").read_text())
        for section in ("snmp", "modbus"):
            config["collectors"][section] |= {"interval": f"{interval}s", "timeout": f"{timeout}s"}
        if change is not None:
            change(config)
        config["outputs"] = {"http": {"listen": f"127.0.0.1:{port}"}}
        changed = simulated / "changed.yaml"
        changed.write_text(yaml.safe_dump(config))
        run = [*HUBGAUGE, "run", "--config", changed]
        with running(run, log=folder / "agent.log", cwd=ROOT) as agent:
            # It is ready after its first round, which the dead make as long as a timeout.
            wait_for(
                lambda: get(f"http://127.0.0.1:{port}/-/ready") is not None,
                timeout=60,
                what="the agent",
            )
            devices = sum(
                len(config["collectors"][section]["devices"]) for section in ("snmp", "modbus")
            )
            yield Crowd(port=port, interval=interval, dead=silent, devices=devices, agent=agent)
