"""The config file as it is written: its keys, with what the reference says of them."""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from pathlib import Path
from typing import Annotated, Final, Literal

import yaml

from agent.firing.settings import Alertmanager
from agent.inventory.netbox.config import InventorySource
from agent.inventory.shard import Shard, parse_shard
from agent.receivers.model import AlertingSection
from agent.settings import AUTO_WORKERS, MOST_WORKERS, Federation, History, Roots, Sd, parse_workers
from collectors.catalogue.limits import ONE_PROCESS_UP_TO_DEVICES
from collectors.catalogue.limits_section import LimitsSection
from collectors.strict import Parsed

_LABEL: Final = re.compile(r"(?!__)[a-zA-Z_][a-zA-Z0-9_]*")
_OURS: Final = frozenset(
    {"job", "instance", "hub", "site", "row", "rack", "node", "le", "quantile", "name", "time"}
)
"""Labels that say where a series comes from, or that a database takes for something else."""


@dataclass(frozen=True, slots=True, kw_only=True)
class ConfigFile:
    """The config file as it is written."""

    hub: str = field(metadata={"help": "a key of the registry; `hubgauge hubs` lists them"})
    site: str = field(
        default="",
        metadata={
            "help": (
                "the label `site` of all this agent measures, except at racks of the inventory"
            )
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
            "help": (
                "sites, racks, feeds and meters, from a YAML or CSV file or from NetBox; makes"
                " this agent a site's gateway"
            )
        },
    )
    shard: Annotated[Shard, Parsed(parse_shard, "a part such as 2/4")] | None = field(
        default=None,
        metadata={
            "help": (
                "several gateways share the inventory's devices; this one reads this part, such"
                " as 2/4"
            )
        },
    )
    workers: Annotated[int, Parsed(parse_workers, f"auto or a number from 1 to {MOST_WORKERS}")] = (
        field(
            default=AUTO_WORKERS,
            metadata={
                "help": (
                    "how many processes read devices; 1 reads them in the agent's own. By default"
                    f" auto: one for each {ONE_PROCESS_UP_TO_DEVICES} devices, no more than cores"
                )
            },
        )
    )
    limits: LimitsSection = field(default_factory=LimitsSection)
    alerting: AlertingSection = field(default_factory=AlertingSection)
    alertmanager: Alertmanager | None = field(
        default=None,
        metadata={
            "help": (
                "ask an Alertmanager which alerts fire, so that the board shows them, with links"
                " to silence and to acknowledge them"
            )
        },
    )
    tenants: Path | None = field(
        default=None,
        metadata={
            "help": "who has which racks, and the tariff, for `statement --tenant` (tenants.md)"
        },
    )
    sd: Sd = field(default_factory=Sd)
    hubs_dir: Path | None = field(
        default=None, metadata={"help": "a folder of more hub files, for a hub of one's own"}
    )
    devices_dir: Path | None = field(
        default=None,
        metadata={
            "help": (
                "a folder of device lists, YAML or CSV, whose devices are read beside those of"
                " `collectors`"
            )
        },
    )
    hubs: tuple[str, ...] = field(
        default=(),
        metadata={
            "help": (
                "the hubs of the registry to know, such as [acme]; all where none is named; the"
                " agent's own and those above are always known"
            )
        },
    )
    show_others: bool = field(
        default=True,
        metadata={
            "help": "false leaves the hubs that this agent does not measure out of what is shown"
        },
    )
    static_labels: dict[str, str] = field(
        default_factory=dict,
        metadata={
            "help": (
                "labels that pushed series get, and the targets that `/sd` lists: such as"
                " {tenant: acme}; a label that a series has itself stays"
            )
        },
    )
    simulated: bool = field(
        default=False, metadata={"help": "true says on every page that the devices are simulated"}
    )
    log_level: Literal["debug", "info", "warning", "error"] = "info"
    collectors: yaml.Node | None = None
    outputs: yaml.Node | None = None
    federation: Federation | None = field(
        default=None,
        metadata={
            "help": (
                "ask a database for the hubs this agent does not measure, so that its board shows"
                " all"
            )
        },
    )

    history: History | None = field(
        default=None,
        metadata={
            "help": ("ask a database for what the ledger does not keep: the curves of temperatures")
        },
    )

    def __post_init__(self) -> None:
        """Check the names and the values of the static labels."""
        for name, value in self.static_labels.items():
            if not _LABEL.fullmatch(name):
                raise ValueError(
                    f"static_labels: expected names of letters, digits and _, got {name!r}"
                )
            if name in _OURS:
                raise ValueError(f"static_labels: {name} is a label that the agent gives itself")
            if not value.strip() or "\n" in value:
                raise ValueError(f"static_labels: expected a text of one line for {name}")
