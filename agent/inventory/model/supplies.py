"""What stands above the breakers: sources, switchboards, transfer switches and UPSs."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Literal

from agent.inventory.model.checks import check_name
from collectors.strict import Positive

SupplyKind = Literal["utility", "generator", "solar", "switchboard", "transfer_switch", "ups"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Supply:
    """One source of power, switchboard, transfer switch or UPS.

    Its power and its state are those of the meter or device with the same name, or with the name
    in `device`.
    """

    supply: str
    site: str
    kind: SupplyKind
    capacity_watts: Positive | None = None
    upstream: str = field(default="", metadata={"help": "what feeds it: of a UPS or a switchboard"})
    inputs: dict[str, str] = field(
        default_factory=dict,
        metadata={
            "help": "of a transfer switch: the supply at each input, by the switch's own name of it"
        },
    )
    joins: str = field(
        default="",
        metadata={"help": "of a solar plant: the supply that its power flows into, beside others"},
    )
    device: str = field(
        default="", metadata={"help": "the meter or device that measures it, if named otherwise"}
    )

    def __post_init__(self) -> None:
        """Check what can be seen from the supply alone."""
        check_name("supply", self.supply)
        if (self.kind == "transfer_switch") != bool(self.inputs):
            message = "inputs: a transfer switch needs them, and nothing else may have them"
            raise ValueError(message)
        if self.upstream and self.kind not in ("ups", "switchboard"):
            message = "upstream: only a UPS or a switchboard has one; a transfer switch has inputs"
            raise ValueError(message)
        if self.joins and self.kind != "solar":
            message = "joins: only a solar plant has it"
            raise ValueError(message)
        if self.supply in (self.upstream, self.joins, *self.inputs.values()):
            message = "upstream: a supply cannot feed itself"
            raise ValueError(message)

    @property
    def measured_by(self) -> str:
        """The name of the meter or device that measures it."""
        return self.device or self.supply

    def fed_by(self) -> Iterator[tuple[str, str]]:
        """Yield each supply that feeds it, or may, after the key that states it."""
        if self.upstream:
            yield "upstream", self.upstream
        for name, supply in self.inputs.items():
            yield f"inputs.{name}", supply
