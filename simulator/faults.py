"""Faults a simulated device can be given: at once, or from one second of the run to another."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import Final, Literal, get_args

Fault = Literal["silent", "garbage", "slow", "stuck", "reset", "replaced"]
FAULTS: Final[tuple[Fault, ...]] = get_args(Fault)
AMOUNTS: Final[dict[Fault, float]] = {"slow": 2.0, "reset": 0.0, "replaced": 98765.4}
"""The default number of a fault: seconds until an answer, or the kilowatt-hours that the register
shows from then on."""
_EVENTS: Final = ("reset", "replaced")
_JOULES: Final = 3.6e6


@dataclass(frozen=True, slots=True, kw_only=True)
class PlannedFault:
    """A fault of a device; `since` and `until` are seconds since the start of the run."""

    device: str
    fault: Fault
    amount: float | None = None
    since: float = 0.0
    until: float | None = None


def parse_fault(text: str) -> PlannedFault:
    """Parse `A07-A=silent`, `A07-A=slow:4@60` or `main-1=garbage@60-120`; raises ValueError."""
    match = re.fullmatch(
        r"([^=]+)=(\w+)(?::(\d+(?:\.\d+)?))?(?:@(\d+(?:\.\d+)?)(?:-(\d+(?:\.\d+)?))?)?", text
    )
    fault = next((known for known in FAULTS if match and match[2] == known), None)
    if match is None or fault is None or (match[3] and fault not in AMOUNTS):
        raise ValueError(
            f"expected DEVICE={'|'.join(FAULTS)}[:NUMBER][@SECONDS[-SECONDS]], got {text!r}"
        )
    since = float(match[4] or 0)
    until = float(match[5]) if match[5] else None
    if until is not None and fault in _EVENTS:
        raise ValueError(f"{fault} happens once and does not end: {text!r}")
    if until is not None and until <= since:
        raise ValueError(f"a fault that ends before it begins: {text!r}")
    amount = float(match[3]) if match[3] else None
    return PlannedFault(device=match[1], fault=fault, amount=amount, since=since, until=until)


class Health:
    """A device's faults, the time it has run, and the state of its register and clock."""

    __slots__ = ("delay", "fault", "frozen_at", "offset", "started")

    def __init__(self, started: float) -> None:
        self.started = started
        self.fault: Fault | None = None
        self.delay = 0.0
        self.offset = 0.0
        """Joules to be added to what the model says the register has counted."""
        self.frozen_at: float | None = None

    def set(self, fault: Fault | None, amount: float | None, *, now: float, counted: float) -> None:
        """Set a fault, or end it.

        `counted` is what the model's register shows now, in joules.
        """
        number = AMOUNTS.get(fault, 0.0) if amount is None and fault else amount or 0.0
        if fault in _EVENTS:  # an event has no duration, but its change of the register stays
            self.offset = number * _JOULES - counted
            self.started = now if fault == "replaced" else self.started
            return
        self.fault = fault
        self.delay = number if fault == "slow" else 0.0
        self.frozen_at = now if fault == "stuck" else None
