"""The rows of a site: the use and the headroom of each, and when it will be full."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from agent.web.format import natural
from agent.web.view import BoardView
from agent.web.views.families import by_label, of_site
from collectors.catalogue import rack


@dataclass(frozen=True, slots=True, kw_only=True)
class FullView:
    """When a row will be full, and in what. Times are seconds since the epoch."""

    kind: str
    """What is used up first: space, power or failover."""
    expected: float
    earliest: float | None
    latest: float | None
    """None where the row may never be full."""


@dataclass(frozen=True, slots=True, kw_only=True)
class RowView:
    """One row of racks. None stands for what is not known."""

    row: str
    height_units: float | None
    used_units: float | None
    reserved_units: float | None
    power_watts: float | None
    power_capacity_watts: float | None
    headroom_watts: float | None
    full: Mapping[str, Mapping[str, float]]
    """When the row is full in space, power or failover: `earliest`, `expected` and `latest`, in
    seconds since the epoch."""

    @property
    def first_full(self) -> FullView | None:
        """The limit that the row reaches first; None where its growth leads to no limit."""
        known = [
            (bounds["expected"], kind) for kind, bounds in self.full.items() if "expected" in bounds
        ]
        if not known:
            return None
        expected, kind = min(known)
        bounds = self.full[kind]
        return FullView(
            kind=kind,
            expected=expected,
            earliest=bounds.get("earliest"),
            latest=bounds.get("latest"),
        )

    @property
    def told(self) -> bool:
        """Whether anything of the row is measured, or its growth leads to a limit."""
        return self.power_watts is not None or bool(self.full)

    @property
    def power_ratio(self) -> float | None:
        """Power over the row's capacity."""
        if self.power_watts is None or not self.power_capacity_watts:
            return None
        return self.power_watts / self.power_capacity_watts


def read(view: BoardView, site: str) -> Sequence[RowView]:
    """Return what `/api/sites/{site}/rows` answers: a site's rows, those full soonest first."""
    columns = [
        by_label(view, metric, site, "row")
        for metric in (
            rack.ROW_HEIGHT,
            rack.ROW_USED,
            rack.ROW_RESERVED,
            rack.ROW_POWER,
            rack.ROW_POWER_CAPACITY,
            rack.ROW_HEADROOM,
        )
    ]
    height, used, reserved, power, capacity, headroom = columns
    full: dict[str, dict[str, dict[str, float]]] = {}
    for series, value in of_site(view, rack.ROW_FULL, site):
        kinds = full.setdefault(series.label("row"), {})
        kinds.setdefault(series.label("kind"), {})[series.label("bound")] = value
    found = [
        RowView(
            row=row,
            height_units=height.get(row),
            used_units=used.get(row),
            reserved_units=reserved.get(row),
            power_watts=power.get(row),
            power_capacity_watts=capacity.get(row),
            headroom_watts=headroom.get(row),
            full=full.get(row, {}),
        )
        for row in dict.fromkeys(row for column in columns for row in column)
    ]
    return sorted(found, key=_soonest)


def _soonest(one: RowView) -> tuple[float, tuple[tuple[int, int, str], ...]]:
    """Return a sort key: rows that are full sooner come first, the others by name."""
    first = one.first_full
    return (first.expected if first is not None else math.inf), natural(one.row)
