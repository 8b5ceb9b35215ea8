"""The one YAML file: what may be in it, and the collectors it asks for.

Strict: an unknown key, a bad value or a missing file is one line with file, line and key. Secrets come only from files.
"""

from __future__ import annotations

import re
import socket
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from importlib.metadata import entry_points
from pathlib import Path
from typing import Annotated, Final, Literal

import yaml

from agent.inventory.shard import Shard, parse_shard
from collectors.base import Collector, CollectorKind, ConfigError, Context, Place
from collectors.secrets import read_secret
from collectors.strict import Count, Document, Duration, Parsed, Problems, Range, Size, nearest

ENTRY_POINTS: Final = "hubgauge.collectors"


@dataclass(frozen=True, slots=True, kw_only=True)
class Roots:
    """Where the kernel's trees are mounted; other than the defaults inside a container."""

    proc: Path = Path("/proc")
    sys: Path = Path("/sys")
    rootfs: Path = Path("/")


@dataclass(frozen=True, slots=True, kw_only=True)
class Tls:
    """TLS for the HTTP server; with `client_ca_file`, clients must show a certificate of that authority."""

    cert_file: Path
    key_file: Path
    client_ca_file: Path | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Http:
    """The HTTP server: /metrics, the board, /api."""

    listen: str = field(
        default="127.0.0.1:9717",
        metadata={"help": "address and port; loopback unless told otherwise"},
    )
    tls: Tls | None = None
    users_file: Path | None = field(
        default=None, metadata={"help": "lines of `user:bcrypt-hash`, as htpasswd -B writes them"}
    )
    max_connections: Count = 4096
    request_timeout: Duration = 10.0

    def __post_init__(self) -> None:
        """Check the address."""
        split_listen(self.listen)


@dataclass(frozen=True, slots=True, kw_only=True)
class SpoolConfig:
    """What waits on disk for the database."""

    max_bytes: Size = 2 * 2**30
    when_full: Literal["drop_oldest", "drop_newest"] = "drop_oldest"


def _check_url(url: str) -> None:
    if not re.match(r"https?://[^/\s]+", url):
        message = f"url: expected http://… or https://…, got {url!r}"
        raise ValueError(message)


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
        _check_url(self.url)


@dataclass(frozen=True, slots=True, kw_only=True)
class FederationConfig:
    """Where the values of hubs are asked for that this agent does not measure: a Prometheus or VictoriaMetrics with the rules."""

    url: str = field(metadata={"help": "its base address, such as http://127.0.0.1:9090"})
    interval: Duration = 60.0
    timeout: Duration = field(
        default=20.0, metadata={"help": "of one round, all its questions together"}
    )
    token_file: Path | None = field(
        default=None, metadata={"help": "a bearer token; a secret: not readable by all"}
    )
    ca_file: Path | None = field(
        default=None,
        metadata={
            "help": "the authority of the server's certificate, where the system does not know it"
        },
    )

    def __post_init__(self) -> None:
        """Check the address."""
        _check_url(self.url)


@dataclass(frozen=True, slots=True, kw_only=True)
class Outputs:
    """Where samples go."""

    http: Http = field(default_factory=Http)
    influxdb: Influx | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class NetBox:
    """The inventory in a NetBox; its last good answer is kept in `state_dir`, so that the agent starts without it."""

    url: str = field(
        metadata={
            "help": "of NetBox itself, as in a browser; http:// only on this machine, for a token goes with it"
        }
    )
    token_file: Path = field(
        metadata={"help": "an API token that may read; a secret: not readable by all"}
    )
    ca_file: Path | None = field(
        default=None,
        metadata={
            "help": "the authority of the server's certificate, where the system does not know it"
        },
    )
    sites: tuple[str, ...] = field(
        default=(), metadata={"help": "slugs; all sites where none of the three is given"}
    )
    tenants: tuple[str, ...] = field(
        default=(), metadata={"help": "slugs of tenants whose sites are read"}
    )
    tags: tuple[str, ...] = field(
        default=(), metadata={"help": "slugs of tags that a site must all have"}
    )
    complete: bool = field(
        default=False, metadata={"help": "true says that NetBox lists the whole hub"}
    )
    refresh: Duration = 900.0
    timeout: Duration = field(
        default=120.0, metadata={"help": "of one reading, all its pages together"}
    )
    page_size: Annotated[int, Range(1, 1000)] = 500
    node_roles: tuple[str, ...] = field(
        default=("server",), metadata={"help": "slugs of the roles of devices that run an agent"}
    )
    pdu_roles: tuple[str, ...] = field(
        default=("pdu",), metadata={"help": "slugs of the roles of rack PDUs"}
    )
    rated_power_field: str = field(
        default="rated_power_watts",
        metadata={"help": "the custom field of a rack that holds its rated power in watts"},
    )
    panel_amperes_field: str = field(
        default="",
        metadata={
            "help": "the custom field of a power panel that holds its rating in amperes; panels are breakers then"
        },
    )

    def __post_init__(self) -> None:
        """Check the address: a token is not sent in the clear over a network."""
        if not re.match(
            r"https://[^/\s?#]+[^\s?#]*$|http://(127\.\d+\.\d+\.\d+|localhost|\[::1\])(:\d+)?(/[^\s?#]*)?$",
            self.url,
        ):
            message = f"url: expected https://…, got {self.url!r}"
            raise ValueError(message)


@dataclass(frozen=True, slots=True, kw_only=True)
class InventorySource:
    """An inventory that is kept elsewhere."""

    netbox: NetBox
    file: Path | None = field(
        default=None,
        metadata={
            "help": "an inventory file that adds to it, above all the meters; it wins where both name the same"
        },
    )


@dataclass(frozen=True, slots=True, kw_only=True)
class SdGateway:
    """Another gateway that Prometheus is to scrape."""

    address: str = field(metadata={"help": "host:port, as Prometheus reaches it"})
    node: str = field(
        default="", metadata={"help": "what it calls itself; its host where it is not given"}
    )
    site: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Sd:
    """What `/sd` lists for Prometheus: the agents that the inventory expects, and the gateways."""

    nodes: str = field(
        default="{node}:9717",
        metadata={
            "help": "where a node's agent answers; {node}, {site}, {row} and {rack} are filled in; empty lists none"
        },
    )
    address: str = field(
        default="",
        metadata={
            "help": "this gateway's own; where it listens, unless that is every address of the machine"
        },
    )
    gateways: tuple[SdGateway, ...] = ()

    def __post_init__(self) -> None:
        """Check that nodes do not all have one address."""
        places = set(re.findall(r"{(.*?)}", self.nodes))
        if self.nodes and ("node" not in places or not places <= {"node", "site", "row", "rack"}):
            raise ValueError(
                f"nodes: expected an address such as {{node}}:9717, got {self.nodes!r}"
            )


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
    federation: FederationConfig | None = field(
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


def split_listen(listen: str) -> tuple[str, int]:
    """Split `host:port` or `[::1]:port`; raises ValueError."""
    host, _, port = listen.rpartition(":")
    if not host or not port.isdigit() or not 0 <= int(port) < 2**16:
        message = f"listen: expected an address such as 127.0.0.1:9717, got {listen!r}"
        raise ValueError(message)
    return host.strip("[]"), int(port)


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
