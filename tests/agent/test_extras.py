"""A plain install without extras: each command works, or names the extra that it needs."""

from __future__ import annotations

import re
import subprocess
import sys
import tomllib
from importlib.metadata import packages_distributions
from pathlib import Path

import pytest

from agent.needs import EXTRAS, missing_extra
from tests.support import HANGS, ROOT

PROJECT = tomllib.loads((ROOT / "pyproject.toml").read_text("utf-8"))["project"]
PLAIN = f"""
import sys

class Missing:
    def find_spec(self, name, path=None, target=None):
        if name.partition(".")[0] in {set(EXTRAS)!r}:
            raise ModuleNotFoundError(f"No module named {{name!r}}", name=name)

sys.meta_path.insert(0, Missing())
sys.argv[0] = "hubgauge"
from agent.cli import main
sys.exit(main())
"""
CONFIG = "hub: guian\nstate_dir: {state}\ncollectors: {{host: {{}}}}\n"


def plain(folder: Path, *words: str) -> subprocess.CompletedProcess[str]:
    """Run a command as if no extra were installed."""
    (folder / "config.yaml").write_text(CONFIG.format(state=folder / "state"))
    return subprocess.run(
        [sys.executable, "-c", PLAIN, *words],
        cwd=folder,
        env={"PYTHONPATH": str(ROOT), "PATH": "/usr/bin:/bin"},
        capture_output=True,
        text=True,
        timeout=HANGS,
        check=False,
    )


@pytest.mark.parametrize(
    ("words", "extra"),
    [
        ("devices identify 10.0.0.7", "gateway"),
        ("devices draft 10.0.0.7 --out d.yaml", "gateway"),
        ("dashboards build --out d", "dashboards"),
        ("simulate --racks 1 --seconds 1", "simulator"),
        ("completion bash", "completion"),
    ],
)
def test_a_command_names_the_extra_that_it_needs(tmp_path: Path, words: str, extra: str) -> None:
    """It is one line with what to install, and no trace."""
    found = plain(tmp_path, *words.split())
    assert found.returncode == 1, found.stderr
    command = words.partition(" ")[0]
    line = rf"hubgauge {command}: needs the package \w+: pip install 'hubgauge\[{extra}\]'\n"
    assert re.fullmatch(line, found.stderr)


@pytest.mark.parametrize(
    "words",
    [
        "check config.yaml",
        "collect --config config.yaml",
        "hubs",
        "devices list",
        "rules build --out r",
        "federation build --out f",
    ],
)
def test_a_command_that_needs_none_works(tmp_path: Path, words: str) -> None:
    """A node agent and what only writes files need no extra."""
    found = plain(tmp_path, *words.split())
    assert found.returncode == 0, found.stderr
    assert "Traceback" not in found.stderr


def test_every_package_of_an_extra_is_known() -> None:
    """What pyproject.toml lists under an extra is in the table, with an extra that brings it."""
    named = {
        re.split(r"[\[>=<~!]", need)[0].replace("-", "_"): extra
        for extra, needs in PROJECT["optional-dependencies"].items()
        for need in needs
        if not need.startswith("hubgauge[")
    }
    modules = packages_distributions()
    known = {
        name.lower().replace("-", "_") for module in EXTRAS for name in modules.get(module, ())
    }
    not_here = {"nvidia_ml_py"} - known  # of the chips' own libraries one may not be installed
    assert set(named) - not_here <= known
    assert set(EXTRAS.values()) <= set(PROJECT["optional-dependencies"])


def test_what_no_extra_brings_stays_a_fault_of_ours() -> None:
    """A module that is missing for another reason is not explained away."""
    assert missing_extra("agent.nothing") == ""
    assert missing_extra("") == ""
    assert missing_extra("gufo.snmp") == ("needs the package gufo: pip install 'hubgauge[gateway]'")
