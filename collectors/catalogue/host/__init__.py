"""Metrics of a host, with node_exporter's names, labels, types and units.

So node-mixin's rules and dashboards work unchanged.
"""

from __future__ import annotations

from typing import Final

from collectors.catalogue.host import (
    bcache,
    fabric,
    filesystems,
    memory,
    network,
    processes,
    processor,
    sensors,
    storage,
    system,
    units,
)

SECTIONS: Final = (
    processor,
    processes,
    memory,
    storage,
    filesystems,
    bcache,
    network,
    fabric,
    system,
    sensors,
    units,
)
"""Every module of this package that declares metrics; read them with `metrics_of(*SECTIONS)`."""
