"""The unit of a metric, as its name says it."""

from __future__ import annotations

import re
from typing import Final

from collectors.base import Metric

_UNIT: Final = re.compile(
    r"_((?:amperes|bits|bytes|celsius|grams|hertz|joules|kelvins|liters|meters|ohms|pascals|percent"
    r"|ratio|rpm|seconds|vars|voltamperes|volts|watts)(?:_per_[a-z]+)?)(?:_total)?$"
)
"""Base units of the catalogue's names. Source: OpenMetrics 1.0, "Metric naming and units"."""


def unit_of(metric: Metric) -> str:
    """Return the unit that a metric's name ends in; empty where it is a plain number."""
    found = _UNIT.search(metric.full_name)
    return found[1] if found else ""
