"""What is the matter now, by the snapshot: racks beyond a limit, silent devices, promises."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from typing import Final, NamedTuple

from agent.expected.polled import UP_METRICS
from agent.inventory.model import Inventory
from agent.snapshot import LiveValues
from collectors.base import Metric, Series
from collectors.catalogue import inventory as catalogue
from collectors.catalogue import rack, site
from collectors.catalogue.needs import GRAVITY

SILENT_SECONDS: Final = 60.0
"""A device that was silent for less is not told."""
_WAITS: Final[Mapping[str, float]] = {
    need: 60.0 * gravity.wait_minutes for need, gravity in GRAVITY.items() if need != "silent"
}
"""How long each need of a rack must last, in seconds. That a PDU of it is silent is told as the
silence of a device."""
_MEASURES: Final[Mapping[str, Metric]] = {
    "over": rack.RACK_UTILIZATION,
    "too_hot": rack.RACK_INLET_TEMPERATURE,
    "failover_lost": rack.RACK_FAILOVER_LOAD,
    "hot": rack.RACK_INLET_TEMPERATURE,
    "failover_tight": rack.RACK_FAILOVER_LOAD,
}
"""What must be measured of a rack to know that a need is over."""


class Matter(NamedTuple):
    """What is the matter with something, as `Episode` has it."""

    kind: str
    site: str
    row: str
    subject: str
    detail: str


class Watch:
    """Looks at the snapshot: what lasts, and whether it is known that something is over."""

    def __init__(self, snapshot: LiveValues, hub: str, inventory: Inventory) -> None:
        self._snapshot, self._hub, self._inventory = snapshot, hub, inventory

    def lasting(self, now: float) -> dict[Matter, float]:
        """Return everything that is the matter, and since when."""
        return dict((*self._racks(now), *self._devices(now), *self._promises(now)))

    def _racks(self, now: float) -> Iterator[tuple[Matter, float]]:
        """Yield the needs that have lasted as long as their alerts wait."""
        for matter, since in self._needs():
            if now - since >= _WAITS[matter.detail]:
                yield matter, since

    def _needs(self) -> Iterator[tuple[Matter, float]]:
        for series, since in self._snapshot.family(rack.RACK_NEED_SINCE).items():
            hub, place, row, name, need = series.values
            if hub == self._hub and need in _WAITS:
                yield Matter("rack", place, row, name, need), since

    def _devices(self, now: float) -> Iterator[tuple[Matter, float]]:
        for series, since in self._snapshot.family(catalogue.SILENT_SINCE).items():
            if series.label("hub") == self._hub and now - since >= SILENT_SECONDS:
                place, kind, name = (series.label(one) for one in ("site", "kind", "device"))
                yield Matter("device", place, "", name, kind), since

    def _promises(self, now: float) -> Iterator[tuple[Matter, float]]:
        for series, holds in self._snapshot.family(site.TARGET_STATE).items():
            if holds:
                yield Matter("promise", "", "", series.label("target"), series.label("state")), now

    def over(self, known: set[Matter], *, gone_too: bool) -> set[Matter]:
        """Return those matters, of some that do not last now, that are known to be over.

        What is not measured any more, or not yet, is not over. With `gone_too`, what nobody speaks
        of any more is over as well: a device that was taken away, a promise that was withdrawn.
        """
        found: set[Matter] = set()
        for kind, look in self._looks():
            asked = {one for one in known if one.kind == kind}
            if asked:
                over, heard = look(asked)
                found |= over | (asked - heard if gone_too else set())
        return found

    def _looks(self) -> tuple[tuple[str, Callable[[set[Matter]], _Found]], ...]:
        return (
            ("rack", self._racks_over),
            ("device", self._devices_over),
            ("promise", self._promises_over),
        )

    def _racks_over(self, known: set[Matter]) -> _Found:
        """A need is over when the rack is measured and shows none; a young one may be the same."""
        young = {matter for matter, _ in self._needs()}
        listed = {one for one in known if one.subject in self._inventory.racks}
        measured = {
            metric: {_place(series) for series in self._of_power(metric)}
            for metric in {_MEASURES[one.detail] for one in listed}
        }
        calm = {
            one
            for one in listed - young
            if (one.site, one.subject) in measured[_MEASURES[one.detail]]
        }
        return calm | (known - listed), known

    def _of_power(self, metric: Metric) -> Iterator[Series]:
        for series in self._snapshot.family(metric):
            if metric is not rack.RACK_UTILIZATION or series.label("kind") == "power":
                yield series

    def _devices_over(self, known: set[Matter]) -> _Found:
        """A silence is over when the device answers."""
        over, heard = set(), set()
        for metric, how in UP_METRICS.items():
            for series, up in self._snapshot.family(metric).items():
                kind = how.kind or series.label("source")
                one = Matter("device", series.label("site"), "", series.label(how.label), kind)
                if one in known:
                    heard.add(one)
                    if up:
                        over.add(one)
        return over, heard

    def _promises_over(self, known: set[Matter]) -> _Found:
        """A state is over when the promise has another one."""
        now = {series.label("target") for series in self._snapshot.family(site.TARGET_STATE)}
        heard = {one for one in known if one.subject in now}
        return heard, heard


_Found = tuple[set[Matter], set[Matter]]
"""What is over, and what anything is heard of."""


def _place(series: Series) -> tuple[str, str]:
    return series.label("site"), series.label("rack")
