"""Accelerators that only the inventory knows: those of nodes that tell nothing of their chips."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Container, Iterator
from dataclasses import dataclass
from typing import Final

from agent.inventory.model import Inventory
from agent.targets.kpis import IN_SERVICE
from agent.targets.measure import Match
from collectors.accelerators.peaks import Peaks
from collectors.catalogue.limits import PRECISION

_PEAKS: Final = Peaks()


@dataclass(frozen=True, slots=True, kw_only=True)
class _Node:
    """A listed node's accelerators: how many, and which."""

    site: str
    vendor: str
    model: str
    count: int


@dataclass(frozen=True, slots=True)
class ListedChips:
    """The accelerators of all such nodes."""

    nodes: tuple[_Node, ...]

    @classmethod
    def of(cls, inventory: Inventory | None, telling: Container[tuple[str, str]]) -> ListedChips:
        """Take the nodes in service that are not among those telling, each a site and a node."""
        return cls(
            tuple(
                _Node(
                    site=rack.site,
                    vendor=device.vendor,
                    model=device.model,
                    count=device.accelerators,
                )
                for rack, device in (inventory.devices() if inventory is not None else ())
                if device.accelerators
                and rack.state == IN_SERVICE
                and (rack.site, device.node) not in telling
            )
        )

    def counts(self, holds: Callable[[str], bool], vendor: Match | None = None) -> list[int]:
        """Return the chips of each node at the sites that `holds` takes: one vendor's, or all."""
        return [
            node.count
            for node in self.nodes
            if holds(node.site) and (vendor is None or vendor.takes(node.vendor))
        ]

    def peaks(self, holds: Callable[[str], bool]) -> Iterator[tuple[float, int]]:
        """Yield the rated peak of a chip (operations a second), and how many such chips are listed.

        A model that has no rating is left out.
        """
        models: Counter[tuple[str, str]] = Counter()
        for node in self.nodes:
            if holds(node.site):
                models[node.vendor, node.model] += node.count
        for model, count in models.items():
            peak = _PEAKS.of(*model).get(PRECISION)
            if peak is not None:
                yield peak, count
