"""What a live series costs: bytes it takes, and CPU from a device's reply to page and spool.

PDUs of one make have 118 objects each: the inlet, three phases and 24 outlets. A process of its own
measures each way. Names and values of every device are its own, as in a hub.
"""

from __future__ import annotations

import gc
import json
import subprocess
import sys
import tempfile
import time
from collections import Counter
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import Final

from prometheus_client import CollectorRegistry

from agent.readings import Returned, checked
from agent.selfmetrics import SelfMetrics
from agent.sinks.lineprotocol import LineFormat
from agent.sinks.spool import Spool
from agent.snapshot import Snapshot
from agent.status import Consumer, note, publish
from agent.task import Task
from agent.web.exposition import pieces
from bench import Row
from collectors.base import Batch, Reading, Schedule
from collectors.facility.naming import Naming
from collectors.facility.snmp.detail import READ
from collectors.facility.snmp.plan import Asked
from collectors.facility.snmp.profile import SnmpProfile
from collectors.facility.snmp.programs import Programs
from collectors.facility.snmp.rows import Rows
from collectors.strict import read

PDUS: Final = 2000
OUTLETS: Final = 24
ROUNDS: Final = 4
BASE: Final = "1.3.6.1.4.1.99999"
_INLET: Final = (
    ("power_watts", "W", 1),
    ("energy_joules_total", "Wh", 100),
    ("apparent_power_voltamperes", "VA", 1),
    ("power_factor_ratio", "ratio", 0.01),
    ("frequency_hertz", "Hz", 0.1),
    ("current_amperes", "A", 0.1),
    ("load_ratio", "percent", 1),
)
_PHASE: Final = (
    ("current_amperes", "A", 0.1),
    ("voltage_volts", "V", 0.1),
    ("power_watts", "W", 1),
    ("apparent_power_voltamperes", "VA", 1),
    ("power_factor_ratio", "ratio", 0.01),
)
_OUTLET: Final = (
    ("current_amperes", "A", 0.01),
    ("power_watts", "W", 1),
    ("energy_joules_total", "Wh", 100),
    ("on", "", 1),
)


def profile() -> SnmpProfile:
    """Return the profile of the make."""
    head = (
        "protocol: snmp\ntitle: t\nkind: pdu\ntables:\n"
        f"  phase: {{oid: {BASE}.2, index: [phase]}}\n"
        f"  outlet: {{oid: {BASE}.3, index: [outlet]}}\nreadings:\n"
    )
    lines = [head]
    for column, (name, unit, scale) in enumerate(_INLET, 1):
        lines.append(
            f"  - {{metric: dc_pdu_{name}, oid: {BASE}.1.{column}.0, unit: '{unit}',"
            f" scale: {scale}}}\n"
        )
    for table, label, readings in (
        ("phase", "L{phase}", _PHASE),
        ("outlet", "{outlet}", _OUTLET),
    ):
        for column, (name, unit, scale) in enumerate(readings, 1):
            how = f"unit: '{unit}', scale: {scale}" if unit else "map: {1: 1, 2: 0}"
            lines.append(
                f"  - {{metric: dc_pdu_{table}_{name}, table: {table}, column: {column}, {how},"
                f' labels: {{{table}: "{label}"}}}}\n'
            )
    return read("bench.yaml", SnmpProfile, text="".join(lines))


def rows(number: int) -> Rows:
    """Return what a discovery reads of a PDU; every number is the PDU's own."""
    found = Rows()
    for column in range(1, len(_INLET) + 1):
        found.objects[f"{BASE}.1.{column}.0"] = 17 * column + number % 1000
    for table, readings, many in ((2, _PHASE, 3), (3, _OUTLET, OUTLETS)):
        for column in range(1, len(readings) + 1):
            state = table == 3 and column == len(readings)
            found.columns[f"{BASE}.{table}.{column}"] = {
                str(row): 1 if state else 20 + column + row + number % 100
                for row in range(1, many + 1)
            }
    return found


def answers(found: Rows) -> dict[str, object]:
    """Return the objects of a round."""
    values = dict(found.objects)
    for column, cells in found.columns.items():
        values |= {f"{column}.{row}": raw for row, raw in cells.items()}
    return values


def rss() -> int:
    """Return this process's resident memory in bytes."""
    gc.collect()
    text = Path("/proc/self/status").read_text()
    return 1024 * int(text.partition("VmRSS:")[2].split()[0])


class Device:
    """A collector that never runs: the bench hands over its readings."""

    name = "snmp"

    def __init__(self, number: int) -> None:
        self.device = f"A{number:05d}-A"
        self.schedule = Schedule(interval=15.0, timeout=5.0)

    async def collect(self) -> list[Reading]:
        """Return nothing."""
        return []


class Clock:
    """CPU seconds by stage."""

    def __init__(self) -> None:
        self.seconds: Counter[str] = Counter()

    @contextmanager
    def stage(self, name: str) -> Iterator[None]:
        """Charge what runs within to a stage."""
        began = time.process_time()
        yield
        self.seconds[name] += time.process_time() - began


class Bench:
    """The devices and what their readings go through."""

    def __init__(self, pdus: int, folder: Path) -> None:
        self.snapshot: Final = Snapshot()
        self.clock: Final = Clock()
        self.form: Final = LineFormat({"job": "hubgauge"})
        self.consumers: Final[list[Consumer]] = []
        self.tasks: Final = [Task(collector=Device(number)) for number in range(pdus)]
        self._metrics: Final = SelfMetrics(CollectorRegistry())
        self._dropped: Final[Counter[str]] = Counter()
        self._folder: Final = folder
        own, programs, asked = profile(), Programs(), Asked(levels=READ["outlet"])
        self.answers: Final = answers(rows(0))
        before = rss()
        self.plans: Final = [programs.plan(own, rows(n), naming(n), asked) for n in range(pdus)]
        # What is polled is no part of a series' cost: the names in the plans are.
        self.series: Final = sum(len(one.points) for one in self.plans)
        self.planned: Final = (rss() - before) / self.series

    def spool(self) -> Spool:
        """Begin to push, to a file of its own."""
        path = self._folder / f"spool-{time.monotonic_ns()}.db"
        spool = Spool(path, pack=self.form.pack, max_bytes=2**31, when_full="drop_oldest")
        spool.start()

        def push(batch: Batch) -> None:
            with self.clock.stage("push"):
                data, samples = self.form.render(batch)
                spool.put(batch.time, data, samples)

        self.consumers[:] = [push]
        return spool

    def round(self, number: int) -> None:
        """Read every device once."""
        for shift, (task, one) in enumerate(zip(self.tasks, self.plans, strict=True)):
            values = changed(self.answers, shift * 7 + number * 3)
            with self.clock.stage("decode"):
                readings = one.decode(values, self._dropped)
            with self.clock.stage("snapshot"):
                done = checked(Returned(items=readings), task.layout)
                note(task, None, time.time(), self._metrics)
                publish(
                    task,
                    done,
                    time.time(),
                    stretch=1.0,
                    snapshot=self.snapshot,
                    consumers=self.consumers,
                )

    def scrape(self) -> None:
        """Make a page, piece by piece."""
        with self.clock.stage("page"):
            for _ in pieces(self.snapshot):
                pass


def changed(template: Mapping[str, object], by: int) -> dict[str, object]:
    """Return other answers; states stay."""
    return {
        oid: raw if raw == 1 else raw + by % 251
        for oid, raw in template.items()
        if isinstance(raw, int)
    }


def naming(number: int) -> Naming:
    """Return where a PDU stands."""
    labels = {
        "hub": "kunming",
        "site": f"site-{number % 12}",
        "row": f"R{number // 40:03d}",
        "rack": f"A{number:05d}",
        "feed": "A",
    }
    return Naming(name=f"A{number:05d}-A", labels=labels)


def measure(pdus: int, folder: Path) -> dict[str, float]:
    """Return bytes a series and microseconds a sample, by stage."""
    bench = Bench(pdus, folder)
    found = {"bytes plan and names": bench.planned}
    size = rss()
    for name in ("snapshot", "page", "push"):
        if name == "push":
            spool = bench.spool()
        if name == "page":
            bench.scrape()
        else:
            bench.round(0)
        if name == "push":
            spool.close(60.0)
        before, size = size, rss()
        found[f"bytes {name}"] = (size - before) / bench.series
    spool = bench.spool()
    bench.clock.seconds.clear()
    began = time.process_time()
    for number in range(1, 1 + ROUNDS):
        bench.round(number)
        bench.scrape()
    spool.close(60.0)
    everything = time.process_time() - began
    seconds = bench.clock.seconds
    own = time.process_time()
    for number in range(ROUNDS * pdus):
        changed(bench.answers, number)
    everything -= time.process_time() - own  # the bench's own answers
    seconds["snapshot"] -= seconds["push"]
    seconds["spool's threads"] = everything - sum(seconds.values())
    samples = ROUNDS * bench.series
    return found | {f"us {name}": 1e6 * spent / samples for name, spent in seconds.items()}


def main(*, smoke: bool = False) -> list[Row]:
    """Print the cost by stage; return the rows of the summary."""
    command = [sys.executable, "-m", "bench.series", str(20 if smoke else PDUS)]
    found = json.loads(subprocess.run(command, check=True, capture_output=True).stdout)
    for name, value in found.items():
        print(f"  {name:<30} {value:8.2f}")
    size = sum(found[f"bytes {name}"] for name in ("snapshot", "page", "push"))
    cpu = sum(value for name, value in found.items() if name.startswith("us "))
    return [
        Row(what="a live series: bytes in snapshot, page and push", value=size, unit="B"),
        Row(what="CPU a sample, from reply to page and spool", value=cpu, unit="us"),
    ]


if __name__ == "__main__":
    with tempfile.TemporaryDirectory() as scratch:
        print(json.dumps(measure(int(sys.argv[1]), Path(scratch))))
