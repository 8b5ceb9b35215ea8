"""A node's power by its own sources: RAPL, hwmon, and its own BMC by IPMI.

The label `source` names the source. A source that a node lacks costs nothing and logs nothing.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Final, Literal

from collectors.base import Collector, Context, Metric, Schedule
from collectors.catalogue import job, metrics_of
from collectors.catalogue import node as catalogue
from collectors.strict import Count, Duration

_LONGEST: Final = 60.0
WHOLE_NODE: Final = ("power_meter", "ibmpowernv:System", "corsairpsu:power total")
"""Sensors that measure a whole node: ACPI's power meter, OpenPOWER's, and a reporting supply.

Most chips with power sensors measure a part (a GPU, a rail, a memory module) and must not count as
the node.
"""


@dataclass(frozen=True, slots=True, kw_only=True)
class JobsConfig:
    """Whether to tell the energy of Slurm's jobs, and of how many at once."""

    enabled: bool = field(
        default=False, metadata={"help": "give the node's energy (RAPL) to Slurm's jobs"}
    )
    most: Count = field(
        default=200, metadata={"help": "jobs that are told; the energy of others is unassigned"}
    )


@dataclass(frozen=True, slots=True, kw_only=True)
class PowerConfig:
    """The section `power`, for an agent on a node; empty, it reads all there is."""

    interval: Duration = field(
        default=15.0, metadata={"help": "at most 1m, because registers wrap around"}
    )
    timeout: Duration = 10.0
    disable: list[Literal["rapl", "hwmon", "ipmi"]] = field(
        default_factory=list, metadata={"help": "sources to leave out"}
    )
    node_sensors: list[str] = field(
        default_factory=lambda: list(WHOLE_NODE),
        metadata={
            "help": (
                "hwmon sensors that measure the whole node, as chip or chip:label; several are"
                " added up"
            )
        },
    )
    ipmi_interval: Duration = field(
        default=60.0, metadata={"help": "of the node's own BMC; each round starts a process"}
    )
    jobs: JobsConfig = field(default_factory=JobsConfig)

    def __post_init__(self) -> None:
        """Check that a register cannot wrap twice unseen."""
        if self.interval > _LONGEST:
            message = (
                f"interval: expected at most {_LONGEST:g} s, because energy registers may"
                " wrap around so often"
            )
            raise ValueError(message)


class Power:
    """The kind of collector that the config section `power` names."""

    name: str = "power"
    Config: type = PowerConfig
    metrics: Sequence[Metric] = (
        catalogue.NODE_POWER,
        catalogue.NODE_ENERGY,
        *metrics_of(job),
    )

    def build(self, config: object, context: Context) -> Sequence[Collector]:
        """Make the collector of each source that is not disabled."""
        from collectors.host.kernel import KernelFiles
        from collectors.power.bmc import LocalBmc
        from collectors.power.hwmon import NodeSensors
        from collectors.power.rapl import NodeRapl

        assert isinstance(config, PowerConfig)
        files = KernelFiles()
        schedule = Schedule(interval=config.interval, timeout=config.timeout)
        slow = Schedule(interval=max(config.interval, config.ipmi_interval), timeout=config.timeout)
        place = context.place
        labels = (place.hub, place.site, place.row, place.rack, context.node)
        made: list[Collector] = [
            NodeRapl(labels, context, schedule, files),
            NodeSensors(labels, context, schedule, files, config.node_sensors),
            LocalBmc(labels, context, slow),
        ]
        if config.jobs.enabled:
            from collectors.power.jobs import JobEnergy

            made.append(JobEnergy(labels, context, schedule, config.jobs.most))
        return [collector for collector in made if collector.device not in config.disable]


KIND: Final = Power()
