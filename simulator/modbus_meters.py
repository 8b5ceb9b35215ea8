"""Simulated energy meters on real Modbus TCP servers (pymodbus)."""

from __future__ import annotations

import asyncio
import math
import random
from collections.abc import Callable, Mapping, Sequence
from functools import partial
from typing import TYPE_CHECKING, Final

from collectors.facility.modbus.profile import load_profile
from collectors.facility.modbus.register import FUNCTIONS
from simulator.device import electric
from simulator.faults import Health
from simulator.measures import State
from simulator.registers import RegisterMap
from simulator.snmp_agent import spoil

if TYPE_CHECKING:
    from pymodbus.pdu import ModbusPDU
    from pymodbus.server import ModbusTcpServer
    from pymodbus.simulator import SimData, SimDevice

    from simulator.model import Meter

_LOW: Final = 230.0
"""Volts of a phase of 400 V (IEC 60038)."""
_MEDIUM: Final = (10_000.0, 20_000.0)
"""Volts between two phases at which a site is metered that is too large for 400 V."""
_MOST_AMPERES: Final = 6300.0
"""The largest rated current of usual low-voltage switchgear."""
_TRANSFORMED: Final = 100.0
"""Volts between two phases that a voltage transformer gives to its meter (IEC 61869-3)."""
_SWING: Final = 1.5 / 230
"""How far the voltage goes up and down, as a share of it."""
_FACTOR: Final = 0.97
_PEAK_JOULES: Final = 1e13
_MONTH: Final = 31 * 86400.0
_PHASES: Final = 3
_UNIT_AT: Final = 6  # of a Modbus TCP frame


class SimulatedMeter:
    """One meter that can be read; `peak` is its largest power ever, in watts."""

    def __init__(
        self,
        meter: Meter,
        make: str,
        *,
        unit: int,
        clock: Callable[[], float],
        since: float,
        peak: float,
    ) -> None:
        self.meter, self.unit, self.make = meter, unit, make
        self.name = meter.name
        self.health = Health(clock())
        self._clock, self._since = clock, since
        self.volts, ratio = _voltage(peak)
        most = {"joules": max(_PEAK_JOULES, peak * _MONTH)}
        self.map = RegisterMap(
            load_profile(make), State(_measured(peak, self.volts) | most), volts_ratio=ratio
        )

    def counted(self, at: float) -> float:
        """Return the joules its register has counted at a time, by the model."""
        return self.meter.power.energy(self._since, at)

    def measures(self, at: float) -> Mapping[str, float]:
        """Return what it measures at a time, in base units."""
        volts = self.volts * (1 + _SWING * math.sin(at / 2100))
        return _measured(self.meter.power.power(at), volts) | {
            "joules": self.counted(at) + self.health.offset
        }

    def words(self) -> dict[tuple[int, int], int]:
        """Return what its registers hold now, by function code and address."""
        at = self._clock() if self.health.frozen_at is None else self.health.frozen_at
        return self.map.words(State(self.measures(at)))


def _voltage(peak: float) -> tuple[float, int]:
    """Return the volts of a phase at a power in watts, and the ratio of voltage transformers.

    One meter stands for a whole site. A large one takes more amperes at 400 V than a meter can
    say, so it is metered before its transformers, as real ones are.
    """
    if electric(peak / _PHASES, _LOW, _FACTOR)["amperes"] <= _MOST_AMPERES:
        return _LOW, 1
    for nominal in _MEDIUM:
        volts = nominal / math.sqrt(3)
        if electric(peak / _PHASES, volts, _FACTOR)["amperes"] <= _MOST_AMPERES:
            break
    return volts, round(nominal / _TRANSFORMED)


def _measured(watts: float, volts: float) -> dict[str, float]:
    return electric(watts, volts, _FACTOR)


class MeterServer:
    """One Modbus TCP server with one meter, or a gateway with several."""

    def __init__(self, meters: Sequence[SimulatedMeter]) -> None:
        self.meters = {meter.unit: meter for meter in meters}
        self._server: ModbusTcpServer | None = None
        self._garbage = random.Random(meters[0].name)

    async def start(self, listen: tuple[str, int]) -> tuple[str, int]:
        """Listen; returns the address. Raises OSError where it is taken."""
        from pymodbus.constants import ExcCodes
        from pymodbus.server import ModbusTcpServer

        async def show(
            meter: SimulatedMeter,
            function: int,
            start: int,
            _address: int,
            _count: int,
            registers: list[int],
            written: object,
        ) -> ExcCodes | None:
            if written:
                return ExcCodes.ILLEGAL_FUNCTION
            await asyncio.sleep(meter.health.delay)
            for (code, address), word in meter.words().items():
                if code == function and 0 <= address - start < len(registers):
                    registers[address - start] = word
            return None

        devices = [_served(meter, partial(show, meter)) for meter in self.meters.values()]
        self._server = ModbusTcpServer(
            devices,
            address=listen,
            trace_pdu=self._hear,  # type: ignore[arg-type] # None drops it; the type lacks it
            trace_packet=self._send,
        )
        try:
            await self._server.serve_forever(background=True)
        except RuntimeError:
            raise OSError(f"cannot listen on {listen[0]}:{listen[1]}") from None
        sockets = self._server.transport.sockets  # type: ignore[attr-defined] # of a server
        host, port = sockets[0].getsockname()[:2]
        return host, port

    async def stop(self) -> None:
        """Close the server and its connections."""
        if self._server is not None:
            await self._server.shutdown()  # type: ignore[no-untyped-call] # pymodbus
            self._server = None

    def _hear(self, sending: bool, pdu: ModbusPDU) -> ModbusPDU | None:
        """Drop requests to a silent or unknown meter, as a serial bus does."""
        if sending:
            return pdu
        meter = self.meters.get(pdu.dev_id)
        return None if meter is None or meter.health.fault == "silent" else pdu

    def _send(self, sending: bool, data: bytes) -> bytes:
        meter = self.meters.get(data[_UNIT_AT]) if sending and len(data) > _UNIT_AT else None
        return (
            spoil(data, self._garbage)
            if meter is not None and meter.health.fault == "garbage"
            else data
        )


def _served(meter: SimulatedMeter, action: Callable[..., object]) -> SimDevice:
    """Make pymodbus's device of a meter, with its holding and input registers."""
    from pymodbus.simulator import DataType, SimData, SimDevice

    spans = meter.map.spans()

    def registers(function: int) -> list[SimData]:
        first, end = spans.get(function, (0, 1))
        return [SimData(first, values=[0] * (end - first), datatype=DataType.REGISTERS)]

    bits = [SimData(0, values=[False] * 16, datatype=DataType.BITS)]
    simdata = (bits, bits, registers(FUNCTIONS["holding"]), registers(FUNCTIONS["input"]))
    return SimDevice(meter.unit, simdata, action=action)  # type: ignore[arg-type] # any function
