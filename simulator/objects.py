"""The objects of a layout in the making: texts that name rows, and values that are shown."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, replace

from collectors.facility.snmp.reading import Reading
from simulator import ber
from simulator.measures import State
from simulator.shown import Shown


@dataclass(slots=True)
class DraftObjects:
    """What has a place already, by OID: an object has a text or a value, never both."""

    said: dict[str, str] = field(default_factory=dict)
    shown: dict[str, Shown | bytes] = field(default_factory=dict)

    def is_free(self, reading: Reading, oid: str) -> bool:
        """Return whether a reading may use an object: a free one, or a shared state."""
        there = self.shown.get(oid)
        shared = reading.map and isinstance(there, Shown) and there.states
        return (
            reading.constant is not None or bool(shared) or (there is None and oid not in self.said)
        )

    def agree(self, texts: Mapping[str, str | None]) -> bool:
        """Return whether the texts of columns agree with all that is laid out."""
        return all(
            at not in self.shown and (text is None or self.said.get(at, text) == text)
            for at, text in texts.items()
        )

    def show(self, oid: str, made: Shown) -> None:
        """Show a value; where an object shows states already, these are added to them."""
        there = self.shown.get(oid)
        self.shown[oid] = (
            replace(there, states=(*there.states, *made.states))
            if isinstance(there, Shown)
            else made
        )

    def show_row(self, oid: str) -> None:
        """Show that a row is there, where only that counts and not its value."""
        if oid not in self.said:
            self.shown.setdefault(oid, ber.integer(1))

    def raw(self, state: State) -> dict[str, object]:
        """Return the value of each object in a state, as an SNMP session returns it."""
        tree: dict[str, object] = {oid: text.encode() for oid, text in self.said.items()}
        for oid, cell in self.shown.items():
            text = None if isinstance(cell, bytes) else cell.said(state)
            if text is not None:
                tree[oid] = text.encode()
            else:
                tree[oid] = 1 if isinstance(cell, bytes) else cell.raw(state)
        return tree
