"""One hub file that was read: its entries, and the places of mistakes in it."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

import yaml

from agent.hubs.entries import ExtensionEntry, HubEntry
from collectors.strict import Document

Entry = HubEntry | ExtensionEntry


@dataclass(frozen=True, slots=True)
class HubFile:
    """A file that describes a hub, or adds to one that another file describes."""

    document: Document
    entry: Entry

    @property
    def name(self) -> str:
        """The file's path, for messages."""
        return self.document.name

    def fail(self, message: str, *keys: str | int) -> None:
        """Note a mistake at a chain of keys and indexes, such as `"facts", 3, "kpi"`."""
        self.document.fail(self._at(*keys), _written(keys), message)

    def line(self, *keys: str | int) -> int:
        """Return the line where a chain of keys and indexes stands; 0 where there is none."""
        node = self._at(*keys)
        return node.start_mark.line + 1 if node is not None else 0

    def _at(self, *keys: str | int) -> yaml.Node | None:
        node = self.document.root
        for key in keys:
            node = _within(node, key)
        return node


def open_file(path: Path) -> HubFile:
    """Read one hub file; raises Problems with all mistakes in it."""
    document = Document(path)
    extends = _within(document.root, "extends") is not None
    entry = document.build(ExtensionEntry) if extends else document.build(HubEntry)
    return HubFile(document, entry)


def _within(node: yaml.Node | None, key: str | int) -> yaml.Node | None:
    if isinstance(key, int):
        known = isinstance(node, yaml.SequenceNode) and key < len(node.value)
        return node.value[key] if node is not None and known else None
    pairs = node.value if isinstance(node, yaml.MappingNode) else ()
    return next((value for name, value in pairs if name.value == key), None)


def _written(keys: tuple[str | int, ...]) -> str:
    """Write a chain of keys as it is read: `facts[3].kpi`."""
    return "".join(f"[{key}]" if isinstance(key, int) else f".{key}" for key in keys).lstrip(".")
