"""Read one Redfish device round by round: a node by its management controller, or a PDU."""

from __future__ import annotations

import asyncio
import logging
import zlib
from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from typing import TYPE_CHECKING, ClassVar, Final

from collectors.background import Background
from collectors.base import (
    BadReply,
    CollectError,
    Metric,
    Reading,
    Refused,
    Schedule,
    Series,
    Unreachable,
)
from collectors.catalogue import facility, node
from collectors.catalogue.bounds import EXTREMES, has_extremes
from collectors.judge import Judged, judge
from collectors.labels import safe_label
from collectors.power.missing import NOT_OFFERED, NoPower
from collectors.power.redfish.body import text
from collectors.power.redfish.discover import find_equipment, find_node, requests_of, unchanged
from collectors.power.redfish.places import GROUPS, LEVELS
from collectors.power.redfish.reader import Reader
from collectors.refusal import Refusal

if TYPE_CHECKING:
    from collectors.power.redfish.discover import Plan
    from collectors.power.redfish.link import Link
    from collectors.power.redfish.places import Source
    from collectors.power.redfish.rows import Row

log: Final = logging.getLogger(__name__)

_DISCOVERY_TIMEOUTS: Final = 12
"""Discovery may take this many time-outs: it sends many requests, and runs beside the rounds."""


class RedfishCollector:
    """Reads one node or PDU.

    `dropped` counts rejected readings: `null` (the service has the property, but no value), `zero`
    (0 W of a node that is on), `negative`, `unread` (documents that could not be read while others
    could), and those of `collectors.judge`. `refused` lists what it refused in the last round.
    """

    name: ClassVar[str] = "redfish"

    def __init__(
        self,
        *,
        device: str,
        labels: Mapping[str, str],
        link: Link,
        schedule: Schedule,
        levels: Iterable[str] = tuple(LEVELS),
        wanted: str = "",
        refresh: float = 3600.0,
    ) -> None:
        self.device, self.schedule, self.link = device, schedule, link
        self.dropped: Counter[str] = Counter()
        self.refused: Sequence[Refusal] = ()
        self.notice = ""
        self._no_power = ""
        self._labels, self._wanted = labels, wanted
        self._is_pdu = "pdu" in labels
        self._groups = frozenset(
            ("power", "energy", *(group for level in levels for group in LEVELS[level]))
        )
        up = self._series(facility.PDU_UP if self._is_pdu else node.NODE_UP)
        self._up = (up, 1.0)
        self.up_series: Sequence[Series] = (up,)
        self._known: dict[tuple[Metric, tuple[str, ...]], Series] = {}
        # The refresh is spread, so that a thousand controllers that started together are not
        # discovered together.
        spread = 1 + zlib.crc32(device.encode()) % 256 / 512
        limit = schedule.timeout * _DISCOVERY_TIMEOUTS
        self._plan = Background(self._discover, refresh=refresh * spread, limit=limit)
        link.users += 1
        # Shorter than the round, so that the round gets the error of its request.
        link.http.timeout = max(link.http.timeout, schedule.timeout * 0.9)

    @property
    def plan(self) -> Plan | None:
        """The plan of every round, once discovery has made it."""
        return self._plan.found

    def _series(self, metric: Metric, tail: tuple[str, ...] = ()) -> Series:
        own = iter(tail)
        values = (
            self._labels[name] if name in self._labels else safe_label(next(own)).strip()
            for name in metric.labels
        )
        if metric.subsystem == "sensor":  # named by its device, as sensors of PDUs on SNMP are
            values = (
                f"{self.device}/{safe_label(tail[0])}" if name == "sensor" else self._labels[name]
                for name in metric.labels
            )
        return metric.series(*values)

    async def collect(self) -> list[Reading]:
        """Read the device once; raises Unreachable, Refused or BadReply.

        Readings count if they came in time, also if other documents could not be read.
        """
        until = asyncio.get_running_loop().time() + self.schedule.timeout * 0.95
        before = self.link.http.answers
        plan = await self._plan.ready(until)
        if plan is None:
            if self.link.http.answers == before:
                raise Unreachable(f"no answer within {self.schedule.timeout:g} s")
            return [self._up]  # it answers, but discovery is not complete yet
        self._no_power = NOT_OFFERED
        judged = judge(list((await self._round(plan, until)).items()), self.dropped)
        self.refused = judged.refused
        return [self._up, *judged.readings, *self._missing(judged)]

    def _missing(self, judged: Judged) -> list[Reading]:
        """Say why a node that answers has no power: it would pass for one that is well read."""
        self.notice = ""
        if self._is_pdu or any(series.metric is node.NODE_POWER for series, _ in judged.readings):
            return []
        refused = (one.reason for one in judged.refused if one.series.metric is node.NODE_POWER)
        missing = NoPower(next(refused, self._no_power))
        self.notice = missing.notice
        return [missing.reading(*self._series(node.NODE_POWER).values)]

    async def _discover(self) -> Plan:
        old = self._plan.found
        if old is not None and not self._plan.stale and await unchanged(self.link, old):
            return old
        found = await (find_equipment if self._is_pdu else find_node)(
            self.link, self._wanted, self._groups
        )
        if old is None:
            beside = f" (and not {', '.join(found.others)[:200]})" if found.others else ""
            log.info(
                "redfish %s: reads %s%s, %d requests a round",
                self.device,
                found.subject,
                beside,
                requests_of(found),
            )
        return found

    async def _round(self, plan: Plan, until: float) -> dict[Series, float]:
        reader = Reader(self.link)
        taken: dict[Series, float] = {}
        failed: CollectError | None = None
        read = 0
        try:
            async with asyncio.timeout_at(until):
                for source in plan.sources:
                    try:
                        taken |= await self._source(source, plan, reader)
                        read += 1
                    except (BadReply, Refused) as error:
                        failed = error
        except TimeoutError:
            failed = Unreachable(f"no answer within {self.schedule.timeout:g} s")
        except Unreachable as error:
            failed = error
        if failed is not None:
            self._plan.stale = True
            if not read:
                raise failed
            self.dropped["unread"] += len(plan.sources) - read
            if self._no_power == NOT_OFFERED:
                self._no_power = "unread"
        return taken

    async def _source(self, source: Source, plan: Plan, reader: Reader) -> dict[Series, float]:
        documents = await reader.documents(source.place)
        if not documents:  # discovery found some
            raise BadReply(f"nothing at {source.place.collection or source.place.uris[0]}")
        taken: dict[Series, float] = {}
        for kind, groups in source.takes:
            for row in kind.rows(documents, plan.owners):
                if GROUPS[row.metric] in groups and await self._is_good(row, plan, reader):
                    assert row.value is not None
                    taken.setdefault(self._series_of(row), row.value)
        return taken

    def _series_of(self, row: Row) -> Series:
        known = (row.metric, row.tail)
        if known not in self._known:
            # Names are outside data and may keep changing.
            if len(self._known) >= self.schedule.max_samples:
                self._known.clear()
            self._known[known] = self._series(*known)
        return self._known[known]

    async def _is_good(self, row: Row, plan: Plan, reader: Reader) -> bool:
        """Return whether a row is a good reading; count the reason if it is not."""
        why = ""
        if row.value is None:
            why = "null"
        elif row.value in EXTREMES and has_extremes(row.metric):
            why = "sentinel"
        elif row.metric is node.NODE_POWER and row.value <= 0:
            why = (
                "negative" if row.value < 0 else "" if await self._is_off(plan, reader) else "zero"
            )
        if why:
            self.dropped[why] += 1
            if row.metric is node.NODE_POWER:
                self._no_power = why
        return not why

    @staticmethod
    async def _is_off(plan: Plan, reader: Reader) -> bool:
        """Return whether a node is off by its own state: only then is 0 W a reading."""
        try:
            return bool(plan.states) and all(
                [text(await reader.get(uri), "PowerState") == "Off" for uri in plan.states]
            )
        except (BadReply, Refused):
            return False

    async def aclose(self) -> None:
        """Stop discovery, and release the connection."""
        await self._plan.aclose()
        await self.link.release()
