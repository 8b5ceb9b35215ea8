"""Memory and CPU of a node agent beside node_exporter: the same kernel, scraped alike."""

from __future__ import annotations

import re
import sys
import tempfile
import time
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from bench import Row
from tests.support import binary, free_port, get, running


@dataclass(frozen=True, slots=True, kw_only=True)
class Size:
    """How long an agent is watched, in seconds, and how often it is scraped."""

    settle: float = 10.0
    interval: float = 15.0
    intervals: int = 4
    scrapes: int = 200


TINY: Final = Size(settle=0.5, interval=0.5, intervals=1, scrapes=2)


@dataclass(frozen=True, slots=True, kw_only=True)
class Used:
    """What an agent took: memory in MB, CPU in microseconds a sample."""

    rss: float
    per_sample: float


def memory(pid: int) -> tuple[float, float]:
    """Return RSS and PSS in MB of a process and its children."""
    rss = pss = 0.0
    for one in (pid, *children(pid)):
        text = Path(f"/proc/{one}/smaps_rollup").read_text()
        rss += _kilobytes(text, "Rss") / 1024
        pss += _kilobytes(text, "Pss") / 1024
    return rss, pss


def _kilobytes(text: str, key: str) -> int:
    found = re.search(rf"^{key}:\s+(\d+)", text, re.MULTILINE)
    assert found is not None
    return int(found[1])


def children(pid: int) -> list[int]:
    """Return the direct children of a process."""
    return [int(word) for word in Path(f"/proc/{pid}/task/{pid}/children").read_text().split()]


def cpu(pid: int) -> float:
    """Return the CPU seconds of a process's threads, to the nanosecond (schedstat)."""
    return (
        sum(
            int(path.read_text().split()[0])
            for path in Path(f"/proc/{pid}/task").glob("*/schedstat")
        )
        / 1e9
    )


def scrape(url: str) -> int:
    """Scrape once and return the number of samples."""
    return sum(1 for line in get(url).splitlines() if not line.startswith(b"#"))


def measure(name: str, command: Sequence[str], url: str, log: Path, size: Size) -> Used:
    """Let an agent settle, scrape it as Prometheus would, then as fast as it answers."""
    with running(command, log=log, ready=url) as process:
        pid = process.pid
        time.sleep(size.settle)
        scrape(url)
        # As in life: with what it does in the background and a scrape every interval. Caches are
        # as cold as they then are.
        before, samples = cpu(pid), 0
        for _ in range(size.intervals):
            time.sleep(size.interval / 2)
            samples += scrape(url)
            time.sleep(size.interval / 2)
        used = cpu(pid) - before
        rss, pss = memory(pid)
        before = cpu(pid)
        for _ in range(size.scrapes):
            scrape(url)
        per_scrape = (cpu(pid) - before) / size.scrapes
    per_sample = used / samples * 1e6
    print(
        f"  {name:<22} {rss:6.1f} {pss:6.1f} {samples // size.intervals:8d}"
        f" {used / size.intervals * 1e3:14.2f} {per_sample:10.2f} {per_scrape * 1e3:13.2f}"
    )
    return Used(rss=rss, per_sample=per_sample)


def write_config(path: Path, port: int, *, push: bool) -> None:
    """Write a node agent's config; with push on, its database is not there."""
    text = f"hub: guian\nsite: bench\nstate_dir: {path.parent}/state\ncollectors: {{host: {{}}}}\n"
    text += f'outputs:\n  http: {{listen: "127.0.0.1:{port}"}}\n'
    text += f'  influxdb: {{url: "http://127.0.0.1:{free_port()}"}}\n' if push else ""
    path.write_text(text)


def main(*, smoke: bool = False) -> list[Row]:
    """Print memory and CPU; return the rows of the summary."""
    size = TINY if smoke else Size()
    exporter = binary("prometheus-node-exporter")
    print(f"agents, scraped every {size.interval:g} s; CPU is collection and scrape together;")
    print(f"at the end {size.scrapes} scrapes in a row")
    print(
        f"  {'':<22} {'RSS MB':>6} {'PSS':>6} {'samples':>8}"
        f" {'ms an interval':>14} {'us/sample':>10} {'ms in a row':>13}"
    )
    rows = []
    with tempfile.TemporaryDirectory() as scratch:
        folder = Path(scratch)
        listen = f"127.0.0.1:{free_port()}"
        command = [exporter, f"--web.listen-address={listen}"]
        url = f"http://{listen}/metrics"
        peer = measure("node_exporter", command, url, folder / "peer.log", size)
        for name, push in (("hubgauge", False), ("hubgauge, push on", True)):
            port, config = free_port(), folder / f"{push}.yaml"
            write_config(config, port, push=push)
            program = str(Path(sys.executable).parent / "hubgauge")
            command = [program, "run", "--config", str(config)]
            url = f"http://127.0.0.1:{port}/metrics"
            ours = measure(name, command, url, folder / "ours.log", size)
            memory_ratio, cpu_ratio = ours.rss / peer.rss, ours.per_sample / peer.per_sample
            beside = f"{name} / node_exporter"
            rows.append(Row(what=f"memory, {beside} (RSS)", value=memory_ratio, unit="x"))
            rows.append(Row(what=f"CPU a sample, {beside}", value=cpu_ratio, unit="x"))
    return rows
