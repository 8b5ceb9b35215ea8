"""What the bench of a whole hub is made of: the simulated site, the agent, and a scraper."""

from __future__ import annotations

import http.client
import json
import os
import re
import signal
import subprocess
import sys
import threading
import time
import urllib.error
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final, Self

from bench.agents import children
from tests.support import ROOT, get

_LONG: Final = 900.0
"""Seconds that the agent may take to become ready."""
_LOOK_SECONDS: Final = 0.25
"""Seconds between two looks at whether it is ready: each costs the agent a look at all devices."""
_READ: Final = 2**20


@dataclass(frozen=True, slots=True, kw_only=True)
class Size:
    """How many racks, how often they are read in seconds, how long, and what goes wrong.

    `workers` is as in the config: `auto` or a number. `detail` is how much is read of each PDU; the
    agent's own default where it is empty. `settle` is for how many intervals an agent is watched
    before anything is measured. Without `warm` it is not started a second time. With `scrapes` its
    page is taken once in each interval, as Prometheus would.
    """

    racks: int = 1000
    interval: float = 15.0
    minutes: float = 2.0
    fault: str = "none"
    workers: str = "auto"
    detail: str = ""
    settle: float = 2.0
    warm: bool = True
    scrapes: bool = False


class Site:
    """The simulated site: a process that is told what to do by lines."""

    def __init__(self, process: subprocess.Popen[bytes]) -> None:
        self._process = process

    @property
    def pid(self) -> int:
        """Its process id."""
        return self._process.pid

    def say(self, line: str) -> dict[str, float]:
        """Send a command and return the answer."""
        assert self._process.stdin is not None
        assert self._process.stdout is not None
        self._process.stdin.write(f"{line}\n".encode())
        self._process.stdin.flush()
        answer: dict[str, float] = json.loads(self._process.stdout.readline())
        return answer


@contextmanager
def site(size: Size, folder: Path, port: int) -> Iterator[Site]:
    """Run a simulated site, and write an agent's config for it."""
    command = [sys.executable, "-m", "tests.support.watched_site", "--racks", str(size.racks)]
    command += ["--interval", f"{size.interval:g}", "--folder", str(folder)]
    command += ["--listen", f"127.0.0.1:{port}"]
    command += ["--detail", size.detail] if size.detail else []
    with subprocess.Popen(
        command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, cwd=ROOT
    ) as process:
        try:
            assert process.stdout is not None
            assert process.stdout.readline() == b"ready\n"
            config = folder / "config.yaml"
            config.write_text(f"workers: {size.workers}\n{config.read_text()}")
            yield Site(process)
        finally:
            process.kill()


@contextmanager
def agent(folder: Path, port: int, name: str) -> Iterator[tuple[int, float]]:
    """Run an agent; yields its process id and the seconds until it was ready."""
    program = str(Path(sys.executable).parent / "hubgauge")
    log = folder / f"{name}.log"
    # An installed agent has its byte code, and does not compile its modules at each start.
    environment = {k: v for k, v in os.environ.items() if k != "PYTHONDONTWRITEBYTECODE"}
    began = time.monotonic()
    with (
        log.open("wb") as output,
        subprocess.Popen(
            [program, "run", "--config", str(folder / "config.yaml")],
            env=environment,
            stderr=output,
            stdout=output,
            cwd=ROOT,
        ) as process,
    ):
        try:
            _wait_until_ready(process, port, began, log)
            yield process.pid, time.monotonic() - began
        finally:
            process.send_signal(signal.SIGCONT)
            process.terminate()
            try:
                process.wait(10)
            except subprocess.TimeoutExpired:
                process.kill()


def _wait_until_ready(process: subprocess.Popen[bytes], port: int, began: float, log: Path) -> None:
    said = ""
    while time.monotonic() < began + _LONG:
        if process.poll() is not None:
            break
        try:
            get(f"http://127.0.0.1:{port}/-/ready")
        except urllib.error.HTTPError as error:
            said = f"HTTP {error.code}"
        except OSError as error:
            said = str(error)
        else:
            return
        time.sleep(_LOOK_SECONDS)
    raise RuntimeError(f"the agent is not ready ({said}):\n{log.read_text()[-2000:]}")


def peak(pid: int) -> float:
    """Return the most resident memory, in MB, that a process and its children have had."""
    most = 0.0
    for one in (pid, *children(pid)):
        found = re.search(r"^VmHWM:\s+(\d+)", Path(f"/proc/{one}/status").read_text(), re.MULTILINE)
        most += int(found[1]) / 1024 if found is not None else 0.0
    return most


def told(port: int, name: str) -> list[float]:
    """Return the values of a metric of the agent's own."""
    page = get(f"http://127.0.0.1:{port}/metrics?kind=hubgauge").decode()
    return [float(line.split()[-1]) for line in page.splitlines() if line.startswith(name)]


def silent(port: int) -> int:
    """Return how many devices the agent says are silent."""
    said: dict[str, Any] = json.loads(get(f"http://127.0.0.1:{port}/api/collectors?silent=1"))
    count: int = said["counts"]["silent"]
    return count


class Scraper:
    """Takes the page once in each interval, as Prometheus does, and keeps nothing of it."""

    def __init__(self, port: int, interval: float) -> None:
        self.seconds = 0.0
        """How long the slowest scrape took."""
        self._port, self._interval = port, interval
        self._ends = threading.Event()
        self._thread = threading.Thread(target=self._run, daemon=True)

    def __enter__(self) -> Self:
        """Begin."""
        self._thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        """End, after the scrape under way."""
        self._ends.set()
        self._thread.join()

    def _run(self) -> None:
        while not self._ends.is_set():
            began = time.monotonic()
            connection = http.client.HTTPConnection("127.0.0.1", self._port, timeout=60)
            try:
                connection.request("GET", "/metrics", headers={"Accept-Encoding": "gzip"})
                reply = connection.getresponse()
                while reply.read(_READ):
                    pass
            finally:
                connection.close()
            took = time.monotonic() - began
            self.seconds = max(self.seconds, took)
            self._ends.wait(max(0.0, self._interval - took))
