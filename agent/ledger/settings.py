"""How much the ledger keeps, and for how long."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

from agent.ledger.clock import TrustedClock
from agent.ledger.energy import floor_hour

_RESOLUTIONS: Final = ((2_000, 60), (20_000, 300))
"""Pairs: up to this many PDUs, one reading of each is kept in this many seconds."""
_COARSEST: Final = 900
PDU_DAYS: Final = 35
"""Days for which an agent keeps hours of single PDUs."""


@dataclass(frozen=True, slots=True, kw_only=True)
class LedgerSettings:
    """How much the ledger keeps; times are in seconds.

    Of each PDU one reading is kept in `pdu_resolution` seconds, which must divide an hour; None
    chooses by the number of PDUs. Facility meters keep every reading. `tidy` says whether old
    data is deleted. A command beside the agent does not delete any: the hours it is given may be
    needed by its next call.
    """

    retention: float = 48 * 3600.0
    flush_interval: float = 5.0
    pdu_resolution: int | None = None
    pdu_hours: float = PDU_DAYS * 86400.0
    tidy: bool = True

    def resolution(self, pdus: int) -> int:
        """Return the seconds between two readings kept of one PDU."""
        if self.pdu_resolution is not None:
            return self.pdu_resolution
        return next((seconds for most, seconds in _RESOLUTIONS if pdus <= most), _COARSEST)


_OLD_CELLS_SECONDS: Final = 3 * 366 * 86400.0
"""A year's statement is checked within some years of it."""


class Retention:
    """From when on readings and PDUs' hours are kept; both times are whole hours.

    Readings before `sealed_before` may be deleted, so hours before it can no longer be computed
    from them. It is moved by `advance` only, when the old readings are in fact deleted.
    """

    def __init__(self, settings: LedgerSettings, clock: TrustedClock) -> None:
        self._settings, self._clock = settings, clock
        self.sealed_before = self._ago(settings.retention)

    def advance(self) -> None:
        """Seal the hours that are older than the retention by now."""
        self.sealed_before = self._ago(self._settings.retention)

    def move_back(self) -> None:
        """Accept older readings again, after the clock went back."""
        self.sealed_before = min(self.sealed_before, self._ago(self._settings.retention))

    @property
    def now(self) -> int:
        """The first millisecond of the present hour."""
        return self._ago(0.0)

    @property
    def time(self) -> int:
        """The present time, in milliseconds."""
        return round(self._clock.now() * 1000)

    @property
    def old_cells_before(self) -> int:
        """The five-minute cells of meters before this are deleted, in milliseconds."""
        return self._ago(_OLD_CELLS_SECONDS)

    @property
    def pdus_before(self) -> int:
        """Hours of single PDUs before this are deleted, in milliseconds."""
        return self._ago(self._settings.pdu_hours)

    def _ago(self, seconds: float) -> int:
        return floor_hour(round((self._clock.now() - seconds) * 1000))
