"""Readings and samples that the agent rejected, dropped or could not deliver, and its sinks.

All counts are since the agent started.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Literal

from agent.web.format import iso
from agent.web.view import BoardView
from collectors.base import Metric, Series
from collectors.catalogue import agent


@dataclass(frozen=True, slots=True, kw_only=True)
class LedgerLosses:
    """The meter readings that the ledger accepted and rejected."""

    readings: float | None
    """Accepted; None on an agent without a ledger."""
    rejected: Mapping[str, float]
    """By reason."""
    register_events: Mapping[str, float]
    """Registers that fell, by event: `wrap` or `reset`."""


@dataclass(frozen=True, slots=True, kw_only=True)
class CollectorLosses:
    """What one kind of collector lost."""

    collector: str
    errors: Mapping[str, float]
    """Rounds that failed, by reason."""
    dropped: Mapping[str, float]
    """Readings that were dropped, by reason."""
    skipped_rounds: float

    @property
    def is_empty(self) -> bool:
        """Whether nothing was lost."""
        return not (self.errors or self.dropped or self.skipped_rounds)


@dataclass(frozen=True, slots=True, kw_only=True)
class SinkView:
    """A sink and its spool on disk; None stands for what is not known."""

    sink: str
    up: float | None
    """1 if the last delivery succeeded, 0 if not."""
    collected_samples: float | None
    sent_samples: float | None
    waiting_samples: float | None
    spool_bytes: float | None
    spool_max_bytes: float | None
    oldest_seconds: float | None
    """When the oldest waiting sample was read, seconds since the epoch."""
    spool_healthy: float | None
    """0 if the spool cannot be written, so that samples wait in memory."""
    dropped: Mapping[str, float]
    """Samples that were given up, by reason."""


@dataclass(frozen=True, slots=True, kw_only=True)
class LossRow:
    """One line of the table of losses."""

    kind: Literal["taken", "rejected", "events", "errors", "dropped", "skipped"]
    count: float
    reason: str = ""
    collector: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class LossesView:
    """`/api/losses`."""

    at: str | None
    ledger: LedgerLosses
    collectors: Sequence[CollectorLosses]
    sinks: Sequence[SinkView]

    @property
    def rows(self) -> list[LossRow]:
        """What was counted, a line each: the ledger's first, then by collector.

        Of the reasons to reject a reading only those that occurred have a line; if none did, one
        line says so.
        """
        ledger = self.ledger
        found: list[LossRow] = []
        if ledger.readings is not None:
            found.append(LossRow(kind="taken", count=ledger.readings))
        found += _counted("rejected", ledger.rejected)
        found += _counted("events", ledger.register_events)
        for one in self.collectors:
            name = one.collector
            for reason, count in one.errors.items():
                found.append(LossRow(kind="errors", reason=reason, count=count, collector=name))
            for reason, count in one.dropped.items():
                found.append(LossRow(kind="dropped", reason=reason, count=count, collector=name))
        found += [
            LossRow(kind="skipped", count=one.skipped_rounds, collector=one.collector)
            for one in self.collectors
            if one.skipped_rounds
        ]
        return found


def _counted(kind: Literal["rejected", "events"], counts: Mapping[str, float]) -> list[LossRow]:
    occurred = [
        LossRow(kind=kind, reason=reason, count=count) for reason, count in counts.items() if count
    ]
    return occurred or [LossRow(kind=kind, count=0.0)] if counts else []


def read(view: BoardView) -> LossesView:
    """Return what was lost, by reason, and the state of the sinks."""
    return LossesView(
        at=iso(view.now()),
        ledger=LedgerLosses(
            readings=next(iter(view.snapshot.family(agent.LEDGER_READINGS).values()), None),
            rejected=_by(view, agent.LEDGER_REJECTED, "reason"),
            register_events=_by(view, agent.LEDGER_EVENTS, "event"),
        ),
        collectors=_collectors(view),
        sinks=_sinks(view),
    )


def _sorted(view: BoardView, metric: Metric) -> list[tuple[Series, float]]:
    """Return the series of a metric, sorted by their names and labels as text."""
    return sorted(view.snapshot.family(metric).items(), key=lambda row: row[0].prefix)


def _by(view: BoardView, metric: Metric, label: str) -> dict[str, float]:
    return {series.label(label): value for series, value in _sorted(view, metric)}


def _by_collector(view: BoardView, metric: Metric) -> dict[str, dict[str, float]]:
    """Return the counts that are not zero, by collector and reason."""
    found: dict[str, dict[str, float]] = {}
    for series, value in _sorted(view, metric):
        if value:
            found.setdefault(series.label("collector"), {})[series.label("reason")] = value
    return found


def _collectors(view: BoardView) -> list[CollectorLosses]:
    """Return the collectors that lost something, by name."""
    errors = _by_collector(view, agent.COLLECTOR_ERRORS)
    dropped = _by_collector(view, agent.SAMPLES_DROPPED)
    skipped = _by(view, agent.COLLECTOR_SKIPPED, "collector")
    found = [
        CollectorLosses(
            collector=name,
            errors=errors.get(name, {}),
            dropped=dropped.get(name, {}),
            skipped_rounds=skipped.get(name, 0.0),
        )
        for name in sorted({*errors, *dropped, *skipped})
    ]
    return [one for one in found if not one.is_empty]


def _sinks(view: BoardView) -> list[SinkView]:
    up = _by(view, agent.SINK_UP, "sink")
    collected = _by(view, agent.SINK_COLLECTED, "sink")
    sent = _by(view, agent.SINK_SENT, "sink")
    waiting = _by(view, agent.SPOOL_SAMPLES, "sink")
    spool = _by(view, agent.SPOOL_BYTES, "sink")
    spool_max = _by(view, agent.SPOOL_MAX_BYTES, "sink")
    oldest = _by(view, agent.SPOOL_OLDEST, "sink")
    healthy = _by(view, agent.SPOOL_HEALTHY, "sink")
    names = {*up, *collected, *sent, *waiting, *spool, *spool_max, *oldest, *healthy}
    return [
        SinkView(
            sink=name,
            up=up.get(name),
            collected_samples=collected.get(name),
            sent_samples=sent.get(name),
            waiting_samples=waiting.get(name),
            spool_bytes=spool.get(name),
            spool_max_bytes=spool_max.get(name),
            oldest_seconds=oldest.get(name),
            spool_healthy=healthy.get(name),
            dropped={
                series.label("reason"): value
                for series, value in view.snapshot.family(agent.SINK_DROPPED).items()
                if value and series.label("sink") == name
            },
        )
        for name in sorted(names)
    ]
