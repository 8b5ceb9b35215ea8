"""Hours of accelerators: what each reading stands for, and what is known after a restart."""

from __future__ import annotations

import asyncio
from collections.abc import Mapping
from pathlib import Path

import pytest

from agent.chip_hours import FILE, ChipHours
from collectors.base import Metric, Series
from collectors.catalogue.node import ACCELERATOR_UTILIZATION


class Node:
    """A node whose chips tell what a test says; a round comes after 15 s unless it says else."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.now = 1000.0
        self.chips: dict[str, float] = {}
        self.start()

    def start(self) -> None:
        """Begin as an agent does that is started, or whose config is read anew."""
        self.hours = ChipHours(self, self.folder / FILE, clock=lambda: self.now)

    def family(self, metric: Metric) -> Mapping[Series, float]:
        assert metric is ACCELERATOR_UTILIZATION
        labels = ("guian", "s1", "A", "A07", "n1")
        return {metric.series(*labels, name): share for name, share in self.chips.items()}

    def round(self, after: float = 15.0, **chips: float) -> dict[str, float]:
        """Return what is told of each chip."""
        self.now += after
        self.chips = chips
        found = asyncio.run(self.hours.collect())
        return {series.label("accelerator"): value for series, value in found}

    def rounds(self, count: int, **chips: float) -> dict[str, float]:
        return [self.round(**chips) for _ in range(count)][-1]


@pytest.fixture
def node(tmp_path: Path) -> Node:
    """A node that was never counted before."""
    return Node(tmp_path)


def test_an_hour_of_half_a_chip_is_half_an_hour(node: Node) -> None:
    """240 rounds of 15 s at 0.5 and at 1 are 1800 and 3600 s; the first round begins."""
    assert node.round(nvidia0=0.5, nvidia1=1.0) == {"nvidia0": 0.0, "nvidia1": 0.0}
    assert node.rounds(240, nvidia0=0.5, nvidia1=1.0) == {"nvidia0": 1800.0, "nvidia1": 3600.0}


def test_what_is_told_is_on_disk_and_never_falls(node: Node) -> None:
    """The file is written once a minute, so a crash in between loses at most that minute."""
    node.round(nvidia0=1.0)
    assert [node.round(nvidia0=1.0)["nvidia0"] for _ in range(6)] == [0, 0, 0, 60, 60, 60]
    node.start()
    assert node.round(nvidia0=1.0) == {"nvidia0": 60.0}
    assert node.rounds(4, nvidia0=1.0) == {"nvidia0": 120.0}


def test_nothing_is_counted_for_a_time_in_which_nobody_looked(node: Node) -> None:
    """A chip that is back after a silence counts from then on; so does one after a late round."""
    node.round(nvidia0=1.0, nvidia1=1.0)
    node.rounds(2, nvidia1=1.0)
    assert node.rounds(2, nvidia0=1.0, nvidia1=1.0) == {"nvidia0": 15.0, "nvidia1": 60.0}
    node.round(after=3600.0, nvidia0=1.0, nvidia1=1.0)
    assert node.rounds(4, nvidia0=1.0, nvidia1=1.0) == {"nvidia0": 75.0, "nvidia1": 120.0}


def test_a_chip_that_is_silent_tells_nothing_and_keeps_its_hours(node: Node) -> None:
    """Missing is not zero: a chip that does not tell its utilisation has no hours either."""
    node.round(nvidia0=1.0)
    node.rounds(4, nvidia0=1.0)
    assert node.round() == {}
    assert node.round(nvidia0=0.0) == {"nvidia0": 60.0}


def test_a_file_that_cannot_be_read_is_begun_anew(
    node: Node, caplog: pytest.LogCaptureFixture
) -> None:
    """A broken file costs what was counted, says so, and costs nothing else."""
    (node.folder / FILE).write_text("[[1]]")
    assert node.round(nvidia0=1.0) == {"nvidia0": 0.0}
    assert "former hours cannot be read" in caplog.text


def test_a_disk_that_is_full_stops_the_value(node: Node, caplog: pytest.LogCaptureFixture) -> None:
    """What is not on disk is not told: the value stands still, and catches up later."""
    node.round(nvidia0=1.0)
    blocked = node.folder / "chip-hours.new"
    blocked.mkdir()
    assert node.rounds(4, nvidia0=1.0) == {"nvidia0": 0.0}
    assert "cannot be written" in caplog.text
    blocked.rmdir()
    assert node.rounds(4, nvidia0=1.0) == {"nvidia0": 120.0}


def test_a_disk_that_was_never_written_tells_nothing(node: Node) -> None:
    """Hours that no file has would be gone after a restart, and the counter would fall."""
    blocked = node.folder / "chip-hours.new"
    blocked.mkdir()
    assert node.rounds(9, nvidia0=1.0) == {}
    blocked.rmdir()
    assert node.rounds(4, nvidia0=1.0) == {"nvidia0": 180.0}
