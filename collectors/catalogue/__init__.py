"""The metric catalogue: every metric is declared once, here.

The tables of the documentation, the dashboards and the rules are made from it.
"""

from __future__ import annotations

from collections.abc import Iterator
from types import ModuleType

from collectors.base import Metric


def all_metrics() -> Iterator[Metric]:
    """Yield every declared metric, section by section."""
    from collectors.catalogue import (
        agent,
        devices,
        events,
        hardware,
        host,
        inventory,
        job,
        link,
        network,
        node,
        rack,
        site,
    )

    computed = (rack, node, job, site, link, inventory, agent)
    sections = (*host.SECTIONS, hardware, *devices.SECTIONS, network, events, *computed)
    yield from dict.fromkeys(metrics_of(*sections))


def metrics_of(*sections: ModuleType) -> Iterator[Metric]:
    """Yield the metrics of these sections, in the order in which each module declares them.

    A module declares a metric as a name of its own, or in a tuple or a mapping, also beside the
    factor to its base unit.
    """
    for section in sections:
        for value in list(vars(section).values()):
            yield from _metrics_in(value)


def _metrics_in(value: object) -> Iterator[Metric]:
    if isinstance(value, Metric):
        yield value
    elif isinstance(value, (tuple, dict)):
        for member in value.values() if isinstance(value, dict) else value:
            yield from _metrics_in(member)
