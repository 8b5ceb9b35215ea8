"""What tests share: real servers on loopback, started, waited for and ended by process."""

from __future__ import annotations

import os
import shutil
import signal
import socket
import subprocess
import sys
import time
import urllib.error
import urllib.request
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Final

import pytest

ROOT = Path(__file__).resolve().parents[2]


_RECORDINGS: Final = Path(os.environ.get("HUBGAUGE_RECORDINGS", ROOT.parent / "shared"))


def recorded(pattern: str) -> list[str]:
    """Return the names of the recorded devices, to make a case of each; none where there are no recordings."""
    return sorted(path.stem for path in (_RECORDINGS / "devices").glob(pattern))


def recordings(*parts: str) -> Path:
    """Return a path among the recordings of real devices, which lie beside the project where they lie at all; skips if not."""
    path = _RECORDINGS.joinpath(*parts)
    if not path.exists():
        pytest.skip(f"no recordings at {path} (set HUBGAUGE_RECORDINGS)")
    return path


def binary(name: str) -> str:
    """Return a real server's program. Without it the test is skipped, or fails where HUBGAUGE_REQUIRE_SERVERS is set, as in CI."""
    found = shutil.which(name) or shutil.which(name, path="/usr/sbin:/usr/local/sbin:/sbin")
    if found is None:
        if os.environ.get("HUBGAUGE_REQUIRE_SERVERS"):
            pytest.fail(f"{name} is not installed")
        pytest.skip(f"{name} is not installed")
    return found


def preview_tools() -> str:
    """Return Node, where the preview has been built with it (`make test` does); else skip, or fail as `binary` does."""
    node = shutil.which("node", path=str(Path(sys.executable).parent)) or binary("node")
    if not (ROOT / "dashboards" / "preview" / "dist" / "preview.js").exists():
        if os.environ.get("HUBGAUGE_REQUIRE_SERVERS"):
            pytest.fail("dashboards/preview is not built: make dashboards/preview/dist/preview.js")
        pytest.skip("dashboards/preview is not built: make dashboards/preview/dist/preview.js")
    return node


def free_port(kind: socket.SocketKind = socket.SOCK_STREAM) -> int:
    """Return a loopback port nobody listens on at present."""
    with socket.socket(socket.AF_INET, kind) as probe:
        probe.bind(("127.0.0.1", 0))
        port: int = probe.getsockname()[1]
        return port


def wait_for(condition: Callable[[], object], *, timeout: float = 20.0, what: str = "") -> None:
    """Wait until a condition holds; fails the test when it does not in time. Errors count as not yet."""
    deadline = time.monotonic() + timeout
    last: Exception | None = None
    while time.monotonic() < deadline:
        try:
            if condition():
                return
        except Exception as error:  # noqa: BLE001 - not yet
            last = error
        time.sleep(0.05)
    pytest.fail(f"not within {timeout} s: {what or condition} ({last})")


def get(url: str, *, timeout: float = 10.0, headers: dict[str, str] | None = None) -> bytes:
    """GET a loopback URL."""
    request = urllib.request.Request(url, headers=headers or {})
    try:
        with urllib.request.urlopen(request, timeout=timeout) as reply:
            body: bytes = reply.read()
            return body
    except urllib.error.HTTPError as error:
        error.close()
        raise


@contextmanager
def running(
    command: Sequence[str | Path], *, log: Path, ready: str | None = None, **options: object
) -> Iterator[subprocess.Popen[bytes]]:
    """Run a server until the block ends; `ready` is a URL that answers once it is up."""
    with log.open("ab") as output:
        process = subprocess.Popen(list(map(str, command)), stdout=output, stderr=output, **options)  # type: ignore[call-overload]
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
                process.wait(10)
            except subprocess.TimeoutExpired:
                process.kill()
        process.wait(10)
