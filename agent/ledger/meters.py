"""The meters as the readings name them: where each counts, what it can show, and what it said last."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING, Final, NamedTuple

from agent.ledger.registers import Step
from collectors.base import Series

if TYPE_CHECKING:
    from agent.inventory.model import Inventory

_PDU_HEADROOM: Final = 2.0
"""A PDU whose rating nobody states cannot draw more than this many times what its feed carries."""

Spans = Callable[["Series"], float | None]
"""Tells at how many joules a register begins again at 0, where its device says."""


class Limits(NamedTuple):
    """What a meter can show: the watts it is rated for, and the joules at which its register begins again at 0."""

    rating: float | None = None
    wrap: float | None = None


class Meter:
    """A meter as the readings name it."""

    __slots__ = (
        "id",
        "kind",
        "name",
        "point",
        "rating",
        "register",
        "site",
        "span",
        "step",
        "wrap",
    )

    def __init__(self, site: str, name: str, kind: str, label: str, inventory: Inventory) -> None:
        self.id: int | None = None
        self.site, self.name, self.kind = site, name, kind
        listed = inventory.meters.get((site, name))
        self.point = point_of(inventory, site, name, kind, label)
        self.rating = listed.rating_watts if listed else None
        self.wrap = listed.wrap_joules if listed else None
        self.register: Series | None = None
        self.span: float | None = None
        self.step = Step()
        if self.rating is None and kind == "pdu" and (fed := inventory.pdus.get(name)) is not None:
            capacity = fed.rack.feeds[fed.feed].capacity_watts
            self.rating = capacity * _PDU_HEADROOM if capacity else None

    def limits(self, spans: Spans | None) -> Limits:
        """Return what its register can show; its width is the inventory's, else what its device's profile says by now.

        A device is asked every time, for it may be discovered after its first reading; what it once said stays good.
        """
        if self.wrap is not None:
            return Limits(self.rating, self.wrap)
        if spans is not None and self.register is not None:
            self.span = spans(self.register) or self.span
        return Limits(self.rating, self.span)


class Channel:
    """One quantity of one meter, with what it said last."""

    __slots__ = ("last", "meter", "quantity", "slot", "slot_ms")

    def __init__(self, meter: Meter, quantity: int, slot_ms: int) -> None:
        self.meter, self.quantity, self.slot_ms = meter, quantity, slot_ms
        self.forget()

    def forget(self) -> None:
        """Know nothing of what it said before."""
        self.slot = -1
        self.last = (-1, 0.0)


def kind_of(inventory: Inventory, site: str, name: str) -> str:
    """Return what kind of meter a name of the inventory is: pdu, water or meter."""
    listed = inventory.meters.get((site, name))
    if listed is not None and listed.point == "water":
        return "water"
    return "pdu" if name in inventory.pdus else "meter"


def point_of(inventory: Inventory, site: str, name: str, kind: str, label: str) -> str:
    """Return where a meter counts: where the inventory says, else where its readings say; PDUs at `pdu_output`."""
    if kind == "export":
        return "export"
    if kind == "water":
        return "water"
    listed = inventory.meters.get((site, name))
    if listed is not None and listed.point:
        return listed.point
    return "pdu_output" if kind == "pdu" else label or "other"
