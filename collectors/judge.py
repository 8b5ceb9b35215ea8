"""Refuses readings that cannot be: by the metric's bounds, or by the rest of the round.

Every collector of devices passes its readings through `judge`, whatever protocol it speaks, so a
rule is stated once. Missing is not zero: a refused reading is missing, and it is said why.
"""

from __future__ import annotations

import functools
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from itertools import zip_longest
from typing import Final, NamedTuple

from collectors.base import Metric, Reading, Series
from collectors.catalogue.agreement import ROWS, Row
from collectors.catalogue.bounds import bounds_of
from collectors.refusal import Reason, Refusal

_NOMINAL: Final = (100, 110, 120, 127, 200, 208, 220, 230, 240, 277, 347, 380, 400, 415, 480)
"""Nominal low voltages in use, phase to neutral and phase to phase (IEC 60038, ANSI C84.1)."""
_TOLERANCE: Final = 0.1
"""How far a voltage may be from its nominal one (EN 50160)."""
_LEAST_LOAD: Final = 0.02
"""A share of its rating from which on a load is no rounding of nothing."""
_LEAST_VA: Final = 50.0
"""Apparent power from which on 0 W is no rounding. A server's supply in standby draws less."""
_LEAST_WATTS: Final = 500.0
"""Power from which on 0 A or 0 V is no rounding: more than 2 A at 230 V."""
_LEAST_FACTOR: Final = 0.2
"""No load's power factor is smaller: its voltage or its current is scaled wrongly."""
_SCALE_VA: Final = 500.0
"""Power from which on it is compared with voltage times current. Filters draw less when idle."""
_SCALE_UP: Final = 50.0
"""How many times the watts volt-amperes are at most. A filter at no load may be at ten times."""
_SCALE_DOWN: Final = 5.0
"""How many times volt-amperes watts are at most: a power of three phases beside one of them."""
_PLAIN_FACTOR: Final = 0.5
"""From this power factor on, watts are at least half of the volt-amperes."""
_LOW_VOLTAGE: Final = 1000.0
"""The end of low voltage; only a meter behind transformers may be above it."""
_LIVE_VOLTS: Final = 50.0
"""From this voltage on there is a frequency. Below, it may be induced in an open line."""
_UNKNOWN_VOLTS: Final = 100.0
"""The lowest mains voltage, for a place whose voltage is not known."""


class Judged(NamedTuple):
    """The readings of a round that count, and those that were refused."""

    readings: list[Reading]
    refused: list[Refusal]


def judge(readings: list[Reading], dropped: Counter[str]) -> Judged:
    """Return the readings that can be, and the others with the reason, which `dropped` counts."""
    refused: dict[Series, Refusal] = {}
    doubtful: list[Reading] = []
    for series, value in readings:
        metric = series.metric
        least, most, checked = _limits(metric)
        if not least <= value <= most and not bounds_of(metric).hold(value):
            refused[series] = Refusal(series, value, _why_outside(metric, value))
        elif checked and (
            value == 0 or metric in _COMPARED or (value >= _LOW_VOLTAGE and _is_high(metric, value))
        ):
            doubtful.append((series, value))
    if doubtful:
        places = _Places(readings, refused)
        for series, value in doubtful:
            reason = places.why_not(series, value)
            if reason is not None:
                refused[series] = Refusal(series, value, reason)
    if not refused:
        return Judged(readings, [])
    dropped.update(one.reason for one in refused.values())
    return Judged(
        [reading for reading in readings if reading[0] not in refused], list(refused.values())
    )


def can_be(reading: Reading) -> bool:
    """Tell whether a reading is within the bounds of its metric."""
    series, value = reading
    return bounds_of(series.metric).hold(value)


@functools.cache
def _limits(metric: Metric) -> tuple[float, float, bool]:
    """Return the bounds of a metric, and whether the rest of a round may say that it is wrong."""
    bounds = bounds_of(metric)
    return bounds.least, bounds.most, metric in _CHECKS


def _why_outside(metric: Metric, value: float) -> Reason:
    return "wrong_scale" if _is_voltage(metric) and _scaled(value) else "out_of_bounds"


def _is_high(metric: Metric, value: float) -> bool:
    # A hundred times a low voltage may be a medium one: 10, 11, 20, 22 kV (IEC 60038).
    return value >= _LOW_VOLTAGE and metric in _VOLTAGES and _scaled(value, (10,))


def _is_voltage(metric: Metric) -> bool:
    """Tell whether a metric is a voltage."""
    return metric.name.endswith("_volts")


def _scaled(volts: float, factors: tuple[int, ...] = (10, 100)) -> bool:
    """Tell whether a voltage is such a multiple of a nominal one."""
    return any(
        abs(volts / factor - nominal) <= _TOLERANCE * nominal
        for factor in factors
        for nominal in _NOMINAL
    )


class _Places:
    """The readings of a round by their place, for what one says about another."""

    def __init__(self, readings: Sequence[Reading], refused: Mapping[Series, Refusal]) -> None:
        self._known: dict[Metric, dict[tuple[str, ...], float]] = {}
        for series, value in readings:
            if series.metric in _AGREEING and series not in refused:
                self._known.setdefault(series.metric, {})[series.values] = value

    def why_not(self, series: Series, value: float) -> Reason | None:
        """Return why a reading does not agree with the others of its place; None if it does."""
        rows = _CHECKS[series.metric]
        if value and series.metric in _COMPARED:
            return "wrong_scale" if any(self._is_far(row, series, value) for row in rows) else None
        if value:
            agrees = any(self._agrees(row, series.values, value) for row in rows)
            return None if agrees else "wrong_scale"
        load = any(self._says_load(row, series) for row in rows)
        return "zero_with_load" if load else None

    def _says_load(self, row: Row, series: Series) -> bool:
        """Tell whether the rest of a row says that a reading of 0 is none."""
        at = series.values
        if series.metric in row.powers:
            return self._apparent(row, at) >= _LEAST_VA or (
                self._most(row.load, row, at) >= _LEAST_LOAD
            )
        if series.metric is row.frequency:
            return self._most(row.voltage, row, at) >= _LIVE_VOLTS
        watts = self._most(row.powers[0], row, at)
        return watts >= (_LEAST_VA if series.metric is row.factor else _LEAST_WATTS)

    def _is_far(self, row: Row, series: Series, value: float) -> bool:
        """Tell whether a power, or a current, is far below what the other two of its place say."""
        at = series.values
        if value < 0 or not row.scaled:
            return False
        if row.both_ways and abs(self._most(row.factor, row, at)) < _PLAIN_FACTOR:
            return False
        if series.metric is row.powers[0]:
            apparent = self._apparent(row, at)
            return apparent >= _SCALE_VA and value * _SCALE_UP < apparent
        watts = self._most(row.powers[0], row, at)
        volts = self._most(row.voltage, row, at)
        return watts >= _SCALE_VA and 0 < value * volts * _SCALE_DOWN < watts

    def _agrees(self, row: Row, at: tuple[str, ...], volts: float) -> bool:
        """Tell whether the power of a place fits its voltage and its current."""
        amperes, watts = self._most(row.current, row, at), self._most(row.powers[0], row, at)
        return 0 < volts * amperes <= watts / _LEAST_FACTOR

    def _most(self, metric: Metric | None, row: Row, at: tuple[str, ...]) -> float:
        return max((value for _, value in self._beside(metric, row, at)), default=0.0)

    def _apparent(self, row: Row, at: tuple[str, ...]) -> float:
        """Return what the currents and voltages of a place make, in volt-amperes."""
        total = 0.0
        for where, amperes in self._beside(row.current, row, at):
            volts = self._most(row.voltage, row, where) or self._most(row.voltage, row, at)
            total += max(amperes, 0.0) * (volts or _UNKNOWN_VOLTS)
        return total

    def _beside(
        self, metric: Metric | None, row: Row, at: tuple[str, ...]
    ) -> Iterator[tuple[tuple[str, ...], float]]:
        """Yield the readings of a metric at a place, or of all places where it names none."""
        known = self._known.get(metric, {}) if metric is not None else {}
        if at in known and all(at[row.device :]):
            yield at, known[at]
            return
        device, place = at[: row.device], at[row.device :]
        for values, value in known.items():
            if values[: row.device] == device and all(
                not wanted or wanted == found
                for wanted, found in zip_longest(place, values[row.device :], fillvalue="")
            ):
                yield values, value


def _checked(row: Row) -> tuple[Metric | None, ...]:
    return (*row.powers, row.current, row.voltage, row.factor, row.frequency)


_VOLTAGES: Final = frozenset(row.voltage for row in ROWS)
_COMPARED: Final = frozenset(
    metric for row in ROWS if row.scaled for metric in (row.powers[0], row.current)
)
_CHECKS: Final[Mapping[Metric | None, tuple[Row, ...]]] = {
    metric: tuple(row for row in ROWS if metric in _checked(row))
    for metric in dict.fromkeys(metric for row in ROWS for metric in _checked(row))
}
_AGREEING: Final = {*_CHECKS, *(row.load for row in ROWS)}
