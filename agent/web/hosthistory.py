"""What the counters of this machine did lately, kept while somebody looks at its page.

A snapshot has the latest value of a counter, and what a machine does now is a difference of two.
Nothing is kept for a machine that nobody looks at.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Iterator
from itertools import pairwise
from typing import Final

from agent.snapshot import Snapshot
from collectors.base import Series

KEPT: Final = 60
"""Rounds that are kept of each collector."""
_FORGOTTEN_SECONDS: Final = 600.0
"""Rounds before a pause as long as this are forgotten."""
COUNTERS: Final = frozenset(
    {
        "node_cpu_seconds_total",
        "node_disk_read_bytes_total",
        "node_disk_written_bytes_total",
        "node_disk_io_time_seconds_total",
        "node_network_receive_bytes_total",
        "node_network_transmit_bytes_total",
        "node_network_receive_errs_total",
        "node_network_transmit_errs_total",
        "node_pressure_cpu_waiting_seconds_total",
        "node_pressure_memory_waiting_seconds_total",
        "node_pressure_io_waiting_seconds_total",
        "node_context_switches_total",
        "node_intr_total",
        "node_forks_total",
        "node_processes_group_cpu_seconds_total",
    }
)

_Round = tuple[float, dict[Series, float]]


class HostHistory:
    """The last rounds of the collectors that have such counters."""

    def __init__(self) -> None:
        self._rounds: dict[tuple[str, str], deque[_Round]] = {}

    def look(self, snapshot: Snapshot) -> None:
        """Keep the rounds that are new since the last look."""
        for key, source in snapshot.sources().items():
            if key[1] or source.layout.shape.names.isdisjoint(COUNTERS):
                continue  # a device, or such as the racks of a hub
            wanted = [
                (number, series)
                for number, series in enumerate(source.layout.series)
                if series.metric.full_name in COUNTERS
            ]
            kept = self._rounds.setdefault(key, deque(maxlen=KEPT))
            if kept and not 0 <= source.time - kept[-1][0] <= _FORGOTTEN_SECONDS:
                kept.clear()  # nobody looked for long, or the clock went back
            if not kept or source.time > kept[-1][0]:
                values = source.values
                kept.append((source.time, {series: values[number] for number, series in wanted}))

    def rates(self) -> dict[Series, float]:
        """Return how much each counter grew a second between its last two rounds."""
        found: dict[Series, float] = {}
        for kept in self._rounds.values():
            if len(kept) > 1:
                found.update(_between(kept[-2], kept[-1]))
        return found

    def courses(self, name: str) -> list[tuple[float, dict[Series, float]]]:
        """Return the growth a second of a metric's counters between each two rounds, with its time.

        The metric is one of a single collector.
        """
        for kept in self._rounds.values():
            if any(series.metric.full_name == name for series in kept[-1][1]):
                rounds = list(kept)
                return [
                    (
                        after[0],
                        {
                            series: rate
                            for series, rate in _between(before, after)
                            if series.metric.full_name == name
                        },
                    )
                    for before, after in pairwise(rounds)
                ]
        return []


def _between(before: _Round, after: _Round) -> Iterator[tuple[Series, float]]:
    """Yield each counter's growth a second; one that fell was reset, and tells nothing."""
    seconds = after[0] - before[0]
    for series, value in after[1].items():
        was = before[1].get(series)
        if was is not None and value >= was and seconds > 0:
            yield series, (value - was) / seconds
