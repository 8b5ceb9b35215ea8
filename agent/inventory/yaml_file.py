"""Read an inventory from YAML, strictly: every mistake with its line, all at once.

A hub has tens of thousands of racks. A YAML tree of them takes 600 MB and a quarter of a minute. So
the file is read as a stream of events, and only one item's nodes exist at a time.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

import yaml

from agent.inventory.assemble import Assembly, Item
from agent.inventory.model import Breaker, Inventory, Meter, Rack, Site, Supply
from agent.inventory.text import no_garbage_collection, text_of
from collectors.strict import Problems
from collectors.strict.nodes import LOADER, line_of_character

_NULL, _STR, _SEQ, _MAP = (f"tag:yaml.org,2002:{name}" for name in ("null", "str", "seq", "map"))
_NULLS: Final = frozenset(("", "~", "null", "Null", "NULL"))
_SPECIAL: Final = dict.fromkeys(_NULLS, _NULL) | {"<<": "tag:yaml.org,2002:merge"}
_MODELS: Final[Mapping[str, type[Item]]] = {
    "sites": Site,
    "supplies": Supply,
    "breakers": Breaker,
    "racks": Rack,
    "meters": Meter,
}
_COMPLETE: Final = "complete"
"""The one key beside the lists: `complete: true` says that they hold the whole hub."""


def read_yaml(
    path: Path, hub: str, *, text: str | None = None, base: Inventory | None = None
) -> Inventory:
    """Read the YAML form; raises Problems. `text` stands for the file's content in tests."""
    assembly = Assembly(path, hub, base)
    source = text_of(path) if text is None else text
    with no_garbage_collection():
        try:
            for one in _items(_Events(source), assembly):
                item = assembly.document.convert(
                    one.node, _MODELS[one.section], f"{one.section}[{one.number}]"
                )
                if item is not None:
                    assembly.add(item, one.node.start_mark.line + 1, one.number)
        except yaml.MarkedYAMLError as error:
            line = error.problem_mark.line + 1 if error.problem_mark else 0
            assembly.fail(line, "", f"is not YAML: {error.problem or error.context}")
            raise Problems(assembly.document.errors) from None
        except (yaml.YAMLError, RecursionError, ValueError) as error:
            reason = (str(error) or type(error).__name__).splitlines()[0]
            assembly.fail(line_of_character(error, source), "", f"is not YAML: {reason}")
            raise Problems(assembly.document.errors) from None
        return assembly.finish()


class _Events:
    """YAML's events, composed into nodes one branch at a time."""

    def __init__(self, text: str) -> None:
        self._events = yaml.parse(text, Loader=LOADER)
        self._anchors: dict[str, yaml.Node] = {}

    def next(self) -> yaml.Event:
        """Return the next event."""
        return next(self._events)

    def node(self, event: yaml.Event) -> yaml.Node:
        """Compose the node that an event begins."""
        node: yaml.Node
        start: Any = event.start_mark  # the stubs know only the marks of pure Python
        if isinstance(event, yaml.ScalarEvent):
            # The models ask of a plain scalar only whether it is null; resolving every tag would
            # take as long as parsing.
            value, end = event.value, event.end_mark
            tag = event.tag or (_SPECIAL.get(value, _STR) if event.implicit[0] else _STR)
            node = yaml.ScalarNode(tag, value, start, end, event.style)  # type: ignore[arg-type] # as above
        elif isinstance(event, yaml.AliasEvent):
            if event.anchor not in self._anchors:
                raise yaml.MarkedYAMLError(
                    problem=f"found undefined alias {event.anchor!r}", problem_mark=start
                )
            return self._anchors[event.anchor]
        elif isinstance(event, yaml.SequenceStartEvent):
            node = yaml.SequenceNode(_SEQ, self._children(yaml.SequenceEndEvent), start)
        else:
            children = self._children(yaml.MappingEndEvent)
            pairs = list(zip(children[::2], children[1::2], strict=True))
            node = yaml.MappingNode(_MAP, pairs, start)
        if isinstance(event, yaml.NodeEvent) and event.anchor:
            self._anchors[event.anchor] = node
        return node

    def _children(self, end: type[yaml.Event]) -> list[yaml.Node]:
        found: list[yaml.Node] = []
        for event in self._events:
            if isinstance(event, end):
                break
            found.append(self.node(event))
        return found


@dataclass(frozen=True, slots=True)
class _ItemNode:
    """The node of one item, its list, and its number there."""

    section: str
    number: int
    node: Any


def _items(events: _Events, assembly: Assembly) -> Iterator[_ItemNode]:
    """Yield the items of the lists one by one; notes unknown keys."""
    event = events.next()
    while isinstance(event, (yaml.StreamStartEvent, yaml.DocumentStartEvent)):
        event = events.next()
    if isinstance(event, yaml.StreamEndEvent):
        return
    if isinstance(event, yaml.MappingStartEvent):
        yield from _sections(events, assembly)
    elif not (isinstance(event, yaml.ScalarEvent) and event.value in _NULLS):
        message = f"expected a mapping with the keys {', '.join(_MODELS)}"
        assembly.document.fail(events.node(event), "", message)
    while not isinstance(event, yaml.StreamEndEvent):
        event = events.next()
        if isinstance(event, yaml.DocumentStartEvent):
            raise yaml.YAMLError("expected a single document")


def _sections(events: _Events, assembly: Assembly) -> Iterator[_ItemNode]:
    document = assembly.document
    seen: dict[str, int] = {}
    while not isinstance(event := events.next(), yaml.MappingEndEvent):
        key_node = events.node(event)
        section = str(key_node.value)
        if section in seen or (section not in _MODELS and section != _COMPLETE):
            message = (
                f"given twice (first in line {seen[section]})"
                if section in seen
                else f"unknown key; expected one of {', '.join((*_MODELS, _COMPLETE))}"
            )
            document.fail(key_node, section, message)
            events.node(events.next())
            continue
        seen[section] = key_node.start_mark.line + 1
        event = events.next()
        if section == _COMPLETE:
            assembly.complete = bool(document.convert(events.node(event), bool, section))
            continue
        if not isinstance(event, yaml.SequenceStartEvent):
            whole = events.node(event)
            if whole.tag != _NULL:
                document.fail(whole, section, "expected a list of mappings")
            continue
        number = 0
        while not isinstance(event := events.next(), yaml.SequenceEndEvent):
            yield _ItemNode(section, number, events.node(event))
            number += 1
