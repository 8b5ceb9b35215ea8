"""Collectors of BMCs for tests, and their readings."""

from __future__ import annotations

import asyncio
from pathlib import Path
from typing import Any

from collectors.base import Context, Place
from collectors.power.ipmi import KIND, Bmc
from collectors.power.ipmi_config import Config, Device

CONTEXT = Context(
    place=Place(hub="guian", site="s1"),
    node="gateway",
    racks={"A07": Place(hub="guian", site="s1", row="A", rack="A07")},
)


WORD = "secret"


def bmcs(folder: Path, *addresses: str, password: str = WORD, **options: Any) -> list[Bmc]:
    secret = folder / "password"
    secret.write_text(f"{password}\n")
    secret.chmod(0o600)
    of_one = {key: options.pop(key) for key in ("power_sensor", "inlet_sensor") if key in options}
    devices = [
        Device(address=address, node=f"n{number}", rack="A07", **of_one)
        for number, address in enumerate(addresses)
    ]
    config = Config(
        **{"user": "hubgauge", "password_file": secret, "cipher_suite": 3, "devices": devices}
        | options
    )
    return KIND.build(config, CONTEXT)


def once(bmc: Bmc) -> list[tuple[str, float]]:
    return [(series.prefix.strip(), value) for series, value in asyncio.run(bmc.collect())]


POWER = 'dc_node_power_watts{hub="guian",site="s1",row="A",rack="A07",node="n0",source="ipmi"}'
