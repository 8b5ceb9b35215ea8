"""The results of a round: counters, one log line for each change of state, and the batch."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Callable, Iterable, Sequence
from typing import Final, Protocol, TypedDict, Unpack

from agent.health import CollectorHealth
from agent.readings import Round
from agent.rounds import LeftOut, StoodStill
from agent.selfmetrics import SelfMetrics
from agent.task import Task
from collectors.base import (
    BadReply,
    Batch,
    CollectError,
    Refused,
    Unreachable,
)
from collectors.batch import NO_COLUMNS, Columns

log = logging.getLogger(__name__)

LIFETIME_INTERVALS: Final = 2.5
"""A series expires after this many intervals of silence."""
_MAX_ERROR: Final = 300
_PARTS_A_STEP: Final = 50
_REASONS: Final[dict[type[Exception], str]] = {
    Unreachable: "unreachable",
    Refused: "refused",
    BadReply: "bad_reply",
    StoodStill: "stood_still",
    LeftOut: "left_out",
}
REASONS: Final = (*_REASONS.values(), "error")
"""Every word for why a round failed; `error` is a fault of the collector itself."""

Consumer = Callable[[Batch], None]
"""A sink or the ledger: takes each batch once, on the event loop. It must not raise or block."""


class Keeps(Protocol):
    """What takes the batches of a runner first: a snapshot, or what sends them to one."""

    def update(self, batch: Batch) -> None:
        """Replace all earlier readings of a batch's source by the batch."""

    def forget(self, collector: str, device: str) -> None:
        """Delete a source and its series."""


class HandedOn(TypedDict):
    """To whom batches are handed on, and how much longer their values live than asked."""

    stretch: float
    snapshot: Keeps
    consumers: Sequence[Consumer]


def health_of(task: Task) -> CollectorHealth:
    """Return how a collector is doing."""
    return CollectorHealth(
        collector=task.collector.name,
        device=task.collector.device,
        ok=task.ok,
        last_success=task.last_success,
        last_error=task.last_error,
        last_reason=task.last_reason,
        notice=task.notice,
        shared_notice=task.shared_notice,
        late=task.late,
        duration=task.duration,
        interval=task.collector.schedule.interval,
    )


def take_over(tasks: Iterable[Task], said: Iterable[CollectorHealth]) -> None:
    """Take over what an earlier runner logged, so that only a change is logged."""
    former = {(one.collector, one.device): one for one in said}
    for task in tasks:
        known = former.get(task.source)
        if known is None:
            continue
        task.notice = known.notice
        if known.ok is False:
            task.ok, task.last_success = False, known.last_success
            task.last_error, task.last_reason = known.last_error, known.last_reason


def count_dropped(task: Task, done: Round, metrics: SelfMetrics) -> None:
    """Count the samples of a round that were not used, by reason."""
    name = task.collector.name
    said = [task.own_notice]
    if done.over_limit:
        metrics.dropped.labels(name, "limit").inc(done.over_limit)
        said.append(
            f"{done.over_limit} samples over max_samples ({task.collector.schedule.max_samples})"
            f" are left out, from {done.first_over} on"
        )
    if done.wrong_name:
        metrics.dropped.labels(name, "wrong_name").inc(done.wrong_name)
        said.append(
            f"{done.wrong_name} samples have a name that Prometheus does not take and are left"
            f" out, first {done.first_wrong_name}"
        )
    notice = "; ".join(filter(None, said))
    if notice and notice != task.notice:
        log.warning("%s: %s", task.label, notice)
    task.notice = notice
    if done.not_finite:
        metrics.dropped.labels(name, "not_finite").inc(done.not_finite)
    if done.twice:
        metrics.dropped.labels(name, "twice").inc(done.twice)
    for reason, more in task.newly_dropped().items():
        metrics.dropped.labels(name, reason).inc(more)


def note(task: Task, error: Exception | None, now: float, metrics: SelfMetrics) -> None:
    """Remember how a round went, and log only a change of state."""
    if error is None:
        if task.ok is False:
            log.info("%s: back", task.label)
        task.ok, task.last_success, task.last_error = True, now, ""
        task.last_reason = ""
        return
    expected = isinstance(error, CollectError)
    reason = _REASONS.get(type(error), "error") if expected else "error"
    metrics.errors.labels(task.collector.name, reason).inc()
    task.last_reason = reason
    text = str(error) if expected else f"{type(error).__name__}: {error}"
    task.last_error = (text.splitlines() or [type(error).__name__])[0][:_MAX_ERROR]
    if task.ok is not False and not isinstance(error, StoodStill):  # that is told already
        trace = None if expected or not log.isEnabledFor(logging.DEBUG) else error
        log.warning("%s: %s", task.label, task.last_error, exc_info=trace)
    task.ok = False


def publish(
    task: Task,
    round_: Round | None,
    now: float,
    **to: Unpack[HandedOn],
) -> None:
    """Hand on what a round read, and how it went: to the snapshot, then to the consumers.

    `round_` is None after a round that failed. A device's last values then stay until they expire,
    while its up series says 0 at once; so the two are separate batches. What reads this machine
    tells both in one batch where it can: a node has some thirty such collectors.
    """
    interval = task.collector.schedule.interval
    found: list[tuple[tuple[str, str], float, Columns]] = []
    apart = round_ is None or not task.own
    if round_ is not None:
        read = task.without_up if apart else task.with_status
        found.append((task.source, interval, read(round_.layout, round_.values)))
        slow = task.take_slow()
        if slow is not NO_COLUMNS:
            found.append((task.slow_source, task.slow_interval, slow))
    if apart:
        found.append((task.status_source, interval, task.status()))
    elif task.told_apart:
        to["snapshot"].forget(*task.status_source)
    task.told_apart = apart
    for (collector, device), every, columns in found:
        batch = Batch(
            collector=collector,
            device=device,
            time=now,
            lifetime=every * to["stretch"] * LIFETIME_INTERVALS,
            columns=columns,
        )
        hand_on(batch, to["snapshot"], to["consumers"])


async def publish_parts(
    task: Task,
    round_: Round,
    now: float,
    **to: Unpack[HandedOn],
) -> None:
    """Hand on the parts of a round, some at a time: others have their turn between them."""
    for number, (key, columns) in enumerate(round_.parts.items(), start=1):
        if task.gone:  # replaced meanwhile
            return
        task.part_layouts[key] = columns[0]
        collector, device = task.part_source(key)
        batch = Batch(
            collector=collector,
            device=device,
            time=now,
            lifetime=task.collector.schedule.interval * to["stretch"] * LIFETIME_INTERVALS,
            columns=columns,
        )
        hand_on(batch, to["snapshot"], to["consumers"])
        if number % _PARTS_A_STEP == 0:
            await asyncio.sleep(0)


def hand_on(batch: Batch, snapshot: Keeps, consumers: Sequence[Consumer]) -> None:
    """Hand a batch to the snapshot, then to the consumers; what one of them raises is logged."""
    snapshot.update(batch)
    for consumer in consumers:
        try:
            consumer(batch)
        except Exception:
            log.exception("a consumer of batches failed")
