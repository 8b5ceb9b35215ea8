"""The section `accelerators:`, and what it declares."""

from __future__ import annotations

from pathlib import Path

import pytest

from agent.config import load
from collectors.accelerators import KIND
from collectors.accelerators.chip import MAX_CHIPS, Chip
from collectors.base import Collector
from collectors.catalogue import node as catalogue
from tests.collectors.accelerators.kit import chips, context, values


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
            (
                "{exporters: [{url: 'http://h/m', profile: dcgm-exporter},"
                " {url: 'http://h/m', profile: dcgm-exporter}]}"
            ),
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


def test_names_without_end_are_bounded() -> None:
    """A source that invents new chips each round fills no memory."""
    bank = chips("NVIDIA")
    for turn in range(3):
        readings = bank.readings(Chip(name=f"x{turn}-{n}", model="m") for n in range(MAX_CHIPS))
    assert len(values(readings, "up")) == MAX_CHIPS


def test_every_metric_is_declared() -> None:
    """The kind lists each metric of a chip, so that a name that is not in the catalogue cannot be
    emitted.
    """
    assert catalogue.ACCELERATOR_ECC_ERRORS in KIND.metrics
    assert all(metric.full_name.startswith("dc_accelerator_") for metric in KIND.metrics)
