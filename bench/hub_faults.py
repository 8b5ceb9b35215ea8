"""What goes wrong while the bench of a whole hub watches an agent."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Final

from bench.agents import children
from bench.hub_parts import Site, Size

FAULTS: Final = ("none", "fast", "busy", "stop", "quota", "kill", "dead", "all-dead")
_STOP_SECONDS: Final = 30.0
_QUOTA: Final = (0.02, 0.08)
"""A fifth of a core: seconds that the agent runs, and seconds that it is stopped."""
_KILL_SECONDS: Final = 20.0


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
