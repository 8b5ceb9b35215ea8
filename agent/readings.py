"""The readings of one round as columns: so many at most, only finite numbers of real series."""

from __future__ import annotations

import itertools
import math
from array import array
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field, replace
from typing import Any, Final

from collectors.base import BadReply, Reading, Series
from collectors.batch import NOTHING, Columns, Layout, Parted, columns_of

_MAX_SERIES: Final = 200
_DRAIN_LIMIT: Final = 10_000_000
"""Readings over a collector's limit are counted up to this many; an endless generator must end."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Returned:
    """What a collector returned: at most its limit of items, and how many more there were.

    `first_over` is the first of the others.
    """

    items: list[Any]
    over: int = 0
    first_over: Any = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Round:
    """The readings of a round as columns, and how many samples were left out of it."""

    layout: Layout
    values: array[float]
    over_limit: int = 0
    first_over: str = ""
    """The series of the first sample over the limit."""
    not_finite: int = 0
    twice: int = 0
    """Values of series that had one already; the first one counts."""
    wrong_name: int = 0
    first_wrong_name: str = ""
    """The names of the first series that the text formats do not take."""
    parts: Mapping[str, Columns] = field(default_factory=dict)
    """Readings that are handed on apart, by the key of their part."""


NO_READINGS: Final = Round(layout=NOTHING, values=array("d"))


def take(result: Iterable[Any], limit: int) -> Returned:
    """Take at most `limit` readings and count the rest.

    A generator runs here, on its collector's thread.
    """
    if isinstance(result, list):
        if len(result) <= limit:
            return Returned(items=result)
        return Returned(items=result[:limit], over=len(result) - limit, first_over=result[limit])
    rest = iter(result)
    taken = list(itertools.islice(rest, limit))
    first = next(rest, None)
    more = sum(1 for _ in itertools.islice(rest, _DRAIN_LIMIT))
    return Returned(items=taken, over=more + (first is not None), first_over=first)


def checked(
    returned: Returned, before: Layout = NOTHING, parts_before: Mapping[str, Layout] | None = None
) -> Round:
    """Take the readings as columns and count what is not a finite number.

    `before` is the layout of the round before, and `parts_before` those of its parts. Raises
    BadReply for anything but readings.
    """
    whole = returned.items
    if not isinstance(whole, Parted):
        return _checked(returned, before)
    known = parts_before or {}
    parts = {
        key: _checked(Returned(items=some), known.get(key, NOTHING)) for key, some in whole.parts()
    }
    rest = _checked(replace(returned, items=whole.rest()), before)
    every = (rest, *parts.values())
    return replace(
        rest,
        parts={key: (part.layout, part.values) for key, part in parts.items()},
        not_finite=sum(one.not_finite for one in every),
        twice=sum(one.twice for one in every),
        wrong_name=sum(one.wrong_name for one in every),
        first_wrong_name=next(filter(None, (one.first_wrong_name for one in every)), ""),
    )


def _checked(returned: Returned, before: Layout) -> Round:
    twice = not_finite = 0
    misnamed: list[Series] = []
    readings: list[Reading] = returned.items
    try:
        layout, values = columns_of(readings, before)
        if not math.isfinite(sum(values)):
            readings = [reading for reading in readings if math.isfinite(reading[1])]
            not_finite = len(returned.items) - len(readings)
            layout, values = columns_of(readings, before)
    except (TypeError, ValueError, LookupError, AttributeError, OverflowError) as error:
        raise BadReply(f"returned something that is not a reading: {error}") from None
    if layout is not before:
        misnamed = [series for series in layout.series if not series.is_allowed]
        good = [reading for reading in readings if reading[0].is_allowed] if misnamed else readings
        single = _first_of_each(good)
        twice = len(good) - len(single)
        if misnamed or twice:
            layout, values = columns_of(single, before)
    return Round(
        layout=layout,
        values=values,
        twice=twice,
        wrong_name=len(misnamed),
        first_wrong_name=misnamed[0].line_key if misnamed else "",
        over_limit=returned.over,
        first_over=_series_text(returned.first_over),
        not_finite=not_finite,
    )


def _first_of_each(readings: list[Reading]) -> list[Reading]:
    """Return the readings with one value for each series, the first: page and push must agree."""
    found: dict[Series, float] = {}
    for series, value in readings:
        found.setdefault(series, value)
    return list(found.items())


def _series_text(reading: object) -> str:
    series = reading[0] if isinstance(reading, tuple) and reading else None
    return series.prefix.strip()[:_MAX_SERIES] if isinstance(series, Series) else ""
