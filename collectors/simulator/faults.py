"""Faults a simulated device can be given: at once, or from one second of the run to another."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import Final, Literal, get_args

Fault = Literal["silent", "garbage"]
FAULTS: Final[tuple[Fault, ...]] = get_args(Fault)


@dataclass(frozen=True, slots=True, kw_only=True)
class PlannedFault:
    """A device's name, its fault, and from when to when: seconds since the start of the run."""

    device: str
    fault: Fault
    since: float = 0.0
    until: float | None = None


def parse_fault(text: str) -> PlannedFault:
    """Parse `A07-A=silent`, `A07-A=silent@60` or `main-1=garbage@60-120`; raises ValueError."""
    match = re.fullmatch(r"([^=]+)=(\w+)(?:@(\d+(?:\.\d+)?)(?:-(\d+(?:\.\d+)?))?)?", text)
    fault = next((known for known in FAULTS if match and match[2] == known), None)
    if match is None or fault is None:
        raise ValueError(f"expected DEVICE={'|'.join(FAULTS)}[@SECONDS[-SECONDS]], got {text!r}")
    since = float(match[3] or 0)
    until = float(match[4]) if match[4] else None
    if until is not None and until <= since:
        raise ValueError(f"a fault that ends before it begins: {text!r}")
    return PlannedFault(device=match[1], fault=fault, since=since, until=until)
