"""Runs the commands of a page as its reader types them."""

from __future__ import annotations

import os
import re
import subprocess
import sys
from pathlib import Path

SHELL = re.compile(r"^```sh\n(.*?)^```$", re.MULTILINE | re.DOTALL)


def commands(page: Path) -> list[str]:
    """Return a page's blocks of shell commands."""
    return SHELL.findall(page.read_text("utf-8"))


def run(script: str, folder: Path) -> str:
    """Run commands in a folder, with this program on the path; all must succeed.

    Returns what they print. What still runs in the background at the end is stopped. A program
    may end by itself just before it is told to, so that is no mistake of the page.
    """
    stop = "jobs -p | xargs -r kill 2>/dev/null || true"
    path = f"{Path(sys.executable).parent}:{os.environ['PATH']}"
    done = subprocess.run(
        ["bash", "-c", f"set -euo pipefail\ntrap '{stop}' EXIT\n{script}"],
        cwd=folder,
        env={**os.environ, "PATH": path, "PYTHONWARNINGS": "ignore"},
        capture_output=True,
        text=True,
        check=False,
        timeout=600,
    )
    log = folder / "agent.log"
    assert done.returncode == 0, (
        done.stdout + done.stderr + (log.read_text() if log.exists() else "")
    )
    return done.stdout
