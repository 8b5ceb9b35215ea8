"""Delete what is older than the retention, and pack old hours: each hour, and a part at a time."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Final, NamedTuple

from agent.ledger.clock import TrustedClock
from agent.ledger.settings import Retention
from agent.ledger.store.blocks import BLOCK_MS
from agent.ledger.store.database import Store

_PRUNED_AT_ONCE: Final = 2000
_PACKED_AT_ONCE: Final = 100
_EVERY_SECONDS: Final = 3600.0
_EPISODES_SECONDS: Final = 366 * 86400.0
"""What happened is known for a year."""


class _Unpacked(NamedTuple):
    """A meter's thirty days that are to be packed."""

    meter: int
    number: int


class Upkeep:
    """Keeps the file small. Its calls may block; nothing waits for them for long."""

    def __init__(self, store: Store, clock: TrustedClock, retention: Retention) -> None:
        self._store, self._clock, self._retention = store, clock, retention
        self._next = 0.0
        self._to_prune: list[int] = []
        self._to_pack: list[_Unpacked] = []

    def plan(self, *, anew: bool) -> None:
        """Once an hour, or `anew`, see what there is to do. Nothing is old by a doubtful clock."""
        now = self._clock.now()
        if anew:
            self._next = 0.0
        if now < self._next or not self._clock.is_trusted:
            return
        self._next = now + _EVERY_SECONDS
        self._retention.advance()
        pdus_before = self._retention.pdus_before
        with self._store.transaction() as tables:
            self._to_prune = [meter.id for meter in tables.meters.all()]
            tables.hour_ageing.delete_old(
                cells_before=self._retention.sealed_before, pdus_before=pdus_before
            )
            tables.hours.old_cells.delete(self._retention.old_cells_before)
            tables.stretches.delete_pdus(pdus_before)
            tables.doubts.delete_pdus(pdus_before)
            tables.unseen.delete_pdus(pdus_before)
            tables.refusals.delete_pdus(pdus_before)
            tables.refusals.thin(pdus_before)
            tables.history.thin(now)
            tables.episodes.delete_old(now - _EPISODES_SECONDS)
        self._to_pack = list(self._packable())

    def work(self) -> None:
        """Do a part of what there is to do."""
        if self._to_pack:
            with self._store.transaction() as tables:
                for one in self._to_pack[:_PACKED_AT_ONCE]:
                    tables.hour_ageing.pack(one.meter, one.number)
            del self._to_pack[:_PACKED_AT_ONCE]
        if self._to_prune:
            with self._store.transaction() as tables:
                tables.readings.delete_old(
                    self._to_prune[:_PRUNED_AT_ONCE], self._retention.sealed_before
                )
            del self._to_prune[:_PRUNED_AT_ONCE]

    def _packable(self) -> Iterator[_Unpacked]:
        """Return the oldest thirty days that are sealed and not packed yet, of every meter.

        Hours of PDUs are deleted before they could be packed.
        """
        sealed = self._retention.sealed_before
        with self._store.read() as tables:
            number = tables.hour_ageing.oldest_unpacked(sealed - sealed % BLOCK_MS)
            if number is not None:
                yield from (
                    _Unpacked(meter.id, number)
                    for meter in tables.meters.all()
                    if meter.kind != "pdu"
                )
