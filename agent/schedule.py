"""When a job of the schedule is due: a grid of times that survives steps of the wall clock."""

from __future__ import annotations

import math
from datetime import datetime, timedelta
from typing import Final

from apscheduler.triggers.base import BaseTrigger


class GridTrigger(BaseTrigger):  # type: ignore[misc] # APScheduler has no types
    """Fires at `first` and every `interval` seconds after it.

    APScheduler's own interval trigger names each missed time in turn: after a step of ten years ahead it would be busy for
    minutes. This one goes on at the next time of its grid.
    """

    __slots__ = ("first", "interval")

    def __init__(self, first: datetime, interval: float) -> None:
        self.first: Final = first
        self.interval: Final = interval

    def get_next_fire_time(self, previous_fire_time: datetime | None, now: datetime) -> datetime:
        """Return the first time of the grid that is after `previous_fire_time` and not before `now`."""
        if previous_fire_time is None:
            return max(self.first, self._at_or_after(now))
        return max(previous_fire_time + timedelta(seconds=self.interval), self._at_or_after(now))

    def moved(self, now: datetime) -> GridTrigger:
        """Return the same grid, begun anew within one interval of `now`."""
        phase = (self.first - now).total_seconds() % self.interval
        return GridTrigger(now + timedelta(seconds=phase), self.interval)

    def _at_or_after(self, now: datetime) -> datetime:
        steps = math.ceil((now - self.first).total_seconds() / self.interval)
        return self.first + timedelta(seconds=steps * self.interval)
