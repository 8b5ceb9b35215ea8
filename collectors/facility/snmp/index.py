"""The index of a row: its parts by name (SMIv2, RFC 2578, 7.7)."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass

from collectors.facility.snmp.table import Column, Table


@dataclass(frozen=True, slots=True)
class Index:
    """The parts of a row's index by name: as they stand in the OID, and as they are shown.

    The two differ only where a part is a string.
    """

    arcs: Mapping[str, str]
    shown: Mapping[str, str]

    def object(self, column: Column) -> str:
        """Return the object of a column that describes this row."""
        if not column.index:
            return f"{column.oid}.0"
        return ".".join((column.oid, *filter(None, (self.arcs[name] for name in column.index))))


def split_index(table: Table, row: str) -> Index | None:
    """Return the parts of a row's index by name; None if they do not fit the profile.

    An optional part that the device leaves out is empty.
    """
    parts = row.split(".")
    if table.has_texts():
        return _with_texts(table, parts)
    if len(parts) == len(table.index):
        arcs = dict(zip(table.parts(), parts, strict=True))
    elif len(parts) != sum(not name.endswith("?") for name in table.index):
        return None
    else:
        rest = iter(parts)
        arcs = {
            name.removesuffix("?"): "" if name.endswith("?") else next(rest) for name in table.index
        }
    return Index(arcs, arcs)


def _with_texts(table: Table, parts: Sequence[str]) -> Index | None:
    arcs: dict[str, str] = {}
    shown: dict[str, str] = {}
    left = list(parts)
    for name, written in zip(table.parts(), table.index, strict=True):
        _, is_text, length = written.partition("$")
        if not left:
            return None
        if not is_text:
            arcs[name] = shown[name] = left.pop(0)
            continue
        before = 0 if length else 1
        size = before + int(length or left[0])
        if size > len(left):
            return None
        taken, left = left[:size], left[size:]
        arcs[name], shown[name] = ".".join(taken), _text(taken[before:])
    return Index(arcs, shown) if not left else None


def _text(arcs: Sequence[str]) -> str:
    """Return a string of an index: its text, or its octets as `aa:bb` if they are no text."""
    octets = [int(arc) for arc in arcs]
    if all(32 <= octet < 127 for octet in octets):
        return bytes(octets).decode("ascii").strip()
    return ":".join(f"{octet:02x}" for octet in octets)


def indices(table: Table, rows: Mapping[str, object]) -> Iterator[Index]:
    """Yield the index of every row that fits a table."""
    for row in rows:
        index = split_index(table, row)
        if index is not None:
            yield index
