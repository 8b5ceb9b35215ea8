"""Every collector: whether it answers, since when it does not, and how long a round takes."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from agent.health import CollectorHealth
from agent.web.format import iso
from agent.web.view import BoardView
from collectors.catalogue import inventory


@dataclass(frozen=True, slots=True, kw_only=True)
class CountsView:
    """How many collectors there are; one before its first round neither answers nor is silent."""

    all: int
    answering: int
    silent: int

    @property
    def waiting(self) -> int:
        """How many have not finished their first round."""
        return self.all - self.answering - self.silent


@dataclass(frozen=True, slots=True, kw_only=True)
class KindView:
    """The collectors of one kind of device.

    Those that read no device (this host, the KPIs) are one kind, whose name is empty.
    """

    collector: str
    devices: int
    answering: int
    silent: int
    interval_seconds: float
    slowest_seconds: float | None
    """The longest of the last rounds; None before the first."""


@dataclass(frozen=True, slots=True, kw_only=True)
class CollectorView:
    """One collector of one device, or of this host (an empty device)."""

    collector: str
    device: str
    ok: bool | None
    """None before the first round, and while the agent itself does not read the device."""
    last_success: str | None
    last_success_seconds: float | None
    silent_since_seconds: float | None
    """Seconds since the epoch; None for one that answers, and for one that never has."""
    last_error: str
    last_reason: str
    notice: str
    duration_seconds: float | None
    interval_seconds: float


@dataclass(frozen=True, slots=True, kw_only=True)
class CollectorsView:
    """`/api/collectors`: the silent ones first, the longest silent at the top."""

    at: str | None
    counts: CountsView
    kinds: Sequence[KindView]
    collectors: Sequence[CollectorView]
    notices: Sequence[str]
    """Notices that several collectors share, each once."""

    @property
    def silent(self) -> list[CollectorView]:
        """The collectors that do not answer."""
        return [one for one in self.collectors if one.ok is False]


def read(view: BoardView, *, silent_only: bool = False) -> CollectorsView:
    """Return every collector, or only the silent ones; the counts are of all in any case."""
    since = {
        series.label("device"): at
        for series, at in view.snapshot.family(inventory.SILENT_SINCE).items()
    }
    found = view.health()
    silent = [one for one in found if one.ok is False]
    shown = sorted(
        silent if silent_only else found,
        key=lambda one: (
            one.ok is not False,
            since.get(one.device, one.last_success or 0.0),
            one.collector,
            one.device,
        ),
    )
    return CollectorsView(
        at=iso(view.now()),
        counts=CountsView(
            all=len(found),
            answering=sum(one.ok is True for one in found),
            silent=len(silent),
        ),
        kinds=_kinds(found),
        collectors=[
            CollectorView(
                collector=one.collector,
                device=one.device,
                ok=one.ok,
                last_success=iso(one.last_success),
                last_success_seconds=one.last_success,
                silent_since_seconds=since.get(one.device, one.last_success)
                if one.ok is False
                else None,
                last_error=one.last_error,
                last_reason=one.last_reason,
                notice=one.notice,
                duration_seconds=one.duration,
                interval_seconds=one.interval,
            )
            for one in shown
        ],
        notices=list(
            dict.fromkeys(
                f"{one.collector}: {one.shared_notice}" for one in found if one.shared_notice
            )
        ),
    )


def _kinds(found: Sequence[CollectorHealth]) -> list[KindView]:
    """Return the collectors by kind, those with most silent devices first."""
    members: dict[str, list[CollectorHealth]] = {}
    for one in found:
        members.setdefault(one.collector if one.device else "", []).append(one)
    kinds = [
        KindView(
            collector=kind,
            devices=len(those),
            answering=sum(one.ok is True for one in those),
            silent=sum(one.ok is False for one in those),
            interval_seconds=those[0].interval,
            slowest_seconds=max(
                (one.duration for one in those if one.duration is not None), default=None
            ),
        )
        for kind, those in members.items()
    ]
    return sorted(kinds, key=lambda kind: (-kind.silent, kind.collector == "", kind.collector))
