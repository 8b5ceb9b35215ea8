"""The sections of the config file: each is filled in by the model of its kind.

Mistakes are noted in the document, so that one run shows all of them.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field
from functools import partial
from pathlib import Path
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
class Origin:
    """Where an entry of a section stands that is not in the config file itself."""

    file: Path
    line: int
    key: str
    """Its key in that file, such as `snmp[3]`."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Section(Generic[K]):
    """A section under `collectors:` or `outputs:`, with the model of its kind filled in."""

    kind: K
    config: object
    key: str
    """Where it stands in the file, such as `outputs.influxdb`."""
    listed: str = ""
    """The key of its list of devices, where some of them stand in files of their own."""
    own: int = 0
    origins: tuple[Origin, ...] = ()
    """Where the devices stand that follow the `own` first ones of that list."""

    def origin(self, key: str) -> tuple[Origin, str] | None:
        """Return where the device of a key stands, and what of the key is behind the device.

        None for what is in the config file.
        """
        rest = key.removeprefix(f"{self.key}.")
        found = re.match(rf"{self.listed}\[(\d+)\]\.?", rest) if self.origins else None
        number = int(found[1]) - self.own if found is not None else -1
        if found is None or not 0 <= number < len(self.origins):
            return None
        return self.origins[number], rest[found.end() :]

    def located(self, message: str) -> str:
        """Return a message about a device of a file, in which other devices have their place.

        Its number in the list of all tells nothing: part of that list stands in other files.
        """

        def place(found: re.Match[str]) -> str:
            device = self.origin(found[0])
            at = device[0] if device is not None else None
            return f"{at.file}:{at.line}" if at is not None else f"{self.key}.{found[0]}"

        return re.sub(rf"\b{self.listed}\[\d+\]", place, message)

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
    if node is not document.root:
        yield from named_pairs(document, node, key, expected)


def named_pairs(
    document: Document, node: yaml.Node | None, key: str, expected: str
) -> Iterator[tuple[yaml.Node, yaml.Node]]:
    """Yield the pairs of a mapping; notes a name that is given twice, and what is no mapping."""
    if is_null(node):
        return
    if not isinstance(node, yaml.MappingNode):
        document.fail(node, key, expected)
        return
    seen: dict[str, int] = {}
    for name, value in document.pairs(node):
        if name.value in seen:
            first = seen[name.value]
            place = f"{key}.{name.value}" if key else name.value
            document.fail(name, place, f"given twice (first in line {first})")
        else:
            seen[name.value] = name.start_mark.line + 1
            yield name, value


def read_section(
    document: Document, key: str, name: yaml.Node, value: yaml.Node, kind: Callable[[], K]
) -> Section[K] | None:
    """Fill in the model of one section; notes mistakes in the document and returns None."""
    loaded = load_kind(document, key, name, kind)
    config = document.convert(value, loaded.Config, key) if loaded is not None else None
    if loaded is None or config is None:
        return None
    return Section(kind=loaded, config=config, key=key)


def load_kind(document: Document, key: str, name: yaml.Node, kind: Callable[[], K]) -> K | None:
    """Import the kind of a section; notes what of its needs is not installed, and returns None."""
    try:
        loaded = kind()
    except ImportError as error:
        document.fail(name, key, f"needs the package {error.name}, which is not installed")
        return None
    missing = missing_for(loaded)
    if missing:
        document.fail(name, key, missing)
        return None
    return loaded


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
