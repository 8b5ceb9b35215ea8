"""A node's power from sysfs: registers that wrap, whole-node sensors, and missing sources."""

from __future__ import annotations

import asyncio
import inspect
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from collectors.base import Collector, Context, NoData, Place, Refused, Schedule
from collectors.power import KIND, PowerConfig
from collectors.power.bmc import LocalBmc
from collectors.power.rapl import advance
from collectors.strict import Problems, read

RANGE = 262_143_328_850
LABELS = ("guian", "s1", "A", "A07", "n1")


class Machine:
    """A tree of /sys and a clock."""

    def __init__(self, sys: Path) -> None:
        self.sys, self.now = sys, 1000.0

    def zone(self, folder: str, name: str, microjoules: int, span: int = RANGE) -> None:
        self.write(
            f"class/powercap/{folder}", name=name, energy_uj=microjoules, max_energy_range_uj=span
        )

    def write(self, folder: str, **files: object) -> None:
        place = self.sys / folder
        place.mkdir(parents=True, exist_ok=True)
        for name, value in files.items():
            (place / name).write_text(f"{value}\n")

    def collector(self, device: str, **options: Any) -> Collector:
        context = Context(
            place=Place(hub="guian", site="s1", row="A", rack="A07"),
            node="n1",
            sys=self.sys,
            monotonic=lambda: self.now,
        )
        return next(
            one for one in KIND.build(PowerConfig(**options), context) if one.device == device
        )


@pytest.fixture
def machine(tmp_path: Path) -> Machine:
    return Machine(tmp_path)


def values(collector: Collector) -> dict[str, float]:
    found = collector.collect()
    readings = asyncio.run(found) if inspect.iscoroutine(found) else found
    for series, _ in readings:
        assert series.values == (*LABELS, collector.device)
    return {series.metric.name: value for series, value in readings}


def test_power_is_what_the_packages_moved(machine: Machine) -> None:
    """Power is the sum of both sockets; nested zones and second paths to them are not added."""
    machine.zone("intel-rapl:0", "package-0", 1_000_000)
    machine.zone("intel-rapl:0:0", "core", 1_000_000)
    machine.zone("intel-rapl:0:1", "dram", 1_000_000)
    machine.zone("intel-rapl:1", "package-1", 5_000_000)
    machine.zone("intel-rapl-mmio:0", "package-0", 1_000_000)
    machine.write("class/powercap/intel-rapl", enabled=1)
    rapl = machine.collector("rapl")
    assert values(rapl) == {"energy_joules_total": 0.0}
    machine.now += 10.0
    for folder, name, microjoules in (
        ("intel-rapl:0", "package-0", 1_001_000_000),
        ("intel-rapl:0:0", "core", 900_000_000),
        ("intel-rapl:0:1", "dram", 700_000_000),
        ("intel-rapl:1", "package-1", 505_000_000),
        ("intel-rapl-mmio:0", "package-0", 1_001_000_000),
    ):
        machine.zone(folder, name, microjoules)
    assert values(rapl) == {"energy_joules_total": 1500.0, "power_watts": 150.0}


def test_a_register_that_starts_over_makes_no_step(machine: Machine) -> None:
    """At `max_energy_range_uj` a register begins again, and the counter goes on."""
    machine.zone("intel-rapl:0", "package-0", RANGE - 400_000_000)
    rapl = machine.collector("rapl")
    values(rapl)
    machine.now += 10.0
    machine.zone("intel-rapl:0", "package-0", 600_000_000)
    assert values(rapl) == pytest.approx({"energy_joules_total": 1000.0, "power_watts": 100.0})
    machine.now += 10.0
    machine.zone("intel-rapl:0", "package-0", 800_000_000)
    assert values(rapl) == pytest.approx({"energy_joules_total": 1200.0, "power_watts": 20.0})


def test_the_platform_is_believed_where_it_holds_the_packages(machine: Machine) -> None:
    """`psys` counts as the node if it is at least the packages' sum; otherwise that sum counts."""
    machine.zone("intel-rapl:0", "package-0", 0)
    machine.zone("intel-rapl:1", "psys", 0)
    rapl = machine.collector("rapl")
    values(rapl)
    machine.now += 10.0
    machine.zone("intel-rapl:0", "package-0", 1_000_000_000)
    machine.zone("intel-rapl:1", "psys", 2_500_000_000)
    assert values(rapl) == {"energy_joules_total": 2500.0, "power_watts": 250.0}
    machine.now += 10.0
    machine.zone("intel-rapl:0", "package-0", 2_000_000_000)
    assert values(rapl) == {"energy_joules_total": 3500.0, "power_watts": 100.0}


def test_a_register_that_jumped_is_no_power(machine: Machine) -> None:
    """An impossible jump, as after a suspend, counts as a reset and adds no energy."""
    machine.zone("intel-rapl:0", "package-0", 100_000_000_000)
    rapl = machine.collector("rapl")
    values(rapl)
    machine.now += 10.0
    machine.zone("intel-rapl:0", "package-0", 5_000)
    assert values(rapl) == {"energy_joules_total": 0.0}
    assert rapl.dropped == {"reset": 1}
    machine.now += 10.0
    machine.zone("intel-rapl:0", "package-0", 500_005_000)
    assert values(rapl) == {"energy_joules_total": 500.0, "power_watts": 50.0}


def test_a_gap_in_which_it_may_have_wrapped_twice_is_not_guessed(machine: Machine) -> None:
    """After an hour without a round nobody knows how often the register started over."""
    machine.zone("intel-rapl:0", "package-0", 0)
    rapl = machine.collector("rapl")
    values(rapl)
    machine.now += 3600.0
    machine.zone("intel-rapl:0", "package-0", 10_000_000)
    assert values(rapl) == {"energy_joules_total": 0.0}
    assert rapl.dropped == {"gap": 1}


def test_registers_only_root_may_read_are_one_clear_error(
    machine: Machine, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Since CVE-2020-8694 energy_uj is root's: the error says so and what to do."""
    machine.zone("intel-rapl:0", "package-0", 0)
    rapl = machine.collector("rapl")
    files = rapl._files
    real = files.read

    def denied(path: str) -> bytes:
        if path.endswith("energy_uj"):
            raise PermissionError(13, "Permission denied", path)
        return bytes(real(path))

    monkeypatch.setattr(files, "read", denied)
    with pytest.raises(
        Refused, match="permission denied; only root may read it unless a udev rule says otherwise"
    ):
        rapl.collect()


def test_zones_that_go_and_come_are_found_anew(machine: Machine) -> None:
    """A driver that is unloaded is no fault; loaded again, it counts from there."""
    machine.zone("intel-rapl:0", "package-0", 5)
    rapl = machine.collector("rapl")
    values(rapl)
    rapl._files.close()
    energy = machine.sys / "class/powercap/intel-rapl:0/energy_uj"
    energy.unlink()
    with pytest.raises(NoData):
        rapl.collect()
    machine.now += 10.0
    machine.zone("intel-rapl:0", "package-0", 100_000_005)
    assert values(rapl) == {"energy_joules_total": 100.0, "power_watts": 10.0}


@given(st.integers(0, RANGE), st.integers(0, RANGE // 2))
def test_however_far_a_register_moves_it_is_what_it_moved(before: int, moved: int) -> None:
    """Any movement of less than a turn comes back, wrapped or not."""
    now = before + moved if before + moved <= RANGE else before + moved - RANGE
    assert advance(before, now, RANGE) == moved


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
