"""Write docs/metrics.md from the metric catalogue.

Run: python tools/metrics_reference.py [--check]
"""

from __future__ import annotations

import sys
from types import ModuleType
from typing import Final

from generated import ROOT, finish

sys.path.insert(0, str(ROOT))

from collectors.base import Metric
from collectors.catalogue import (
    agent,
    devices,
    events,
    hardware,
    host,
    inventory,
    job,
    link,
    metrics_of,
    network,
    node,
    rack,
    site,
)

SECTIONS: Final[tuple[tuple[str, tuple[ModuleType, ...], str], ...]] = (
    (
        "Sites, PUE, targets and links",
        (site, link),
        "Computed by the gateway that has the inventory.",
    ),
    ("Racks, rows and breakers", (rack,), "Computed from the inventory and the latest readings."),
    (
        "Meters, PDUs, UPSs, transfer switches, DC plants, generators, cooling and sensors",
        devices.SECTIONS,
        "Read from devices.",
    ),
    ("Nodes and chips", (node,), "Read from controllers, the kernel and the chips' drivers."),
    ("Jobs", (job,), "Read from Slurm's cgroups and the processors ([power](power.md#jobs))."),
    ("Network devices", (network,), "Read from switches and routers (IF-MIB)."),
    (
        "Events",
        (events,),
        "Sent by devices as SNMP traps and informs, and by syslog ([events](traps.md)).",
    ),
    ("The inventory against what is seen", (inventory,), "Computed by the gateway."),
    ("hubgauge itself", (agent,), "Every agent reports these about itself."),
    (
        "Host",
        host.SECTIONS,
        "node_exporter's names, labels, types and units. A host has those that its kernel gives.",
    ),
    ("Host hardware", (hardware,), "node_exporter's names as well."),
)

HEAD: Final = """# Metrics

Every metric that hubgauge can report, from its catalogue. A metric is absent where nothing measures
it. Names end in their base unit; a ratio is 0 to 1. A counter only grows: use `rate()` on it.

Every `dc_` series carries `hub` and `site`. *This page is generated from the code
(`tools/metrics_reference.py`).*
"""


def main() -> int:
    """Write the page; with `--check` only compare. Returns the exit status."""
    told: set[Metric] = set()
    text = HEAD
    for title, sections, source in SECTIONS:
        metrics = [metric for metric in metrics_of(*sections) if metric not in told]
        told.update(metrics)
        text += (
            f"\n## {title}\n\n{source}\n\n| metric | type | what | labels |\n|---|---|---|---|\n"
        )
        text += "".join(map(row, sorted(metrics, key=lambda metric: metric.full_name)))
    return finish("metrics.md", text)


def row(metric: Metric) -> str:
    """Return the table row of one metric."""
    labels = ", ".join(f"`{label}`" for label in metric.labels)
    help_text = metric.help.replace("|", "\\|")
    return f"| `{metric.full_name}` | {metric.type} | {help_text} | {labels} |\n"


if __name__ == "__main__":
    sys.exit(main())
