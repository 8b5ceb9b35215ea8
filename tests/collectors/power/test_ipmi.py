"""BMCs over the network: the real ipmitool against ipmi_sim, and against a server with DCMI."""

from __future__ import annotations

import asyncio
import os
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from pathlib import Path

import pytest

from collectors.base import BadReply, ConfigError, Refused, Unreachable
from collectors.catalogue import node as catalogue
from collectors.power.ipmi_config import Config, split_address
from collectors.strict import Problems, read
from tests.collectors.power.bmcs import POWER, bmcs, once
from tests.support import HANGS, binary, free_port, hurried, until

REPLY = "dc {watts} 3200 8403 e001 00b5c266 e8030000 {state}"


class Taught:
    """A BMC with given replies to Get Power Reading; pyghmi does sessions, keys and framing."""

    def __init__(self, process: subprocess.Popen[str], address: str) -> None:
        self._process, self.address = process, address

    def says(self, reply: str) -> None:
        assert self._process.stdin is not None
        assert self._process.stdout is not None
        self._process.stdin.write(f"{reply}\n")
        self._process.stdin.flush()
        assert self._process.stdout.readline() == "ok\n"


@pytest.fixture(scope="module")
def taught() -> Iterator[Taught]:
    binary("ipmitool")
    port = free_port()
    command = [sys.executable, "-W", "ignore", str(Path(__file__).parent / "bmc.py"), str(port)]
    with subprocess.Popen(
        command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
    ) as process:
        assert process.stdout is not None
        assert process.stdout.readline() == "ready\n"
        yield Taught(process, f"127.0.0.1:{port}")
        process.kill()


def test_a_bmc_gives_its_node_s_power(taught: Taught, tmp_path: Path) -> None:
    """Through a real RMCP+ session the watts of DCMI come out under the node's name and rack."""
    taught.says(REPLY.format(watts="f401", state="40"))
    (bmc,) = bmcs(tmp_path, taught.address)
    assert once(bmc) == [(POWER, 500.0)]
    assert (bmc.device, bmc.dropped) == ("n0", {})


@pytest.mark.parametrize(
    ("reply", "reason"),
    [
        (REPLY.format(watts="0000", state="00"), "deactivated"),
        (REPLY.format(watts="f401", state="00"), "deactivated"),
        (REPLY.format(watts="0000", state="40"), "zero"),
        (REPLY.format(watts="ffff", state="40"), "sentinel"),
    ],
)
def test_what_is_no_value_is_absent_and_counted(
    taught: Taught, tmp_path: Path, reply: str, reason: str
) -> None:
    """0 W of a deactivated measurement is no reading, and never 0; the reason is counted."""
    taught.says(reply)
    (bmc,) = bmcs(tmp_path, taught.address)
    where = ("guian", "s1", "A", "A07", "n0", "ipmi")
    missing = catalogue.NODE_READING_MISSING.series(*where, "power", reason)
    assert once(bmc) == [(missing.prefix.strip(), 1.0)]
    assert bmc.dropped == {reason: 1}
    assert bmc.notice == f"it gives no power: {reason}"


@pytest.mark.parametrize(
    ("reply", "error", "words"),
    [
        (
            "c1",
            Refused,
            (
                r"has no DCMI power reading \(completion code c1: invalid command\);"
                r" name its power_sensor"
            ),
        ),
        (
            "d4",
            Refused,
            (
                "completion code d4: insufficient privilege; the user's privilege on this"
                " channel is"
                " too low"
            ),
        ),
        ("c0", Unreachable, "the BMC is busy"),
        ("dc f401 3200", BadReply, "no DCMI power reading: dc f4 01 32 00"),
    ],
)
def test_a_bmc_that_will_not_says_why(
    taught: Taught, tmp_path: Path, reply: str, error: type[Exception], words: str
) -> None:
    """A completion code or a short reply gives no value and an error with the BMC's address."""
    taught.says(reply)
    (bmc,) = bmcs(tmp_path, taught.address)
    with pytest.raises(error, match=words) as raised:
        once(bmc)
    assert taught.address in str(raised.value)


def test_a_wrong_password_gives_no_session_and_is_not_shown(taught: Taught, tmp_path: Path) -> None:
    """The error names likely causes; neither it nor the process's arguments show the password."""
    (bmc,) = bmcs(tmp_path, taught.address, password="not-it-at-all")
    with pytest.raises((Unreachable, Refused), match="password"):
        once(bmc)
    assert "not-it-at-all" not in repr(bmc._dcmi._arguments)


def hang(folder: Path) -> str:
    """A program that never answers, nor do its children: what ipmitool is while a BMC is dead."""
    program = folder / "ipmitool"
    program.write_text(f"#!/bin/sh\necho $$ >> {folder}/pids\nsleep 600\n")
    program.chmod(0o755)
    return str(program)


def alive(folder: Path) -> list[int]:
    """Return the processes that were started and run; one that waits to be collected does not."""
    file = folder / "pids"
    pids = map(int, file.read_text().split()) if file.exists() else ()
    return [pid for pid in pids if runs(pid)]


def runs(pid: int) -> bool:
    try:
        return " Z " not in Path(f"/proc/{pid}/stat").read_text()
    except OSError:
        return False


def test_a_dead_bmc_costs_its_deadline_and_leaves_no_process(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """At the deadline the process and its children are ended, and the BMC is unreachable."""
    hang(tmp_path)
    monkeypatch.setenv("PATH", f"{tmp_path}:{os.environ['PATH']}")
    (bmc,) = bmcs(tmp_path, "127.0.0.1:1", timeout=0.5)
    began = time.monotonic()
    while not (tmp_path / "pids").exists():  # a busy machine may not start it in time
        with pytest.raises(Unreachable, match=r"127\.0\.0\.1:1: no answer within 0\.5 s"):
            once(bmc)
        assert time.monotonic() - began < HANGS  # the program sleeps for ten minutes
    assert not alive(tmp_path)


def test_dead_bmcs_do_not_take_every_turn(taught: Taught, tmp_path: Path) -> None:
    """A live BMC is read in time although more BMCs than processes are known to be dead."""
    taught.says(REPLY.format(watts="f401", state="40"))
    hang(tmp_path)
    made = bmcs(
        tmp_path,
        *[f"127.0.0.1:{n}" for n in range(1, 7)],
        taught.address,
        timeout=HANGS,
        max_processes=8,
    )
    *dead, live = made
    for one in dead:
        one._dcmi._program = str(tmp_path / "ipmitool")

    async def all_dead() -> list[object]:
        return await asyncio.gather(*(one.collect() for one in dead), return_exceptions=True)

    async def in_a_hurry() -> list[object]:
        with ExitStack() as deadlines:
            for one in dead:
                deadlines.enter_context(hurried(one, 0.5))
            return await all_dead()

    async def rounds() -> None:
        await in_a_hurry()  # from now on they are known to be dead
        silent = asyncio.create_task(all_dead())
        await until(lambda: len(alive(tmp_path)) == 2)
        assert [value for _, value in await live.collect()] == [500.0]
        assert not silent.done()
        assert len(alive(tmp_path)) == 2  # a quarter of the processes
        silent.cancel()
        await asyncio.wait([silent])
        errors = await in_a_hurry()
        assert {type(error) for error in errors} == {Unreachable}
        assert any("no turn (see max_processes)" in str(error) for error in errors)

    asyncio.run(rounds())
    assert not alive(tmp_path)


def test_without_ipmitool_the_error_says_so(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The program that is lacking is named."""
    monkeypatch.setenv("PATH", str(tmp_path))
    (bmc,) = bmcs(tmp_path, "127.0.0.1:1")
    with pytest.raises(Unreachable, match="ipmitool cannot be run: No such file"):
        once(bmc)


@pytest.mark.parametrize(
    ("make", "error"),
    [
        (lambda folder: bmcs(folder, "127.0.0.1:1", user=""), "user: missing"),
        (lambda folder: bmcs(folder, "127.0.0.1:1", password_file=None), "password_file: missing"),
        (lambda folder: bmcs(folder, "127.0.0.1:1", password="x" * 21), "at most 20 bytes"),
    ],
)
def test_what_the_config_lacks_is_named(
    make: Callable[[Path], object], error: str, tmp_path: Path
) -> None:
    """A user, a password and its length are checked before the first round, with the key."""
    with pytest.raises(ConfigError, match=error) as raised:
        make(tmp_path)
    assert raised.value.key.startswith("collectors.ipmi.devices[0].")


@pytest.mark.parametrize(
    ("text", "error"),
    [
        ("devices: [{address: '10.0.0.1:x', node: n}]", "address: expected an address such as"),
        ("devices: [{address: '-oProxy', node: n}]", "address: expected an address such as"),
        ("devices: [{address: 10.0.0.1}]", "node: missing"),
        ("cipher_suite: 18", "at most 17"),
        ("privilege: admin", "did you mean administrator?"),
    ],
)
def test_mistakes_in_the_config_are_named(text: str, error: str) -> None:
    """Each is one line with its key."""
    with pytest.raises(Problems) as raised:
        read("f.yaml", Config, text=text)
    assert error in str(raised.value)


def test_addresses_may_have_a_port() -> None:
    """Names, IPv4 and IPv6, with a port or without."""
    assert split_address("bmc-7.mgmt") == ("bmc-7.mgmt", 623)
    assert split_address("[fd00::7]:1623") == ("fd00::7", 1623)
    assert split_address("10.0.0.7:1623") == ("10.0.0.7", 1623)
