"""The kind `ipmi`: power of nodes by their BMCs over the network.

Where a BMC has no DCMI, sensors are read.
"""

from __future__ import annotations

import asyncio
from collections import Counter
from collections.abc import AsyncIterator, Mapping, Sequence
from contextlib import asynccontextmanager
from types import MappingProxyType
from typing import ClassVar, Final

from collectors.base import (
    BadReply,
    Collector,
    ConfigError,
    Context,
    Late,
    Metric,
    NoData,
    Reading,
    Refused,
    Schedule,
    Unreachable,
)
from collectors.catalogue import facility
from collectors.catalogue import node as catalogue
from collectors.power.bmc import Dcmi
from collectors.power.dcmi import Sensor, parse_sensors
from collectors.power.ipmi_config import Config, Device, split_address
from collectors.power.ipmitool import UNSUPPORTED, CompletionCode
from collectors.power.missing import NOT_OFFERED, NoPower
from collectors.secrets import read_secret

_LONGEST_PASSWORD: Final = 20
"""Bytes of a password of IPMI 2.0 (22.30, Set User Password)."""
_POWER_SUPPLY: Final = 10
"""The entity ID of a power supply (IPMI 2.0, table 43-13)."""
_WATTS, _CELSIUS, _FAHRENHEIT = "Watts", "degrees C", "degrees F"


class Processes:
    """How many processes may run at once.

    Those of BMCs that do not answer, each of which lasts to its deadline, cannot take all.
    """

    def __init__(self, most: int) -> None:
        self._healthy = asyncio.Semaphore(most - most // 4)
        self._failing = asyncio.Semaphore(max(1, most // 4))

    @asynccontextmanager
    async def turn(self, *, failing: bool) -> AsyncIterator[None]:
        """Wait for a turn and hold it until the block ends."""
        async with self._failing if failing else self._healthy:
            yield


class Bmc:
    """Reads one BMC over the network."""

    name: ClassVar[str] = "ipmi"

    def __init__(
        self,
        device: Device,
        arguments: Sequence[str],
        processes: Processes,
        context: Context,
        schedule: Schedule,
        *,
        program: str,
    ) -> None:
        self.device: Final = device.node
        self.schedule: Final = schedule
        self.dropped: Counter[str] = Counter()
        self._address, self._processes = device.address, processes
        self._dcmi = Dcmi(program, arguments, self.dropped)
        self._has_dcmi = True
        self._failing = False
        named = device.power_sensor
        self._power_sensors = [named] if isinstance(named, str) and named else list(named)
        self._adds = not isinstance(named, str)
        self._inlet_sensor = device.inlet_sensor
        place = context.place_of(device.rack)
        where = (place.hub, place.site, place.row, place.rack)
        self._where = (*where, device.node, "ipmi")
        self._power = catalogue.NODE_POWER.series(*self._where)
        self.notice = ""
        self._inlet = facility.SENSOR_TEMPERATURE.series(*where, f"{device.node} inlet")

    async def collect(self) -> list[Reading]:
        """Read it once; raises Unreachable, Refused or BadReply."""
        asked = False
        try:
            async with (
                asyncio.timeout(self.schedule.timeout * 0.95),
                self._processes.turn(failing=self._failing),
            ):
                # A BMC that had no turn is not counted as failing.
                asked = self._failing = True
                before = Counter(self.dropped)
                readings = await self._round()
                readings += self._missing(readings, self.dropped - before)
                self._failing = False
        except TimeoutError:
            what = "no answer" if asked else "no turn (see max_processes)"
            if not asked and not self._failing:  # nobody asked it: it is not to blame
                raise Late(f"{self._address}: {what}") from None
            raise Unreachable(
                f"{self._address}: {what} within {self.schedule.timeout:g} s"
            ) from None
        except CompletionCode as error:
            self._failing = False
            raise Refused(f"{self._address}: {error}") from None
        except (Unreachable, Refused, BadReply, NoData) as error:
            raise type(error)(f"{self._address}: {error}") from None
        return readings

    async def _round(self) -> list[Reading]:
        watts = await self._watts_by_dcmi() if self._has_dcmi else None
        readings = [(self._power, watts)] if watts is not None else []
        sensors = [self._inlet_sensor, *(() if self._has_dcmi else self._power_sensors)]
        if any(sensors):
            readings += self._by_sensors(
                await self._dcmi.run("-c", "sdr", "get", *filter(None, sensors))
            )
        return readings

    def _missing(self, readings: list[Reading], dropped: Counter[str]) -> list[Reading]:
        """Say why a BMC that answers gives no power, by what was dropped in this round."""
        if any(series is self._power for series, _ in readings):
            self.notice = ""
            return []
        missing = NoPower(next(iter(dropped), NOT_OFFERED))
        self.notice = missing.notice
        return [missing.reading(*self._where)]

    async def _watts_by_dcmi(self) -> float | None:
        try:
            return await self._dcmi.watts()
        except CompletionCode as error:
            if error.code not in UNSUPPORTED:
                raise
            if not self._power_sensors:
                raise Refused(
                    f"the BMC has no DCMI power reading ({error}); name its power_sensor if it"
                    " has one"
                ) from None
            self._has_dcmi = False
            return None

    def _by_sensors(self, output: str) -> list[Reading]:
        sensors = parse_sensors(output)
        readings: list[Reading] = []
        inlet = sensors.get(self._inlet_sensor)
        power = None if self._has_dcmi else self._power_of(sensors)
        if power is not None:
            readings.append((self._power, power))
        if inlet and inlet.unit in (_CELSIUS, _FAHRENHEIT):
            celsius = inlet.value if inlet.unit == _CELSIUS else (inlet.value - 32.0) * 5.0 / 9.0
            readings.append((self._inlet, celsius))
        expected = bool(self._inlet_sensor) + (not self._has_dcmi)
        if len(readings) < expected:
            self.dropped["no_sensor_value"] += expected - len(readings)
        return readings

    def _power_of(self, sensors: Mapping[str, Sensor]) -> float | None:
        """Return the node's power; None where a sensor of it has none at present.

        Raises BadReply for one of several power supplies: its input is not the node's power.
        """
        found = [sensors.get(name) for name in self._power_sensors]
        there = [one for one in found if one is not None and one.unit == _WATTS]
        if len(there) < len(found):
            return None
        if not self._adds and any(one.entity == _POWER_SUPPLY for one in there):
            raise BadReply(
                f"{self._power_sensors[0]} is the input of one power supply; power_sensor must be"
                " a list of the sensors of all of them"
            )
        return sum(one.value for one in there)


class Ipmi:
    """The kind of collector that the config section `ipmi` names."""

    name: str = "ipmi"
    Config: type = Config
    programs: Mapping[str, str] = MappingProxyType({"ipmitool": "ipmitool"})
    metrics: Sequence[Metric] = (
        catalogue.NODE_POWER,
        catalogue.NODE_READING_MISSING,
        facility.SENSOR_TEMPERATURE,
    )

    def build(self, config: object, context: Context) -> Sequence[Collector]:
        """Make one collector a BMC; raises ConfigError."""
        assert isinstance(config, Config)
        processes = Processes(config.max_processes)
        made: dict[str, Collector] = {}
        for number, device in enumerate(config.devices):
            key = f"collectors.ipmi.devices[{number}]"
            if device.node in made:
                raise ConfigError(f"{device.node!r} is given twice", key=f"{key}.node")
            schedule = Schedule(
                interval=device.interval or config.interval,
                timeout=device.timeout or config.timeout,
            )
            made[device.node] = Bmc(
                device,
                _arguments(config, device, key),
                processes,
                context,
                schedule,
                program="ipmitool",
            )
        return list(made.values())


def _arguments(config: Config, device: Device, key: str) -> tuple[str, ...]:
    """Return ipmitool's arguments to reach a BMC.

    Raises ConfigError for a user or password that cannot be used.
    """
    host, port = split_address(device.address)
    user, file = device.user or config.user, device.password_file or config.password_file
    if not user:
        raise ConfigError("missing; a BMC is read as a user", key=f"{key}.user")
    if file is None:
        raise ConfigError("missing; a BMC's user has a password", key=f"{key}.password_file")
    if len(read_secret(file, f"{key}.password_file").encode()) > _LONGEST_PASSWORD:
        raise ConfigError(
            f"a password of IPMI 2.0 has at most {_LONGEST_PASSWORD} bytes",
            file=str(file),
            key=f"{key}.password_file",
        )
    suite = config.cipher_suite if device.cipher_suite is None else device.cipher_suite
    privilege = device.privilege or config.privilege
    return (
        "-I",
        "lanplus",
        "-H",
        host,
        "-p",
        str(port),
        "-U",
        user,
        "-f",
        str(file),
        "-C",
        str(suite),
        "-L",
        privilege.upper(),
        "-N",
        "2",
        "-R",
        "3",
    )


KIND: Final = Ipmi()
