"""The cells of an hour as the tables hold them."""

from __future__ import annotations

import struct
from typing import Final

from agent.ledger.energy import CELLS, HourCells

_CELLS: Final = struct.Struct(f"<{CELLS}d{CELLS}I")
_THINNED: Final = struct.Struct(f"<{CELLS}ff")


def pack_cells(cells: HourCells) -> bytes:
    """Write an hour's cells."""
    packed = _CELLS.pack(*cells.joules, *cells.covered)
    return packed + _THINNED.pack(*cells.thinned, cells.repeats) if cells.thinned else packed


def unpack_cells(data: bytes) -> HourCells:
    """Read an hour's cells."""
    values = _CELLS.unpack_from(data)
    cells = HourCells(values[:CELLS], values[CELLS:])
    if len(data) > _CELLS.size:
        *cells.thinned, cells.repeats = _THINNED.unpack_from(data, _CELLS.size)
    return cells
