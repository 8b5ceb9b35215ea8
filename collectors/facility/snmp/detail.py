"""How much of a device is read: its inlet, also its phases, or every outlet as well.

Outlets are most of a PDU's objects. What is not wanted is left out of the plan, so it is never
asked for.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Final, Literal

from collectors.catalogue.devices import Kind

Level = Literal["inlet", "phase", "bank", "outlet", "sensor"]
Detail = Literal["inlet", "phase", "outlet"]

LEVELS: Final[tuple[Level, ...]] = ("inlet", "phase", "bank", "outlet", "sensor")
READ: Final[Mapping[Detail, frozenset[Level]]] = {
    "inlet": frozenset(("inlet", "sensor")),
    "phase": frozenset(("inlet", "phase", "bank", "sensor")),
    "outlet": frozenset(LEVELS),
}
"""The levels that each detail reads. Sensors are few, so every detail has them."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Depth:
    """How much of a device is read, and how often what moves slowly.

    Devices whose config says the same share one.

    Of what is given, the most particular counts: the device's own word, then its profile's, then
    that of its kind, then `otherwise`.
    """

    own: Detail | None = None
    kinds: Mapping[Kind, Detail] = field(default_factory=dict)
    otherwise: Detail = "outlet"
    only: frozenset[Level] | None = None
    """The levels that the config lists one by one, instead of a detail."""
    slow_interval: float = 0.0
    """How often readings that move slowly are read, in seconds; 0 for every round."""
    notice: str = ""
    """Says that the default was chosen for a large gateway; empty otherwise."""

    def levels(self, kind: Kind, of_profile: Detail | None) -> frozenset[Level]:
        """Return the levels to read of a device of a kind; `of_profile` is its profile's detail."""
        if self.only is not None:
            return self.only
        return READ[self.own or of_profile or self.kinds.get(kind, self.otherwise)]
