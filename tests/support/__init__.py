"""What tests share: real servers on loopback, started, waited for and ended by process."""

from __future__ import annotations

import asyncio
import os
import secrets
import shutil
import signal
import socket
import subprocess
import sys
import tempfile
import time
import urllib.error
import urllib.request
from collections.abc import Awaitable, Callable, Iterator, Sequence
from contextlib import contextmanager, suppress
from dataclasses import replace
from pathlib import Path
from typing import Final, NoReturn, Protocol, TypeVar

import pytest

from collectors.base import Schedule, Unreachable

T = TypeVar("T")
ROOT: Final = Path(__file__).resolve().parents[2]
RECORDINGS: Final = Path(os.environ.get("TESTS_RECORDINGS", ROOT.parent / "shared"))
"""Recordings of real devices. They lie beside the project, or nowhere."""
PATIENCE: Final = 180.0
"""Seconds to wait for a condition before a test gives up: a busy machine needs many."""
HANGS: Final = 120.0
"""Seconds after which a test says that something hangs.

The code under test ends within parts of a second. Only a wait without an end reaches this bound: no
slow or busy machine does.
"""


_MEMORY: Final = Path("/dev/shm")
_ENOUGH: Final = 512 * 2**20


@contextmanager
def light_folder() -> Iterator[str]:
    """Give a folder for what is made hundreds of times: in memory, where there is room for it.

    A ledger syncs each write, which a disk takes ten times longer for. In containers that place may
    have 64 MB, so a folder on the disk takes its place there.
    """
    roomy = os.access(_MEMORY, os.W_OK) and shutil.disk_usage(_MEMORY).free > _ENOUGH
    with tempfile.TemporaryDirectory(dir=_MEMORY if roomy else None) as folder:
        yield folder


def recorded() -> dict[str, Path]:
    """Return the file of every recorded device by its name; none where there are no recordings."""
    files = (path for path in RECORDINGS.glob("devices*/*.snmprec"))
    return {path.stem: path for path in sorted(files, key=lambda path: path.stem)}


def recording(name: str) -> Path:
    """Return the file of a recorded device; skips where there is none."""
    return recorded().get(name) or recordings("devices", f"{name}.snmprec")


def recordings(*parts: str) -> Path:
    """Return a path among the recordings of real devices; skips where there are none."""
    path = RECORDINGS.joinpath(*parts)
    if not path.exists():
        pytest.skip(f"no recordings at {path} (set TESTS_RECORDINGS)")
    return path


def missing(what: str) -> NoReturn:
    """Skip the test for want of something that `make test` installs, and say what.

    Where TESTS_REQUIRE_SERVERS is set, as in CI, the test fails instead.
    """
    if os.environ.get("TESTS_REQUIRE_SERVERS"):
        pytest.fail(what)
    pytest.skip(what)


def binary(name: str) -> str:
    """Return the path of a program that is installed; without it the test is `missing` it."""
    found = shutil.which(name) or shutil.which(name, path="/usr/sbin:/usr/local/sbin:/sbin")
    return found or missing(f"{name} is not installed")


def preview_tools() -> str:
    """Return Node, where the preview has been built with it, as `make test` does."""
    node = shutil.which("node", path=str(Path(sys.executable).parent)) or binary("node")
    if not (ROOT / "dashboards" / "preview" / "dist" / "preview.js").exists():
        missing("dashboards/preview is not built: make dashboards/preview/dist/preview.js")
    return node


class _Ports:
    """Loopback ports that only this process takes, one after the other.

    They lie below those that the kernel gives away. Each process of xdist has a part of its own, so
    that nobody gets a port between the look whether it is free and its use.
    """

    def __init__(self) -> None:
        # One that takes the place of a worker that died has a number beyond their count.
        parts = 2 * int(os.environ.get("PYTEST_XDIST_WORKER_COUNT", "1"))
        worker = int(os.environ.get("PYTEST_XDIST_WORKER", "gw0").removeprefix("gw")) % parts
        each = 12_000 // parts
        self._own = range(20_000, 32_000)[worker * each :][:each]
        self._next = secrets.randbelow(each)  # another run on this machine begins elsewhere

    def take(self, count: int) -> range:
        """Return some in a row, which come again only after all others."""
        if self._next + count > len(self._own):
            self._next = 0
        self._next += count
        return self._own[self._next - count : self._next]


_PORTS: Final = _Ports()


def free_port() -> int:
    """Return a loopback port that nobody has, by UDP or by TCP."""
    return free_ports(1)


def free_ports(count: int) -> int:
    """Return the first of some loopback ports in a row that nobody has, by UDP or by TCP."""
    while True:
        ports = _PORTS.take(count)
        try:
            for port in ports:
                for kind in (socket.SOCK_STREAM, socket.SOCK_DGRAM):
                    with socket.socket(socket.AF_INET, kind) as probe:
                        probe.bind(("127.0.0.1", port))
        except OSError:
            continue
        return ports[0]


def wait_for(condition: Callable[[], object], *, timeout: float = PATIENCE, what: str = "") -> None:
    """Wait until a condition holds. An error of the condition counts as not yet.

    The test fails where it does not hold in time. The time is generous: it costs nothing where the
    condition comes true, and a busy machine needs it.
    """
    deadline = time.monotonic() + timeout
    last: Exception | None = None
    pause = 0.001
    while True:
        try:
            if condition():
                return
        except Exception as error:  # noqa: BLE001 - not yet
            last = error
        if time.monotonic() > deadline:
            pytest.fail(f"not within {timeout} s: {what or condition} ({last})")
        time.sleep(pause)
        pause = min(2 * pause, 0.05)


async def until(condition: Callable[[], object], *, what: str = "") -> None:
    """Wait as `wait_for` does, while the event loop goes on."""
    try:
        async with asyncio.timeout(PATIENCE):
            while True:
                if condition():
                    return
                await asyncio.sleep(0.01)
    except TimeoutError:
        pytest.fail(f"not within {PATIENCE} s: {what or condition}")


class Scheduled(Protocol):
    """A collector whose round ends at a deadline."""

    schedule: Schedule


@contextmanager
def hurried(collector: Scheduled, seconds: float) -> Iterator[None]:
    """Have the rounds of a collector end so soon: only for a device that is silent."""
    patient = collector.schedule
    collector.schedule = replace(patient, timeout=seconds)
    try:
        yield
    finally:
        collector.schedule = patient


async def not_late(collect: Callable[[], Awaitable[T]]) -> T:
    """Return what a round tells that is not too late for its deadline, in as many as it takes.

    A busy machine may make some too late.
    """
    async with asyncio.timeout(HANGS):
        while True:
            with suppress(Unreachable):
                return await collect()
            await asyncio.sleep(0)  # a round that fails without waiting lets nothing else run


def get(url: str, *, timeout: float = 60.0, headers: dict[str, str] | None = None) -> bytes:
    """GET a loopback URL."""
    request = urllib.request.Request(url, headers=headers or {})
    try:
        with urllib.request.urlopen(request, timeout=timeout) as reply:
            body: bytes = reply.read()
            return body
    except urllib.error.HTTPError as error:
        error.close()
        raise


def unmeasured() -> dict[str, str]:
    """Return an environment in which coverage does not measure a program: it loads modules."""
    return {name: value for name, value in os.environ.items() if not name.startswith("COVERAGE")}


_REFERENCE: Final = 0.004
"""CPU seconds of `_work` on the machine for which the limits were set."""
_TRACED: Final = 10.0
"""How many times slower code may be while coverage traces each of its lines."""


def _work() -> float:
    """Return the CPU seconds of a fixed piece of work: how slow this machine is now."""
    began = time.thread_time()
    for _ in range(40):
        dict.fromkeys(str(number) for number in range(1_000))
    return time.thread_time() - began


def cpu_limit(seconds: float) -> float:
    """Return a bound on CPU time for this machine, as slow as it is now.

    It is ten times as long while coverage traces every line.
    """
    slower = max(1.0, min(_work() for _ in range(3)) / _REFERENCE)
    return seconds * slower * (_TRACED if sys.gettrace() is not None else 1.0)


@contextmanager
def running(
    command: Sequence[str | Path], *, log: Path, ready: str | None = None, **options: object
) -> Iterator[subprocess.Popen[bytes]]:
    """Run a server until the block ends; `ready` is a URL that answers once it is up."""
    with log.open("ab") as output:
        process = subprocess.Popen(list(map(str, command)), stdout=output, stderr=output, **options)
    try:
        if ready:

            def up() -> bool:
                assert process.poll() is None, log.read_text("utf-8", "replace")[-2000:]
                return bool(get(ready) is not None)

            wait_for(up, what=ready)
        yield process
    finally:
        if process.poll() is None:
            process.send_signal(signal.SIGTERM)
            try:
                process.wait(60)
            except subprocess.TimeoutExpired:
                process.kill()
        process.wait(60)
