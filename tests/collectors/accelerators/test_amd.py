"""AMD's cards by the kernel's files."""

from __future__ import annotations

from pathlib import Path

import pytest

from collectors.accelerators.amd import Amd
from collectors.base import NoData, Schedule
from tests.collectors.accelerators.kit import chips, values


def amd_tree(root: Path) -> None:
    """Make two MI250 dies, a processor's own graphics, and a network card's odd neighbour."""
    for card, number, kind in (
        ("card0", "0x164e", "0x030000"),
        ("card1", "0x740c", "0x038000"),
        ("card2", "0x740c", "0x120000"),
    ):
        device = root / "class" / "drm" / card / "device"
        sensors = device / "hwmon" / "hwmon3"
        sensors.mkdir(parents=True)
        files = {
            "vendor": "0x1002",
            "device": number,
            "class": kind,
            "gpu_busy_percent": "37",
            "unique_id": f"{card}abc",
            "mem_info_vram_used": "1073741824",
            "mem_info_vram_total": "68702699520",
            "hwmon/hwmon3/temp1_label": "edge",
            "hwmon/hwmon3/temp1_input": "41000",
            "hwmon/hwmon3/temp2_label": "junction",
            "hwmon/hwmon3/temp2_input": "47000",
            "hwmon/hwmon3/power1_average": "215000000" if card == "card1" else "0",
        }
        for name, text in files.items():
            (device / name).write_text(text + "\n")
    (root / "class" / "drm" / "card1-DP-1").mkdir()


def test_amd_by_the_kernels_files(tmp_path: Path) -> None:
    """Each die is a chip; display adapters are none; a die without a meter tells no power."""
    amd_tree(tmp_path)
    collector = Amd(chips("AMD"), sys=tmp_path, schedule=Schedule())
    readings = collector.collect()
    assert values(readings, "info", "model", "uuid") == {
        "card1 MI250X card1abc": 1,
        "card2 MI250X card2abc": 1,
    }
    assert values(readings, "power_watts") == {"card1": 215.0}
    assert values(readings, "temperature_celsius") == {"card1": 47.0, "card2": 47.0}
    assert values(readings, "utilization_ratio")["card2"] == 0.37
    assert values(readings, "memory_total_bytes")["card1"] == 68702699520
    assert values(readings, "peak_flops", "precision")["card1 fp16"] == 191.5e12
    (tmp_path / "class/drm/card2/device/gpu_busy_percent").unlink()
    (tmp_path / "class/drm/card1/device/vendor").unlink()
    readings = collector.collect()
    assert values(readings, "up") == {"card2": 1, "card1": 0}
    assert values(readings, "utilization_ratio") == {}


def test_amd_clocks_memory_and_errors(tmp_path: Path) -> None:
    """What newer drivers tell besides; a die whose driver lacks a file tells nothing of it."""
    amd_tree(tmp_path)
    device = tmp_path / "class/drm/card1/device"
    (device / "ras").mkdir()
    for name, text in {
        "mem_busy_percent": "12",
        "vcn_busy_percent": "3",
        "pcie_bw": "2000 1000 256",
        "pcie_replay_count": "4",
        "ras/umc_err_count": "ue: 1\nce: 23",
        "hwmon/hwmon3/temp3_label": "mem",
        "hwmon/hwmon3/temp3_input": "52000",
        "hwmon/hwmon3/freq1_label": "sclk",
        "hwmon/hwmon3/freq1_input": "1700000000",
        "hwmon/hwmon3/freq2_label": "mclk",
        "hwmon/hwmon3/freq2_input": "1600000000",
        "hwmon/hwmon3/power1_cap": "500000000",
    }.items():
        (device / name).write_text(text + "\n")
    readings = Amd(chips("AMD"), sys=tmp_path, schedule=Schedule()).collect()
    assert values(readings, "memory_temperature_celsius") == {"card1": 52.0}
    assert values(readings, "clock_hertz", "clock") == {"card1 sm": 1.7e9, "card1 memory": 1.6e9}
    assert values(readings, "power_limit_watts") == {"card1": 500.0}
    assert values(readings, "engine_utilization_ratio", "engine") == {
        "card1 memory": 0.12,
        "card1 video": 0.03,
    }
    assert values(readings, "pcie_receive_bytes_per_second") == {"card1": 512_000.0}
    assert values(readings, "pcie_transmit_bytes_per_second") == {"card1": 256_000.0}
    assert values(readings, "pcie_replays_total") == {"card1": 4.0}
    assert values(readings, "ecc_errors_total", "kind") == {
        "card1 corrected": 23.0,
        "card1 uncorrected": 1.0,
    }


def test_no_amd(tmp_path: Path) -> None:
    """A machine without a card, or with graphics only, says nothing."""
    with pytest.raises(NoData):
        Amd(chips("AMD"), sys=tmp_path, schedule=Schedule()).collect()
