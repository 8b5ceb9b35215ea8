"""The PUE that the rest of a year must average for the year to end at a target."""

from __future__ import annotations


def required_pue(*, pue: float, elapsed: float, rest: float, target: float) -> float | None:
    """Return (target · (elapsed + rest) - pue · elapsed) / rest; None where nothing is left.

    `pue` is the year's so far. `elapsed` and `rest` are the lengths of the two parts of the year,
    in the same unit. Uncovered time is taken to be like the covered time, and the IT power to come
    to be the mean so far. So IT energy is in proportion to time, and its amount cancels out. Below
    1 the target cannot be met any more.
    """
    if rest <= 0:
        return None
    return (target * (elapsed + rest) - pue * elapsed) / rest
