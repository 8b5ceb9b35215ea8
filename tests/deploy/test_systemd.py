"""The units of systemd: taken by it, and hardened."""

from __future__ import annotations

import re
import shutil
from pathlib import Path

import pytest

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


def exposure(path: Path) -> float:
    """Return what systemd says of a unit, from 0 (closed) to 10 (open)."""
    said = run(binary("systemd-analyze"), "security", "--offline=yes", "--no-pager", str(path))
    match = re.search(rf"Overall exposure level for {path.name}: ([\d.]+)", said)
    assert match is not None, said
    return float(match[1])
