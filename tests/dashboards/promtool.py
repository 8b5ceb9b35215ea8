"""Promtool, run on rule files that a test has built."""

from __future__ import annotations

import subprocess
from pathlib import Path

from tests.support import binary


def promtool(folder: Path, *arguments: str) -> subprocess.CompletedProcess[str]:
    """Run promtool in a folder; the caller looks at its exit status."""
    return subprocess.run(
        [binary("promtool"), *arguments],
        cwd=folder,
        capture_output=True,
        text=True,
        check=False,
        timeout=300,
    )
