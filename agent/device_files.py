"""Device lists in a folder: further entries of the config's sections, in YAML or CSV.

So each team, row or site has a file of its own. A YAML file has lists by section::

    snmp:
      - {address: 10.0.4.7, pdu: A07-A, rack: A07, feed: A}
    links:
      - {peer: guangzhou, address: 10.1.0.1}

A CSV file has a device in each row, and the section in its column `collector`::

    collector,address,pdu,rack,feed
    snmp,10.0.4.7,A07-A,A07,A

A file with a mistake costs only itself. At a reload its devices stay as they were.
"""

from __future__ import annotations

import os
import typing
from collections import defaultdict
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field, fields, replace
from pathlib import Path
from typing import Final

import yaml

from agent.device_folder import CSV_SUFFIX, lists_in
from agent.device_rows import document_of_rows
from agent.environment import fill
from agent.inventory.shard import DEVICE_LISTS
from agent.sections import Origin, Section, load_kind, named_pairs
from collectors.base import CollectorKind, ConfigError
from collectors.paths import is_regular
from collectors.strict import Document, Problems, is_null, nearest

Kinds = Mapping[str, Callable[[], CollectorKind]]


class DeviceFileError(ConfigError):
    """A mistake that costs one file of the folder, and no other."""

    def __init__(self, error: ConfigError, source: Path) -> None:
        super().__init__(error.message, file=error.file, line=error.line, key=error.key)
        self.source: Final = source


def in_device_file(error: ConfigError, origin: Origin, key: str) -> DeviceFileError:
    """Return a mistake at a device of a file; `key` is behind the device's own."""
    if error.line:  # in a third file, such as a profile: it stays where it is
        return DeviceFileError(error, origin.file)
    message = f"{error.file}: {error.message}" if error.file else error.message
    place = f"{origin.key}.{key}" if key else origin.key
    here = ConfigError(message, file=str(origin.file), line=origin.line, key=place)
    return DeviceFileError(here, origin.file)


@dataclass(frozen=True, slots=True, kw_only=True)
class Listed:
    """A device of a file: the kind of its section, its entry there, and where it stands."""

    kind: CollectorKind
    entry: object
    origin: Origin


Lists = Mapping[Path, Sequence[Listed]]


@dataclass(frozen=True, slots=True, kw_only=True)
class DeviceFiles:
    """What the files of the folder say, as it is in force."""

    lists: Lists = field(default_factory=dict)
    lost: Sequence[DeviceFileError] = ()
    """What is wrong with files that are not in force as they stand."""
    former: Lists = field(default_factory=dict)
    """What files said before, where a reload may go back to it."""

    def without(self, errors: Iterable[DeviceFileError]) -> DeviceFiles:
        """Return them with what files with these mistakes said before, or without those files."""
        lists, former, told = dict(self.lists), dict(self.former), [*self.lost, *errors]
        for source in {error.source for error in told[len(self.lost) :]}:
            before = former.pop(source, None)
            if before is None:
                del lists[source]
            else:
                lists[source] = before
        return replace(self, lists=lists, lost=told, former=former)

    def told(self) -> list[str]:
        """Return a line for each mistake, with what becomes of the devices of its file."""
        return [
            f"{error}; the file's former devices stay"
            if error.source in self.lists
            else f"{error}; no device of the file is read"
            for error in self.lost
        ]

    def added_to(self, own: Sequence[Section[CollectorKind]]) -> tuple[Section[CollectorKind], ...]:
        """Return the sections of the config with the devices of the files behind their own.

        A section that the config does not have is added, with its defaults.
        """
        by_kind: dict[str, list[Listed]] = defaultdict(list)
        for path in sorted(self.lists):
            for one in self.lists[path]:
                by_kind[one.kind.name].append(one)
        added = [_with(section, by_kind.pop(section.kind.name, ())) for section in own]
        for name, listed in by_kind.items():
            kind = listed[0].kind
            section = Section(kind=kind, config=kind.Config(), key=f"collectors.{name}")
            added.append(_with(section, listed))
        return tuple(added)


def _with(section: Section[CollectorKind], listed: Sequence[Listed]) -> Section[CollectorKind]:
    if not listed:
        return section
    name = list_of(section.kind)
    own = getattr(section.config, name)
    config = replace(
        typing.cast("typing.Any", section.config), **{name: [*own, *(one.entry for one in listed)]}
    )
    origins = tuple(one.origin for one in listed)
    return replace(section, config=config, listed=name, own=len(own), origins=origins)


def list_of(kind: CollectorKind) -> str:
    """Return the key under which a section lists its devices; empty if it lists none."""
    known = {one.name for one in fields(kind.Config)}
    return next((name for name in DEVICE_LISTS if name in known), "")


def read_folder(
    folder: Path, kinds: Kinds, former: Lists, environ: Mapping[str, str] = os.environ
) -> DeviceFiles:
    """Read every file of a folder; `former` are those that were in force before.

    Raises Problems where the folder itself cannot be read.
    """
    try:
        paths = lists_in(folder)
    except OSError as error:
        message = f"cannot be read: {error.strerror}"
        raise Problems([ConfigError(message, file=str(folder), key="devices_dir")]) from None
    lists: dict[Path, Sequence[Listed]] = {}
    lost: list[DeviceFileError] = []
    for path in paths:
        found, errors = _read(path, kinds, environ)
        lists[path] = found
        lost += [DeviceFileError(error, path) for error in errors]
    kept = {path: former[path] for path in lists if path in former}
    return DeviceFiles(lists=lists, former=kept).without(lost)


def _read(
    path: Path, kinds: Kinds, environ: Mapping[str, str]
) -> tuple[Sequence[Listed], Sequence[ConfigError]]:
    """Return the devices of a file, and what is wrong with it."""
    if not is_regular(path):
        return (), [ConfigError("expected a regular file", file=str(path))]
    try:
        document = document_of_rows(path) if path.suffix == CSV_SUFFIX else Document(path)
        fill(document, environ)
        found = list(_listed(document, kinds))
    except Problems as problems:
        return (), problems.errors
    except RecursionError:  # an alias that holds itself
        return (), [ConfigError("is nested too deeply", file=str(path))]
    return found, sorted(document.errors, key=lambda error: error.line)


def _listed(document: Document, kinds: Kinds) -> Iterable[Listed]:
    """Yield the devices of a document; notes mistakes in it."""
    expected = "expected lists of devices by section, such as `snmp: [...]`"
    for name, value in named_pairs(document, document.root, "", expected):
        key = str(name.value)
        if key not in kinds:
            document.fail(name, key, "unknown collector" + nearest(key, sorted(kinds)))
            continue
        kind = load_kind(document, key, name, kinds[key])
        if kind is None or is_null(value):
            continue
        if not list_of(kind):
            document.fail(name, key, "lists no devices: it stands in the config file")
            continue
        if not isinstance(value, yaml.SequenceNode):
            document.fail(value, key, "expected a list of devices")
            continue
        (model,) = typing.get_args(typing.get_type_hints(kind.Config)[list_of(kind)])
        for number, node in enumerate(value.value):
            place = f"{key}[{number}]"
            entry = document.convert(node, model, place)
            if entry is not None:
                line = node.start_mark.line + 1
                origin = Origin(file=document.path, line=line, key=place)
                yield Listed(kind=kind, entry=entry, origin=origin)
