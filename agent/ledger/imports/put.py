"""Write imported hours over what the ledger has."""

from __future__ import annotations

from collections.abc import Mapping
from math import isclose
from typing import Final, NamedTuple

from agent.ledger.energy import FULL_MASK, HOUR_MS, HourCells
from agent.ledger.store.blocks import BLOCK_MS
from agent.ledger.store.database import Tables
from agent.ledger.store.hour import NewHour, StoredHour

ImportedHour = HourCells | float
"""An hour from elsewhere: its cells, or the joules of one that is covered and even."""


class ChangedHour(NamedTuple):
    """What an import does to an hour: joules before, None where there were none, and after."""

    before: float | None
    after: float


Changes = dict[int, ChangedHour]
"""The hours that an import makes different."""

_SAME: Final = 1e-12
"""Relative difference up to which two sums of an hour are the same."""


def put_imported(
    tables: Tables,
    meter: int,
    hours: Mapping[int, ImportedHour],
    *,
    sealed_before: int = 0,
    packs: bool = False,
    former: dict[int, StoredHour] | None = None,
) -> Changes:
    """Write imported cells over what is there, cell by cell; return the hours that changed.

    Even hours before `sealed_before` are written as sums and, where the meter `packs`, packed at
    once. `former` is filled with what was stored of these hours.
    """
    stored = tables.hours.load(meter, sorted(hours))
    if former is not None:
        former.update(stored)
    changed: list[NewHour] = []
    even: dict[int, float] = {}
    for hour, given in hours.items():
        old = stored.get(hour)
        is_sum = old is None or (old.covered == HOUR_MS and old.data is None)
        if isinstance(given, float) and is_sum and hour < sealed_before:
            if old is None or not isclose(old.joules, given, rel_tol=_SAME):
                even[hour] = given
            continue
        cells = given if isinstance(given, HourCells) else HourCells.uniform(given)
        merged = _merged(hour, cells, old)
        if merged is not None:
            changed.append(merged)
    tables.hours.save(meter, changed, even_before=sealed_before)
    packed_before = sealed_before - sealed_before % BLOCK_MS if packs else 0
    tables.hours.save_even(meter, even, packed_before=packed_before, known=stored.keys())
    after = {one.hour: one.cells.total for one in changed} | even
    return {
        hour: ChangedHour(stored[hour].joules if hour in stored else None, joules)
        for hour, joules in after.items()
    }


def _merged(hour: int, cells: HourCells, old: StoredHour | None) -> NewHour | None:
    """Return an hour with the covered cells of an imported one; None where nothing changes."""
    mask = cells.mask
    if not mask:
        return None
    if old is None:
        if mask == FULL_MASK:
            return NewHour(hour, cells, mask)
        old = StoredHour(0.0, 0)
    if old.data is None and mask == FULL_MASK and isclose(old.joules, cells.total, rel_tol=_SAME):
        return None  # the hour is whole, its cells are deleted, and the sum is what it was
    merged = old.cells()
    before = (list(merged.joules), list(merged.covered), old.imported)
    merged.replace_cells(cells, mask)
    after = (merged.joules, merged.covered, old.imported | mask)
    return NewHour(hour, merged, old.imported | mask) if after != before else None
