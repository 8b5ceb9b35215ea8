"""Results of the last minutes' probes: the lost share, and quantiles of round trips."""

from __future__ import annotations

from collections import deque
from collections.abc import Sequence


class Window:
    """Results of the probes sent within the last seconds; at most `most` are kept."""

    def __init__(self, seconds: float, most: int) -> None:
        self._seconds = seconds
        self._probes: deque[tuple[float, float | None]] = deque(maxlen=most)

    def add(self, sent: float, seconds: float | None) -> None:
        """Record a probe by the monotonic second it was sent; None means no answer in time."""
        self._probes.append((sent, seconds))

    def trim(self, now: float) -> None:
        """Delete probes sent before the window."""
        while self._probes and self._probes[0][0] <= now - self._seconds:
            self._probes.popleft()

    def __len__(self) -> int:
        return len(self._probes)

    def loss(self) -> float | None:
        """Return the share of unanswered probes; None where none was sent."""
        if not self._probes:
            return None
        return sum(seconds is None for _, seconds in self._probes) / len(self._probes)

    def quantiles(self, wanted: Sequence[float]) -> list[float]:
        """Return quantiles of the answered probes' round trips, interpolated as PromQL does.

        Empty where none was answered.
        """
        times = sorted(seconds for _, seconds in self._probes if seconds is not None)
        return [quantile(times, q) for q in wanted] if times else []


def quantile(ordered: Sequence[float], q: float) -> float:
    """Return a quantile of values in order, between neighbours by linear interpolation."""
    place = q * (len(ordered) - 1)
    low = int(place)
    high = min(low + 1, len(ordered) - 1)
    return ordered[low] + (ordered[high] - ordered[low]) * (place - low)
