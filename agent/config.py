"""The one YAML file: what may be in it, and the collectors it asks for.

Strict: an unknown key, a bad value or a missing file is one line with file, line and key. Secrets come only from files.
"""

from __future__ import annotations

import socket
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from importlib.metadata import entry_points
from pathlib import Path
from typing import Annotated, Final, Literal

import yaml

from agent.inventory.netbox.config import InventorySource
from agent.inventory.shard import Shard, parse_shard
from agent.settings import Federation, Http, Roots, Sd, check_url
from collectors.base import Collector, CollectorKind, ConfigError, Context, Place
from collectors.secrets import read_secret
from collectors.strict import Document, Duration, Parsed, Problems, Size, nearest

ENTRY_POINTS: Final = "hubgauge.collectors"


@dataclass(frozen=True, slots=True, kw_only=True)
class SpoolConfig:
    """What waits on disk for the database."""

    max_bytes: Size = 2 * 2**30
    when_full: Literal["drop_oldest", "drop_newest"] = "drop_oldest"


@dataclass(frozen=True, slots=True, kw_only=True)
class Influx:
    """A database that takes InfluxDB's v2 write API: InfluxDB or VictoriaMetrics."""

    url: str
    org: str = ""
    bucket: str = ""
    token_file: Path | None = field(
        default=None, metadata={"help": "a secret: not readable by all"}
    )
    timeout: Duration = field(default=10.0, metadata={"help": "of one write, the whole of it"})
    ca_file: Path | None = field(
        default=None,
        metadata={
            "help": "the authority of the server's certificate, where the system does not know it"
        },
    )
    spool: SpoolConfig = field(default_factory=SpoolConfig)

    def __post_init__(self) -> None:
        """Check the address."""
        check_url(self.url)


@dataclass(frozen=True, slots=True, kw_only=True)
class Outputs:
    """Where samples go."""

    http: Http = field(default_factory=Http)
    influxdb: Influx | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class ConfigFile:
    """The config file as it is written."""

    hub: str = field(metadata={"help": "a key of the registry; `hubgauge hubs` lists them"})
    site: str = field(
        default="",
        metadata={
            "help": "the label `site` of all this agent measures, but for racks the inventory places"
        },
    )
    row: str = field(default="", metadata={"help": "for an agent on a node"})
    rack: str = field(default="", metadata={"help": "for an agent on a node"})
    node: str = field(default="", metadata={"help": "the host's own name where it is not given"})
    state_dir: Path = field(
        default=Path("/var/lib/hubgauge"), metadata={"help": "the spool and the ledger"}
    )
    roots: Roots = field(default_factory=Roots)
    inventory: Path | InventorySource | None = field(
        default=None,
        metadata={
            "help": "sites, racks, feeds and meters, from a YAML or CSV file or from NetBox; makes this agent a site's gateway"
        },
    )
    shard: Annotated[Shard, Parsed(parse_shard, "a part such as 2/4")] | None = field(
        default=None,
        metadata={
            "help": "several gateways share the inventory's devices; this one reads this part, such as 2/4"
        },
    )
    sd: Sd = field(default_factory=Sd)
    hubs_dir: Path | None = field(
        default=None, metadata={"help": "a folder of more hub files, for a hub of one's own"}
    )
    simulated: bool = field(
        default=False, metadata={"help": "true says on every page that the devices are simulated"}
    )
    log_level: Literal["debug", "info", "warning", "error"] = "info"
    collectors: yaml.Node | None = None
    outputs: Outputs = field(default_factory=Outputs)
    federation: Federation | None = field(
        default=None,
        metadata={
            "help": "ask a database for the hubs this agent does not measure, so that its board shows all"
        },
    )


@dataclass(frozen=True, slots=True, kw_only=True)
class Section:
    """One section under `collectors:`, with its model filled in."""

    kind: CollectorKind
    config: object


@dataclass(frozen=True, slots=True, kw_only=True)
class Config:
    """A config file that was found good."""

    path: Path
    file: ConfigFile
    sections: tuple[Section, ...]

    @property
    def place(self) -> Place:
        """Where this agent stands."""
        return Place(hub=self.file.hub, site=self.file.site, row=self.file.row, rack=self.file.rack)

    @property
    def node(self) -> str:
        """This node's name; the host's own where the file gives none."""
        return self.file.node or socket.gethostname()

    def context(self, racks: Mapping[str, Place]) -> Context:
        """Return what collectors may know."""
        roots = self.file.roots
        return Context(
            place=self.place,
            node=self.node,
            proc=roots.proc,
            sys=roots.sys,
            rootfs=roots.rootfs,
            racks=racks,
        )

    def build_collectors(
        self, context: Context, narrow: Callable[[object], object] | None = None
    ) -> list[Collector]:
        """Make every collector the file asks for, or those that `narrow` leaves of a section; raises Problems with all that cannot be made."""
        made: list[Collector] = []
        errors: list[ConfigError] = []
        for section in self.sections:
            try:
                made += _built(section, context, narrow)
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
        """Say in which line of this file stands what names the thing that is wrong; a mistake in another file keeps its own line."""
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
    section: Section, context: Context, narrow: Callable[[object], object] | None
) -> Sequence[Collector]:
    if narrow is not None:
        try:
            return section.kind.build(narrow(section.config), context)
        except (Problems, ConfigError):
            pass  # the whole section has the same mistake, at the place where it stands in the file
    return section.kind.build(section.config, context)


def known_kinds() -> dict[str, Callable[[], CollectorKind]]:
    """Return the loader of every installed kind of collector; a kind is imported only when a config names it."""
    return {point.name: point.load for point in entry_points(group=ENTRY_POINTS)}


def load(path: Path | str, *, hubs: Sequence[str] | None = None, text: str | None = None) -> Config:
    """Read and check a config file; raises Problems with every mistake in it.

    `hubs` are the keys of the registry, against which `hub` is checked where they are given.
    """
    document = Document(path, text=text)
    file = document.convert(document.root, ConfigFile, "")
    sections = _sections(document)
    if file is not None:
        _check_files(document, file)
        if hubs is not None and file.hub not in hubs:
            document.fail(
                document.node("hub"),
                "hub",
                f"not in the registry; expected one of {', '.join(hubs)}",
            )
    if document.errors:
        raise Problems(sorted(document.errors, key=lambda error: error.line))
    return Config(path=Path(path), file=file, sections=tuple(sections))


def _sections(document: Document) -> list[Section]:
    """Convert every section under `collectors:` by the model of its kind; notes mistakes in the document."""
    node = document.node("collectors")
    if node is None or node is document.root or node.value in ("", "~", "null"):
        return []
    if not isinstance(node, yaml.MappingNode):
        document.fail(node, "collectors", "expected a mapping such as `host: {}`")
        return []
    kinds = known_kinds()
    sections = []
    for key_node, value_node in node.value:
        name, key = str(key_node.value), f"collectors.{key_node.value}"
        if name not in kinds:
            document.fail(key_node, key, "unknown collector" + nearest(name, sorted(kinds)))
            continue
        try:
            kind = kinds[name]()
        except ImportError as error:
            document.fail(
                key_node,
                key,
                f"needs a package that is not installed ({error.name}); install the extra it names",
            )
            continue
        config = document.convert(value_node, kind.Config, key)
        if config is not None:
            sections.append(Section(kind=kind, config=config))
    return sections


def _check_files(document: Document, file: ConfigFile) -> None:
    """Name the files that are not there, and the secrets that all may read, at the line that asks for them."""
    http, influx = file.outputs.http, file.outputs.influxdb
    if file.shard and file.inventory is None:
        document.fail(
            document.node("shard"),
            "shard",
            "needs an inventory: it says which devices there are to share",
        )
    files: dict[str, Path | None] = {"hubs_dir": file.hubs_dir}
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
    if influx:
        files["outputs.influxdb.ca_file"] = influx.ca_file
        secrets["outputs.influxdb.token_file"] = influx.token_file
    if file.federation:
        files["federation.ca_file"] = file.federation.ca_file
        secrets["federation.token_file"] = file.federation.token_file
    for key, path in (files | secrets).items():
        if path is not None and not path.exists():
            document.fail(document.node(key), key, f"no such file: {path}")
        elif path is not None and key in secrets:
            try:
                read_secret(path, key)
            except ConfigError as error:
                document.fail(document.node(key), key, f"{path}: {error.message}")
