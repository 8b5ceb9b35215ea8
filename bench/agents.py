"""Memory and CPU of a node agent beside node_exporter: the same kernel, scraped alike."""

from __future__ import annotations

import re
import shutil
import subprocess
import sys
import tempfile
import time
import urllib.request
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Final

from tests.support import free_port

SETTLE: Final = 10.0
INTERVAL: Final = 15.0
INTERVALS: Final = 4
SCRAPES: Final = 200


def memory(pid: int) -> tuple[float, float]:
    """Return RSS and PSS in MB of a process and its children."""
    rss = pss = 0.0
    for one in (pid, *children(pid)):
        text = Path(f"/proc/{one}/smaps_rollup").read_text()
        rss += int(re.search(r"^Rss:\s+(\d+)", text, re.MULTILINE)[1]) / 1024  # type: ignore[index]
        pss += int(re.search(r"^Pss:\s+(\d+)", text, re.MULTILINE)[1]) / 1024  # type: ignore[index]
    return rss, pss


def children(pid: int) -> list[int]:
    """Return the direct children of a process."""
    return [int(word) for word in Path(f"/proc/{pid}/task/{pid}/children").read_text().split()]


def cpu(pid: int) -> float:
    """Return the CPU seconds that the threads of a process have used, to the nanosecond (schedstat)."""
    return (
        sum(
            int(path.read_text().split()[0])
            for path in Path(f"/proc/{pid}/task").glob("*/schedstat")
        )
        / 1e9
    )


@contextmanager
def started(command: Sequence[str], url: str) -> Iterator[int]:
    """Run a server until the block ends."""
    process = subprocess.Popen(command, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    try:
        for _ in range(200):
            try:
                urllib.request.urlopen(url, timeout=5).close()  # noqa: S310 - loopback
                break
            except OSError:
                time.sleep(0.1)
        yield process.pid
    finally:
        process.terminate()
        process.wait(10)


def scrape(url: str) -> int:
    """Scrape once and return the number of samples."""
    with urllib.request.urlopen(url, timeout=10) as reply:  # noqa: S310 - loopback
        return sum(1 for line in reply.read().splitlines() if not line.startswith(b"#"))


def measure(name: str, command: Sequence[str], url: str) -> dict[str, float]:
    """Let an agent settle, scrape it as Prometheus would, then as fast as it answers, and return what it took."""
    with started(command, url) as pid:
        time.sleep(SETTLE)
        scrape(url)
        # As in life: whatever it does in the background, and a scrape every interval, with caches as cold as they then are.
        before, samples = cpu(pid), 0
        for _ in range(INTERVALS):
            time.sleep(INTERVAL / 2)
            samples += scrape(url)
            time.sleep(INTERVAL / 2)
        used = cpu(pid) - before
        rss, pss = memory(pid)
        before = cpu(pid)
        for _ in range(SCRAPES):
            scrape(url)
        per_scrape = (cpu(pid) - before) / SCRAPES
    per_sample = used / samples * 1e6
    print(
        f"  {name:<22} {rss:6.1f} {pss:6.1f} {samples // INTERVALS:8d} {used / INTERVALS * 1e3:14.2f} {per_sample:10.2f} {per_scrape * 1e3:13.2f}"
    )
    return {"rss": rss, "pss": pss, "per_sample": per_sample}


def main() -> list[tuple[str, float, str]]:
    """Print memory and CPU; return rows of (what, value, unit) for the summary."""
    exporter = shutil.which("prometheus-node-exporter")
    if exporter is None:
        print("prometheus-node-exporter is not installed; left out")
        return []
    print(
        f"agents, scraped every {INTERVAL:g} s; CPU is collection and scrape together; at the end {SCRAPES} scrapes in a row"
    )
    print(
        f"  {'':<22} {'RSS MB':>6} {'PSS':>6} {'samples':>8} {'ms an interval':>14} {'us/sample':>10} {'ms in a row':>13}"
    )
    with tempfile.TemporaryDirectory() as folder:
        port = free_port()
        peer = measure(
            "node_exporter",
            [exporter, f"--web.listen-address=127.0.0.1:{port}"],
            f"http://127.0.0.1:{port}/metrics",
        )
        rows = []
        for name, push in (("hubgauge", False), ("hubgauge, push on", True)):
            port = free_port()
            config = Path(folder) / f"{push}.yaml"
            text = f"hub: guian\nsite: bench\nstate_dir: {folder}/state\ncollectors: {{host: {{}}}}\noutputs:\n"
            text += f'  http: {{listen: "127.0.0.1:{port}"}}\n'
            text += f'  influxdb: {{url: "http://127.0.0.1:{free_port()}"}}\n' if push else ""
            config.write_text(text)
            program = str(Path(sys.executable).parent / "hubgauge")
            ours = measure(
                name, [program, "run", "--config", str(config)], f"http://127.0.0.1:{port}/metrics"
            )
            rows.append((f"memory, {name} / node_exporter (RSS)", ours["rss"] / peer["rss"], "x"))
            rows.append(
                (
                    f"CPU a sample, {name} / node_exporter",
                    ours["per_sample"] / peer["per_sample"],
                    "x",
                )
            )
    return rows
