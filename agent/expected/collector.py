"""The inventory against what is seen: devices expected, answering and silent since when; racks and PDUs without each other.

Expected are the devices that collectors ask, and, at the sites where they ask any of the kind, the PDUs and meters that the inventory has
in service: an agent says nothing of devices that another one asks. Seen is what the `*_up` series say. A hub has 55 000 of them, so the
snapshot notes which have changed, and a round looks at those only.
"""

from __future__ import annotations

import asyncio
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, ClassVar, Final

from agent.expected.differences import IN_SERVICE, NOT_POLLED, REASONS, differences
from collectors.abilities import HasUpSeries
from collectors.base import Collector, Metric, Reading, Schedule, Series
from collectors.catalogue import facility, node
from collectors.catalogue import inventory as catalogue
from collectors.catalogue.agent import INVENTORY_TIME

if TYPE_CHECKING:
    from agent.expected.presence import Key, Presence
    from agent.inventory.model import Inventory
    from agent.snapshot import Snapshot

LISTED: Final = 300
"""Racks or devices of one reason and site that are named; all are counted."""
MAX_SILENT: Final = 5000
"""Silent devices that are named."""
_UP: Final[Mapping[Metric, tuple[str, str]]] = {
    facility.PDU_UP: ("pdu", "pdu"),
    facility.METER_UP: ("meter", "meter"),
    facility.UPS_UP: ("ups", "ups"),
    facility.COOLING_UP: ("cooling", "unit"),
    facility.DEVICE_UP: ("device", "device"),
    node.NODE_UP: ("", "node"),
}
"""What says that a device answers: its kind, or none where its source is its kind, and the label that names it."""
_NAMES: Final = {
    metric.full_name: (kind, metric.labels.index(label)) for metric, (kind, label) in _UP.items()
}
_RACK: Final = facility.PDU.index("rack")
_SOURCE: Final = node.NODE_UP.labels.index("source")
_A_SLICE: Final = 500


@dataclass(slots=True)
class _Device:
    """One device that is asked."""

    series: Series | None
    answers: bool = False


class Reconciler:
    """Compares what the inventory and the config expect with what answers.

    `collectors` are those that ask devices; what they call their device, and the series that say that it is down, tell who is expected.
    """

    name: ClassVar[str] = "reconcile"
    device = ""

    def __init__(
        self,
        inventory: Inventory,
        snapshot: Snapshot,
        hub: str,
        *,
        collectors: Sequence[Collector],
        presence: Presence,
        interval: float = 15.0,
    ) -> None:
        self._inventory, self._snapshot, self._hub, self._presence = (
            inventory,
            snapshot,
            hub,
            presence,
        )
        self._devices: dict[Key, _Device] = {}
        self._silent: dict[Key, Reading] = {}
        self._never: set[Key] = set()
        self._answering: Counter[tuple[str, str]] = Counter()
        self._asked: Counter[tuple[str, str]] = Counter()
        self._unasked: Counter[tuple[str, str]] = Counter()
        self._nodes = Counter(
            (rack.site, "node")
            for rack, device in inventory.nodes()
            if device.agent and rack.state == IN_SERVICE
        )
        self._racks: dict[Key, str] = {}
        """The rack that each PDU's series name."""
        self._pending = [one for one in collectors if one.device and isinstance(one, HasUpSeries)]
        self._followed = {metric: snapshot.follow(metric) for metric in _UP}
        self._settled = False
        self._rounds = 0
        self._mismatches: list[Reading] = []
        self._stale = True
        self.schedule = Schedule(
            interval=interval, timeout=max(10.0, interval), max_samples=100_000
        )

    async def collect(self) -> Sequence[Reading]:
        """Tell how things stand."""
        for metric, followed in self._followed.items():
            changed = list(followed if self._settled else self._snapshot.family(metric))
            followed.clear()
            await self._look_at(metric, changed)
        self._find_pending()
        if not self._settled:
            self._presence.settle(self._devices)
            self._settled = True
        elif self._presence.due():
            await asyncio.to_thread(self._presence.save)
        self._rounds += 1
        if self._stale:
            self._stale = False
            self._compare()
        return [*self._counts(), *list(self._silent.values())[:MAX_SILENT], *self._mismatches]

    def _find_pending(self) -> None:
        """Take the devices whose collectors know what they ask, and keep those that have yet to find out."""
        unknown = []
        for collector in self._pending:
            up = [series for series in collector.up_series if series.metric.full_name in _NAMES]
            if not up:
                unknown.append(collector)
            for series in up:
                self._look(series, self._snapshot.family(series.metric))
        self._pending = unknown

    async def _look_at(self, metric: Metric, changed: Sequence[Series]) -> None:
        """Look at some series; yields to the event loop between slices, for at the start a hub's are all new."""
        for first in range(0, len(changed), _A_SLICE):
            if first:
                await asyncio.sleep(0)
            rows = self._snapshot.family(metric)
            for series in changed[first : first + _A_SLICE]:
                self._look(series, rows)

    def _look(self, series: Series, rows: Mapping[Series, float]) -> None:
        """See whether the device of a series answers now, and note what has changed about it."""
        if series.values[0] != self._hub:
            return
        kind, place = _NAMES[series.metric.full_name]
        # A controller that is asked in two ways is two devices: each may fail alone.
        key = (series.values[1], kind or series.values[_SOURCE], series.values[place])
        value = rows.get(series)
        known = self._devices.get(key)
        if known is None:
            known = self._devices[key] = _Device(series)
            self._asked[key[:2]] += 1
            self._stale = True
        elif known.series is not series:
            if value is None and known.series is not None and known.series in rows:
                return  # its labels are others now, and this is the old series going
            known.series = series
            self._stale = True
        if kind == "pdu":
            self._racks[key] = series.values[_RACK]
        answers = value == 1
        self._answering[key[:2]] += answers - known.answers
        known.answers = answers
        if answers:
            self._presence.answers(key)
            self._silent.pop(key, None)
            self._stale = self._stale or key in self._never
            self._never.discard(key)
        elif key not in self._silent and key not in self._never:
            seen, since = self._presence.silent(key)
            if seen and since is not None:
                self._silent[key] = (catalogue.SILENT_SINCE.series(self._hub, *key), since)
            else:
                self._never.add(key)
                self._stale = True

    def _counts(self) -> Iterator[Reading]:
        if self._inventory.read_at is not None:
            yield INVENTORY_TIME.series(self._inventory.source), self._inventory.read_at
        for where, count in (self._asked + self._unasked).items():
            yield catalogue.EXPECTED.series(self._hub, *where), float(count)
        for where in self._asked:
            yield catalogue.ANSWERING.series(self._hub, *where), float(self._answering[where])

    def _compare(self) -> None:
        """Find every difference anew; only when who is asked, or who has ever answered, is another than before."""
        found: dict[tuple[str, str], list[tuple[str, str]]] = {}
        for one in differences(self._inventory, self._devices, self._racks, self._never):
            found.setdefault((one.site, one.reason), []).append((one.rack, one.device))
        sites = sorted({*self._inventory.sites, *(site for site, _ in self._asked)})
        self._mismatches = []
        self._unasked = Counter(self._nodes)
        for site in sites:
            for reason in REASONS:
                rows = found.get((site, reason), ())
                self._mismatches.append(
                    (catalogue.MISMATCHES.series(self._hub, site, reason), float(len(rows)))
                )
                info = [
                    catalogue.MISMATCH_INFO.series(self._hub, site, reason, *row)
                    for row in rows[:LISTED]
                ]
                self._mismatches += [(series, 1.0) for series in info]
            for reason, kind in NOT_POLLED.items():
                self._unasked[site, kind] += len(found.get((site, reason), ()))

    async def aclose(self) -> None:
        """Write what is remembered; a single round, as of `hubgauge collect`, leaves the file to the agent that runs."""
        if self._rounds > 1:
            await asyncio.to_thread(self._presence.save)
