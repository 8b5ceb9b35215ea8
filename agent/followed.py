"""Metrics that somebody follows, and those of their series that have come, gone or changed."""

from __future__ import annotations

import math
from collections.abc import Mapping
from typing import Final

from collectors.base import Metric, Series
from collectors.batch import Run, Shape


class Followed:
    """The changed series of each followed metric, until its follower takes them."""

    def __init__(self) -> None:
        self._changed: Final[dict[str, dict[Series, float]]] = {}

    def __bool__(self) -> bool:
        return bool(self._changed)

    def begin(self, metric: Metric) -> dict[Series, float]:
        """Return the mapping in which the changed series of a metric gather."""
        return self._changed.setdefault(metric.full_name, {})

    def runs(self, shape: Shape) -> list[tuple[Run, dict[Series, float]]]:
        """Return the followed runs of a shape, each with the mapping of its metric."""
        return [
            (run, self._changed[run.metric.full_name])
            for run in shape.runs
            if run.metric.full_name in self._changed
        ]

    def note(self, before: Mapping[Series, float], after: Mapping[Series, float]) -> None:
        """Collect the series that have come, gone or changed."""
        for series in (*before, *after):
            values = before.get(series, -math.inf), after.get(series, -math.inf)
            if values[0] != values[1]:
                changed = self._changed[series.metric.full_name]
                changed[series] = max(changed.get(series, -math.inf), *values)
