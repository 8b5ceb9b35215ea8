"""One parsed YAML file that remembers where each value stood, and builds models from it."""

from __future__ import annotations

import dataclasses
import types
import typing
from pathlib import Path
from typing import Annotated, Any, Final, Literal, TypeVar, Union

import yaml

from collectors.base import ConfigError
from collectors.strict.merge import Merges, Pairs
from collectors.strict.models import read_model
from collectors.strict.nodes import compose, find, fits, is_null, plain
from collectors.strict.problems import Problems, describe, nearest
from collectors.strict.scalars import Parsed, Range, parse_scalar

T = TypeVar("T")
Marks = tuple[Any, ...]

_MAX_SHOWN: Final = 60


def read(path: Path | str, model: type[T], *, text: str | None = None) -> T:
    """Read one YAML file as `model`; raises Problems with every mistake found.

    Relative paths in fields of type Path are taken from the file's folder. `text` stands for the
    file's content in tests.
    """
    return Document(path, text=text).build(model)


class Document:
    """A file, and the mistakes found in it so far."""

    def __init__(self, path: Path | str, *, text: str | None = None) -> None:
        self.path = Path(path)
        self.name = str(path)
        self.errors: list[ConfigError] = []
        self.root = compose(self.path, self.name, text)
        self._merges = Merges(lambda node: self.fail(node, "<<", "expected a mapping to merge"))

    def build(self, model: type[T]) -> T:
        """Build `model` from the whole file; raises Problems."""
        try:
            value = self.convert(self.root, model, "")
        except RecursionError:  # an alias that holds itself
            self.fail(None, "", "is nested too deeply")
        if self.errors:
            raise Problems(self.errors)
        return typing.cast("T", value)

    def node(self, key: str) -> yaml.Node | None:
        """Return what stands at a key such as `a.b[0].c`, or at the nearest one above it."""
        return find(self.root, key)

    def line(self, key: str) -> int:
        """Return the line of a key, or of the nearest one above it; 0 where the file is empty."""
        node = self.node(key)
        return node.start_mark.line + 1 if node is not None else 0

    def section(self, key: str, kind: type[T]) -> T | None:
        """Build one part of the file, and leave the rest unread; None where it is not there.

        Notes mistakes, and returns None for them.
        """
        node = self.node(key)
        parent = self.node(key.rpartition(".")[0]) if "." in key else self.root
        if node is None or node is parent or is_null(node):
            return None
        return typing.cast("T | None", self.convert(node, kind, key))

    def plain(self) -> Any:
        """Return the whole file as plain Python data, for who only looks at a key of it."""
        return plain(self.root)

    def pairs(self, node: yaml.MappingNode) -> Pairs:
        """Return a mapping's pairs, with those it takes from others by YAML's merge key `<<`."""
        return self._merges.pairs(node)

    def fail(self, node: yaml.Node | None, key: str, message: str) -> None:
        """Note a mistake at a node and go on, so that one run shows all of them."""
        line = node.start_mark.line + 1 if node is not None else 1
        self.errors.append(ConfigError(message, file=self.name, line=line, key=key))

    def convert(self, node: yaml.Node | None, kind: Any, key: str) -> Any:
        """Build a value of type `kind` from a node; notes mistakes and returns None for them."""
        if kind is str or kind is int or kind is float:  # nearly everything an inventory holds
            return self._scalar(node, kind, (), key)
        marks: Marks = ()
        if typing.get_origin(kind) is Annotated:
            kind, *rest = typing.get_args(kind)
            marks = tuple(rest)
        if typing.get_origin(kind) in (Union, types.UnionType):
            return self._union(node, kind, marks, key)
        if kind is yaml.Node:  # kept as it stands: another model reads it once it is known which
            return node
        if kind is Any:
            return plain(node)
        return self._structure(node, kind, marks, key)

    def _structure(self, node: yaml.Node | None, kind: Any, marks: Marks, key: str) -> Any:
        origin, args = typing.get_origin(kind), typing.get_args(kind)
        if dataclasses.is_dataclass(kind):
            return read_model(self, node, typing.cast("type", kind), key)
        if origin in (list, tuple):
            return self._sequence(node, origin, args[0], key)
        if origin is dict:
            return self._mapping(node, args[0], args[1], key)
        return self._scalar(node, kind, marks, key)

    def _union(self, node: yaml.Node | None, kind: Any, marks: Marks, key: str) -> Any:
        members = typing.get_args(kind)
        if types.NoneType in members and is_null(node):
            return None
        named = [member for member in members if member is not types.NoneType]
        # The first member of the node's shape decides: `Path | NetBox` takes a scalar or a mapping.
        member = next((one for one in named if fits(node, one)), named[0])
        return self.convert(node, Annotated[(member, *marks)] if marks else member, key)

    def _sequence(self, node: yaml.Node | None, origin: Any, item: Any, key: str) -> Any:
        if not isinstance(node, yaml.SequenceNode):
            self.fail(node, key, f"expected a list of {describe(item)}")
            return None
        return origin(
            [self.convert(child, item, f"{key}[{n}]") for n, child in enumerate(node.value)]
        )

    def _mapping(self, node: yaml.Node | None, key_kind: Any, item: Any, key: str) -> Any:
        if is_null(node):
            return {}
        if not isinstance(node, yaml.MappingNode):
            self.fail(node, key, f"expected a mapping to {describe(item)}")
            return None
        found: dict[Any, Any] = {}
        for key_node, value in node.value:
            name = self.convert(key_node, key_kind, key)
            path = f"{key}.{name}" if key else str(name)
            if name in found:
                self.fail(key_node, path, "given twice")
            found[name] = self.convert(value, item, path)
        return found

    def _scalar(self, node: yaml.Node | None, kind: Any, marks: Marks, key: str) -> Any:
        if not isinstance(node, yaml.ScalarNode):
            self.fail(node, key, _expected(kind, marks))
            return None
        text = node.value
        try:
            value = self._parse(node, kind, marks)
        except (ValueError, OverflowError):
            shown = text if len(text) <= _MAX_SHOWN else text[: _MAX_SHOWN - 3] + "…"
            choices = typing.get_args(kind) if typing.get_origin(kind) is Literal else ()
            near = nearest(text, choices, listed=False) if choices else ""
            self.fail(node, key, f"{_expected(kind, marks)}, got {shown!r}{near}")
            return None
        for mark in marks:
            if isinstance(mark, Range) and not mark.least <= value <= mark.most:
                self.fail(node, key, f"{_expected(kind, marks)}, got {text}")
        return value

    def _parse(self, node: yaml.ScalarNode, kind: Any, marks: Marks) -> Any:
        for mark in marks:
            if isinstance(mark, Parsed):
                return mark.parse(node.value)
        return parse_scalar(node.value, kind, self.path.parent, null=is_null(node))


def _expected(kind: Any, marks: Marks) -> str:
    """Say what a scalar should have been; only when it is wrong, for an inventory has a million."""
    return f"expected {describe(Annotated[(kind, *marks)] if marks else kind)}"
