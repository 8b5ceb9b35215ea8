"""Measures hubgauge beside what a user would pick instead, in one run on one machine.

The ratios are what counts. With `--smoke` everything runs at a tiny size, to see that it runs.
"""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True, kw_only=True)
class Row:
    """One figure of the summary."""

    what: str
    value: float
    unit: str = ""
