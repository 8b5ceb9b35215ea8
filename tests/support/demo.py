"""The demo as a process: started, waited for and ended."""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from tests.support import HANGS, wait_for

DEMO = [sys.executable, "-m", "agent.cli", "demo", "--months", "0.1"]
READY = "Ctrl-C ends it all"


@contextmanager
def demo(
    tmp_path: Path, *options: str, path: str | None = None
) -> Iterator[tuple[subprocess.Popen[str], Path]]:
    """Run a demo, with its temporary folders in the test's own; yields it and its output's file."""
    log = tmp_path / "out"
    environment = (
        os.environ | {"TMPDIR": str(tmp_path)} | ({"PATH": path} if path is not None else {})
    )
    with log.open("w") as output:
        process = subprocess.Popen(
            [*DEMO, *options], stdout=output, stderr=output, text=True, env=environment
        )
    try:
        yield process, log
    finally:
        process.terminate()
        try:
            process.wait(HANGS)
        except subprocess.TimeoutExpired:
            process.kill()
            process.wait(HANGS)


def wait_until_ready(process: subprocess.Popen[str], log: Path) -> str:
    def ready() -> bool:
        if process.poll() is not None:
            pytest.fail(f"the demo ended: {log.read_text()}")
        return READY in log.read_text()

    wait_for(ready, what="the demo")
    return log.read_text()
