"""Node power from hwmon and the node's own BMC, and the options of the collector `power`."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from pathlib import Path

import pytest

from collectors.base import Context, NoData, Place, Schedule
from collectors.power import KIND, PowerConfig
from collectors.power.bmc import LocalBmc
from collectors.strict import Problems, read
from tests.collectors.power.machine import LABELS, Machine, values


def test_a_meter_of_the_whole_node_is_its_power(machine: Machine) -> None:
    """ACPI's power meter, in microwatts, is the node; a GPU's and a rail's sensors are not."""
    machine.write(
        "class/hwmon/hwmon0", name="amdgpu", power1_average=90_000_000, power1_label="PPT"
    )
    machine.write(
        "class/hwmon/hwmon1",
        name="power_meter",
        power1_average=312_000_000,
        power1_average_interval=1000,
    )
    machine.write(
        "class/hwmon/hwmon2", name="ibmpowernv", power1_input=5_000_000, power1_label="Chip 0 Vdd"
    )
    assert values(machine.collector("hwmon")) == {"power_watts": 312.0}


def test_two_supplies_add_up_and_their_energy_too(machine: Machine) -> None:
    """The configured sensors are added up, in watts and joules; if one fails, no sum is given."""
    for n in (0, 1):
        machine.write(
            f"class/hwmon/hwmon{n}",
            name="pmbus",
            power1_input=50_000_000,
            power1_label="pin",
            energy1_input=7_000_000,
            energy1_label="pin",
            power2_input=9_000_000,
            power2_label="pout",
        )
    hwmon = machine.collector("hwmon", node_sensors=["pmbus:pin"])
    assert values(hwmon) == {"power_watts": 100.0, "energy_joules_total": 14.0}
    (machine.sys / "class/hwmon/hwmon1/power1_input").write_text("")
    assert values(hwmon) == {"energy_joules_total": 14.0}
    assert hwmon.dropped == {"no_data": 1}


@pytest.mark.parametrize("microwatts", [0, 4_294_967_295_000, -1])
def test_a_sentinel_is_no_power(machine: Machine, microwatts: int) -> None:
    """0 W and ACPI's word for unknown are absent and counted."""
    machine.write("class/hwmon/hwmon0", name="power_meter", power1_average=microwatts)
    hwmon = machine.collector("hwmon")
    assert values(hwmon) == {}
    assert hwmon.dropped == {"sentinel": 1}


def test_absent_hardware_says_nothing(machine: Machine) -> None:
    """Without powercap, hwmon and an IPMI device no source logs anything or starts a process."""
    for device in ("rapl", "hwmon"):
        with pytest.raises(NoData):
            machine.collector(device).collect()
    for path, program in ((machine.sys / "none", "true"), (machine.sys, "no-such-program")):
        local = LocalBmc(LABELS, _context(machine), Schedule(), path=path, program=program)
        with pytest.raises(NoData):
            asyncio.run(local.collect())


def _context(machine: Machine) -> Context:
    return Context(place=Place(hub="guian"), node="n1", monotonic=lambda: machine.now)


def stand_in(folder: Path, script: str) -> str:
    program = folder / "ipmitool"
    program.write_text(f"#!/bin/sh\n{script}\n")
    program.chmod(0o755)
    return str(program)


@pytest.mark.parametrize(
    ("script", "expected", "dropped"),
    [
        (
            "echo ' dc 64 00 32 00 96 00 5e 00 00 00 00 00 e8 03 00'; echo ' 00 40'",
            {"power_watts": 100.0},
            {},
        ),
        ("echo ' dc 00 00 00 00 00 00 00 00 00 00 00 00 00 00 00 00 00'", {}, {"deactivated": 1}),
    ],
)
def test_a_node_asks_its_own_bmc(
    machine: Machine, script: str, expected: dict[str, float], dropped: dict[str, int]
) -> None:
    """DCMI by the kernel's device gives the node's power; a deactivated measurement gives none."""
    local = LocalBmc(
        LABELS,
        _context(machine),
        Schedule(),
        path=machine.sys,
        program=stand_in(machine.sys, script),
    )
    assert values(local) == expected
    assert local.dropped == dropped


def test_a_bmc_without_dcmi_is_not_asked_again_at_once(machine: Machine) -> None:
    """An "invalid command" is silence, and costs one process an hour."""
    log = machine.sys / "asked"
    script = (
        f"echo x >> {log}; echo 'Unable to send RAW command (channel=0x0 netfn=0x2c lun=0x0"
        " cmd=0x2 rsp=0xc1): Invalid command' >&2; exit 1"
    )
    local = LocalBmc(
        LABELS,
        _context(machine),
        Schedule(),
        path=machine.sys,
        program=stand_in(machine.sys, script),
    )
    for later in (0.0, 60.0, 3600.0):
        machine.now += later
        with pytest.raises(NoData):
            asyncio.run(local.collect())
    assert log.read_text() == "x\nx\n"


def test_a_wrapper_that_knows_only_the_named_command_is_used_by_it(machine: Machine) -> None:
    """If a wrapper refuses the raw command, the named command is used from then on."""
    log = machine.sys / "asked"
    script = f"""echo "$1" >> {log}
[ "$*" = "dcmi power reading" ] || {{ echo not allowed; exit 1; }}
echo '    Instantaneous power reading:                   216 Watts'
echo '    Power reading state is:                   activated'"""
    local = LocalBmc(
        LABELS,
        _context(machine),
        Schedule(),
        path=machine.sys,
        program=stand_in(machine.sys, script),
    )
    assert values(local) == values(local) == {"power_watts": 216.0}
    assert log.read_text() == "raw\ndcmi\ndcmi\n"


@pytest.mark.parametrize(
    ("text", "error"),
    [
        ("interval: 5m", "interval: expected at most 60 s"),
        ("disable: [raple]", "did you mean rapl?"),
        ("hwmon: {}", "unknown key"),
    ],
)
def test_mistakes_in_the_config_are_named(text: str, error: str) -> None:
    """An interval in which registers wrap twice, and unknown names, are one line each."""
    with pytest.raises(Problems, match=error):
        read("f.yaml", PowerConfig, text=text)


def test_a_source_can_be_left_out(machine: Machine) -> None:
    """`disable` leaves the others."""
    context = Context(place=Place(hub="guian"), node="n1", sys=machine.sys)
    devices: Sequence[str] = [
        one.device for one in KIND.build(PowerConfig(disable=["rapl"]), context)
    ]
    assert devices == ["hwmon", "ipmi"]
