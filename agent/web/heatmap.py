"""The heat map drawn in code: a row of racks as small squares, and the colours' legend."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final

from markupsafe import Markup

from agent.web import svg
from agent.web.format import THIN, number
from agent.web.views.heat import Show, inlets, level
from agent.web.views.rack import RackView
from collectors.catalogue.rack_limits import RackLimits

_WRAP: Final = 32
"""Squares in a line."""


def rack_cells(racks: Sequence[RackView], show: Show, title: str) -> Markup:
    """Draw racks as small squares, each with the mark of the first thing it needs."""
    return svg.cells(
        [level(one, show) for one in racks],
        [one.needs[0] if one.needs and one.live else "" for one in racks],
        wrap=_WRAP,
        title=title,
    )


def steps(show: Show, limits: RackLimits) -> list[str]:
    """Return the texts of the colours l0 to l5: the range of values that each stands for."""
    if show == "inlet":
        first, *rest = inlets(limits)
        between = [f"≤{THIN}{number(bound)}" for bound in rest]
        return [f"≤{THIN}{number(first)}{THIN}°C", *between, f">{THIN}{number(rest[-1])}"]
    between = [f"<{THIN}{bound}" for bound in (40, 60, 80)]
    return [f"<{THIN}20{THIN}%", *between, f"≤{THIN}100", f">{THIN}100"]
