"""Memory and CPU of a node agent beside node_exporter: the same kernel, scraped alike."""

from __future__ import annotations

import re
import shutil
import subprocess
import sys
import tempfile
import time
import urllib.request
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Final

from tests.support import free_port

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

SETTLE: Final = 10.0
WATCHED: Final = 45.0
"""Seconds of collecting in the background: three intervals."""
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
    return sum(int(path.read_text().split()[0]) for path in Path(f"/proc/{pid}/task").glob("*/schedstat")) / 1e9


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
    """Let an agent settle, scrape it, and return what it took."""
    with started(command, url) as pid:
        time.sleep(SETTLE)
        scrape(url)  # so that it is as it is while it is scraped
        before = cpu(pid)
        time.sleep(WATCHED)
        idle = (cpu(pid) - before) / WATCHED
        before, began = cpu(pid), time.monotonic()
        samples = 0
        for _ in range(SCRAPES):
            samples = scrape(url)
        # What it collects in the background while it is scraped is not the scrapes' doing.
        used = cpu(pid) - before - idle * (time.monotonic() - began)
        rss, pss = memory(pid)
    per_scrape = used / SCRAPES
    # An agent that collects in the background pays once an interval and once a scrape: at one scrape every 15 s.
    per_sample = (per_scrape + idle * 15.0) / samples * 1e6
    print(f"  {name:<28} {rss:6.1f} {pss:6.1f}   {idle * 100:6.2f}   {per_scrape * 1e3:8.2f}   {samples:6d}   {per_sample:8.2f}")
    return {"rss": rss, "pss": pss, "per_sample": per_sample, "samples": samples}


def main() -> list[tuple[str, float, str]]:
    """Print memory and CPU; return rows of (what, value, unit) for the summary."""
    exporter = shutil.which("prometheus-node-exporter")
    if exporter is None:
        print("prometheus-node-exporter is not installed; left out")
        return []
    print(f"agents, scraped {SCRAPES} times; CPU a sample at one scrape every 15 s, collection included")
    print(f"  {'':<28} {'RSS':>6} {'PSS':>6}   {'idle %':>6}   {'ms/scrape':>8}   {'samples':>7} {'us/sample':>9}")
    with tempfile.TemporaryDirectory() as folder:
        port = free_port()
        peer = measure("node_exporter", [exporter, f"--web.listen-address=127.0.0.1:{port}"], f"http://127.0.0.1:{port}/metrics")
        rows = []
        for name, push in (("hubgauge", False), ("hubgauge, push on", True)):
            port = free_port()
            config = Path(folder) / f"{push}.yaml"
            text = f"hub: guian\nsite: bench\nstate_dir: {folder}/state\ncollectors: {{host: {{}}}}\noutputs:\n"
            text += f'  http: {{listen: "127.0.0.1:{port}"}}\n'
            text += f'  influxdb: {{url: "http://127.0.0.1:{free_port()}"}}\n' if push else ""
            config.write_text(text)
            program = str(Path(sys.executable).parent / "hubgauge")
            ours = measure(name, [program, "run", "--config", str(config)], f"http://127.0.0.1:{port}/metrics")
            rows.append((f"memory, {name} / node_exporter (RSS)", ours["rss"] / peer["rss"], "x"))
            rows.append((f"CPU a sample, {name} / node_exporter", ours["per_sample"] / peer["per_sample"], "x"))
    return rows
