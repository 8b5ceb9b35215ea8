"""A part of the page for one of several scrapers: some kinds of metrics, or some of the devices.

A whole hub's page has millions of lines. Several scrapers, each with a part, take it at the same
time, and each series is in exactly one of the parts of a division.
"""

from __future__ import annotations

import zlib
from dataclasses import dataclass
from typing import Final

from collectors.base import Metric
from collectors.batch import Layout

MOST_SHARDS: Final = 64


@dataclass(frozen=True, slots=True, kw_only=True)
class Part:
    """What a scrape asks for. All conditions have to hold; without any, it is the whole page."""

    kinds: frozenset[str] = frozenset()
    """The kinds of metrics to give; all where none is named."""
    without: frozenset[str] = frozenset()
    """Kinds that are left out."""
    shard: int = 1
    of: int = 1
    """The number of parts into which the devices are divided; those of one layout stay together."""

    def __post_init__(self) -> None:
        """Check the shard."""
        if not 1 <= self.shard <= self.of <= MOST_SHARDS:
            raise ValueError(
                f"shard: expected a part such as 2/4, of at most {MOST_SHARDS}, got"
                f" {self.shard}/{self.of}"
            )

    def has(self, metric: Metric) -> bool:
        """Tell whether a metric is in it."""
        if not self.kinds and not self.without:
            return True
        kind = kind_of(metric)
        return (not self.kinds or kind in self.kinds) and kind not in self.without

    def holds(self, layout: Layout) -> bool:
        """Tell whether sources of this layout are in it; the labels of its first device decide."""
        if self.of == 1 or not layout.heads:
            return self.shard == 1
        return zlib.crc32(layout.heads[0].text) % self.of == self.shard - 1


WHOLE: Final = Part()


def kind_of(metric: Metric) -> str:
    """Return what a metric is about: `pdu` of `dc_pdu_power_watts`, `node` of `node_load1`."""
    first, *rest = metric.full_name.split("_")
    return rest[0] if first == "dc" and rest else first
