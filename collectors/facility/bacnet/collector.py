"""Reads one BACnet device: in every round, the objects of all its points."""

from __future__ import annotations

import asyncio
import logging
from collections import Counter
from collections.abc import Sequence
from typing import ClassVar, Final

from collectors.base import (
    BadReply,
    CollectError,
    Reading,
    Schedule,
    Series,
    Unreachable,
)
from collectors.catalogue.devices import KINDS, up_of
from collectors.facility.bacnet.client import Client, Property, Remote, parse_address
from collectors.facility.bacnet.config import Device
from collectors.facility.bacnet.profile import (
    PRESENT_VALUE,
    REGISTER,
    STATES,
    UNITS_PROPERTY,
    Answers,
    Point,
    decode,
    span_of,
    tells_unit,
)
from collectors.judge import judge
from collectors.refusal import Refusal

log = logging.getLogger(__name__)


class BacnetCollector:
    """Reads one device.

    `dropped` counts rejected readings by reason: `no_value` (the device does not have the object or
    the property), `out_of_service`, `fault` (by status flags or reliability), `sentinel`,
    `unknown_state`, `unit` (the device's unit has another quantity than the metric), `timeout`, and
    those of `collectors.judge`. `refused` lists the readings of the last round that it refused.
    """

    name: ClassVar[str] = "bacnet"

    def __init__(
        self,
        device: Device,
        series: Sequence[tuple[Point, Series]],
        client: Client,
        schedule: Schedule,
    ) -> None:
        self.device: Final = device.name
        self.schedule: Final = schedule
        self.dropped: Counter[str] = Counter()
        self.refused: Sequence[Refusal] = ()
        self.register_rollovers: dict[Series, float] = {}
        """The value at which each energy register wraps, in joules, where the device states it."""
        self._address, self._instance = device.address, device.instance
        self._series, self._client = series, client
        self._up = [(one, 1.0) for one in ups_of([series for _, series in series])]
        self.up_series: Sequence[Series] = [one for one, _ in self._up]
        self._remote: Remote | None = None
        self._fixed: Answers = {}
        self._wanted: Sequence[Property] = ()
        self._logged: set[tuple[str, str]] = set()
        client.users += 1

    async def collect(self) -> list[Reading]:
        """Read every point once; raises Unreachable, Refused or BadReply."""
        answers: Answers = {}
        try:
            # A little less than the timeout, so that answers received in time are still returned.
            async with asyncio.timeout(self.schedule.timeout * 0.95):
                await self._ask(answers)
        except (TimeoutError, Unreachable) as error:
            self._wanted = ()  # after an outage the device may have other objects
            if not answers:
                self._remote = None
                said = str(error) or f"no answer within {self.schedule.timeout:g} s"
                raise Unreachable(f"{self._where}: {said}") from None
            self.dropped["timeout"] += 1
        except CollectError as error:
            raise type(error)(f"{self._where}: {error}") from None
        readings = self._readings(self._fixed | answers)
        if not answers:
            raise BadReply(
                f"{self._where}: the device answers, but has none of its {len(self._series)} points"
            )
        return [*self._up, *readings]

    async def _ask(self, answers: Answers) -> None:
        """Read the properties that change.

        The first round also reads the properties that do not change, and finds out which properties
        each object has.
        """
        remote = self._remote or await self._find()
        if self._wanted:
            await remote.read(self._wanted, answers)
            return
        first: Answers = {}
        await remote.read(_everything(self._series), first)
        fixed = (UNITS_PROPERTY, *REGISTER)
        self._fixed = {key: value for key, value in first.items() if key[1] in fixed}
        answers.update((key, value) for key, value in first.items() if key[1] not in fixed)
        self._wanted = tuple(answers)
        spans = ((series, span_of(point, series.metric, first)) for point, series in self._series)
        self.register_rollovers = {series: span for series, span in spans if span is not None}

    async def _find(self) -> Remote:
        address = (
            parse_address(self._address)
            if self._address
            else await self._client.find(self._instance or 0)
        )
        self._remote = Remote(self._client, address)
        return self._remote

    def _readings(self, answers: Answers) -> list[Reading]:
        readings: list[Reading] = []
        for point, series in self._series:
            value = decode(point, series.metric, answers)
            if value.number is not None:
                readings.append((series, value.number))
                continue
            self.dropped[value.why] += 1
            self._log_once(point, series, value.why, answers)
        judged = judge(readings, self.dropped)
        self.refused = judged.refused
        return judged.readings

    def _log_once(self, point: Point, series: Series, why: str, answers: Answers) -> None:
        """Log once a fault that only a change of the config can correct."""
        key = (point.object, point.property)
        if why not in ("unit", "no_value") or key in self._logged:
            return
        self._logged.add(key)
        if why == "unit":
            said = answers.get((point.object, UNITS_PROPERTY), "nothing")
            log.warning(
                "bacnet %s: %s reports the unit %s, which does not fit %s; give unit in the config",
                self.device,
                point.object,
                said,
                series.metric.full_name,
            )
        else:
            log.warning(
                "bacnet %s: the device has no %s of %s", self.device, point.property, point.object
            )

    @property
    def _where(self) -> str:
        return self._address or f"device {self._instance}"

    async def aclose(self) -> None:
        """Stop using the socket. The last device that uses it closes it."""
        self._client.users -= 1
        if self._client.users <= 0:
            self._client.close()


def _everything(series: Sequence[tuple[Point, Series]]) -> list[Property]:
    """List the properties to read in the first round, each once, grouped by object."""
    wanted: dict[Property, None] = {}
    for point, _ in series:
        names = [point.property, *STATES]
        if tells_unit(point.object) and not point.unit and not point.map:
            names.append(UNITS_PROPERTY)
        if point.object.startswith("accumulator,") and point.property == PRESENT_VALUE:
            names += REGISTER
        wanted |= dict.fromkeys((point.object, name) for name in names)
    return sorted(wanted, key=lambda one: one[0])


def ups_of(series: Sequence[Series]) -> list[Series]:
    """Return the `up` series of each device that these series belong to."""
    found: dict[Series, None] = {}
    for one in series:
        for kind in KINDS.values():
            own = one.metric.subsystem != "custom" and one.label(kind.label)
            up = up_of(one, kind.up) if own else None
            if up is not None:
                found[up] = None
    return list(found)
