"""What `make release` writes beside the wheel."""

from __future__ import annotations

import json
import re
import subprocess
import sys
from pathlib import Path

from tests.support import ROOT


def test_the_bill_of_materials_names_every_pinned_package(tmp_path: Path) -> None:
    """It is CycloneDX, and has the packages and versions of the lock file."""
    lock, bill = ROOT / "locks" / "runtime.lock", tmp_path / "bill.json"
    command = [
        Path(sys.executable).parent / "cyclonedx-py",
        "requirements",
        "--output-reproducible",
    ]
    subprocess.run(
        [*command, "--output-format", "JSON", "--output-file", bill, lock],
        check=True,
        capture_output=True,
        timeout=300,
    )
    found = json.loads(bill.read_text("utf-8"))
    assert found["bomFormat"] == "CycloneDX"
    pinned = re.findall(r"^([a-z0-9-]+)==(\S+)", lock.read_text("utf-8"), re.MULTILINE)
    assert sorted((one["name"], one["version"]) for one in found["components"]) == sorted(pinned)
