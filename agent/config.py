"""The one config file, in YAML: read strictly, with the collectors and the sinks it asks for.

An unknown key, a bad value or a missing file is one line with file, line and key. Secrets come only
from files.
"""

from __future__ import annotations

import socket
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from functools import cached_property
from importlib.metadata import entry_points
from pathlib import Path
from typing import Final

from agent.config_file import ConfigFile
from agent.device_files import DeviceFileError, DeviceFiles, in_device_file, read_folder
from agent.environment import open_config
from agent.hubs.named import check_hubs
from agent.named_files import check_files, check_files_beside
from agent.receivers.named import check_receivers
from agent.sections import Outputs, Section, pairs, read_outputs, read_section
from collectors.base import Collector, CollectorKind, ConfigError, Context, Place
from collectors.strict import Document, Problems, nearest

ENTRY_POINTS: Final = "hubgauge.collectors"


@dataclass(frozen=True, slots=True, kw_only=True)
class Built:
    """A section under `collectors:`, and the collectors that were made of it."""

    kind: CollectorKind
    config: object
    """The section's config; in a shard, with its own devices only."""
    collectors: Sequence[Collector]


@dataclass(frozen=True, kw_only=True)
class Config:
    """A config file that was found good."""

    path: Path
    file: ConfigFile
    own: tuple[Section[CollectorKind], ...]
    """The sections as they stand in the file."""
    outputs: Outputs
    devices: DeviceFiles = field(default_factory=DeviceFiles)
    """What the files of `devices_dir` add to them."""

    @cached_property
    def sections(self) -> tuple[Section[CollectorKind], ...]:
        """The sections with all their devices."""
        return self.devices.added_to(self.own)

    @property
    def place(self) -> Place:
        """Where this agent stands."""
        return Place(hub=self.file.hub, site=self.file.site, row=self.file.row, rack=self.file.rack)

    @property
    def node(self) -> str:
        """This node's name; the host's own where the file gives none."""
        return self.file.node or socket.gethostname()

    @property
    def push_tags(self) -> Mapping[str, str]:
        """The labels of every pushed series, as Prometheus adds its target's to what it scrapes."""
        return {
            **self.file.static_labels,
            "job": "hubgauge",
            "instance": self.node,
            "hub": self.file.hub,
            "site": self.file.site,
        }

    def context(self, racks: Mapping[str, Place]) -> Context:
        """Return what collectors may know."""
        roots = self.file.roots
        return Context(
            place=self.place,
            node=self.node,
            proc=roots.proc,
            sys=roots.sys,
            rootfs=roots.rootfs,
            state_dir=self.file.state_dir,
            racks=racks,
        )

    def build_collectors(
        self, context: Context, narrow: Callable[[object], object] | None = None
    ) -> list[Built]:
        """Make every collector the file asks for, or those that `narrow` leaves of a section.

        Raises Problems with all that cannot be made; what only a file of `devices_dir` is to blame
        for is a DeviceFileError.
        """
        made: list[Built] = []
        errors: list[ConfigError] = []
        for section in self.sections:
            try:
                made.append(_built(section, context, narrow))
            except Problems as problems:
                errors += [self.located(error, section) for error in problems.errors]
            except ConfigError as error:
                errors.append(self.located(error, section))
        if errors:
            raise Problems(errors)
        return made

    def located(self, error: ConfigError, section: Section[CollectorKind]) -> ConfigError:
        """Return an error with the line that its key or its section stands in.

        That is a line of this file, or of a file of `devices_dir`. An error that has a line
        already, such as one in another file, keeps it.
        """
        device = section.origin(error.key)
        if device is not None:
            said = section.located(error.message)
            error = ConfigError(said, file=error.file, line=error.line, key=error.key)
            return in_device_file(error, *device)
        if error.line:
            return error
        key = error.key if error.key.startswith(section.key) else section.key
        message = f"{error.file}: {error.message}" if error.file else error.message
        return ConfigError(
            message,
            file=str(self.path),
            line=Document(self.path).line(key),
            key=error.key or section.key,
        )

    def without(self, errors: Iterable[DeviceFileError]) -> Config:
        """Return it without the files of devices with these mistakes; see DeviceFiles."""
        return replace(self, devices=self.devices.without(errors))


def _built(
    section: Section[CollectorKind], context: Context, narrow: Callable[[object], object] | None
) -> Built:
    kind, config = section.kind, section.config
    if narrow is not None:
        try:
            config = narrow(section.config)
            return Built(kind=kind, config=config, collectors=kind.build(config, context))
        except (Problems, ConfigError):
            # Build the whole section: it has the same mistake, under its own number in the file.
            config = section.config
    return Built(kind=kind, config=config, collectors=kind.build(config, context))


def known_kinds() -> dict[str, Callable[[], CollectorKind]]:
    """Return the loader of every installed kind of collector.

    A kind is imported only when a config names it.
    """
    return {point.name: point.load for point in entry_points(group=ENTRY_POINTS)}


def load(
    path: Path | str,
    *,
    hubs: Sequence[str] | None = None,
    text: str | None = None,
    before: Config | None = None,
) -> Config:
    """Read and check a config file; raises Problems with every mistake in it.

    `hubs` are the keys of the registry, against which `hub`, `hubs` and the hubs of receivers are
    checked where they are given. A file of `devices_dir` that is wrong stays as it is in `before`.
    """
    document = open_config(path, text=text)
    file = document.convert(document.root, ConfigFile, "")
    sections = _collectors(document)
    outputs = read_outputs(document)
    if file is not None:
        check_files(document, file, outputs)
        if hubs is not None:
            check_hubs(document, file.hub, file.hubs, hubs)
            check_receivers(document, file.alerting, hubs)
    else:
        check_files_beside(document)
    if document.errors:
        raise Problems(document.errors)
    devices = DeviceFiles()
    if file.devices_dir is not None:
        former = before.devices.lists if before is not None else {}
        devices = read_folder(file.devices_dir, known_kinds(), former)
    # What is read of the two is kept, and not the nodes: those of a hub take a hundred megabytes.
    file = replace(file, collectors=None, outputs=None)
    return Config(path=Path(path), file=file, own=sections, outputs=outputs, devices=devices)


def _collectors(document: Document) -> tuple[Section[CollectorKind], ...]:
    """Read every section under `collectors:`; notes mistakes in the document."""
    kinds = known_kinds()
    found = []
    for name, value in pairs(document, "collectors", "expected a mapping such as `host: {}`"):
        key = f"collectors.{name.value}"
        if name.value not in kinds:
            document.fail(name, key, "unknown collector" + nearest(name.value, sorted(kinds)))
            continue
        found.append(read_section(document, key, name, value, kinds[name.value]))
    return tuple(section for section in found if section is not None)
