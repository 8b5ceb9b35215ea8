"""The one config file, in YAML: read strictly, with the collectors and the sinks it asks for.

An unknown key, a bad value or a missing file is one line with file, line and key. Secrets come only
from files.
"""

from __future__ import annotations

import socket
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from importlib.metadata import entry_points
from pathlib import Path
from typing import Final

from agent.config_file import ConfigFile
from agent.environment import open_config
from agent.inventory.netbox.config import InventorySource
from agent.needs import missing_package
from agent.sections import Outputs, Section, pairs, read_outputs, read_section
from collectors.base import Collector, CollectorKind, ConfigError, Context, Place
from collectors.secrets import read_secret, read_secret_file, read_token
from collectors.strict import Document, Problems, nearest

ENTRY_POINTS: Final = "hubgauge.collectors"


@dataclass(frozen=True, slots=True, kw_only=True)
class Built:
    """A section under `collectors:`, and the collectors that were made of it."""

    kind: CollectorKind
    config: object
    """The section's config; in a shard, with its own devices only."""
    collectors: Sequence[Collector]


@dataclass(frozen=True, slots=True, kw_only=True)
class Config:
    """A config file that was found good."""

    path: Path
    file: ConfigFile
    sections: tuple[Section[CollectorKind], ...]
    outputs: Outputs

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

        Raises Problems with all that cannot be made.
        """
        made: list[Built] = []
        errors: list[ConfigError] = []
        for section in self.sections:
            try:
                made.append(_built(section, context, narrow))
            except Problems as problems:
                errors += [
                    self._located(error, f"collectors.{section.kind.name}")
                    for error in problems.errors
                ]
            except ConfigError as error:
                errors.append(self._located(error, f"collectors.{section.kind.name}"))
        if errors:
            raise Problems(errors)
        return made

    def _located(self, error: ConfigError, section: str) -> ConfigError:
        """Return an error with the line of this file that its key or its section stands in.

        An error that has a line already, such as one in another file, is returned as it is.
        """
        if error.line:
            return error
        key = error.key if error.key.startswith(section) else section
        node = Document(self.path).node(key)
        message = f"{error.file}: {error.message}" if error.file else error.message
        return ConfigError(
            message,
            file=str(self.path),
            line=node.start_mark.line + 1 if node else 0,
            key=error.key or section,
        )


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


def load(path: Path | str, *, hubs: Sequence[str] | None = None, text: str | None = None) -> Config:
    """Read and check a config file; raises Problems with every mistake in it.

    `hubs` are the keys of the registry, against which `hub` and `hubs` are checked where they are
    given.
    """
    document = open_config(path, text=text)
    file = document.convert(document.root, ConfigFile, "")
    sections = _collectors(document)
    outputs = read_outputs(document)
    if file is not None:
        _check_files(document, file, outputs)
        if hubs is not None:
            _check_hubs(document, file, hubs)
    if document.errors:
        raise Problems(sorted(document.errors, key=lambda error: error.line))
    return Config(path=Path(path), file=file, sections=sections, outputs=outputs)


def _check_hubs(document: Document, file: ConfigFile, known: Sequence[str]) -> None:
    """Name the hubs that the registry does not have, at their line."""
    if file.hub not in known:
        message = f"not in the registry; expected one of {', '.join(known)}"
        document.fail(document.node("hub"), "hub", message)
    for n, key in enumerate(file.hubs):
        if key not in known:
            document.fail(document.node("hubs"), f"hubs[{n}]", f"no such hub{nearest(key, known)}")


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


def _check_files(document: Document, file: ConfigFile, outputs: Outputs) -> None:
    """Note what the config names and this machine lacks, each at its line.

    That is a file that is not there, a secret that all may read, and a package that is not
    installed. A shard without an inventory is noted as well.
    """
    if file.shard and file.inventory is None:
        document.fail(
            document.node("shard"),
            "shard",
            "needs an inventory: it says which devices there are to share",
        )
    for key, packages in _packages(file, outputs):
        missing = missing_package(packages)
        if missing:
            document.fail(document.node(key), key, missing)
    files, secrets = _named_files(file, outputs)
    for key, path in (files | secrets).items():
        if path is None:
            continue
        if absent := _absent(path):
            document.fail(document.node(key), key, absent)
        elif key in secrets:
            try:
                _reader_of(key)(path, key)
            except ConfigError as error:
                document.fail(document.node(key), key, f"{path}: {error.message}")


def _absent(path: Path) -> str:
    """Say why a file is not there or cannot be looked at; empty where it is there."""
    try:
        path.stat()
    except (FileNotFoundError, NotADirectoryError):
        return f"no such file: {path}"
    except OSError as error:  # a name that is too long, a folder that may not be entered, a loop
        return f"cannot be read ({error.strerror}): {path}"
    except ValueError:
        return f"no such file: {str(path)!r}"
    return ""


def _reader_of(key: str) -> Callable[[Path, str], str]:
    """Return what reads a secret at run time: a file of several lines, a token, or a password."""
    match key.rpartition(".")[2]:
        case "users_file" | "key_file":
            return read_secret_file
        case "token_file" | "url_file":
            return read_token
        case _:
            return read_secret


def _packages(file: ConfigFile, outputs: Outputs) -> Iterator[tuple[str, Mapping[str, str]]]:
    """Yield the keys outside of sections that need packages, with these and their extras."""
    if outputs.http.users_file is not None:
        yield "outputs.http.users_file", {"bcrypt": "auth"}
    if isinstance(file.inventory, InventorySource):
        yield "inventory.netbox", {"urllib3": "push"}


def _named_files(
    file: ConfigFile, outputs: Outputs
) -> tuple[dict[str, Path | None], dict[str, Path | None]]:
    """Return the files that the config names, and apart from them those with secrets, by key."""
    http = outputs.http
    files: dict[str, Path | None] = {"hubs_dir": file.hubs_dir, "tenants": file.tenants}
    secrets: dict[str, Path | None] = {"outputs.http.users_file": http.users_file}
    if isinstance(file.inventory, InventorySource):
        files["inventory.file"] = file.inventory.file
        files["inventory.netbox.ca_file"] = file.inventory.netbox.ca_file
        secrets["inventory.netbox.token_file"] = file.inventory.netbox.token_file
    else:
        files["inventory"] = file.inventory
    if http.tls:
        files["outputs.http.tls.cert_file"] = http.tls.cert_file
        files["outputs.http.tls.client_ca_file"] = http.tls.client_ca_file
        secrets["outputs.http.tls.key_file"] = http.tls.key_file
    for section in outputs.sinks:
        prefix = section.key
        for files_of, found in ((section.kind.files, files), (section.kind.secrets, secrets)):
            found |= {f"{prefix}.{key}": path for key, path in files_of(section.config).items()}
    if file.federation:
        files["federation.ca_file"] = file.federation.ca_file
        secrets["federation.token_file"] = file.federation.token_file
    for n, receiver in enumerate(file.alerting.receivers):
        prefix = f"alerting.receivers[{n}]"
        secrets |= {f"{prefix}.{key}": path for key, path in receiver.secrets.items()}
    return files, secrets
