"""The units of systemd: taken by it, and hardened."""

from __future__ import annotations

import re
import shutil
from pathlib import Path

import pytest

from agent.cli import main
from tests.deploy.tools import BIN, DEPLOY, run
from tests.support import binary

LEAST_EXPOSED = 2.0
"""What `systemd-analyze security` may call the unit at most, with any one drop-in: a web server
without hardening is at 9.6."""


# systemd


NOTIFY = "hubgauge-notify.service"


def unit(folder: Path, name: str = "hubgauge.service") -> Path:
    """Copy a unit with a program that is here, since verify looks whether it can be executed."""
    path = folder / name
    text = (DEPLOY / "systemd" / name).read_text("utf-8")
    path.write_text(text.replace("/opt/hubgauge/bin/hubgauge", str(BIN / "hubgauge")), "utf-8")
    return path


def test_systemd_takes_the_units(tmp_path: Path) -> None:
    """Systemd finds nothing to say of the units."""
    units = [str(unit(tmp_path)), str(unit(tmp_path, NOTIFY))]
    assert run(binary("systemd-analyze"), "verify", *units).strip() == ""


@pytest.mark.parametrize(
    "dropin",
    [
        "",
        *(path.name for path in sorted((DEPLOY / "systemd" / "hubgauge.service.d").glob("*.conf"))),
    ],
)
def test_the_unit_is_hardened(dropin: str, tmp_path: Path) -> None:
    """Systemd calls the unit's exposure low, also with each drop-in."""
    path = unit(tmp_path)
    if dropin:
        (tmp_path / "hubgauge.service.d").mkdir()
        shutil.copy(
            DEPLOY / "systemd" / "hubgauge.service.d" / dropin, tmp_path / "hubgauge.service.d"
        )
    assert exposure(path) <= LEAST_EXPOSED


def test_the_bridge_is_hardened(tmp_path: Path) -> None:
    """Systemd calls the exposure of the bridge's unit low."""
    assert exposure(unit(tmp_path, NOTIFY)) <= LEAST_EXPOSED


def steps(key: str, config: Path) -> list[tuple[bool, list[str]]]:
    """Return the calls of hubgauge that a key of the unit makes: whether each must succeed, and
    how.
    """
    text = (DEPLOY / "systemd" / "hubgauge.service").read_text("utf-8")
    found = re.findall(rf"^{key}=(-?)/opt/hubgauge/bin/hubgauge (.*)$", text, re.MULTILINE)
    return [
        (not minus, said.replace("/etc/hubgauge/config.yaml", str(config)).split())
        for minus, said in found
    ]


def test_a_tenants_mistake_keeps_no_agent_from_starting(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """A reboot after a tenant's rack was retired starts the agent; a reload is refused.

    By systemd.service(5), a failure of a command with `-` before it is noted only, and the first
    other one that fails is the last that runs.
    """
    config = tmp_path / "config.yaml"
    config.write_text("hub: guian\nsite: s\ninventory: i.yaml\ntenants: t.yaml\n", "utf-8")
    (tmp_path / "i.yaml").write_text("sites: [{site: s}]\nracks: [{rack: A1, site: s}]\n", "utf-8")
    (tmp_path / "t.yaml").write_text("tenants: [{tenant: t, site: s, racks: [A2]}]\n", "utf-8")
    before, again = steps("ExecStartPre", config), steps("ExecReload", config)
    assert [call for must, call in before if must and main(call)] == []
    assert any(must and main(call) for must, call in again)
    assert "t.yaml:1: tenants[0].racks: A2 is not in the inventory" in capsys.readouterr().err


def test_what_cannot_run_is_refused_by_the_agent_itself(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """`run` ends with 2 and the line that `check` has."""
    config = tmp_path / "config.yaml"
    config.write_text("hub: guian\ncolour: red\n", "utf-8")
    for _, call in [*steps("ExecStart", config), *steps("ExecReload", config)]:
        assert main(call) == 2
        assert f"{config}:2: colour: unknown key" in capsys.readouterr().err


def exposure(path: Path) -> float:
    """Return what systemd says of a unit, from 0 (closed) to 10 (open)."""
    said = run(binary("systemd-analyze"), "security", "--offline=yes", "--no-pager", str(path))
    match = re.search(rf"Overall exposure level for {path.name}: ([\d.]+)", said)
    assert match is not None, said
    return float(match[1])
