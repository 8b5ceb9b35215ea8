"""What these tests share: chips without a place of their own, and their page."""

from __future__ import annotations

from collections.abc import Iterable
from pathlib import Path

from collectors.accelerators.chip import Chips
from collectors.accelerators.peaks import Peaks
from collectors.base import Context, Place, Reading
from tests.support import ROOT

CASES = ROOT / "tests" / "cases"
PEAKS = Peaks()
PEAKS.of("", "")  # it is read once
PLACE = Place(hub="guian", site="s1", row="A", rack="A07")


def chips(vendor: str) -> Chips:
    """Return the chips of one vendor on node n1."""
    return Chips(vendor=vendor, place=PLACE, node="n1", peaks=PEAKS)


def context(root: Path) -> Context:
    """Return the surroundings of an agent on node n1, whose machine is a folder."""
    return Context(place=PLACE, node="n1", proc=root / "proc", sys=root / "sys", rootfs=root)


def page(readings: Iterable[Reading]) -> str:
    """Return readings as sorted lines, without the labels that all of them share."""
    head = 'hub="guian",site="s1",row="A",rack="A07",node="n1",'
    return "".join(
        sorted(f"{series.prefix.replace(head, '')}{value:.12g}\n" for series, value in readings)
    )


def values(readings: Iterable[Reading], name: str, *labels: str) -> dict[str, float]:
    """Return a metric's values by chip, and by further labels where they are named."""
    return {
        " ".join(series.label(label) for label in ("accelerator", *labels)): value
        for series, value in readings
        if series.metric.full_name == f"dc_accelerator_{name}"
    }
