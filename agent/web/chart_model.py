"""What a time chart shows: curves, limits, ranges, dots, marks and a strip of coverage."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Literal

from markupsafe import Markup


@dataclass(frozen=True, slots=True, kw_only=True)
class Line:
    """A curve: a value for every time of the chart. It is broken where a value is None."""

    name: str
    kind: str
    """The style sheet's class: colour and dash."""
    values: Sequence[float | None]


@dataclass(frozen=True, slots=True, kw_only=True)
class Rule:
    """A horizontal line that stands for a limit; its name stands at its end.

    What is beyond a `limit` is critical, beyond a `caution` a warning. `second` is another limit on
    the same chart. Each has dashes of its own: no line is told from another by colour alone.
    """

    value: float
    name: str
    kind: Literal["limit", "second", "caution"] = "limit"


@dataclass(frozen=True, slots=True, kw_only=True)
class Band:
    """The range between two curves; None where it is not known."""

    lower: Sequence[float | None]
    upper: Sequence[float | None]
    kind: str = "doubt"


@dataclass(frozen=True, slots=True, kw_only=True)
class Dot:
    """A single value at a place along the axis (0 to 1), such as a published figure."""

    at: float
    value: float
    name: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Mark:
    """A moment along the axis (0 to 1) at which the curves change their meaning."""

    at: float
    name: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Chart:
    """A time chart with evenly spaced times."""

    title: str
    description: str
    lines: Sequence[Line]
    x_labels: Sequence[tuple[float, str]]
    """Places along the axis (0 to 1), and the label at each."""
    tick: Callable[[float], str]
    """Writes a value of the scale."""
    rules: Sequence[Rule] = ()
    bands: Sequence[Band] = ()
    dots: Sequence[Dot] = ()
    marks: Sequence[Mark] = ()
    coverage: Sequence[float | None] = ()
    """Share of each interval that was metered, 0 to 1; drawn as a strip below the curves."""
    coverage_name: str = ""
    floor: float | None = None
    """The scale begins here, or lower where a value is lower."""
    ends: tuple[float, float] | None = None
    """When it begins and ends, seconds since the epoch; the page's script zooms by it."""
    below: Markup | str = ""
    """What stands below it: the lane of what happened."""
    source: str = ""
    """The path of the API that has the values. The page's script reads it, to show the value under
    the pointer."""
    is_saved: bool = False
    """Whether it can be saved as a picture, though its values are no answer of the API."""
    names: Mapping[str, str] = field(default_factory=dict)
    """The names of the API's keys in the page's language."""
