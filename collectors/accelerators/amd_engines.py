"""The video and JPEG engines of an AMD chip, and its PCIe packets. Pure functions.

Sources: Documentation/gpu/amdgpu (Linux), `vcn_busy_percent`, `pcie_bw` and `gpu_metrics`; the
tables `gpu_metrics_v1_1` to `gpu_metrics_v1_5` of the driver's kgd_pp_interface.h.
"""

from __future__ import annotations

import re
import struct
from collections.abc import Iterator
from typing import TYPE_CHECKING, Final

from collectors.catalogue import node as catalogue

if TYPE_CHECKING:
    from collectors.accelerators.chip import Value

_HEADER: Final = struct.Struct("<HBB")
"""The size of the table, and the revisions of its format and content."""
_TABLES: Final = {
    (1, 1): {"video": (20, 1)},
    (1, 2): {"video": (20, 1)},
    (1, 3): {"video": (20, 1)},
    (1, 4): {"video": (16, 4)},
    (1, 5): {"video": (16, 4), "jpeg": (24, 32)},
}
"""Where a table has the percentages of an engine: the byte, and how many engines there are."""
_PERCENT: Final = 100
_BANDWIDTH: Final = re.compile(r"(\d{1,19}) (\d{1,19}) (\d{1,5})", re.ASCII)


def engines(table: bytes) -> Iterator[Value]:
    """Yield how busy the engines are, by the table `gpu_metrics`.

    Engines that a chip does not have show 0xFFFF. The others' mean counts.
    """
    if len(table) < _HEADER.size:
        return
    size, *revision = _HEADER.unpack_from(table)
    for engine, (start, number) in _TABLES.get((revision[0], revision[1]), {}).items():
        if start + 2 * number > min(size, len(table)):
            continue
        shares = [
            share for share in struct.unpack_from(f"<{number}H", table, start) if share <= _PERCENT
        ]
        if shares:
            yield catalogue.ACCELERATOR_ENGINE, engine, sum(shares) / len(shares) / _PERCENT


def packets(text: str) -> Iterator[Value]:
    """Yield the bytes of the packets received and sent in the last second, by `pcie_bw`.

    The driver counts packets and tells the greatest size of one, so this is a bound from above.
    """
    found = _BANDWIDTH.fullmatch(text)
    if found is None:
        return
    received, sent, most = map(int, found.groups())
    if most:
        yield catalogue.ACCELERATOR_PCIE_RECEIVE, "", float(received * most)
        yield catalogue.ACCELERATOR_PCIE_TRANSMIT, "", float(sent * most)
