"""What the tests of deploy/ share: its documents, secrets for them, and tools that must succeed."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path
from typing import Any

import yaml

from tests.support import ROOT
from tests.support.certificates import self_signed
from tests.support.users import HASH

DEPLOY = ROOT / "deploy"
BIN = Path(sys.executable).parent
KUBERNETES = sorted((DEPLOY / "kubernetes").glob("*.yaml"))


def run(*command: str, cwd: Path = ROOT) -> str:
    """Run a tool.

    Returns all it prints, and fails the test where it does not like what it was given.
    """
    done = subprocess.run(
        command, cwd=cwd, capture_output=True, text=True, check=False, timeout=300
    )
    assert done.returncode == 0, done.stdout + done.stderr
    return done.stdout + done.stderr


def documents(path: Path) -> list[dict[str, Any]]:
    """Return the documents of a YAML file."""
    return list(yaml.safe_load_all(path.read_text("utf-8")))


def write_secrets(folder: Path, mode: int) -> None:
    """Write the files of a Secret: a community, a user, a certificate and its key."""
    certificate, key = self_signed(folder, "tls")
    certificate.rename(folder / "tls.crt")
    (folder / "community").write_text("public\n", "utf-8")
    (folder / "users").write_text(f"alice:{HASH}\n", "utf-8")
    for path in (key, *(folder / name for name in ("community", "users", "tls.crt"))):
        path.chmod(mode)
