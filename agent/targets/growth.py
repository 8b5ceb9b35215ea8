"""Forecasts of a figure that is built up, or of a level: curves with errors of several kinds.

A curve is a straight line, one whose pace grows or fades by the same share each day, one whose pace
grows or falls by the same amount, or a line with one step. A pace that falls to
nothing may turn, or what was built up stays. Each curve is fitted with each kind of error by
generalised least squares. Its evidence is the likelihood of the values, with the coefficients and
the spread integrated out. It counts less than it says, since no law is quite true.

Times are days; the last value is at 0.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from itertools import pairwise
from typing import Final

from agent.targets.blend import Candidate
from agent.targets.equations import Column, backward, dot, forward, log_size, root
from agent.targets.errors import Ending, Filter, Kind, State, kinds
from agent.targets.summit import places

MOST_POINTS: Final = 60
"""The most values that are fitted. More add little, and cost time."""
_UP: Final = (0.3, 0.6, 1.0, 1.5, 2.2, 3.0, 4.0, 5.5, 7.5)
_BENDS: Final = (*(-bend for bend in reversed(_UP)), *_UP)
"""How much the pace may change over the history, up or down, as powers of e."""
_USUAL: Final = 1.5
"""The mean size of that change, and of when a build-out ended, before the values are looked at."""
_STEPS: Final = 4
"""The number of places in the history at which a step is tried."""
_LEAST_FOR_STEPS: Final = 20
_EXACT: Final = 1e-9
"""Values are never known better than to this share of what they range over."""
_LINE, _BENT, _SQUARE, _STEP = 0.6, 0.3, 0.1, 0.1
"""How likely each shape is, before the values are looked at."""
_FURTHEST: Final = 60.0
"""No curve grows by more than this power of e."""
_ENDS: Final = (-0.85, -0.7, -0.55, -0.4, -0.28, -0.18, -0.1, -0.03, 0.05)
"""When a build-out may have ended, as shares of the history from the last value on."""
_TRUST: Final = 0.5
"""How much the evidence counts."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Curve:
    """A shape over time, beside its constant: by one of `bend`, `square`, `end` and `step`."""

    span: float
    """The length of the history: a curve comes to 1 over it."""
    bend: float = 0.0
    square: bool = False
    stays: bool = False
    """A square curve whose pace falls to nothing stays there, and does not turn."""
    end: float | None = None
    """When a pace that fell by the same each day came to nothing, in spans. Since then it stays."""
    step: float | None = None
    """When the step was, in days (negative)."""

    def columns(self, times: Column) -> list[list[float]]:
        """Return what each coefficient but the constant is multiplied by, at each moment."""
        shares = [time / self.span for time in times]
        if self.bend:
            bend, whole = self.bend, abs(math.expm1(-self.bend))
            return [[math.expm1(min(bend * share, _FURTHEST)) / whole for share in shares]]
        if self.end is not None:
            return [[-(max(self.end - share, 0.0) ** 2) for share in shares]]
        if self.step is not None:
            return [shares, [float(time >= self.step) for time in times]]
        return [shares, [share * share for share in shares]] if self.square else [shares]


@dataclass(frozen=True, slots=True, kw_only=True)
class Fitted:
    """A curve with its error, as fitted."""

    curve: Curve
    errors: Ending
    coefficients: Sequence[float]
    lower: Sequence[Sequence[float]]
    """The Cholesky root of the normal equations."""
    value: State
    columns: Sequence[State]
    variance: float
    freedom: float

    def at(self, ahead: float) -> tuple[float, float]:
        """Return centre and spread of the value that is expected this many days ahead."""
        errors = self.errors
        shape = min(ahead, self._ends()) if self.curve.stays else ahead
        columns = [[1.0], *self.curve.columns([shape])]
        open_ = [
            value - errors.carried(state, ahead)
            for (value,), state in zip(columns, self.columns, strict=True)
        ]
        centre = errors.carried(self.value, ahead) + dot(open_, self.coefficients)
        doubt = forward(self.lower, open_)
        return centre, math.sqrt(self.variance * (errors.variance(ahead) + dot(doubt, doubt)))

    def _ends(self) -> float:
        """Return in how many days the pace of a square curve falls to nothing, or infinity."""
        _, pace, change = self.coefficients
        ends = -pace * self.curve.span / (2.0 * change) if change else math.inf
        return ends if ends > 0 else math.inf


def candidates(times: Column, values: Column) -> list[Candidate]:
    """Fit every curve with every kind of error; `times` end at 0."""
    found: list[Candidate] = []
    span = -times[0]
    steps = _places(times, values)
    known: _Known = {}
    for kind, chance in kinds(span, span / (len(times) - 1)):
        fitting = _Fitting(kind, times, values, known)
        curves = [(Curve(span=span), _LINE)]
        if not kind.slope and not kind.level:
            curves += [
                (Curve(span=span, square=True, stays=stays), _SQUARE / 2) for stays in (False, True)
            ]
            curves += [(Curve(span=span, step=at), _STEP / len(times)) for at in steps]
        fits = [(fitting.fit(curve), math.log(prior)) for curve, prior in curves]
        if not kind.slope:
            fits += _searched(fitting, lambda bend: Curve(span=span, bend=bend), _BENDS, _BENT)
            fits += _searched(fitting, lambda end: Curve(span=span, end=end), _ENDS, _SQUARE)
        found += (
            Candidate(
                evidence=_TRUST * fit.evidence + prior + math.log(chance), forecast=fit.forecast
            )
            for fit, prior in fits
            if fit is not None
        )
    return found


def _places(times: Column, values: Column) -> list[float]:
    """Return where a single step may have been: at the largest changes.

    Nowhere in a short history, nor in a count that stands still between deliveries: there, one step
    would explain one delivery without an error, and say that no other one comes.
    """
    changes = [abs(other - one) for one, other in pairwise(values)]
    if len(times) <= _LEAST_FOR_STEPS or 2 * changes.count(0.0) > len(changes):
        return []
    largest = sorted(range(len(changes)), key=lambda n: changes[n])[-_STEPS:]
    return [times[n + 1] for n in largest]


_Weighed = tuple[Candidate | None, float]


def _searched(
    fitting: _Fitting, curve: Callable[[float], Curve], grid: Sequence[float], chance: float
) -> list[_Weighed]:
    """Fit curves by one number, over a grid and closer where the values tell it closely.

    Before the values are looked at, large numbers are less likely than small ones.
    """
    known: dict[float, Candidate | None] = {}

    def fit(number: float) -> Candidate | None:
        if number not in known:
            known[number] = fitting.fit(curve(number))
        return known[number]

    def evidence(number: float) -> float:
        found = fit(number)
        return -math.inf if found is None else _TRUST * found.evidence - abs(number) / _USUAL

    whole = math.log(chance / (2 * _USUAL))
    return [
        (fit(number), whole + math.log(width) - abs(number) / _USUAL)
        for number, width in places(evidence, grid).items()
    ]


_Known = dict[Curve, list[list[float]]]


class _Fitting:
    """One kind of error over the times of some values: fits any curve."""

    def __init__(self, kind: Kind, times: Column, values: Column, known: _Known) -> None:
        self._times = times
        self._known = known
        """The columns of curves that were looked at before, whatever the error."""
        self._errors = Filter(kind, times)
        self._values = self._errors.white(values)
        self._ones = self._errors.white([1.0] * len(times))

    def fit(self, curve: Curve) -> Candidate | None:
        """Return a curve as fitted; None where the values do not tell its coefficients."""
        if curve not in self._known:
            self._known[curve] = curve.columns(self._times)
        whites = [self._ones, *map(self._errors.white, self._known[curve])]
        return _fit(curve, self._errors, self._values, whites)


_White = tuple[list[float], State]


def _fit(
    curve: Curve, errors: Filter, value: _White, columns: Sequence[_White]
) -> Candidate | None:
    whites = [column for column, _ in columns]
    known = value[0]
    left = len(known) - len(whites)
    if left < 1:
        return None
    try:
        lower = root([[dot(one, other) for other in whites] for one in whites])
    except ValueError:
        return None
    seen = forward(lower, [dot(one, known) for one in whites])
    coefficients = backward(lower, seen)
    rest = _rest(known, coefficients, whites)
    squares = dot(rest, rest) + _EXACT * _EXACT * len(known)
    fourth = sum(one**4 for one in rest)
    peaked = len(rest) * fourth / (squares * squares)
    evidence = (
        math.lgamma(left / 2)
        - left / 2 * math.log(math.pi * squares)
        - errors.log_spread
        - log_size(lower)
    )
    forecast = Fitted(
        curve=curve,
        errors=errors.ending,
        coefficients=coefficients,
        lower=lower,
        value=value[1],
        columns=[state for _, state in columns],
        variance=squares / left,
        # A few large innovations, as of deliveries, tell as much as so few values would.
        freedom=max(1.0, len(known) / max(1.0, peaked - 2) - len(whites)),
    )
    return Candidate(evidence=evidence, forecast=forecast)


def _rest(
    known: Column, coefficients: Iterable[float], whites: Sequence[Column]
) -> Sequence[float]:
    rest = known
    for coefficient, white in zip(coefficients, whites, strict=True):
        rest = [value - coefficient * one for value, one in zip(rest, white, strict=True)]
    return rest
