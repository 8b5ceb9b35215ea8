"""The sections of the config file: each is filled in by the model of its kind.

Mistakes are noted in the document, so that one run shows all of them.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field
from functools import partial
from typing import Generic, TypeVar

import yaml

from agent.needs import missing_for
from agent.settings import Http
from agent.sinks.base import SinkKind
from agent.sinks.kinds import TABLE, kind_of
from agent.sinks.output import Output
from collectors.base import CollectorKind
from collectors.strict import Document, is_null, nearest

K = TypeVar("K", CollectorKind, SinkKind)


@dataclass(frozen=True, slots=True, kw_only=True)
class Section(Generic[K]):
    """A section under `collectors:` or `outputs:`, with the model of its kind filled in."""

    kind: K
    config: object
    key: str
    """Where it stands in the file, such as `outputs.influxdb`."""

    @property
    def name(self) -> str:
        """The name of an output: its own where it has one, else its kind's."""
        config = self.config
        return (config.name if isinstance(config, Output) else "") or self.kind.name


@dataclass(frozen=True, slots=True, kw_only=True)
class Outputs:
    """Where samples go: what serves them over HTTP, and the sinks."""

    http: Http = field(default_factory=Http)
    sinks: tuple[Section[SinkKind], ...] = ()


def pairs(document: Document, key: str, expected: str) -> Iterator[tuple[yaml.Node, yaml.Node]]:
    """Yield the names and the sections of a part of the file that is nothing but sections."""
    node = document.node(key)
    if node is None or node is document.root or is_null(node):
        return
    if not isinstance(node, yaml.MappingNode):
        document.fail(node, key, expected)
        return
    seen: dict[str, int] = {}
    for name, value in document.pairs(node):
        if name.value in seen:
            first = seen[name.value]
            document.fail(name, f"{key}.{name.value}", f"given twice (first in line {first})")
        else:
            seen[name.value] = name.start_mark.line + 1
            yield name, value


def read_section(
    document: Document, key: str, name: yaml.Node, value: yaml.Node, kind: Callable[[], K]
) -> Section[K] | None:
    """Fill in the model of one section; notes mistakes in the document and returns None."""
    try:
        loaded = kind()
    except ImportError as error:
        document.fail(name, key, f"needs the package {error.name}, which is not installed")
        return None
    missing = missing_for(loaded)
    if missing:
        document.fail(name, key, missing)
        return None
    config = document.convert(value, loaded.Config, key)
    return Section(kind=loaded, config=config, key=key) if config is not None else None


def read_outputs(document: Document) -> Outputs:
    """Read every section under `outputs:`; notes mistakes in the document."""
    known = ("http", *TABLE)
    http, sinks = Http(), []
    expected = f"expected a mapping with the keys {', '.join(known)}"
    for name, value in pairs(document, "outputs", expected):
        key = f"outputs.{name.value}"
        if name.value not in known:
            document.fail(name, key, "unknown key" + nearest(name.value, known))
        elif name.value == "http":
            http = document.convert(value, Http, key) or http
        else:
            kind = partial(kind_of, str(name.value))
            sinks += [
                read_section(document, at, name, one, kind)
                for at, one in _each(document, key, value)
            ]
    made = tuple(section for section in sinks if section is not None)
    _check_names(document, made)
    return Outputs(http=http, sinks=made)


def _each(document: Document, key: str, value: yaml.Node) -> Iterator[tuple[str, yaml.Node]]:
    """Yield the sections of a kind of sink: one, or several in a list; null leaves it out."""
    if not isinstance(value, yaml.SequenceNode):
        if not is_null(value):
            yield key, value
        return
    if not value.value:
        document.fail(value, key, "expected one section or more in the list")
    for n, one in enumerate(value.value):
        yield f"{key}[{n}]", one


def _check_names(document: Document, sinks: Sequence[Section[SinkKind]]) -> None:
    """Name the outputs that would share a spool."""
    seen: dict[str, str] = {}
    for section in sinks:
        name = section.name
        if name in seen:
            message = f"{name} is the name of {seen[name]}: give each output a `name` of its own"
            document.fail(document.node(section.key), f"{section.key}.name", message)
        seen.setdefault(name, section.key)
