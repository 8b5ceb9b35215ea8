"""A register map and what must come of it, case by case.

A case is `tests/cases/modbus/<case>/{case.yaml, expected.prom}`. A real Modbus server holds the
registers; profiles of a case's own lie beside it. `--update-golden` writes what came out.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pytest
from pymodbus.server import ModbusTcpServer
from pymodbus.simulator import DataType, SimData, SimDevice

from collectors.base import Context, Place
from collectors.facility.masks import Pattern
from collectors.facility.modbus.kind import KIND
from collectors.facility.modbus.profile import Profile
from collectors.facility.profile import load_all
from collectors.strict import read
from tests.support import ROOT

CASES = ROOT / "tests" / "cases" / "modbus"


@dataclass(frozen=True, kw_only=True)
class Case:
    """One meter: its entry in the config, and its registers as rows of hexadecimal words."""

    device: dict[str, Any]
    size: Pattern
    input: dict[Pattern, str] = field(default_factory=dict)
    holding: dict[Pattern, str] = field(default_factory=dict)

    def memory(self, rows: dict[int, str]) -> list[SimData]:
        registers = [0] * self.size
        for address, words in rows.items():
            values = [int(word, 16) for word in words.split()]
            registers[address : address + len(values)] = values
        return [SimData(0, values=registers, datatype=DataType.REGISTERS)]

    def serve(self) -> SimDevice:
        coils = [SimData(0, values=[False] * 16, datatype=DataType.BITS)]
        return SimDevice(1, (coils, coils, self.memory(self.holding), self.memory(self.input)))


@pytest.mark.parametrize("folder", sorted(CASES.iterdir()), ids=lambda folder: folder.name)
async def test_a_meter_s_registers_become_these_series(folder: Path, update_golden: bool) -> None:
    """What the case's meter holds comes out as the case expects, to the last series."""
    case = read(folder / "case.yaml", Case)
    server = ModbusTcpServer([case.serve()], address=("127.0.0.1", 0))
    await server.serve_forever(background=True)
    try:
        port = server.transport.sockets[0].getsockname()[1]
        words = ", ".join(
            f"{key}: {value}"
            for key, value in ({"address": f'"127.0.0.1:{port}"'} | case.device).items()
        )
        config = read(
            folder / "config",
            KIND.Config,
            text=f"profiles_dir: {folder}\ndevices:\n  - {{{words}}}\n",
        )
        (meter,) = KIND.build(config, Context(place=Place(hub="guian", site="s"), node="n"))
        got = "".join(
            sorted(f"{series.prefix}{value!r}\n" for series, value in await meter.collect())
        )
        await meter.aclose()
    finally:
        await server.shutdown()
    expected = folder / "expected.prom"
    if update_golden:
        expected.write_text(got)
    assert got == expected.read_text()


def test_every_packaged_map_has_a_case() -> None:
    """No map is packaged untried."""
    tried = {read(folder / "case.yaml", Case).device["profile"] for folder in CASES.iterdir()}
    assert {name for name, _ in load_all("modbus", Profile)} <= tried
