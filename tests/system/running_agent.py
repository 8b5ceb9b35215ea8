"""A whole agent as a process: its config, its page, and the command beside it."""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from tests.support import ROOT, free_port, get, running

HUBGAUGE = (sys.executable, "-m", "agent.cli")


def write_config(
    folder: Path, text: str = "", *, port: int | None = None, outputs: str = ""
) -> Path:
    path = folder / "config.yaml"
    body = text or "collectors:\n  host: {interval: 15s}\n"
    listen = f'outputs:\n  http: {{listen: "127.0.0.1:{port or free_port()}"}}\n{outputs}'
    path.write_text(
        f"hub: guian\nsite: test-site\nnode: node-1\nstate_dir: {folder}/state\n{body}{listen}"
    )
    return path


def hubgauge(*words: object, timeout: float = 60) -> subprocess.CompletedProcess[str]:
    command = [*HUBGAUGE, *map(str, words)]
    return subprocess.run(
        command, cwd=ROOT, capture_output=True, text=True, check=False, timeout=timeout
    )


@contextmanager
def agent(config: Path, port: int) -> Iterator[subprocess.Popen[bytes]]:
    log = config.parent / "agent.log"
    with running(
        [*HUBGAUGE, "run", "--config", config],
        log=log,
        ready=f"http://127.0.0.1:{port}/-/ready",
        cwd=ROOT,
    ) as process:
        yield process


def metrics(port: int) -> str:
    return get(f"http://127.0.0.1:{port}/metrics").decode()
