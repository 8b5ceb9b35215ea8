"""Breakers: what feeds the racks, and what takes over their load if a breaker fails."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Annotated

from agent.inventory.model.checks import check_name
from collectors.strict import Positive, Range


@dataclass(frozen=True, slots=True, kw_only=True)
class Breaker:
    """One breaker, busbar or panel that feeds racks or other breakers.

    Its capacity is `capacity_watts`, or what `rated_amperes` carry at a power factor of 1; where
    both are stated, the smaller. Of a pair, each breaker carries the other's load if that one
    fails. `upstream` is the breaker that feeds this one. `supply` is what feeds the topmost
    breaker: a UPS, a transfer switch or a source.
    """

    breaker: str
    site: str
    rated_amperes: Positive | None = None
    capacity_watts: Positive | None = None
    phases: Annotated[int, Range(1, 3)] = 3
    volts: Positive = field(default=230.0, metadata={"help": "phase to neutral, as rated"})
    pair: str = ""
    upstream: str = ""
    supply: str = ""

    def __post_init__(self) -> None:
        """Check what can be seen from the breaker alone."""
        check_name("breaker", self.breaker)
        if self.phases not in {1, 3}:
            message = "phases: expected 1 or 3"
            raise ValueError(message)
        for key, other in (("pair", self.pair), ("upstream", self.upstream)):
            if other == self.breaker:
                message = f"{key}: a breaker cannot be its own {key}"
                raise ValueError(message)
        if self.supply and self.upstream:
            message = "supply: a breaker with an upstream is fed by that one"
            raise ValueError(message)
        if self.rated_amperes is None and self.capacity_watts is None:
            message = "rated_amperes: missing; state it, or capacity_watts"
            raise ValueError(message)

    @property
    def capacity(self) -> float:
        """What it can carry, watts."""
        rated = (
            self.rated_amperes * self.volts * self.phases
            if self.rated_amperes is not None
            else None
        )
        return min(watts for watts in (rated, self.capacity_watts) if watts is not None)
