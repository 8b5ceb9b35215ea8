"""A node with files of RAPL, hwmon and a BMC, laid out by a test."""

from __future__ import annotations

import asyncio
import inspect
from pathlib import Path
from typing import Any

from collectors.base import Collector, Context, Place
from collectors.power import KIND, PowerConfig

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


def values(collector: Collector) -> dict[str, float]:
    found = collector.collect()
    readings = asyncio.run(found) if inspect.iscoroutine(found) else found
    for series, _ in readings:
        assert series.values == (*LABELS, collector.device)
    return {series.metric.name: value for series, value in readings}
