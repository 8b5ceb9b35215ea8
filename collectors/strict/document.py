"""One parsed YAML file that remembers where each value stood, and builds models from it."""

from __future__ import annotations

import typing
from pathlib import Path
from typing import Any, Final, Literal, TypeVar

import yaml

from collectors.base import ConfigError
from collectors.strict.forms import Form, form_of
from collectors.strict.merge import Merges, Pairs
from collectors.strict.models import read_model
from collectors.strict.nodes import compose, find, is_null, plain
from collectors.strict.problems import Problems, describe, nearest
from collectors.strict.scalars import Parsed, Range, parse_scalar

T = TypeVar("T")

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
        self._folder: Final = self.path.parent
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
        """Build a value of type `kind` from a node; notes mistakes and returns None for them.

        `kind` is an annotation, or its form.
        """
        form = kind if isinstance(kind, Form) else form_of(kind)
        if form.members:
            if form.or_none and is_null(node):
                return None
            # The first of the node's shape decides: `Path | NetBox` takes a scalar or a mapping.
            members = form.members
            form = next((one for one in members if one.fits(node)), members[0])
            return self.convert(node, form, key)
        return self._structure(node, form, key)

    def _structure(self, node: yaml.Node | None, form: Form, key: str) -> Any:
        if form.is_model:
            return read_model(self, node, typing.cast("type", form.kind), key)
        if form.origin is dict:
            return self._mapping(node, form, key)
        if form.inner:
            return self._sequence(node, form, key)
        if form.kind is yaml.Node:  # kept as it stands: another model reads it once it is known
            return node
        return plain(node) if form.kind is Any else self._scalar(node, form, key)

    def _sequence(self, node: yaml.Node | None, form: Form, key: str) -> Any:
        item = form.inner[0]
        if not isinstance(node, yaml.SequenceNode):
            self.fail(node, key, f"expected a list of {describe(item.given)}")
            return None
        return form.origin(
            [self.convert(child, item, f"{key}[{n}]") for n, child in enumerate(node.value)]
        )

    def _mapping(self, node: yaml.Node | None, form: Form, key: str) -> Any:
        names, item = form.inner
        if is_null(node):
            return {}
        if not isinstance(node, yaml.MappingNode):
            self.fail(node, key, f"expected a mapping to {describe(item.given)}")
            return None
        found: dict[Any, Any] = {}
        for key_node, value in node.value:
            name = self.convert(key_node, names, key)
            path = f"{key}.{name}" if key else str(name)
            if name in found:
                self.fail(key_node, path, "given twice")
            found[name] = self.convert(value, item, path)
        return found

    def _scalar(self, node: yaml.Node | None, form: Form, key: str) -> Any:
        if not isinstance(node, yaml.ScalarNode):
            self.fail(node, key, _expected(form))
            return None
        text = node.value
        if form.kind is str and not form.marks and not is_null(node):
            return text  # as half of what an inventory holds
        try:
            value = self._parse(node, form)
        except (ValueError, OverflowError):
            shown = text if len(text) <= _MAX_SHOWN else text[: _MAX_SHOWN - 3] + "…"
            choices = typing.get_args(form.kind) if form.origin is Literal else ()
            near = nearest(text, choices, listed=False) if choices else ""
            self.fail(node, key, f"{_expected(form)}, got {shown!r}{near}")
            return None
        for mark in form.marks:
            if isinstance(mark, Range) and not mark.least <= value <= mark.most:
                self.fail(node, key, f"{_expected(form)}, got {text}")
        return value

    def _parse(self, node: yaml.ScalarNode, form: Form) -> Any:
        for mark in form.marks:
            if isinstance(mark, Parsed):
                return mark.parse(node.value)
        return parse_scalar(node.value, form.kind, self._folder, null=is_null(node))


def _expected(form: Form) -> str:
    """Say what a scalar should have been."""
    return f"expected {describe(form.given)}"
