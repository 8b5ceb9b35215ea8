"""A gateway whose meters' hours are imported from a file, and what `hubgauge statement` makes."""

from __future__ import annotations

import datetime as dt
import json
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

from agent.cli import main
from tests.support.ledger import SITE


def gateway(folder: Path, inventory: str, tenants: str = "") -> Path:
    """Write the files of a gateway; returns its config."""
    (folder / "inventory.yaml").write_text(inventory, "utf-8")
    text = f"hub: guian\nsite: {SITE}\nstate_dir: state\ninventory: inventory.yaml\n"
    if tenants:
        (folder / "tenants.yaml").write_text(tenants, "utf-8")
        text += "tenants: tenants.yaml\n"
    config = folder / "hubgauge.yaml"
    config.write_text(text, "utf-8")
    return config


def import_hours(
    config: Path,
    start: dt.datetime,
    hours: int,
    kilowatts: Mapping[str, float],
    *,
    lacks: Callable[[str, int], bool] = lambda _meter, _hour: False,
) -> None:
    """Import so many hours of some meters at constant power, but those that a meter lacks."""
    rows = [
        f"{(start + dt.timedelta(hours=hour)).isoformat()},{meter},{each}"
        for hour in range(hours)
        for meter, each in kilowatts.items()
        if not lacks(meter, hour)
    ]
    file = config.parent / "hours_of_meters.csv"
    file.write_text("time,meter,energy_kwh\n" + "\n".join(rows) + "\n", "utf-8")
    assert main(["ledger", "import", "--config", str(config), "--site", SITE, str(file)]) == 0


def statement(config: Path, *args: str) -> list[str]:
    """Return the command that makes a statement."""
    return ["statement", "--config", str(config), *args]


def made(config: Path, *args: str, out: str = "out.json") -> dict[str, Any]:
    """Make a statement in the config's folder; returns what it says."""
    path = config.parent / out
    assert main([*statement(config), *args, "--out", str(path)]) == 0
    return dict(json.loads(path.read_text("utf-8")))
