"""Node power from RAPL: registers, their wraps, gaps and permissions."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from collectors.base import NoData, Refused
from collectors.power.rapl import advance
from tests.collectors.power.machine import RANGE, Machine, values


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


def test_the_platform_is_accepted_where_it_holds_the_packages(machine: Machine) -> None:
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
    files = rapl._registers._files
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
    rapl._registers._files.close()
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


def test_a_register_that_stands_still_is_no_power(machine: Machine) -> None:
    """A virtual machine shows registers that never move: no 0 W, and none with one of two."""
    machine.zone("intel-rapl:0", "package-0", 1_000_000)
    machine.zone("intel-rapl:1", "package-1", 1_000_000)
    rapl = machine.collector("rapl")
    values(rapl)
    for moved in (0, 500_000_000):
        machine.now += 10.0
        machine.zone("intel-rapl:0", "package-0", 1_000_000 + moved)
        assert values(rapl) == {"energy_joules_total": 0.0}
    assert rapl.dropped == {"frozen": 2}
    machine.now += 10.0
    machine.zone("intel-rapl:0", "package-0", 1_001_000_000)
    machine.zone("intel-rapl:1", "package-1", 301_000_000)
    assert values(rapl) == {"energy_joules_total": 800.0, "power_watts": 80.0}
