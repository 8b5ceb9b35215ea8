"""Modbus TCP meters: one collector a meter, one connection an address, one YAML file a model (`profiles/`)."""

from __future__ import annotations

import asyncio
from collections import Counter
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, ClassVar, Final, Literal

from collectors.base import BadReply, ConfigError, Schedule, Unreachable
from collectors.catalogue import facility, metrics_of
from collectors.facility.modbus_link import GATEWAY, WRONG_MAP, ExceptionAnswer, Link, Question
from collectors.facility.modbus_profile import blocks_of, decode, load_profile
from collectors.strict import Duration, Positive, Range

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence

    from collectors.base import Collector, Context, Metric, Place, Reading, Series
    from collectors.facility.modbus_profile import Block, Value

DEFAULT_PORT: Final = 502
Point = Literal[
    "utility", "generator", "renewable", "ups_output", "pdu_output", "it_input", "cooling", "lighting", "other"
]  # fmt: skip


@dataclass(frozen=True, slots=True, kw_only=True)
class Device:
    """One meter: an address, the unit behind it, and what it measures."""

    address: str = field(metadata={"help": "host or host:port; the port is 502 unless given"})
    unit: Annotated[int, Range(0, 255)] = field(default=1, metadata={"help": "the unit (slave) address behind a gateway"})
    profile: str = field(metadata={"help": "which register map: the name of a profile, such as eastron-sdm630"})
    meter: str
    point: Point
    accuracy_class: Annotated[float, Range(0.0, 10.0)] | None = field(
        default=None, metadata={"help": "percent, IEC 62053: 0.5 is 0.5 %"}
    )
    rating_watts: Positive | None = field(
        default=None, metadata={"help": "the most the meter can measure; a power beyond it is not taken"}
    )
    interval: Duration | None = None
    timeout: Duration | None = field(default=None, metadata={"help": "of one round of this meter"})

    def __post_init__(self) -> None:
        """Check the address."""
        split_address(self.address)


@dataclass(frozen=True, slots=True, kw_only=True)
class Config:
    """The section `modbus`."""

    interval: Duration = 30.0
    timeout: Duration = field(default=5.0, metadata={"help": "of one round of one meter, all its reads together"})
    request_timeout: Duration = field(
        default=2.0, metadata={"help": "of one read; what a silent meter costs its siblings at most"}
    )
    profiles_dir: Path | None = field(default=None, metadata={"help": "a folder of more profiles, one YAML file each"})
    devices: list[Device] = field(default_factory=list)


def split_address(address: str) -> tuple[str, int]:
    """Split `host`, `host:port` or `[::1]:port`; raises ValueError."""
    host, colon, port = address.rpartition(":")
    if not colon or address.endswith("]"):
        host, port = address, str(DEFAULT_PORT)
    host = host.removeprefix("[").removesuffix("]")
    if not host or not port.isdigit() or not 0 < int(port) < 1 << 16:
        raise ValueError(f"address: expected an address such as 10.0.1.2:502, got {address!r}")
    return host, int(port)


@dataclass(frozen=True, slots=True)
class _Slot:
    """Where one value of a block goes."""

    series: Series
    phase: str
    most: float | None


class Meter:
    """Reads one Modbus meter once a round.

    `dropped` counts what was not taken: `sentinel` (the meter says it has no value), `unwired` (a phase that has never shown
    a voltage), `above_rating`, `exception` (a block the meter refused), `timeout` (blocks after the answers ceased).
    """

    name: ClassVar[str] = "modbus"

    def __init__(
        self, device: Device, blocks: Sequence[Block], link: Link, place: Place, schedule: Schedule, request_timeout: float
    ) -> None:
        self.meter, self.point = device.meter, device.point
        self.accuracy_class, self.rating_watts = device.accuracy_class, device.rating_watts
        self._unit, self._link, self._schedule = device.unit, link, schedule
        self._request_timeout = min(request_timeout, schedule.timeout)
        self._ailing = False
        self._labels = (place.hub, place.site, device.meter, device.point)
        self._plan = [(block, [self._slot(value) for value in block.values]) for block in blocks]
        self._up = facility.METER_UP.series(*self._labels)
        self.down: Sequence[Reading] = ((self._up, 0.0),)
        self.dropped: Counter[str] = Counter()
        self.register_spans: Mapping[Series, float] = {
            slot.series: value.wraps_at
            for block, slots in self._plan
            for value, slot in zip(block.values, slots, strict=True)
            if value.wraps_at is not None and value.metric.type == "counter"
        }
        """Joules at which an energy register begins again at 0, where the profile knows it."""
        # A phase nobody wired reads 0 for ever, a dead phase only from one day on: until it has shown a voltage, it is absent.
        self._unwired = {
            value.phase for block in blocks for value in block.values if value.metric is facility.METER_VOLTAGE
        }  # fmt: skip
        link.users += 1

    def _slot(self, value: Value) -> _Slot:
        values = (*self._labels, value.phase) if value.phase else self._labels
        most = self.rating_watts if value.metric in (facility.METER_POWER, facility.METER_PHASE_POWER) else None
        return _Slot(value.metric.series(*values), value.phase, most)

    @property
    def device(self) -> str:
        """The meter's name."""
        return self.meter

    @property
    def schedule(self) -> Schedule:
        """As the config says."""
        return self._schedule

    async def collect(self) -> Sequence[Reading]:
        """Read every block once; raises Unreachable or BadReply.

        A block the meter refuses costs that block; when answers cease midway, what was read counts.
        """
        readings: list[Reading] = [(self._up, 1.0)]
        asked = False
        try:
            async with asyncio.timeout(self._schedule.timeout), self._link.turn(ailing=self._ailing):
                # Who never had a turn is not ailing: on a crowded connection it would wait for ever after.
                asked = self._ailing = True
                await self._read_blocks(readings)
                self._ailing = False
        except TimeoutError:
            if not asked:
                raise Unreachable(f"{self._where}: its connection was busy for {self._schedule.timeout:g} s") from None
            if len(readings) == 1:
                raise Unreachable(f"{self._where}: no answer within {self._schedule.timeout:g} s") from None
            self.dropped["timeout"] += 1
        return readings

    async def _read_blocks(self, readings: list[Reading]) -> None:
        refusal: ExceptionAnswer | None = None
        for block, slots in self._plan:
            question = Question(unit=self._unit, function=block.function, address=block.address, count=block.count)
            try:
                registers = await self._link.read(question, timeout=self._request_timeout)
            except ExceptionAnswer as error:
                if error.code in GATEWAY:
                    raise Unreachable(f"{self._where}: {error}") from None
                self.dropped["exception"] += len(slots)
                refusal = error
                continue
            except Unreachable:
                if len(readings) == 1:
                    raise
                raise TimeoutError from None
            self._take(decode(registers, block), slots, readings)
        if refusal is not None and len(readings) == 1:
            hint = "; is this the right profile?" if refusal.code in WRONG_MAP else ""
            raise BadReply(f"{self._where}: {refusal}{hint}")

    def _take(self, values: Iterable[tuple[Value, float | None]], slots: Sequence[_Slot], readings: list[Reading]) -> None:
        for (value, number), slot in zip(values, slots, strict=True):
            if number is None:
                self.dropped["sentinel"] += 1
                continue
            if slot.phase in self._unwired:
                if value.metric is not facility.METER_VOLTAGE or number <= 0:
                    self.dropped["unwired"] += 1
                    continue
                self._unwired.discard(slot.phase)
            if slot.most is not None and abs(number) > slot.most:
                self.dropped["above_rating"] += 1
                continue
            readings.append((slot.series, number))

    @property
    def _where(self) -> str:
        return f"{self._link.host}:{self._link.port} unit {self._unit}"

    async def aclose(self) -> None:
        """Give up the connection; the last of the devices that share it closes it."""
        self._link.users -= 1
        if self._link.users <= 0:
            self._link.close()


class Modbus:
    """The kind of collector that the config section `modbus` names."""

    name: str = "modbus"
    Config: type = Config
    metrics: Sequence[Metric] = tuple(m for m in metrics_of(facility) if m.subsystem == "meter")

    def build(self, config: object, context: Context) -> Sequence[Collector]:
        """Make one collector a meter; meters at one address share one connection. Raises ConfigError or Problems."""
        assert isinstance(config, Config)  # noqa: S101 - the reader built it from our own model
        links: dict[tuple[str, int], Link] = {}
        plans: dict[str, tuple[Block, ...]] = {}
        made: dict[str, Collector] = {}
        for number, device in enumerate(config.devices):
            key = f"collectors.modbus.devices[{number}]"
            if device.meter in made:
                raise ConfigError(f"{device.meter!r} is there twice", key=f"{key}.meter")
            if device.profile not in plans:
                try:
                    plans[device.profile] = blocks_of(load_profile(device.profile, config.profiles_dir))
                except ConfigError as error:
                    raise ConfigError(error.message, key=f"{key}.{error.key or 'profile'}") from None
            address = split_address(device.address)
            link = links.setdefault(address, Link(*address))
            schedule = Schedule(interval=device.interval or config.interval, timeout=device.timeout or config.timeout)
            made[device.meter] = Meter(
                device, plans[device.profile], link, context.place, schedule, config.request_timeout
            )  # fmt: skip
        return list(made.values())


KIND: Final = Modbus()
