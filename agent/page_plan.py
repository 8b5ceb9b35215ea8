"""The whole page of an agent with few series as one template, into which all values are filled.

A node's page has some three hundred metrics with two series each. To put it together piece by piece
takes ten times as long as to fill in the values, and what stands between them seldom changes.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from operator import itemgetter
from typing import Final

from agent.families import Family, Source
from collectors.base import Metric

MOST_SERIES: Final = 5000
"""Beyond it a page is made in pieces, so that other tasks run between two of them."""

Header = Callable[[Metric], bytes]
"""Returns the HELP and TYPE lines of a metric."""


class PagePlan:
    """The page of some families. It holds as long as their sources and layouts stay the same."""

    __slots__ = ("_arrange", "_sources", "_template")

    def __init__(self, families: Iterable[Family], header: Header) -> None:
        texts: list[bytes] = []
        order: list[int] = []
        begins: dict[Source, int] = {}
        size = 0
        for family in families:
            texts.append(_plain(header(family.metric)))
            for source, _, run in family.runs():
                if source not in begins:
                    begins[source] = size
                    size += len(source.values)
                for at in range(run.start, run.stop):
                    texts.append(_plain(source.layout.at(at).prefix.encode()) + b"%r\n")
                    order.append(begins[source] + at)
        self._sources: Final = tuple(begins)
        self._template: Final = b"".join(texts)
        # Of a single place `itemgetter` returns no tuple.
        self._arrange: Final = itemgetter(*order) if len(order) > 1 else tuple

    def page(self) -> bytes:
        """Return the page with the values that its sources have now."""
        values: list[float] = []
        for source in self._sources:
            values += source.values
        return self._template % self._arrange(values)


class PagePlans:
    """The plans of one snapshot, by how the metrics are told: as text or as OpenMetrics."""

    def __init__(self) -> None:
        self._kept: Final[dict[Header, PagePlan]] = {}

    def clear(self) -> None:
        """Forget all: other series have come, or some have gone."""
        self._kept.clear()

    def page(
        self, header: Header, series: int, families: Callable[[], Iterable[Family]]
    ) -> bytes | None:
        """Return the page of so many series; None where there are too many for one template."""
        plan = self._kept.get(header)
        if plan is None:
            if series > MOST_SERIES:
                return None
            plan = self._kept[header] = PagePlan(families(), header)
        return plan.page()


def _plain(text: bytes) -> bytes:
    """Return text as it stands in a template."""
    return text.replace(b"%", b"%%")
