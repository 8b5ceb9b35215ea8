"""What one round of every collector came to: a line for each kind of collector."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Final

from agent.health import CollectorHealth
from agent.messages.catalogue import Words
from agent.targets.columns import GAP, padded_to, width_of
from collectors.base import Batch
from collectors.catalogue.agent import (
    COLLECTOR_DURATION,
    COLLECTOR_LAST_SUCCESS,
    COLLECTOR_SUCCESS,
)

_NONE: Final = "–"
_STATUS: Final = (COLLECTOR_SUCCESS, COLLECTOR_DURATION, COLLECTOR_LAST_SUCCESS)
"""What the agent says of a collector, and not what that has read."""


@dataclass(frozen=True, slots=True, kw_only=True)
class _Kind:
    """The collectors of one kind; `seconds` is the longest round of them."""

    name: str
    read: int
    count: int
    readings: int
    seconds: float | None


def summary(health: Sequence[CollectorHealth], batches: Sequence[Batch], w: Words) -> Iterator[str]:
    """Yield a table of the collectors by kind, and how to see the readings themselves."""
    kinds = _kinds(health, batches)
    rows = [
        [w(f"collect.{column}") for column in ("collector", "read", "of", "readings", "slowest")]
    ]
    rows += [
        [
            one.name,
            str(one.read),
            str(one.count),
            str(one.readings),
            _NONE if one.seconds is None else f"{one.seconds:.3f} s",
        ]
        for one in kinds
    ]
    widths = [max(map(width_of, column)) for column in zip(*rows, strict=True)]
    for row in rows:
        yield GAP.join(
            _to_the_right(text, room) if number else padded_to(text, room)
            for number, (text, room) in enumerate(zip(row, widths, strict=True))
        )
    silent = sum(one.count - one.read for one in kinds)
    yield w("collect.total", readings=sum(one.readings for one in kinds), silent=silent)
    yield w("collect.more")


def _kinds(health: Sequence[CollectorHealth], batches: Sequence[Batch]) -> list[_Kind]:
    readings: dict[str, int] = {}
    for batch in batches:
        name, _, part = batch.collector.partition(":")
        if part != "status":  # apart, where a device or a failure is told
            runs = batch.layout.shape.runs
            read = sum(run.stop - run.start for run in runs if run.metric not in _STATUS)
            readings[name] = readings.get(name, 0) + read
    of: dict[str, list[CollectorHealth]] = {}
    for one in health:
        of.setdefault(one.collector, []).append(one)
    return [
        _Kind(
            name=name,
            read=sum(one.ok is True for one in members),
            count=len(members),
            readings=readings.get(name, 0),
            seconds=max(
                (one.duration for one in members if one.duration is not None), default=None
            ),
        )
        for name, members in of.items()
    ]


def _to_the_right(text: str, width: int) -> str:
    return " " * (width - width_of(text)) + text
