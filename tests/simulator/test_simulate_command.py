"""`hubgauge simulate`: its options, its planned faults and the files that it writes."""

from __future__ import annotations

import asyncio
import math
import signal
import subprocess
import sys
from asyncio import TimerHandle
from collections.abc import Callable
from functools import partial
from pathlib import Path

import pytest

from agent.config import load
from simulator.faults import PlannedFault, parse_fault
from simulator.simulator import Simulator
from simulator.site import build_site
from tests.support import HANGS, binary, wait_for

COMMAND = [sys.executable, "-m", "agent.cli", "simulate"]


@pytest.mark.parametrize(
    ("text", "wanted"),
    [
        ("A07-A=silent", PlannedFault(device="A07-A", fault="silent")),
        ("main-1=garbage@1.5", PlannedFault(device="main-1", fault="garbage", since=1.5)),
        ("A07-A=silent@60-120", PlannedFault(device="A07-A", fault="silent", since=60, until=120)),
        ("A07-A=slow:0.5@60", PlannedFault(device="A07-A", fault="slow", amount=0.5, since=60)),
        (
            "main-1=replaced:12.5@3",
            PlannedFault(device="main-1", fault="replaced", amount=12.5, since=3),
        ),
    ],
)
def test_a_fault_is_planned_in_a_few_words(text: str, wanted: PlannedFault) -> None:
    """Device, fault, from when, to when."""
    assert parse_fault(text) == wanted


@pytest.mark.parametrize(
    "text",
    [
        "A07-A",
        "A07-A=dead",
        "=silent",
        "A=silent@",
        "A=silent@9-3",
        "A=silent@x",
        "A=reset@1-2",
        "A=silent:3",
    ],
)
def test_a_fault_that_is_none_is_refused(text: str) -> None:
    """A mistyped fault is found before anything runs."""
    with pytest.raises(ValueError, match=r"fault that ends|expected DEVICE|happens once"):
        parse_fault(text)


def test_the_command_writes_its_files_says_what_runs_and_ends_when_told(tmp_path: Path) -> None:
    """Once it says ready, the files are complete; SIGTERM ends it at once, with status 0."""
    process = subprocess.Popen(
        [
            *COMMAND,
            "--racks",
            "2",
            "--write-config",
            tmp_path / "c",
            "--write-history",
            tmp_path / "past.csv",
            "--months",
            "0.1",
        ],
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
    )
    try:
        assert process.stdout is not None
        said = list(iter(process.stdout.readline, "ready\n"))
        assert (
            said[0]
            == "SIMULATED site huawei-guian-1-simulated: 2 racks, 4 PDUs, 2 UPSs, 1 coolers, "
            "7 meters, 4 nodes\n"
        )
        assert load(tmp_path / "c" / "config.yaml").file.site == "huawei-guian-1-simulated"
        assert len((tmp_path / "past.csv").read_text().splitlines()) > 10 * 48
        process.send_signal(signal.SIGTERM)
        assert process.wait(HANGS) == 0
        assert process.stdout.read() == ""
    finally:
        process.kill()
        process.communicate()


@pytest.mark.parametrize(
    ("options", "status", "message"),
    [
        (["--hub", "gotham"], 2, "--hub: not in the registry; expected one of "),
        (
            ["--make", "raritan-py"],
            2,
            "--make: no such profile: 'raritan-py'; did you mean raritan-px?",
        ),
        (["--racks", "0"], 2, "expected a number from 1 to"),
        (["--fault", "A01-A=dead"], 2, "expected DEVICE=silent|garbage"),
        (["--racks", "1", "--fault", "Z99-A=silent"], 2, "--fault: no such device: Z99-A"),
        (["--racks", "1", "--listen", "203.0.113.1"], 1, "cannot listen on 203.0.113.1"),
        (
            ["--racks", "1", "--write-config", "/dev/null/x", "--seconds", "1"],
            1,
            "/dev/null/x: Not a directory",
        ),
    ],
)
def test_a_wrong_input_is_one_line(options: list[str], status: int, message: str) -> None:
    """No traceback: one line says what is wrong."""
    done = subprocess.run(
        [*COMMAND, *options], capture_output=True, text=True, check=False, timeout=300
    )
    assert done.returncode == status
    assert message in done.stderr
    assert "Traceback" not in done.stderr


async def test_a_planned_fault_comes_and_goes(monkeypatch: pytest.MonkeyPatch) -> None:
    """`A01-A=silent@1-2` begins a silence after the first second and ends it after the second."""
    planned: list[tuple[float, Callable[[], None]]] = []

    def call_later(delay: float, callback: Callable[..., None], *args: object) -> TimerHandle:
        planned.append((delay, partial(callback, *args)))
        return loop.call_at(math.inf, callback)

    loop = asyncio.get_running_loop()
    simulator = Simulator(build_site("guian", 1))
    with monkeypatch.context() as patched:
        patched.setattr(loop, "call_later", call_later)
        simulator.plan([parse_fault("A01-A=silent@1-2")])
    health = simulator.pdus["A01-A"].health
    assert [delay for delay, _ in planned] == [1.0, 2.0]
    faults = [health.fault]
    for _, happens in planned:
        happens()
        faults.append(health.fault)
    assert faults == [None, "silent", None]
    await simulator.stop()


def test_the_command_plans_faults() -> None:
    """From the second that `--fault` gives, the device is silent."""
    snmpget = binary("snmpget")
    command = [*COMMAND, "--racks", "1", "--fault", "A01-A=silent@1"]
    process = subprocess.Popen(command, stdout=subprocess.PIPE, text=True)
    try:
        assert process.stdout is not None
        said = "".join(iter(process.stdout.readline, "ready\n"))
        address = said.partition("A01-A at ")[2].partition(",")[0]
        get = [snmpget, "-v2c", "-cpublic", "-r0", "-t1", address, "1.3.6.1.2.1.1.5.0"]

        def answers() -> bool:
            return subprocess.run(get, capture_output=True, check=False).returncode == 0

        wait_for(lambda: not answers(), what="silence")
    finally:
        process.terminate()
        process.communicate(timeout=300)
