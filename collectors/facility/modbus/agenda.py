"""The list of reads of a device in a round, adapted to the reads that the device refuses.

No I/O.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Final

from collectors.facility.modbus.frame import SPLIT, WRONG_MAP

if TYPE_CHECKING:
    from collectors.facility.modbus.plan import Block

_MAX_SPLITS: Final = 16  # in one round
_RETRY_SECONDS: Final = 600.0  # after which a refused read is tried again


class Agenda:
    """The reads of one device.

    A refused read is split into halves, down to single values. Later rounds use the smaller reads.
    A single value that is still refused is postponed for some minutes. If the device refuses
    everything, one request in each round checks whether this has changed.
    """

    def __init__(self, blocks: Sequence[Block]) -> None:
        self._all = tuple(blocks)
        self._active: list[Block] = list(blocks)
        self._postponed: list[tuple[Block, float]] = []
        self._pending: list[Block] = []
        self._now, self._splits = 0.0, 0

    def begin(self, now: float) -> None:
        """Begin a round; `now` is in seconds of the monotonic clock."""
        self._now, self._splits = now, _MAX_SPLITS
        self._pending = (
            self._active
            + self._pending
            + [block for block, until in self._postponed if until <= now]
        )
        self._postponed = [(block, until) for block, until in self._postponed if until > now]
        self._active = []
        if not self._pending:
            self._pending, self._splits = [self._postponed.pop(0)[0]], 0

    def upcoming(self) -> Block | None:
        """Return the next read. It stays the next one until it is answered or refused."""
        return self._pending[0] if self._pending else None

    def answered(self) -> None:
        """Note that the upcoming read was answered."""
        self._active.append(self._pending.pop(0))

    def refused(self, code: int) -> int:
        """Note that the device refused the upcoming read with an exception.

        Returns how many numbers are missing because of it.
        """
        block = self._pending.pop(0)
        halves = block.halves() if code in SPLIT and self._splits else ()
        if halves:
            self._splits -= 1
            self._pending[:0] = halves
            return 0
        if code in WRONG_MAP and (len(block.cells) == 1 or not self._splits):
            self._postponed.append((block, self._now + _RETRY_SECONDS))
        else:
            self._active.append(block)
        if not (self._pending or self._active) and self._splits:
            self._postponed = [(one, self._now + _RETRY_SECONDS) for one in self._all]
        return len(block.cells)
