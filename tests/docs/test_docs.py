"""What is generated from the code and kept beside it."""

from __future__ import annotations

import shutil
import subprocess
import sys
from pathlib import Path

from agent.app import load_all
from tests.support import ROOT


def test_the_config_reference_is_what_the_code_reads() -> None:
    """docs/config.md is written from the models; run tools/config_reference.py after a change."""
    subprocess.run(
        [sys.executable, ROOT / "tools" / "config_reference.py", "--check"], check=True, timeout=300
    )


def test_the_list_of_devices_is_what_the_profiles_and_their_tests_say() -> None:
    """docs/devices.md is written from profiles, collectors and cases; run tools/devices_reference.py after a change."""
    subprocess.run(
        [sys.executable, ROOT / "tools" / "devices_reference.py", "--check"],
        check=True,
        timeout=300,
    )


def test_the_list_of_metrics_is_the_catalogue() -> None:
    """docs/metrics.md is written from the catalogue; run tools/metrics_reference.py after a change."""
    subprocess.run(
        [sys.executable, ROOT / "tools" / "metrics_reference.py", "--check"],
        check=True,
        timeout=60,
    )


def test_the_example_configs_load(tmp_path: Path) -> None:
    """Each example is found good as it stands, with the secret it names beside it."""
    shutil.copytree(ROOT / "deploy" / "examples", tmp_path, dirs_exist_ok=True)
    (tmp_path / "community").write_text("public\n")
    (tmp_path / "community").chmod(0o600)
    node = load_all(tmp_path / "node.yaml")
    assert node.inventory is None
    gateway = load_all(tmp_path / "gateway.yaml")
    assert gateway.inventory is not None
    assert list(gateway.inventory.racks) == ["A07"]
    names = {(one.name, one.device) for one in gateway.collectors}
    assert {("snmp", "A07-A"), ("modbus", "main-1")} <= names
