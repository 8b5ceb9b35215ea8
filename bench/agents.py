"""Memory and CPU of a node agent beside node_exporter: the same kernel, scraped alike."""

from __future__ import annotations

import re
import sys
import tempfile
import time
from collections.abc import Sequence
from contextlib import ExitStack
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from bench import Row
from tests.support import binary, free_port, get, running
from tests.support.victoria import Victoria


@dataclass(frozen=True, slots=True, kw_only=True)
class Size:
    """How long an agent is watched, in seconds, and how often it is scraped.

    The first intervals settle it: each agent makes something once that it keeps.
    """

    interval: float = 15.0
    settling: int = 2
    intervals: int = 6
    scrapes: int = 200


TINY: Final = Size(interval=0.5, settling=1, intervals=1, scrapes=2)


@dataclass(frozen=True, slots=True, kw_only=True)
class Used:
    """What an agent took: memory in MB, CPU in milliseconds an interval and in µs a sample."""

    rss: float
    per_interval: float
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
        for _ in range(size.settling):
            time.sleep(size.interval)
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
    per_interval, per_sample = used / size.intervals * 1e3, used / samples * 1e6
    print(
        f"  {name:<22} {rss:6.1f} {pss:6.1f} {samples // size.intervals:8d}"
        f" {per_interval:14.2f} {per_sample:10.2f} {per_scrape * 1e3:13.2f}"
    )
    return Used(rss=rss, per_interval=per_interval, per_sample=per_sample)


def write_config(path: Path, port: int, database: str = "") -> None:
    """Write a node agent's config; with the address of a database, it pushes there."""
    text = f"hub: guian\nsite: bench\nstate_dir: {path.parent}/state\ncollectors: {{host: {{}}}}\n"
    text += f'outputs:\n  http: {{listen: "127.0.0.1:{port}"}}\n'
    text += f'  influxdb: {{url: "{database}"}}\n' if database else ""
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
        for name, pushes in (("hubgauge", False), ("hubgauge, push on", True)):
            port, config = free_port(), folder / f"{pushes}.yaml"
            program = str(Path(sys.executable).parent / "hubgauge")
            command = [program, "run", "--config", str(config)]
            url = f"http://127.0.0.1:{port}/metrics"
            with ExitStack() as stack:
                database = Victoria(folder, free_port())
                if pushes:
                    stack.enter_context(database.up())
                write_config(config, port, database.url if pushes else "")
                ours = measure(name, command, url, folder / "ours.log", size)
            for what, ratio in (
                ("memory (RSS)", ours.rss / peer.rss),
                ("CPU a sample", ours.per_sample / peer.per_sample),
                ("CPU an interval", ours.per_interval / peer.per_interval),
            ):
                row = Row(what=f"{what}, {name} / node_exporter", value=ratio, unit="x")
                rows.append(row)
    return rows
