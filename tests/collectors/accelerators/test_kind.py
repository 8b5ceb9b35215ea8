"""The section `accelerators:`, AMD's files, and rated peaks."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from agent.config import load
from collectors.accelerators import KIND
from collectors.accelerators.amd import Amd
from collectors.accelerators.chip import MAX_CHIPS, Chip
from collectors.accelerators.peaks import TABLE, Peaks, Table
from collectors.base import Collector, NoData, Schedule
from collectors.catalogue import node as catalogue
from collectors.strict import Problems, read
from tests.collectors.accelerators.kit import chips, context, values

RATINGS = read(TABLE, Table).chips


def built(tmp_path: Path, section: str) -> list[Collector]:
    """Return the collectors of a section of a config file."""
    config = load("c.yaml", text=f"hub: guian\nnode: n1\ncollectors:\n  accelerators: {section}\n")
    return list(KIND.build(config.sections[0].config, context(tmp_path)))


@pytest.mark.parametrize(
    ("section", "devices"),
    [
        ("{}", ["nvidia", "ascend", "amd"]),
        ("{disable: [nvidia, amd]}", ["ascend"]),
        (
            "{exporters: [{url: 'http://h:8082/metrics', profile: ascend-npu-exporter}]}",
            ["http://h:8082/metrics", "nvidia", "amd"],
        ),
        (
            "{exporters: [{url: 'http://h/m', profile: dcgm-exporter, node: n1}]}",
            ["http://h/m", "ascend", "amd"],
        ),
        (
            "{exporters: [{url: 'http://h/m', profile: dcgm-exporter, node: n2}]}",
            ["http://h/m", "nvidia", "ascend", "amd"],
        ),
    ],
)
def test_each_make_is_read_one_way(tmp_path: Path, section: str, devices: list[str]) -> None:
    """Every make is read unless disabled, or unless an exporter tells of it on this very node."""
    assert [collector.device for collector in built(tmp_path, section)] == devices


@pytest.mark.parametrize(
    ("section", "words"),
    [
        ("{disable: [nvdia]}", "did you mean nvidia"),
        ("{exporters: [{url: 'h:8082', profile: dcgm-exporter}]}", "expected http://"),
        ("{exporters: [{url: 'http://u:p@h/m', profile: dcgm-exporter}]}", "expected http://"),
        ("{exporters: [{url: 'http://h/m', profile: dcgm-export}]}", "did you mean dcgm-exporter"),
        (
            "{exporters: [{url: 'http://h/m', profile: dcgm-exporter}, {url: 'http://h/m', profile: dcgm-exporter}]}",
            "twice",
        ),
        ("{peaks_file: nowhere.yaml}", "cannot be read"),
        (
            "{exporters: [{url: 'https://h/m', profile: dcgm-exporter, ca_file: nowhere.pem}]}",
            r"nowhere\.pem: collectors\.accelerators\.exporters\[0\]\.ca_file: cannot be read",
        ),
    ],
)
def test_mistakes_are_told(tmp_path: Path, section: str, words: str) -> None:
    """A mistake in the section is an error that says what was expected."""
    with pytest.raises(Exception, match=words) as raised:
        built(tmp_path, section)
    assert type(raised.value).__name__ in ("Problems", "ConfigError")


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


def test_a_model_nobody_rated_has_no_peak(caplog: pytest.LogCaptureFixture) -> None:
    """An unknown model counts as a chip without a peak.

    One line is logged of it, and each round is counted.
    """
    bank = chips("NVIDIA")
    for _ in range(3):
        readings = bank.readings([Chip(name=f"nvidia{n}", model="NVIDIA Z9") for n in range(2)])
    assert len(values(readings, "info")) == 2
    assert values(readings, "peak_flops") == {}
    assert (bank.dropped["no_peak"], len(caplog.records)) == (6, 1)


def test_names_without_end_are_bounded() -> None:
    """A source that invents new chips each round fills no memory."""
    bank = chips("NVIDIA")
    for turn in range(3):
        readings = bank.readings(Chip(name=f"x{turn}-{n}", model="m") for n in range(MAX_CHIPS))
    assert len(values(readings, "up")) == MAX_CHIPS


@pytest.mark.parametrize(
    ("vendor", "model", "memory", "fp16"),
    [
        ("NVIDIA", "Tesla V100-SXM2-32GB", None, 125),
        ("NVIDIA", "Tesla T4", None, 65),
        ("NVIDIA", "NVIDIA A100-SXM4-80GB", None, 312),
        ("NVIDIA", "A100-PCIE-40GB", None, 312),
        ("NVIDIA", "NVIDIA A100 80GB PCIe", None, 312),
        ("NVIDIA", "NVIDIA H100 80GB HBM3", None, 989.5),
        ("NVIDIA", "NVIDIA H100 PCIe", None, 756.5),
        ("NVIDIA", "NVIDIA H100 NVL", None, 835.5),
        ("NVIDIA", "NVIDIA H200", None, 989.5),
        ("NVIDIA", "NVIDIA H20", None, 148),
        ("NVIDIA", "NVIDIA H800", None, 989.5),
        ("NVIDIA", "NVIDIA GH200 480GB", None, 989.5),
        ("NVIDIA", "NVIDIA L40S", None, 362.05),
        ("NVIDIA", "NVIDIA L4", None, 121),
        ("NVIDIA", "NVIDIA B200", None, 2250),
        ("NVIDIA", "NVIDIA GB200", None, 2500),
        ("NVIDIA", "NVIDIA B300 SXM6 AC", None, 2250),
        ("NVIDIA", "NVIDIA H200 NVL", None, 835.5),
        ("Huawei", "910B3", None, 313),
        ("huawei", "Ascend910B4", None, 280),
        ("Huawei", "310P3", None, 70),
        ("Huawei", "910A", None, 256),
        ("Huawei", "Ascend910", 64 * 2**30, 376),
        ("Huawei", "Ascend910", 32 * 2**30, 256),
        ("Huawei", "910", 31.5 * 2**30, 256),
        ("AMD", "AMD Instinct MI300X OAM", None, 1307.4),
        ("AMD", "MI250X", None, 191.5),
        ("Cambricon", "MLU370-X8", None, 96),
    ],
)
def test_models_by_the_names_drivers_give(
    vendor: str, model: str, memory: float | None, fp16: float
) -> None:
    """Each model is rated by the name its driver gives it."""
    assert Peaks().of(vendor, model, memory)["fp16"] == pytest.approx(fp16 * 1e12)


@pytest.mark.parametrize(
    ("vendor", "model", "memory"),
    [
        ("NVIDIA", "NVIDIA H2000", None),
        ("AMD", "NVIDIA H200", None),
        ("Huawei", "Ascend910", None),
        ("Huawei", "Ascend910", 48 * 2**30),
        ("", "", None),
    ],
)
def test_models_that_are_not_told_apart_are_not_rated(
    vendor: str, model: str, memory: float | None
) -> None:
    """A name nobody knows, another make's, or one of two models of which it is not told which: no
    peak.
    """
    assert Peaks().of(vendor, model, memory) == {}


@pytest.mark.parametrize(
    "rating", RATINGS, ids=lambda rating: f"{rating.vendor} {rating.models[0].pattern}"
)
def test_every_rating_is_plausible(rating: object) -> None:
    """Each entry names its source, lies between what chips can do, and does no fewer operations at
    lower precision.
    """
    assert rating.source.title.strip()
    assert 2015 < rating.source.date.year < 2030
    flops = rating.flops
    assert all(1e11 <= rate <= 3e16 for rate in flops.values())
    assert "fp16" in flops
    order = [
        flops[precision]
        for precision in ("fp64", "fp32", "tf32", "fp16", "fp8")
        if precision in flops
    ]
    assert order == sorted(order)
    assert flops.get("bf16", flops["fp16"]) == flops["fp16"]
    assert flops.get("int8", flops["fp16"]) >= flops["fp16"]
    if rating.sparse:
        assert flops["fp16"] == rating.sparse["fp16"] * 1e12 / 2


def test_every_chip_of_the_table_is_reachable() -> None:
    """No entry stands in the shadow of one before it: a name made of its pattern finds it."""
    for rating in RATINGS:
        if rating.memory is None:
            name = re.sub(r"\(.*?\)\?|\.\*|\\", "", rating.models[0].pattern)
            name = re.sub(r"\((\w+)\|.*?\)", r"\1", re.sub(r"\[(.).*?\]", r"\1", name)).replace(
                "?", ""
            )
            assert Peaks().of(rating.vendor, name) == rating.flops, name


def test_a_table_of_ones_own_comes_first(tmp_path: Path) -> None:
    """An operator's file rates what ours does not, and may differ.

    Mistakes in it are told with their line.
    """
    own = tmp_path / "peaks.yaml"
    own.write_text(
        "chips:\n  -"
        " {vendor: Hygon, models: [K100.*], source: {title: t, date: 2024}, dense: {fp16: 100}}\n"
    )
    assert Peaks(read(own, Table)).of("hygon", "K100_AI") == {"fp16": 1e14}
    assert Peaks(read(own, Table)).of("NVIDIA", "NVIDIA H20")
    for wrong, words in (
        ("{vendor: X, models: [a], source: {title: t, date: 2024}}", "at least one precision"),
        ("{vendor: X, models: [a], dense: {fp16: 1}}", "source: missing"),
        (
            "{vendor: X, models: ['('], source: {title: t, date: 2024}, dense: {fp16: 1}}",
            "a regular expression",
        ),
        (
            "{vendor: X, models: [a], source: {title: t, date: soon}, dense: {fp16: 1}}",
            "month or year",
        ),
        (
            "{vendor: X, models: [a], source: {title: t, date: 2024}, dense: {fp17: 1}}",
            "one of fp64",
        ),
        (
            "{vendor: X, models: [a], source: {title: t, date: 2024}, dense: {fp16: 1}, sparse: {fp16: 2}}",
            "given as dense already",
        ),
    ):
        own.write_text(f"chips:\n  - {wrong}\n")
        with pytest.raises(Problems, match=words) as raised:
            read(own, Table)
        assert "peaks.yaml:2" in str(raised.value)


def test_every_metric_is_declared() -> None:
    """The kind lists each metric of a chip, so that a name that is not in the catalogue cannot be
    emitted.
    """
    assert catalogue.ACCELERATOR_ECC_ERRORS in KIND.metrics
    assert all(metric.full_name.startswith("dc_accelerator_") for metric in KIND.metrics)
