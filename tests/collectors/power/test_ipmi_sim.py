"""BMCs without DCMI: the real ipmitool against ipmi_sim."""

from __future__ import annotations

import os
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from collectors.base import BadReply, Refused
from tests.collectors.power.bmcs import POWER, bmcs, once
from tests.support import binary, free_port, running, wait_for

INLET = 'dc_sensor_temperature_celsius{hub="guian",site="s1",row="A",rack="A07",sensor="n0 inlet"}'


@contextmanager
def ipmi_sim(folder: Path) -> Iterator[str]:
    """Run OpenIPMI's simulator, with two sensors; it wants a terminal or a pipe to read from."""
    port = free_port()
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


def record(
    number: int, name: str, unit: int, kind: int, entity: tuple[int, int] = (0x07, 1)
) -> str:
    """A full sensor record (IPMI 2.0, 43.1) whose raw value is the reading.

    Entity 7 is the system board, 10 a power supply (table 43-13).
    """
    body = [
        0x20,
        0,
        number,
        *entity,
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
            for number, kind, value in (
                (1, 0x0B, 126),
                (2, 0x01, 23),
                (3, 0x0B, 132),
                (4, 0x0B, 160),
            )
            for line in (
                f"sensor_add 0x20 0 {number} {kind:#x} 1",
                f"sensor_set_value 0x20 0 {number} {value} 0",
                f"sensor_set_event_support 0x20 0 {number} enable scanning per-state {NO_EVENTS}",
            )
        ),
        f"main_sdr_add 0x20 {record(1, 'Pwr Consumption', 6, 0x0B)}",
        f"main_sdr_add 0x20 {record(2, 'Inlet Temp', 1, 0x01)}",
        f"main_sdr_add 0x20 {record(3, 'PS1 Input', 6, 0x0B, (0x0A, 1))}",
        f"main_sdr_add 0x20 {record(4, 'PS2 Input', 6, 0x0B, (0x0A, 2))}",
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


def test_the_inputs_of_all_supplies_are_added(simulated: str, tmp_path: Path) -> None:
    """132 W and 160 W are 292 W; without one of them there is no power, and it is counted."""
    options = {"privilege": "administrator"}
    (bmc,) = bmcs(tmp_path, simulated, **options, power_sensor=["PS1 Input", "PS2 Input"])
    assert once(bmc) == [(POWER, 292.0)]
    (bmc,) = bmcs(tmp_path, simulated, **options, power_sensor=["PS1 Input", "PS3 Input"])
    (missing,) = once(bmc)
    assert 'reason="no_sensor_value"' in missing[0]
    assert bmc.dropped == {"no_sensor_value": 1}


def test_one_supply_does_not_pass_for_the_node(simulated: str, tmp_path: Path) -> None:
    """A single sensor that belongs to a power supply is refused; in a list it is all there is."""
    options = {"privilege": "administrator"}
    (bmc,) = bmcs(tmp_path, simulated, **options, power_sensor="PS1 Input")
    with pytest.raises(BadReply, match="PS1 Input is the input of one power supply"):
        once(bmc)
    (bmc,) = bmcs(tmp_path, simulated, **options, power_sensor=["PS1 Input"])
    assert once(bmc) == [(POWER, 132.0)]


def test_a_cipher_suite_it_does_not_take_is_told(simulated: str, tmp_path: Path) -> None:
    """ipmi_sim knows no SHA-256; the error names the setting."""
    (bmc,) = bmcs(tmp_path, simulated, cipher_suite=17)
    with pytest.raises(Refused, match="set cipher_suite: 3 or 17"):
        once(bmc)
