"""Details of an Ascend chip, by the forms of the command reference, with other numbers."""

from __future__ import annotations

from pathlib import Path

import pytest

from collectors.accelerators.ascend import Ascend
from collectors.accelerators.npu_details import parse
from collectors.base import Schedule
from tests.collectors.accelerators.kit import CASES, chips, values
from tests.support import not_late

TABLE = CASES / "npu_smi" / "a3-two-dies-25.2.1" / "reply.txt"
COMMON = """
	NPU ID                         : 1
	Chip Count                     : 1

	Chip ID                        : 0
	HBM Usage Rate(%)              : 4
	Aicore Freq(MHZ)               : 1800
	Aicore curFreq(MHZ)            : 800
	Temperature(C)                 : 46

	Chip Name                      : mcu
	Aicore curFreq(MHZ)            : 12
"""
MEMORY = """
        DDR Clock Speed(MHz)           : 0
        HBM Capacity(MB)               : 65536
        HBM Clock Speed(MHz)           : 1600
        HBM Temperature(C)             : 52
"""
ECC = """
        HBM Single Bit Error Count               : 1
        HBM Double Bit Error Count               : 0
        HBM Single Bit Aggregate Total Err Cnt   : 17
        HBM Double Bit Aggregate Total Err Cnt   : 0
"""


@pytest.mark.parametrize(
    ("query", "text", "expected"),
    [
        ("common", COMMON, [("clock_hertz", "sm", 8e8)]),
        (
            "memory",
            MEMORY,
            [("clock_hertz", "memory", 1.6e9), ("memory_temperature_celsius", "", 52.0)],
        ),
        (
            "ecc",
            ECC,
            [("ecc_errors_total", "corrected", 17.0), ("ecc_errors_total", "uncorrected", 0.0)],
        ),
        # a chip without HBM, or without the query
        ("memory", "DDR Clock Speed(MHz) : 1600", []),
        ("memory", "HBM Clock Speed(MHz) : 0\nHBM Temperature(C) : 0", []),
        ("memory", "HBM Temperature(C) : NA\nHBM Clock Speed(MHz) : -", []),
        ("ecc", "This device does not support querying ecc.", []),
        ("ecc", "HBM Single Bit Aggregate Total Err Cnt : 4294967295", []),
        ("common", "", []),
    ],
)
def test_a_query_s_lines(query: str, text: str, expected: list[tuple[str, str, float]]) -> None:
    """A line's number counts in base units; 0 MHz, 0 degrees and a full counter are no reading."""
    assert [
        (metric.full_name.removeprefix("dc_accelerator_"), label, value)
        for metric, label, value in parse(query, text)
    ] == expected


def node(folder: Path, script: str, *, details: bool, timeout: float = 30.0) -> Ascend:
    """Return a node whose npu-smi is a script."""
    (folder / "dev").mkdir()
    (folder / "dev" / "davinci0").touch()
    program = folder / "npu-smi"
    program.write_text(f"#!/bin/sh\n{script}\n")
    program.chmod(0o755)
    return Ascend(
        chips("Huawei"),
        devices=folder / "dev",
        command=str(program),
        schedule=Schedule(timeout=timeout),
        details=details,
    )


SCRIPT = f"""
case "$*" in
  info) exec cat {TABLE};;
  "info -t memory -i 0 -c 1") echo "HBM Temperature(C) : 61";;
  *"-t memory"*) echo "HBM Temperature(C) : 52";;
esac
"""


async def test_details_are_those_of_each_chip(tmp_path: Path) -> None:
    """Each chip is asked by its own NPU and chip number."""
    readings = await node(tmp_path, SCRIPT, details=True).collect()
    assert values(readings, "memory_temperature_celsius") == {
        "davinci0": 52.0,
        "davinci1": 61.0,
        "davinci2": 52.0,
        "davinci3": 52.0,
    }


async def test_without_details_the_table_alone_is_asked(tmp_path: Path) -> None:
    """Without the option no further program is started."""
    readings = await node(tmp_path, SCRIPT, details=False).collect()
    assert values(readings, "memory_temperature_celsius") == {}
    assert sum(values(readings, "up").values()) == 4


async def test_a_detail_that_hangs_costs_no_chip(tmp_path: Path) -> None:
    """The table counts, whatever becomes of the details."""
    script = f'[ "$*" = info ] && exec cat {TABLE}; exec sleep 300'
    collector = node(tmp_path, script, details=True, timeout=1.0)
    readings = await not_late(collector.collect)
    assert collector.dropped["no_detail"] == 4
    assert sum(values(readings, "up").values()) == 4
    assert values(readings, "clock_hertz", "clock") == {}
