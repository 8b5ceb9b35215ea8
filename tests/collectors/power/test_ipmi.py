"""BMCs over the network: the real ipmitool against ipmi_sim, and against a server with DCMI."""

from __future__ import annotations

import asyncio
import os
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from socket import SOCK_DGRAM
from typing import Any

import pytest

from collectors.base import BadReply, ConfigError, Context, Place, Refused, Unreachable
from collectors.power.ipmi import KIND, Bmc, Config, Device, split_address
from collectors.strict import Problems, read
from tests.support import HANGS, binary, free_port, running, until, wait_for

CONTEXT = Context(
    place=Place(hub="guian", site="s1"),
    node="gateway",
    racks={"A07": Place(hub="guian", site="s1", row="A", rack="A07")},
)
REPLY = "dc {watts} 3200 8403 e001 00b5c266 e8030000 {state}"
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
INLET = 'dc_sensor_temperature_celsius{hub="guian",site="s1",row="A",rack="A07",sensor="n0 inlet"}'


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
    port = free_port(SOCK_DGRAM)
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
    assert once(bmc) == []
    assert bmc.dropped == {reason: 1}


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
    (bmc,) = bmcs(tmp_path, taught.address, password="not-it-at-all")  # noqa: S106 - it is none
    with pytest.raises((Unreachable, Refused), match="password"):
        once(bmc)
    assert "not-it-at-all" not in repr(bmc._dcmi._arguments)


@contextmanager
def ipmi_sim(folder: Path) -> Iterator[str]:
    """Run OpenIPMI's simulator, with two sensors; it wants a terminal or a pipe to read from."""
    port = free_port(SOCK_DGRAM)
    (folder / "state").mkdir()
    (folder / "lan.conf").write_text(LAN.format(port=port))
    (folder / "sim.emu").write_text(EMULATOR)
    fifo = folder / "commands"
    os.mkfifo(fifo)
    descriptor = os.open(fifo, os.O_RDWR)
    command = [
        binary("ipmi_sim"),
        "-c",
        folder / "lan.conf",
        "-f",
        folder / "sim.emu",
        "-s",
        folder / "state",
        "-n",
    ]
    try:
        with running(command, log=folder / "log", stdin=descriptor):
            wait_for(lambda: answers(port), what="ipmi_sim")
            yield f"127.0.0.1:{port}"
    finally:
        os.close(descriptor)


def answers(port: int) -> bool:
    ping = [
        binary("ipmitool"),
        "-I",
        "lanplus",
        "-H",
        "127.0.0.1",
        "-p",
        str(port),
        "-U",
        "hubgauge",
        "-P",
        "secret",
        "-C",
        "3",
        "-N",
        "1",
        "-R",
        "1",
        "mc",
        "info",
    ]
    return subprocess.run(ping, capture_output=True, check=False).returncode == 0


LAN = """name "sim"
set_working_mc 0x20
  startlan 1
    addr 127.0.0.1 {port}
    priv_limit admin
    allowed_auths_callback none md2 md5 straight
    allowed_auths_user none md2 md5 straight
    allowed_auths_operator none md2 md5 straight
    allowed_auths_admin none md2 md5 straight
    guid a123456789abcdefa123456789abcdef
  endlan
  user 2 true "hubgauge" "secret" admin 10 none md2 md5 straight
"""


def record(number: int, name: str, unit: int, kind: int) -> str:
    """A full sensor record (IPMI 2.0, 43.1) whose raw value is the reading."""
    body = [
        0x20,
        0,
        number,
        0x07,
        1,
        0x7F,
        0x68,
        kind,
        0x01,
        *[0] * 6,
        0,
        unit,
        0,
        0,
        1,
        *[0] * 5,
        *[0] * 4,
        0xFF,
        *[0] * 12,
    ]
    body += [0xC0 | len(name), *name.encode()]
    return " ".join(f"{byte:#04x}" for byte in [0, 0, 0x51, 0x01, len(body), *body])


NO_EVENTS = " ".join(["000000000000000"] * 4)
EMULATOR = "\n".join(
    (
        "mc_setbmc 0x20",
        "mc_add 0x20 0 no-device-sdrs 0x23 9 8 0x9f 0x1291 0xf02",
        *(
            line
            for number, kind, value in ((1, 0x0B, 126), (2, 0x01, 23))
            for line in (
                f"sensor_add 0x20 0 {number} {kind:#x} 1",
                f"sensor_set_value 0x20 0 {number} {value} 0",
                f"sensor_set_event_support 0x20 0 {number} enable scanning per-state {NO_EVENTS}",
            )
        ),
        f"main_sdr_add 0x20 {record(1, 'Pwr Consumption', 6, 0x0B)}",
        f"main_sdr_add 0x20 {record(2, 'Inlet Temp', 1, 0x01)}",
        "mc_enable 0x20\n",
    )
)


@pytest.fixture(scope="module")
def simulated(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    binary("ipmitool")
    with ipmi_sim(tmp_path_factory.mktemp("ipmi_sim")) as address:
        yield address


def test_ipmi_sim_has_no_dcmi_and_that_is_said(simulated: str, tmp_path: Path) -> None:
    """Its c1 gives no value and a reason; to a mere user it says d4, and that is another reason."""
    (bmc,) = bmcs(tmp_path, simulated, privilege="administrator")
    with pytest.raises(Refused, match=r"no DCMI power reading \(completion code c1"):
        once(bmc)
    (bmc,) = bmcs(tmp_path, simulated)
    with pytest.raises(Refused, match="d4: insufficient privilege"):
        once(bmc)


def test_sensors_stand_in_where_there_is_no_dcmi(simulated: str, tmp_path: Path) -> None:
    """A BMC without DCMI is read by the configured sensors, including the inlet temperature."""
    (bmc,) = bmcs(
        tmp_path,
        simulated,
        privilege="administrator",
        power_sensor="Pwr Consumption",
        inlet_sensor="Inlet Temp",
    )
    assert once(bmc) == once(bmc) == [(POWER, 126.0), (INLET, 23.0)]
    (bmc,) = bmcs(
        tmp_path,
        simulated,
        privilege="administrator",
        power_sensor="Pwr Consumption",
        inlet_sensor="No Such",
    )
    assert once(bmc) == [(POWER, 126.0)]
    assert bmc.dropped == {"no_sensor_value": 1}


def test_a_cipher_suite_it_does_not_take_is_told(simulated: str, tmp_path: Path) -> None:
    """ipmi_sim knows no SHA-256; the error names the setting."""
    (bmc,) = bmcs(tmp_path, simulated, cipher_suite=17)
    with pytest.raises(Refused, match="set cipher_suite: 3 or 17"):
        once(bmc)


def hang(folder: Path) -> str:
    """A program that never answers, nor do its children: what ipmitool is while a BMC is dead."""
    program = folder / "ipmitool"
    program.write_text(f"#!/bin/sh\necho $$ >> {folder}/pids\nsleep 600\n")
    program.chmod(0o755)
    return str(program)


def alive(folder: Path) -> list[int]:
    pids = [int(line) for line in (folder / "pids").read_text().split()]
    return [
        pid
        for pid in pids
        if Path(f"/proc/{pid}/stat").exists() and " Z " not in Path(f"/proc/{pid}/stat").read_text()
    ]


def test_a_dead_bmc_costs_its_deadline_and_leaves_no_process(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """At the deadline the process and its children are ended, and the BMC is unreachable."""
    hang(tmp_path)
    monkeypatch.setenv("PATH", f"{tmp_path}:{os.environ['PATH']}")
    (bmc,) = bmcs(tmp_path, "127.0.0.1:1", timeout=0.5)
    began = time.monotonic()
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
        timeout=3.0,
        max_processes=8,
    )
    *dead, live = made
    for one in dead:
        one._dcmi._program = str(tmp_path / "ipmitool")

    async def rounds() -> None:
        await asyncio.gather(*(one.collect() for one in dead), return_exceptions=True)
        silent = asyncio.gather(*(one.collect() for one in dead), return_exceptions=True)
        await until(lambda: len(alive(tmp_path)) == 2)
        assert [value for _, value in await live.collect()] == [500.0]
        assert not silent.done()
        assert len(alive(tmp_path)) == 2  # a quarter of the processes
        errors = await silent
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
