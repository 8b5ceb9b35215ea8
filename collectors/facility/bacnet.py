"""BACnet/IP devices, read only: controllers of cooling plants, meters and UPSs with a BACnet card.

See docs/bacnet.md.
"""

from __future__ import annotations

import asyncio
import logging
import re
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, ClassVar, Final

from collectors.base import (
    BadReply,
    CollectError,
    Collector,
    ConfigError,
    Context,
    Metric,
    Reading,
    Schedule,
    Series,
    Unreachable,
)
from collectors.catalogue import facility, metrics_of
from collectors.facility.bacnet_profile import (
    PRESENT_VALUE,
    REGISTER,
    STATES,
    UNITS_PROPERTY,
    Answers,
    Point,
    decode,
    load_profile,
    span_of,
    tells_unit,
)
from collectors.facility.modbus import Point as MeterPoint
from collectors.facility.profile import metric_named
from collectors.strict import Duration, Range

if TYPE_CHECKING:
    from collectors.facility.bacnet_client import Client, Property, Remote

log = logging.getLogger(__name__)

_UP: Final[dict[str, Metric]] = {
    "unit": facility.COOLING_UP,
    "meter": facility.METER_UP,
    "ups": facility.UPS_UP,
    "pdu": facility.PDU_UP,
}
_MAY_BE_EMPTY: Final = frozenset({"hub", "site", "row", "rack", "feed", "phase", "battery"})
_ADDRESS: Final = re.compile(
    r"\d{1,3}(\.\d{1,3}){3}(:\d{1,5})?|\d{1,5}:(\d{1,3}|0x[0-9A-Fa-f]{2,12})"
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Device:
    """One device: its address, its kind and its points.

    The kind is `cooling`, `meter` (with its `point`), `ups`, `pdu` or `sensor`.
    """

    address: str = field(
        default="",
        metadata={
            "help": "such as 10.0.4.20, 10.0.4.20:47809, or 2001:5 for a station behind a router"
        },
    )
    instance: Annotated[int, Range(0, (1 << 22) - 2)] | None = field(
        default=None,
        metadata={
            "help": (
                "instead of its address: it is found by Who-Is, for which listen needs a network"
            )
        },
    )
    profile: str = field(default="", metadata={"help": "points shared by devices that are alike"})
    points: list[Point] = field(
        default_factory=list, metadata={"help": "points of this device alone"}
    )
    cooling: str = ""
    meter: str = ""
    point: MeterPoint | None = field(default=None, metadata={"help": "where a meter stands"})
    ups: str = ""
    pdu: str = ""
    sensor: str = ""
    rack: str = ""
    feed: str = ""
    interval: Duration | None = None
    timeout: Duration | None = None

    def __post_init__(self) -> None:
        """Check that the device can be found and has points."""
        if bool(self.address) == (self.instance is not None):
            message = "expected one of address and instance"
            raise ValueError(message)
        if self.address and not _ADDRESS.fullmatch(self.address):
            message = (
                "address: expected an address such as 10.0.4.20, 10.0.4.20:47809 or 2001:5, got"
                f" {self.address!r}"
            )
            raise ValueError(message)
        if not self.profile and not self.points:
            message = "points: missing; expected points, or a profile that has them"
            raise ValueError(message)
        if bool(self.meter) != (self.point is not None):
            message = "point: a meter needs one, nothing else has one"
            raise ValueError(message)

    @property
    def name(self) -> str:
        """What the operator calls it."""
        return (
            self.cooling
            or self.meter
            or self.ups
            or self.pdu
            or self.sensor
            or self.address
            or f"device {self.instance}"
        )


@dataclass(frozen=True, slots=True, kw_only=True)
class Config:
    """The section `bacnet`."""

    interval: Duration = 60.0
    timeout: Duration = field(
        default=10.0, metadata={"help": "of one round of one device, all its reads together"}
    )
    request_timeout: Duration = field(
        default=2.0, metadata={"help": "of one request, which is sent twice"}
    )
    listen: str = field(
        default="0.0.0.0:0",
        metadata={
            "help": (
                "our own address; to find devices by instance, with its network: 10.0.4.5/24:47808"
            )
        },
    )
    profiles_dir: Path | None = field(
        default=None, metadata={"help": "a folder of your own profiles"}
    )
    devices: list[Device] = field(default_factory=list)

    def __post_init__(self) -> None:
        """Check our own address."""
        if not re.fullmatch(r"\d{1,3}(\.\d{1,3}){3}(/\d{1,2})?(:\d{1,5})?", self.listen):
            message = f"listen: expected an address such as 10.0.4.5/24:47808, got {self.listen!r}"
            raise ValueError(message)


class BacnetCollector:
    """Reads one device.

    `dropped` counts what was not taken: `no_value` (an object or property it does not have),
    `out_of_service`, `fault` (by its status flags or reliability), `sentinel`, `unknown_state`,
    `unit` (it says another quantity than the metric's), `timeout`.
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
        self.register_rollovers: dict[Series, float] = {}
        """At which value each energy register starts over, in joules; where the device says so."""
        self._address, self._instance = device.address, device.instance
        self._series, self._client = series, client
        self._up = [(one, 1.0) for one in ups_of([series for _, series in series])]
        self.up_series: Sequence[Series] = [one for one, _ in self._up]
        self._remote: Remote | None = None
        self._fixed: Answers = {}
        self._wanted: Sequence[Property] = ()
        self._told: set[tuple[str, str]] = set()
        client.users += 1

    async def collect(self) -> list[Reading]:
        """Read every point once; raises Unreachable, Refused or BadReply."""
        answers: Answers = {}
        try:
            async with asyncio.timeout(
                self.schedule.timeout * 0.95
            ):  # so that what was read in time is still handed on
                await self._ask(answers)
        except (TimeoutError, Unreachable) as error:
            self._wanted = ()  # who knows what it is when it is back
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
                f"{self._where}: answers, but has none of its {len(self._series)} points"
            )
        return [*self._up, *readings]

    async def _ask(self, answers: Answers) -> None:
        """Read what changes.

        In the first round also what does not, and what each object has at all.
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
        from collectors.facility.bacnet_client import Remote, parse_address

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
            self._tell(point, series, value.why, answers)
        return readings

    def _tell(self, point: Point, series: Series, why: str, answers: Answers) -> None:
        """Log once what only the config can mend."""
        key = (point.object, point.property)
        if why not in ("unit", "no_value") or key in self._told:
            return
        self._told.add(key)
        if why == "unit":
            said = answers.get((point.object, UNITS_PROPERTY), "nothing")
            log.warning(
                "bacnet %s: %s says its unit is %s, which does not fit %s; give unit",
                self.device,
                point.object,
                said,
                series.metric.full_name,
            )
        else:
            log.warning("bacnet %s: it has no %s of %s", self.device, point.property, point.object)

    @property
    def _where(self) -> str:
        return self._address or f"device {self._instance}"

    async def aclose(self) -> None:
        """Let go of the socket; the last of the devices that share it closes it."""
        self._client.users -= 1
        if self._client.users <= 0:
            self._client.close()


def _everything(series: Sequence[tuple[Point, Series]]) -> list[Property]:
    """List what is read in a first round, each once, an object's properties together."""
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
    """Return the series that say whether each thing answers that the series are of."""
    found: dict[Series, None] = {}
    for one in series:
        for label, up in _UP.items():
            if one.label(label):
                found[up.series(*(one.label(name) for name in up.labels))] = None
    return list(found)


class Bacnet:
    """The kind of collector that the config section `bacnet` names."""

    name: str = "bacnet"
    Config: type = Config
    metrics: Sequence[Metric] = tuple(metrics_of(facility))

    def build(self, config: object, context: Context) -> Sequence[Collector]:
        """Make one collector a device; all share one socket. Raises ConfigError or Problems."""
        assert isinstance(config, Config)
        if not config.devices:
            return []
        try:
            from collectors.facility.bacnet_client import Client
        except ImportError:
            raise ConfigError(
                "needs bacpypes3; install hubgauge[bacnet]", key="collectors.bacnet"
            ) from None
        client = Client(config.listen, config.request_timeout)
        made: dict[str, Collector] = {}
        taken: dict[Series, str] = {}
        for number, device in enumerate(config.devices):
            key = f"collectors.bacnet.devices[{number}]"
            if device.name in made:
                raise ConfigError(f"{device.name!r} is there twice", key=key)
            if device.instance is not None and "/" not in config.listen:
                raise ConfigError(
                    "to be found by Who-Is, listen needs our own network, such as"
                    " 10.0.4.5/24:47808",
                    key=f"{key}.instance",
                )
            series = _series_of(config, device, key, context)
            for point, one in series:
                if one in taken:
                    raise ConfigError(
                        f"{point.metric} is there twice with these labels (also {taken[one]})",
                        key=key,
                    )
                taken[one] = device.name
            schedule = Schedule(
                interval=device.interval or config.interval,
                timeout=device.timeout or config.timeout,
            )
            made[device.name] = BacnetCollector(device, series, client, schedule)
        return list(made.values())


def _series_of(
    config: Config, device: Device, key: str, context: Context
) -> list[tuple[Point, Series]]:
    """Return every point of a device with its series; raises ConfigError naming what is missing."""
    from collectors.facility.bacnet_client import check_property

    points = [(point, f"{key}.points[{number}]") for number, point in enumerate(device.points)]
    if device.profile:
        try:
            points += [
                (point, f"{key}.profile")
                for point in load_profile(device.profile, config.profiles_dir).points
            ]
        except ConfigError as error:
            raise ConfigError(error.message, key=f"{key}.{error.key or 'profile'}") from None
    found = []
    for point, where in points:
        wrong = check_property(point.property)
        if wrong:
            raise ConfigError(
                f"{point.property}: {wrong}",
                key=f"{where}.property" if point in device.points else where,
            )
        metric = metric_named(point.metric)
        labels = _labels(device, point, context)
        lacking = [
            name for name in metric.labels if not labels.get(name) and name not in _MAY_BE_EMPTY
        ]
        if lacking:
            hint = "name it by cooling" if lacking[0] == "unit" else f"name the {lacking[0]}"
            raise ConfigError(
                f"{point.metric} needs the label {lacking[0]}: {hint}, or give it in the point's"
                " labels",
                key=where,
            )
        found.append((point, metric.series(*(labels.get(name, "") for name in metric.labels))))
    return found


def _labels(device: Device, point: Point, context: Context) -> dict[str, str]:
    place = context.place_of(point.labels.get("rack", device.rack))
    return {
        "hub": place.hub,
        "site": place.site,
        "row": place.row,
        "rack": place.rack,
        "feed": device.feed,
        "unit": device.cooling,
        "meter": device.meter,
        "point": device.point or "",
        "ups": device.ups,
        "pdu": device.pdu,
        "sensor": device.sensor,
        **point.labels,
    }


KIND: Final = Bacnet()
