"""The metric catalogue: every metric is declared once, here.

README tables, dashboards and rules read it.
"""

from __future__ import annotations

from collections.abc import Iterator
from types import ModuleType

from collectors.base import Metric


def all_metrics() -> Iterator[Metric]:
    """Yield every declared metric, section by section."""
    from collectors.catalogue import (
        agent,
        facility,
        hardware,
        host,
        inventory,
        network,
        node,
        rack,
        site,
    )

    sections = (host, hardware, facility, network, rack, node, site, inventory, agent)
    yield from dict.fromkeys(metric for section in sections for metric in metrics_of(section))


def metrics_of(section: ModuleType) -> Iterator[Metric]:
    """Yield the metrics of one section, in the order they are declared.

    They stand alone, in a tuple or in a mapping.
    """
    for value in list(vars(section).values()):
        if isinstance(value, Metric):
            yield value
        elif isinstance(value, (tuple, dict)):
            members = value.values() if isinstance(value, dict) else value
            yield from (member for member in members if isinstance(member, Metric))
