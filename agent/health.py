"""How each collector is doing, as the runner knows it and the board shows it."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True, kw_only=True)
class CollectorHealth:
    """How one collector of one device is doing. Times are wall-clock seconds since the epoch."""

    collector: str
    device: str = ""
    ok: bool | None = None
    """Whether the last round succeeded; None before the first round has ended."""
    last_success: float | None = None
    last_error: str = ""
    notice: str = ""
    """What was left out of the last round, though it succeeded."""
    shared_notice: str = ""
    """What it has to say together with many other collectors."""
    duration: float | None = None
    """Seconds the last round took."""
    interval: float = 15.0
