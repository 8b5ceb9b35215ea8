"""What an NVIDIA GPU tells: the real binding on a stand-in library with NVML's ABI."""

from __future__ import annotations

import pytest

from tests.collectors.accelerators.kit import values
from tests.collectors.accelerators.nvml_machine import Machine


def test_a_gpu_tells_all_in_base_units(machine: Machine) -> None:
    """Milliwatts, millijoules and percent come out as watts, joules and ratios.

    Bits of reasons as reasons.
    """
    readings = machine.collector.collect()
    assert values(readings, "power_watts") == {"nvidia0": 312.45, "nvidia1": 312.45}
    assert values(readings, "energy_joules_total")["nvidia0"] == pytest.approx(81234567.89)
    assert values(readings, "utilization_ratio")["nvidia1"] == 0.93
    assert values(readings, "memory_used_bytes")["nvidia0"] == 75161927680
    assert values(readings, "memory_total_bytes")["nvidia0"] == 150754820096
    assert values(readings, "memory_reserved_bytes")["nvidia0"] == 644874240
    assert values(readings, "temperature_celsius")["nvidia0"] == 54
    assert values(readings, "throttled", "reason") == {
        f"nvidia{n} {reason}": value
        for n in (0, 1)
        for reason, value in (("power", 1), ("thermal", 1), ("hardware", 0))
    }
    assert values(readings, "ecc_errors_total", "kind")["nvidia0 corrected"] == 12
    assert values(readings, "info", "vendor", "model", "uuid", "bus") == {
        (
            f"nvidia{n} NVIDIA NVIDIA H200 GPU-6f1c0000-0000-0000-0000-00000000000{n}"
            f" 00000000:{n}B:00.0"
        ): 1
        for n in (0, 1)
    }
    assert values(readings, "peak_flops", "precision")["nvidia1 fp16"] == 989.5e12


def test_clocks_limits_and_engines(machine: Machine) -> None:
    """Megahertz, milliwatts and percent come out in base units."""
    readings = machine.collector.collect()
    assert values(readings, "clock_hertz", "clock")["nvidia0 sm"] == 1.98e9
    assert values(readings, "clock_hertz", "clock")["nvidia1 memory"] == 3.201e9
    assert values(readings, "power_limit_watts")["nvidia0"] == 700
    engines = values(readings, "engine_utilization_ratio", "engine")
    assert {
        engine: engines[f"nvidia0 {engine}"] for engine in ("memory", "encoder", "decoder")
    } == {
        "memory": 0.41,
        "encoder": 0.07,
        "decoder": 0.0,
    }
    assert values(readings, "memory_temperature_celsius")["nvidia0"] == 61


def test_links_and_pcie(machine: Machine) -> None:
    """NVLink counts KiB over all links; a field that is not supported is absent."""
    readings = machine.collector.collect()
    assert values(readings, "link_transmit_bytes_total")["nvidia0"] == 2048 * 1024
    assert values(readings, "link_receive_bytes_total")["nvidia0"] == 5_120_000_000_000_000
    assert values(readings, "link_errors_total", "kind") == {
        f"nvidia{n} {kind}": count
        for n in (0, 1)
        for kind, count in (("crc_flit", 4), ("replay", 9))
    }
    assert values(readings, "pcie_transmit_bytes_per_second")["nvidia0"] == 954_000
    assert values(readings, "pcie_receive_bytes_per_second")["nvidia1"] == 55_236_000_000
    assert values(readings, "pcie_replays_total")["nvidia0"] == 3


def test_rows_that_were_replaced(machine: Machine) -> None:
    """How many rows, whether a reset is due, and whether one could not be replaced."""
    readings = machine.collector.collect()
    assert values(readings, "remapped_rows", "kind")["nvidia0 corrected"] == 2
    assert values(readings, "remapped_rows", "kind")["nvidia0 uncorrected"] == 1
    assert values(readings, "row_remap_pending")["nvidia0"] == 1
    assert values(readings, "row_remap_failed")["nvidia0"] == 0


def test_a_memory_without_a_sensor_is_not_at_0_degrees(machine: Machine) -> None:
    """A GPU without a sensor in its memory answers 0."""
    machine.has(1, "0.field.82 0")
    assert values(machine.collector.collect(), "memory_temperature_celsius") == {}


def test_the_last_error_of_each_gpu(machine: Machine) -> None:
    """The driver tells each error once; the last one stays, and 0 stands for none."""
    assert values(machine.collector.collect(), "last_xid") == {"nvidia0": 0, "nvidia1": 0}
    machine.has(2, "xid 0 31", "xid 1 79", "xid 0 43")
    for _ in range(2):
        assert values(machine.collector.collect(), "last_xid") == {"nvidia0": 43, "nvidia1": 79}


def test_a_gpu_that_cannot_tell_its_errors_says_none(machine: Machine) -> None:
    """Not told is not 0."""
    machine.has(2, "1.xids no")
    for _ in range(2):
        readings = machine.collector.collect()
    assert values(readings, "last_xid") == {"nvidia0": 0}


def test_what_is_not_supported_is_absent(machine: Machine) -> None:
    """A GPU that shares its memory with its CPU has none of its own to tell.

    One without permission keeps the rest.
    """
    machine.has(
        1,
        "0.memory.total.error 3",
        "0.energy.error 4",
        "0.ecc.corrected.error 3",
        "0.busy.error 999",
    )
    readings = machine.collector.collect()
    for absent in (
        "memory_used_bytes",
        "memory_total_bytes",
        "energy_joules_total",
        "utilization_ratio",
    ):
        assert values(readings, absent) == {}
    assert values(readings, "ecc_errors_total", "kind") == {"nvidia0 uncorrected": 0}
    assert values(readings, "power_watts") == {"nvidia0": 312.45}


def test_a_split_gpu_is_one_chip(machine: Machine) -> None:
    """A GPU in MIG mode counts once.

    Its instances tell their memory, two compute instances of one GPU instance only once.
    """
    split = ["0.mig 1", "0.busy.error 3"]
    for index, (gpu, instance) in enumerate(((100, 3), (101, 9), (102, 9))):
        split += [
            f"0.mig.{index} {gpu}",
            f"{gpu}.instance {instance}",
            f"{gpu}.memory.total 20000",
            f"{gpu}.memory.used {gpu}",
        ]
    machine.has(1, *split)
    readings = machine.collector.collect()
    assert list(values(readings, "info")) == list(values(readings, "power_watts")) == ["nvidia0"]
    assert values(readings, "utilization_ratio") == {}
    assert values(readings, "instance_memory_used_bytes", "instance") == {
        "nvidia0 3": 100,
        "nvidia0 9": 101,
    }
    assert values(readings, "memory_total_bytes") == {"nvidia0": 150754820096}


def test_an_idle_gpu_has_no_memory_in_use(machine: Machine) -> None:
    """What the driver reserves is not in use: `nvidia-smi` calls an idle H200 0 MiB used, too."""
    used = "0.memory.v2.used 0", "0.memory.used 644874240"
    machine.has(1, *used)
    readings = machine.collector.collect()
    assert values(readings, "memory_used_bytes") == {"nvidia0": 0}
    assert values(readings, "memory_reserved_bytes") == {"nvidia0": 644874240}


def test_a_driver_before_510_tells_memory_by_its_only_call(machine: Machine) -> None:
    """Such a driver reserves nothing that it would count as used, and tells no reserved memory."""
    machine.has(1, "0.memory.reserved.error 13")
    readings = machine.collector.collect()
    assert values(readings, "memory_used_bytes") == {"nvidia0": 75806801920}
    assert values(readings, "memory_reserved_bytes") == {}
