"""Curves over time, as the ledger has them: evenly spaced times and a value for each."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass


@dataclass(frozen=True, slots=True, kw_only=True)
class PueTrendView:
    """The PUE of each day, or of each hour where only a few days are known.

    All sequences are as long as `times`. A value is None where the ledger has none.
    """

    times: Sequence[float]
    """Where each interval begins, seconds since the epoch."""
    step_seconds: float
    pue: Sequence[float | None]
    coverage: Sequence[float]
    """Share of the interval in which both boundaries were metered, 0 to 1."""
    uncertainty: Sequence[float | None]
    """Relative to the PUE, and expanded (k = 2)."""
    category: Sequence[int | None]
    """The category of each PUE (ISO/IEC 30134-2). PUEs of two categories cannot be compared."""


@dataclass(frozen=True, slots=True, kw_only=True)
class PowerTrendView:
    """The mean power of each hour, one curve for each stage or feed.

    Each curve is as long as `times`. A value is None in an hour that was not metered.
    """

    times: Sequence[float]
    """Where each hour begins, seconds since the epoch."""
    step_seconds: float
    series: Mapping[str, Sequence[float | None]]
    """Watts by stage or feed."""


@dataclass(frozen=True, slots=True, kw_only=True)
class TemperatureTrendView:
    """Temperatures over time, as a database has them; no times where it has none."""

    times: Sequence[float]
    """Where each interval begins, seconds since the epoch."""
    step_seconds: float
    series: Mapping[str, Sequence[float | None]]
    """Degrees Celsius; None where nothing is known."""
    error: str
    """Why the database did not answer; empty where it did."""
