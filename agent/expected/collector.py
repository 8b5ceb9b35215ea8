"""The inventory compared with what answers: devices expected, answering, and silent since when.

The devices that collectors poll are expected, and so are the nodes in service that should run an
agent. At sites where the collectors poll any PDU, the PDUs that the inventory has in service are
expected too, and likewise meters: other sites are another agent's. A hub has 55 000 devices. So the
snapshot notes which have changed, and a round looks only at those.
"""

from __future__ import annotations

import asyncio
from collections import Counter
from collections.abc import Iterator, Sequence
from typing import ClassVar, Final

from agent.expected.differences import IN_SERVICE, NOT_POLLED, REASONS, Difference, differences
from agent.expected.polled import UP_METRICS, PolledDevices, SiteKind, is_up_series
from agent.expected.silence import SilenceFile
from agent.inventory.model import Inventory
from agent.snapshot import Snapshot
from collectors.abilities import HasUpSeries
from collectors.base import Collector, Metric, Reading, Schedule, Series
from collectors.catalogue import inventory as catalogue
from collectors.catalogue.agent import INVENTORY_TIME

LISTED: Final = 300
"""Racks or devices of one reason and site that are named; all are counted."""
MAX_SILENT: Final = 5000
"""Silent devices that are named."""
_A_SLICE: Final = 500
"""Series that are looked at before other tasks have a turn."""


class ExpectedCollector:
    """Compares what the inventory and the config expect with what answers.

    `collectors` are those that poll devices: a device is expected before it has ever answered.
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
        silence: SilenceFile,
        interval: float = 15.0,
    ) -> None:
        self._inventory, self._snapshot, self._hub = inventory, snapshot, hub
        self._silence = silence
        self._devices = PolledDevices(hub, silence)
        nodes = (
            SiteKind(rack.site, "node")
            for rack, device in inventory.devices()
            if device.agent and rack.state == IN_SERVICE
        )
        self._nodes = Counter(nodes)
        self._not_polled: Counter[SiteKind] = Counter()
        self._undiscovered = [
            one for one in collectors if one.device and isinstance(one, HasUpSeries)
        ]
        """Collectors that have not found out yet what their device is."""
        self._changed_series = {metric: snapshot.follow(metric) for metric in UP_METRICS}
        self._rounds = 0
        self._mismatches: list[Reading] = []
        self.schedule = Schedule(
            interval=interval, timeout=max(10.0, interval), max_samples=100_000
        )

    async def collect(self) -> Sequence[Reading]:
        """Return the counts, the silent devices and the differences."""
        first = self._rounds == 0
        self._devices.follow_clock()
        for metric, changed in self._changed_series.items():
            found = dict(changed)
            if first:
                found = {**self._snapshot.family(metric), **found}
            changed.clear()
            await self._look_at(metric, list(found.items()))
        self._look_at_discovered()
        if first:
            self._silence.keep_only(self._devices.keys)
        elif self._silence.save_is_due():
            await asyncio.to_thread(self._silence.save)
        self._rounds += 1
        if self._devices.changed:
            self._devices.changed = False
            self._compare()
        silent = list(self._devices.silent.values())[:MAX_SILENT]
        return [*self._counts(), *silent, *self._mismatches]

    async def _look_at(self, metric: Metric, changed: Sequence[Reading]) -> None:
        """Look at some series, in slices: in the first round, all of a hub's are new.

        Each comes with the highest value that it had since the last look.
        """
        for first in range(0, len(changed), _A_SLICE):
            if first:
                await asyncio.sleep(0)
            live = self._snapshot.family(metric)
            for series, highest in changed[first : first + _A_SLICE]:
                self._devices.look(series, live, answered=highest == 1)

    def _look_at_discovered(self) -> None:
        """Look at the devices of those collectors that have found out what they poll."""
        unknown = []
        for collector in self._undiscovered:
            up_series = [series for series in collector.up_series if is_up_series(series)]
            if not up_series:
                unknown.append(collector)
            for series in up_series:
                self._devices.look(series, self._snapshot.family(series.metric))
        self._undiscovered = unknown

    def _counts(self) -> Iterator[Reading]:
        if self._inventory.read_at is not None:
            yield INVENTORY_TIME.series(self._inventory.source), self._inventory.read_at
        for key, count in (self._devices.polled + self._not_polled).items():
            yield catalogue.EXPECTED.series(self._hub, *key), float(count)
        for key in self._devices.polled:
            answering = self._devices.answering[key]
            yield catalogue.ANSWERING.series(self._hub, *key), float(answering)

    def _compare(self) -> None:
        """Find every difference; needed only after a change of the devices, polled or answering."""
        devices = self._devices
        found: dict[tuple[str, str], list[Difference]] = {}
        for one in differences(
            self._inventory, devices.keys, devices.rack_of_pdu, devices.never_answered
        ):
            found.setdefault((one.site, one.reason), []).append(one)
        self._mismatches = []
        self._not_polled = Counter(self._nodes)
        for site in sorted({*self._inventory.sites, *(key.site for key in devices.polled)}):
            for reason in REASONS:
                rows = found.get((site, reason), [])
                count = catalogue.MISMATCHES.series(self._hub, site, reason)
                self._mismatches.append((count, float(len(rows))))
                self._mismatches += [(self._info(row), 1.0) for row in rows[:LISTED]]
            for reason, kind in NOT_POLLED.items():
                self._not_polled[SiteKind(site, kind)] += len(found.get((site, reason), []))

    def _info(self, one: Difference) -> Series:
        return catalogue.MISMATCH_INFO.series(self._hub, one.site, one.reason, one.rack, one.device)

    async def aclose(self) -> None:
        """Save since when devices are silent, but not after one round, as of `hubgauge collect`."""
        if self._rounds > 1:
            await asyncio.to_thread(self._silence.save)
