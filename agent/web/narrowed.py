"""What a reader sees whose roles name some sites: their pages, made of their readings alone.

What is told of the hub as a whole is left out, because it would tell of the other sites: a reading
without the label `site`, every collector's health, and what the paths below do not name.
"""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping
from dataclasses import replace
from typing import Final

from agent.inventory.model import Inventory
from agent.snapshot import Snapshot
from agent.web.view import BoardView
from collectors.base import Metric, Series

_PAGES: Final = ("static", "runbook", "openapi", "search")
"""First parts of paths whose pages are made of nothing but the view."""
_ANSWERS: Final = ("racks", "search", "openapi.json")
"""The same below `/api`."""
_MOST_KEPT: Final = 64


class NarrowedSnapshot(Snapshot):
    """The readings of some sites, out of a snapshot of all."""

    def __init__(self, whole: Snapshot, sites: Collection[str]) -> None:
        super().__init__()
        self._whole: Final = whole
        self._sites: Final = frozenset(sites)

    def families(self) -> Iterator[tuple[Metric, Mapping[Series, float]]]:
        """Yield every metric that has live series at these sites, with them."""
        for metric, values in self._whole.families():
            found = self._chosen(metric, values)
            if found:
                yield metric, found

    def family(self, metric: Metric) -> Mapping[Series, float]:
        """Return the live series of one metric at these sites."""
        return self._chosen(metric, self._whole.family(metric))

    def _chosen(self, metric: Metric, values: Mapping[Series, float]) -> dict[Series, float]:
        if "site" not in metric.labels:
            return {}
        at = metric.at("site")
        return {one: value for one, value in values.items() if one.values[at] in self._sites}


class Narrowing:
    """Makes views of some sites; a snapshot of the same sites is made once."""

    def __init__(self) -> None:
        self._kept: Final[dict[frozenset[str], NarrowedSnapshot]] = {}
        """Caches hang on a snapshot, so that no reader gets what was made for another one."""

    def view(self, view: BoardView, sites: frozenset[str]) -> BoardView:
        """Return a view of some sites alone."""
        if sites not in self._kept:
            if len(self._kept) >= _MOST_KEPT:
                self._kept.clear()
            self._kept[sites] = NarrowedSnapshot(view.snapshot, sites)
        return replace(
            view,
            snapshot=self._kept[sites],
            inventory=_narrowed(view.inventory, sites) if view.inventory is not None else None,
            site=view.site if view.site in sites else "",
            health=tuple,
            firing=None,
            windows=[one for one in view.windows if not one.site or one.site in sites],
            sites=sites,
        )


def is_among(parts: list[str], sites: Collection[str]) -> bool:
    """Tell whether a path, by its decoded parts, is one that a reader of some sites may see."""
    match parts:
        case ["sites", site, *_] if site in sites:
            return True
        case ["racks", _] | ["openapi"]:
            return True
        case ["api", *rest]:
            rest = rest[1:] if rest[:1] == ["v1"] else rest
            if rest[:1] == ["sites"]:
                return len(rest) == 1 or rest[1] in sites
            return bool(rest) and rest[0] in _ANSWERS
        case [first, *_]:
            return first in _PAGES
        case _:
            return False


def _narrowed(inventory: Inventory, sites: frozenset[str]) -> Inventory:
    """Return what an inventory has of some sites."""
    return replace(
        inventory,
        sites={key: one for key, one in inventory.sites.items() if key in sites},
        racks={key: one for key, one in inventory.racks.items() if one.site in sites},
        meters={key: one for key, one in inventory.meters.items() if one.site in sites},
        breakers={key: one for key, one in inventory.breakers.items() if one.site in sites},
        racks_of_others={
            key: one for key, one in inventory.racks_of_others.items() if one.site in sites
        },
        complete=False,
    )
