"""A mapping of a file as a model: its keys are the model's fields."""

from __future__ import annotations

import dataclasses
import typing
from collections.abc import Mapping, Sequence
from functools import cache
from typing import Any, Final, Protocol

import yaml

from collectors.strict.forms import Form, form_of
from collectors.strict.merge import Pairs
from collectors.strict.nodes import descend, is_null
from collectors.strict.problems import describe, nearest


class Reader(Protocol):
    """The document that a model is read from."""

    @property
    def errors(self) -> Sequence[Exception]:
        """The mistakes found so far."""

    def pairs(self, node: yaml.MappingNode) -> Pairs:
        """Return a mapping's pairs."""

    def convert(self, node: yaml.Node | None, kind: Any, key: str) -> Any:
        """Build a value of a type."""

    def fail(self, node: yaml.Node | None, key: str, message: str) -> None:
        """Note a mistake."""


class _Found:
    """What stands in a mapping: values by field, their nodes, and the texts under further keys."""

    def __init__(self) -> None:
        self.values: Final[dict[str, Any]] = {}
        self.nodes: Final[dict[str, yaml.Node]] = {}
        self.rest: Final[dict[str, str]] = {}


def read_model(reader: Reader, node: yaml.Node | None, model: type, key: str) -> Any:
    """Build a model of a mapping; notes mistakes, and returns None where there are any."""
    fields, before = _fields(model), len(reader.errors)
    alone = _alone(model)
    if alone is not None and isinstance(node, yaml.ScalarNode) and not is_null(node):
        found = _Found()
        found.values[alone] = reader.convert(node, _forms(model)[alone], key)
        return _made(reader, node, model, found, key) if len(reader.errors) == before else None
    if not (isinstance(node, yaml.MappingNode) or is_null(node)):
        reader.fail(node, key, f"expected a mapping with the keys {', '.join(fields)}")
        return None
    found = _Found()
    for key_node, value in reader.pairs(node) if isinstance(node, yaml.MappingNode) else ():
        _read_field(reader, model, found, key_node, value, key)
    for name in _required(model):
        if name not in found.nodes:
            expected = describe(_forms(model)[name].given)
            reader.fail(node, _below(key, name), f"missing; expected {expected}")
    return _made(reader, node, model, found, key) if len(reader.errors) == before else None


def _read_field(
    reader: Reader,
    model: type,
    found: _Found,
    key_node: yaml.ScalarNode,
    value: yaml.Node,
    key: str,
) -> None:
    """Read one key of a mapping."""
    fields, rest = _fields(model), _rest(model)
    name = str(key_node.value)
    path = _below(key, name)
    if name in found.nodes:
        line = found.nodes[name].start_mark.line + 1
        reader.fail(key_node, path, f"given twice (first in line {line})")
    elif name in fields:
        found.nodes[name] = value
        found.values[name] = reader.convert(value, _forms(model)[name], path)
    elif rest is not None and rest.metadata["rest"](name):
        found.rest[name] = reader.convert(value, str, path)
    else:
        reader.fail(key_node, path, "unknown key" + nearest(name, fields))


def _made(reader: Reader, node: yaml.Node | None, model: type, found: _Found, key: str) -> Any:
    """Make the model; its own check may refuse, with `field: message` or a message alone."""
    rest = _rest(model)
    values = found.values if rest is None else found.values | {rest.name: found.rest}
    try:
        return model(**values)
    except ValueError as error:
        name, _, message = str(error).partition(": ")
        at = descend(found.nodes, name) if message else None
        path = ".".join(part for part in (key, name if message else "") if part)
        reader.fail(at or node, path, message or str(error))
        return None


def _below(key: str, name: str) -> str:
    return f"{key}.{name}" if key else name


@cache
def _fields(model: type) -> Mapping[str, dataclasses.Field[Any]]:
    fields = dataclasses.fields(model)
    return {field.name: field for field in fields if field.init and "rest" not in field.metadata}


@cache
def _rest(model: type) -> dataclasses.Field[Any] | None:
    """Return the field that takes the texts under all further keys, if there is one."""
    return next((field for field in dataclasses.fields(model) if "rest" in field.metadata), None)


@cache
def _alone(model: type) -> str | None:
    """Return the field that a plain scalar in the place of the mapping fills, if there is one."""
    fields = dataclasses.fields(model)
    return next((field.name for field in fields if "alone" in field.metadata), None)


@cache
def _forms(model: type) -> Mapping[str, Form]:
    hints = typing.get_type_hints(model, include_extras=True)
    return {name: form_of(given) for name, given in hints.items()}


@cache
def _required(model: type) -> Sequence[str]:
    missing = dataclasses.MISSING
    return [
        name
        for name, field in _fields(model).items()
        if field.default is missing and field.default_factory is missing
    ]
