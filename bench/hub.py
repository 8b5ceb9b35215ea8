"""A whole hub on one machine: simulated PDUs with addresses of their own, read by one agent.

It measures how long the agent needs until it is ready, whether it ever calls a healthy device
silent, how evenly devices are read, and what CPU and memory the agent and its workers take. Faults
are the agent's own (`busy`, `stop`, `quota`, `fast`, and `kill`: a worker process every 20 s) or
the devices' (`dead`, `all-dead`). The simulated site itself notes when each device is read.

`python -m bench hub --racks 1000 --interval 15 --minutes 2 --fault stop`
"""

from __future__ import annotations

import argparse
import json
import os
import signal
import subprocess
import sys
import tempfile
import threading
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any, Final

from bench import Row
from bench.agents import children, cpu, memory
from tests.support import ROOT, free_port, get, wait_for

FAULTS: Final = ("none", "fast", "busy", "stop", "quota", "kill", "dead", "all-dead")
_STOP_SECONDS: Final = 30.0
_QUOTA: Final = (0.02, 0.08)
"""A fifth of a core: seconds that the agent runs, and seconds that it is stopped."""
_KILL_SECONDS: Final = 20.0
_LONG: Final = 900.0
"""Seconds that the agent may take to become ready."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Size:
    """How many racks, how often they are read in seconds, how long, and what goes wrong.

    `workers` is as in the config: `auto` or a number.
    """

    racks: int = 1000
    interval: float = 15.0
    minutes: float = 2.0
    fault: str = "none"
    workers: str = "auto"


TINY: Final = Size(racks=12, interval=1.0, minutes=0.1)


@dataclass(frozen=True, slots=True, kw_only=True)
class Seen:
    """What was seen of an agent: seconds, counts, cores and MB."""

    cold: float
    warm: float
    false_downs: int
    gap: float
    """The 99th percentile of the gaps between two rounds of a device."""
    cores: float
    rss: float
    stretch: float


class Site:
    """The simulated site: a process that is told what to do by lines."""

    def __init__(self, process: subprocess.Popen[bytes]) -> None:
        self._process = process

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
    began = time.monotonic()
    with (
        log.open("wb") as output,
        subprocess.Popen(
            [program, "run", "--config", str(folder / "config.yaml")],
            stderr=output,
            stdout=output,
            cwd=ROOT,
        ) as process,
    ):
        try:
            url = f"http://127.0.0.1:{port}/-/ready"
            wait_for(lambda: get(url), timeout=_LONG, what="the agent")
            yield process.pid, time.monotonic() - began
        finally:
            process.send_signal(signal.SIGCONT)
            process.terminate()
            try:
                process.wait(10)
            except subprocess.TimeoutExpired:
                process.kill()


def _throttle(ends: threading.Event, pid: int) -> None:
    """Give a process a fifth of a core until it ends."""
    runs, stops = _QUOTA
    while not ends.wait(runs):
        os.kill(pid, signal.SIGSTOP)
        ends.wait(stops)
        os.kill(pid, signal.SIGCONT)


def _kill(ends: threading.Event, pid: int) -> None:
    """Kill a worker of an agent now and then, another one each time."""
    killed = 0
    while not ends.wait(_KILL_SECONDS):
        workers = sorted(children(pid))
        if workers:
            os.kill(workers[killed % len(workers)], signal.SIGKILL)
            killed += 1


@contextmanager
def faulty(size: Size, pid: int, where: Site) -> Iterator[None]:
    """Have something go wrong while the agent is watched."""
    ends = threading.Event()
    loops: list[subprocess.Popen[bytes]] = []
    if size.fault == "busy":
        loops = [subprocess.Popen([sys.executable, "-c", "while True: pass"]) for _ in range(2)]
    elif size.fault in ("quota", "kill"):
        again = _throttle if size.fault == "quota" else _kill
        threading.Thread(target=again, args=(ends, pid), daemon=True).start()
    elif size.fault == "stop":
        os.kill(pid, signal.SIGSTOP)
        time.sleep(min(_STOP_SECONDS, 2 * size.interval))
        os.kill(pid, signal.SIGCONT)
    elif size.fault in ("dead", "all-dead"):
        where.say("silence 0.1" if size.fault == "dead" else "silence 1")
    try:
        yield
    finally:
        ends.set()
        for one in loops:
            one.kill()
            one.wait()


def silent(port: int) -> int:
    """Return how many devices the agent says are silent."""
    told: dict[str, Any] = json.loads(get(f"http://127.0.0.1:{port}/api/collectors?silent=1"))
    count: int = told["counts"]["silent"]
    return count


def stretch(port: int) -> float:
    """Return how much longer the agent says its intervals are."""
    return next(iter(_told(port, "hubgauge_interval_stretch")), 1.0)


def _told(port: int, name: str) -> list[float]:
    """Return the values of a metric of the agent's own."""
    page = get(f"http://127.0.0.1:{port}/metrics").decode()
    return [float(line.split()[-1]) for line in page.splitlines() if line.startswith(name)]


def watch(size: Size, folder: Path) -> Seen:
    """Start an agent twice, the second time with what it knows by then, and watch it."""
    port = free_port()
    with site(size, folder, port) as where:
        slow = replace(size, fault="none")
        with agent(folder, port, "cold") as (pid, cold):
            false_downs = _settle(slow, port, seconds=2 * size.interval)
        with agent(folder, port, "warm") as (pid, warm):
            false_downs += _settle(slow, port, seconds=2 * size.interval)
            where.say("begin")
            used, began = _cpu(pid, port), time.monotonic()
            with faulty(size, pid, where):
                false_downs += _settle(size, port, seconds=60 * size.minutes)
                longer = stretch(port)
            used = (_cpu(pid, port) - used) / (time.monotonic() - began)
            rss = memory(pid)[0]
            report = where.say("report")
            if size.fault in ("dead", "all-dead"):
                where.say("heal")
                wait_for(lambda: silent(port) == 0, timeout=_LONG, what="all to be back")
        lines = sum(1 for name in ("cold", "warm") for _ in (folder / f"{name}.log").open())
    print(
        f"| {size.racks} | {2 * size.racks} | {size.interval:g} | {size.workers} | {size.fault} |"
        f" {cold:.0f} |"
        f" {warm:.0f} | {false_downs} | {report.get('p99', 0):.2f} | {longer:.2f} | {used:.2f} |"
        f" {rss:.0f} | {lines} |"
    )
    return Seen(
        cold=cold,
        warm=warm,
        false_downs=false_downs,
        gap=report.get("p99", 0.0),
        cores=used,
        rss=rss,
        stretch=longer,
    )


def _settle(size: Size, port: int, *, seconds: float) -> int:
    """Watch an agent for `seconds`; return the most devices that it wrongly called silent."""
    dead = {"dead": round(0.2 * size.racks), "all-dead": 2 * size.racks}.get(size.fault, 0)
    wrong, end = 0, time.monotonic() + seconds
    while time.monotonic() < end:
        wrong = max(wrong, silent(port) - dead)
        time.sleep(min(5.0, size.interval / 2))
    return wrong


def _cpu(pid: int, port: int) -> float:
    """Return the CPU seconds of an agent, and of its workers as it counts them: ended ones too."""
    return cpu(pid) + sum(_told(port, "hubgauge_worker_cpu_seconds_total"))


def table(sizes: Sequence[Size]) -> list[Row]:
    """Print a table with a row for each size; return the rows of the summary."""
    print(
        "| racks | PDUs | every s | workers | fault | cold s | warm s | false | gap p99 s |", end=""
    )
    print(" stretch | cores | MB | lines |\n|" + "---|" * 13)
    rows = []
    for size in sizes:
        with tempfile.TemporaryDirectory() as scratch:
            seen = watch(size, Path(scratch))
        what = f"{2 * size.racks} PDUs every {size.interval:g} s, {size.workers} workers,"
        what += f" {size.fault}"
        rows += [
            Row(what=f"{what}: ready, cold", value=seen.cold, unit="s"),
            Row(what=f"{what}: ready, warm", value=seen.warm, unit="s"),
            Row(what=f"{what}: healthy devices told down", value=seen.false_downs),
            Row(what=f"{what}: gap, 99th percentile", value=seen.gap, unit="s"),
            Row(what=f"{what}: memory", value=seen.rss, unit="MB"),
            Row(what=f"{what}: cores", value=seen.cores),
        ]
    return rows


def main(*, smoke: bool = False) -> list[Row]:
    """Print how a whole hub is read; return the rows of the summary."""
    if smoke:
        return table([TINY])
    small = Size(racks=200, interval=5.0, minutes=1.0)
    return table([Size(), *(replace(small, fault=one) for one in ("busy", "stop", "kill", "dead"))])


def options(arguments: Sequence[str]) -> list[Row]:
    """Run the bench as the options of the command line say."""
    parser = argparse.ArgumentParser(prog="python -m bench hub", description=__doc__)
    parser.add_argument("--racks", type=int, nargs="+", default=[Size.racks])
    parser.add_argument("--interval", type=float, default=15.0, help="seconds")
    parser.add_argument("--minutes", type=float, default=2.0)
    parser.add_argument("--fault", nargs="+", choices=FAULTS, default=["none"])
    parser.add_argument("--workers", nargs="+", default=["auto"], help="auto or a number")
    args = parser.parse_args(arguments)
    return table(
        [
            Size(
                racks=racks,
                interval=1.0 if fault == "fast" else args.interval,
                minutes=args.minutes,
                fault=fault,
                workers=workers,
            )
            for racks in args.racks
            for workers in args.workers
            for fault in args.fault
        ]
    )
