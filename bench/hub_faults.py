"""What goes wrong while the bench of a whole hub watches an agent."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager, suppress
from typing import Final

from bench.agents import children
from bench.hub_parts import Site, Size

FAULTS: Final = ("none", "fast", "busy", "stop", "quota", "kill", "dead", "all-dead")
_STOP_SECONDS: Final = 30.0
_QUOTA: Final = 0.2
"""Cores that the agent with its workers may take."""
_TURN_SECONDS: Final = 0.1
"""In each of these they run for a while, and are stopped for the rest."""
_KILL_SECONDS: Final = 20.0


def _throttle(ends: threading.Event, pid: int) -> None:
    """Give an agent with its workers a fifth of a core, as a container's limit does."""
    cores = os.cpu_count() or 1
    while not ends.is_set():
        processes = (pid, *children(pid))
        runs = _QUOTA * _TURN_SECONDS / min(cores, len(processes))
        ends.wait(runs)
        _signal(processes, signal.SIGSTOP)
        ends.wait(_TURN_SECONDS - runs)
        _signal(processes, signal.SIGCONT)


def _signal(processes: Sequence[int], number: int) -> None:
    """Send a signal to processes; one of them may have ended."""
    for one in processes:
        with suppress(ProcessLookupError):
            os.kill(one, number)


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
        processes = (pid, *children(pid))
        _signal(processes, signal.SIGSTOP)
        time.sleep(min(_STOP_SECONDS, 2 * size.interval))
        _signal(processes, signal.SIGCONT)
    elif size.fault in ("dead", "all-dead"):
        where.say("silence 0.1" if size.fault == "dead" else "silence 1")
    try:
        yield
    finally:
        ends.set()
        for one in loops:
            one.kill()
            one.wait()
