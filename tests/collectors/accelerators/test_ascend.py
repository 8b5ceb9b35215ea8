"""Ascend chips by a program that behaves as npu-smi does, well or badly."""

from __future__ import annotations

import asyncio
import time
from pathlib import Path

import pytest

from collectors.accelerators.ascend import Ascend
from collectors.base import BadReply, NoData, Schedule, Unreachable
from tests.collectors.accelerators.kit import CASES, chips, values
from tests.support import HANGS, until

TABLE = CASES / "npu_smi" / "a3-two-dies-25.2.1" / "reply.txt"


class Node:
    """A node with Ascend chips and whatever program stands for npu-smi."""

    def __init__(self, folder: Path, timeout: float = 10.0) -> None:
        self.dev, self.program = folder / "dev", folder / "npu-smi"
        self.dev.mkdir()
        for name in ("davinci0", "davinci1", "davinci_manager"):
            (self.dev / name).touch()
        self.collector = Ascend(
            chips("Huawei"),
            devices=self.dev,
            command=str(self.program),
            schedule=Schedule(timeout=timeout),
        )

    def runs(self, script: str) -> None:
        self.program.write_text(f"#!/bin/sh\n{script}\n")
        self.program.chmod(0o755)


async def test_a_table_becomes_chips(tmp_path: Path) -> None:
    """The program's table becomes the chips of this node.

    A module's power stands at its first die alone.
    """
    node = Node(tmp_path)
    node.runs(f'[ "$*" = info ] && exec cat {TABLE}')
    readings = await node.collector.collect()
    assert values(readings, "power_watts") == {"davinci0": 341.2, "davinci2": 173.0}
    assert sum(values(readings, "info").values()) == 4


async def test_a_chip_that_is_no_longer_listed_is_down(tmp_path: Path) -> None:
    """A chip the table listed before and does not now is down, and the others are up.

    A round that fails takes all down.
    """
    node = Node(tmp_path)
    node.runs(f"exec cat {TABLE}")
    await node.collector.collect()
    lines = TABLE.read_text().splitlines()
    one = tmp_path / "one"
    one.write_text("\n".join(lines[:13]))
    node.runs(f"exec cat {one}")
    assert values(await node.collector.collect(), "up") == {
        "davinci0": 1,
        "davinci1": 1,
        "davinci2": 0,
        "davinci3": 0,
    }
    assert len(node.collector.up_series) == 2
    node.runs("echo 'dcmi module initialize failed. ret is -8005'; exit 1")
    with pytest.raises(BadReply, match="-8005"):
        await node.collector.collect()
    assert len(node.collector.up_series) == 4


async def test_a_program_that_hangs_is_killed_with_its_children(tmp_path: Path) -> None:
    """At the deadline the program and what it has started are killed, and the next round begins
    anew.
    """
    node = Node(tmp_path, timeout=0.5)
    pids = tmp_path / "pids"
    node.runs(f"sleep 300 & echo $$ $! > {pids}; wait")
    began = time.monotonic()
    while not (pids.exists() and pids.read_text()):  # a busy machine may not start it in time
        with pytest.raises(Unreachable, match=r"within 0\.5 s"):
            await node.collector.collect()
        assert time.monotonic() - began < HANGS  # the program sleeps for five minutes
    await gone([int(pid) for pid in pids.read_text().split()])
    node.runs(f"exec cat {TABLE}")
    assert await node.collector.collect()


async def test_a_cancelled_round_leaves_nothing_behind(tmp_path: Path) -> None:
    """When the agent gives up on a round, the program is killed as well."""
    node = Node(tmp_path)
    pids = tmp_path / "pids"
    node.runs(f"echo $$ > {pids}; exec sleep 300")
    task = asyncio.create_task(node.collector.collect())
    await until(lambda: pids.exists() and pids.read_text().strip())
    task.cancel()
    with pytest.raises(asyncio.CancelledError):
        await task
    await gone([int(pids.read_text())])


async def test_output_without_end_is_cut_off(tmp_path: Path) -> None:
    """A program that prints a hundred megabytes is killed after the first one."""
    node = Node(tmp_path)
    node.runs("exec head -c 100000000 /dev/zero")
    with pytest.raises(Unreachable, match="more than 1048576 bytes"):
        await node.collector.collect()


async def test_devices_without_the_tool(tmp_path: Path) -> None:
    """Device files without the program are told once in words of what to do."""
    node = Node(tmp_path)
    with pytest.raises(Unreachable, match="install the driver's tools"):
        await node.collector.collect()


async def test_without_devices_no_program_runs(tmp_path: Path) -> None:
    """Without a device file the program is not even looked for."""
    node = Node(tmp_path)
    for file in node.dev.iterdir():
        file.unlink()
    ran = tmp_path / "ran"
    node.runs(f"touch {ran}")
    with pytest.raises(NoData):
        await node.collector.collect()
    assert not ran.exists()


async def gone(pids: list[int]) -> None:
    """Wait until no process has these ids; one that has ended and is not collected is none."""

    def alive(pid: int) -> bool:
        try:
            text = Path(f"/proc/{pid}/stat").read_text()
        except OSError:
            return False
        return text.rpartition(")")[2].split()[0] != "Z"

    await until(lambda: not any(map(alive, pids)), what=f"{pids} to end")
