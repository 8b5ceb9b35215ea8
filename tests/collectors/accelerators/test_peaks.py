"""Rated peaks: which chip each name means, and whether a rating can be true."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from collectors.accelerators.chip import Chip
from collectors.accelerators.peaks import TABLE, Peaks, Table
from collectors.strict import Problems, read
from tests.collectors.accelerators.kit import chips, values

RATINGS = read(TABLE, Table).chips


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
            (
                "{vendor: X, models: [a], source: {title: t, date:"
                " 2024}, dense: {fp16: 1}, sparse: {fp16: 2}}"
            ),
            "given as dense already",
        ),
    ):
        own.write_text(f"chips:\n  - {wrong}\n")
        with pytest.raises(Problems, match=words) as raised:
            read(own, Table)
        assert "peaks.yaml:2" in str(raised.value)
