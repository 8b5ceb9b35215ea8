"""A reading that was refused, and how refusals are told."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final, Literal, NamedTuple

from collectors.base import Series

Reason = Literal["sentinel", "out_of_bounds", "wrong_scale", "zero_with_load"]
"""`sentinel`: the device's own sign for no value, or the extreme of a type. `out_of_bounds`:
outside the metric's bounds. `wrong_scale`: a voltage of ten or a hundred times a nominal one; a
power or a current that is far too small for the other of its place.
`zero_with_load`: 0 W where a current flows, and the like."""

_NAMED: Final = 5
"""How many metrics a summary names."""


class Refusal(NamedTuple):
    """A reading that was refused, and why.

    `value` is in the metric's base unit; that of a sentinel is the device's own number.
    """

    series: Series
    value: float
    reason: Reason


def summary(refused: Sequence[Refusal]) -> str:
    """Say in one line which metrics had readings that cannot be, and why; empty if there is none.

    Sentinels are no fault of a device or a profile, and are not named. Values are left out, so that
    the line changes only where the metrics or the reasons do.
    """
    why = sorted(
        {
            f"{one.series.metric.full_name} ({one.reason})"
            for one in refused
            if one.reason != "sentinel"
        }
    )
    more = f" and {len(why) - _NAMED} more" if len(why) > _NAMED else ""
    return f"refused readings: {', '.join(why[:_NAMED])}{more}" if why else ""
