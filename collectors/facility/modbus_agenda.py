"""Which reads a device is asked in a round: as few as it allows, learnt from what it refuses.

No I/O.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Final

from collectors.facility.modbus_frame import SPLIT, WRONG_MAP

if TYPE_CHECKING:
    from collectors.facility.modbus_plan import Block

_MOST_SPLITS: Final = 16  # a round
_ASK_AGAIN: Final = 600.0  # seconds after which what was refused is asked for once more


class Agenda:
    """The reads of one device.

    A read that is refused is asked in halves, down to single values, and so from then on. What
    stays refused is left alone for a while. Where all is refused, one question a round finds out
    whether that has changed.
    """

    def __init__(self, blocks: Sequence[Block]) -> None:
        self._all = tuple(blocks)
        self._awake: list[Block] = list(blocks)
        self._asleep: list[tuple[Block, float]] = []
        self._pending: list[Block] = []
        self._now, self._splits = 0.0, 0

    def begin(self, now: float) -> None:
        """Begin a round at a time of the monotonic clock."""
        self._now, self._splits = now, _MOST_SPLITS
        self._pending = (
            self._awake + self._pending + [block for block, until in self._asleep if until <= now]
        )
        self._asleep = [(block, until) for block, until in self._asleep if until > now]
        self._awake = []
        if not self._pending:
            self._pending, self._splits = [self._asleep.pop(0)[0]], 0

    def upcoming(self) -> Block | None:
        """Return what is to be asked next; it stays so until it is answered or refused."""
        return self._pending[0] if self._pending else None

    def answered(self) -> None:
        """Note that the upcoming read brought an answer."""
        self._awake.append(self._pending.pop(0))

    def refused(self, code: int) -> int:
        """Note that the device refused the upcoming read with an exception.

        Returns how many numbers are lost by it.
        """
        block = self._pending.pop(0)
        halves = block.halves() if code in SPLIT and self._splits else ()
        if halves:
            self._splits -= 1
            self._pending[:0] = halves
            return 0
        if code in WRONG_MAP and (len(block.cells) == 1 or not self._splits):
            self._asleep.append((block, self._now + _ASK_AGAIN))
        else:
            self._awake.append(block)
        if not (self._pending or self._awake) and self._splits:
            self._asleep = [(one, self._now + _ASK_AGAIN) for one in self._all]
        return len(block.cells)
