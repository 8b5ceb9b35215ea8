"""An increase of a register: from one value that it showed to the next one."""

from __future__ import annotations

from typing import Final, NamedTuple

LEAST_EXCESS_MS: Final = 18_000
"""Milliseconds. An excess is stored as a doubt only if it is more than the energy of this much
time: half a per cent of an hour."""

LEAST_REST_MS: Final = 180_000
"""A rest of up to this is cut by no more than a reading each five minutes is."""


class Increase(NamedTuple):
    """What a register rose by, in joules; times are in milliseconds.

    It began to show the value before at `since`, was last `seen` with it, and showed the new
    `value` at `end`. The energy is laid out from `laid` on. `place` is the reading's, among all.
    `heard_all` says that the meter was not silent in between, and that it showed no other value
    that is rejected. `wrapped`: the register began again at 0.
    """

    since: int
    seen: int
    end: int
    joules: float
    value: float
    laid: int
    place: int
    heard_all: bool
    wrapped: bool = False

    @property
    def rate(self) -> float:
        """Joules a millisecond since the register showed the value before."""
        return self.joules / (self.end - self.since)

    @property
    def may_have_rested(self) -> bool:
        """Whether the register was not seen to move all the time; its load may have been off."""
        was_seen = self.heard_all and self.seen == self.since
        return self.end - self.since > LEAST_REST_MS and not was_seen
