"""Simulated energy meters behind real Modbus TCP servers (pymodbus), with the register map of the Eastron SDM630."""

from __future__ import annotations

import asyncio
import math
import random
import struct
from functools import partial
from typing import TYPE_CHECKING, Final

from collectors.simulator.faults import Health
from collectors.simulator.snmp_agent import spoil

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from pymodbus.pdu import ModbusPDU
    from pymodbus.server import ModbusTcpServer

    from collectors.simulator.model import Meter

PROFILE: Final = "eastron-sdm630"
_REGISTERS: Final = 88  # input registers 0 to 87, as far as the values below and their neighbours reach
_VOLTS: Final = 230.0
_UNIT_AT: Final = 6  # of a Modbus TCP frame


class SimulatedMeter:
    """One meter, ready to be asked."""

    def __init__(self, meter: Meter, *, unit: int, clock: Callable[[], float], since: float) -> None:
        self.meter, self.unit = meter, unit
        self.name = meter.name
        self.health = Health(clock())
        self._clock, self._since = clock, since

    def counted(self, at: float) -> float:
        """Return the joules its register has counted at a time, by the model."""
        return self.meter.power.energy(self._since, at)

    def shown(self, at: float) -> dict[int, float]:
        """What its input registers hold at a time, by address; powers in watts, energies in kilowatt-hours."""
        watts = self.meter.power.power(at)
        volts = [_VOLTS + 1.5 * math.sin(at / 2100 + phase) for phase in (0.0, 2.1, 4.2)]
        shares = (0.338, 0.331, 0.331)
        factor = 0.97
        watts_by_phase = [watts * share for share in shares]
        amperes = [w / (v * factor) for w, v in zip(watts_by_phase, volts, strict=True)]
        kilowatt_hours = (self.counted(at) + self.health.offset) / 3.6e6
        return {
            **dict(zip((0, 2, 4), volts, strict=True)),
            **dict(zip((6, 8, 10), amperes, strict=True)),
            **dict(zip((12, 14, 16), watts_by_phase, strict=True)),
            **dict.fromkeys((30, 32, 34), factor),
            52: watts, 56: watts / factor, 62: factor, 70: 50.0, 72: kilowatt_hours,
            74: 0.0,  # nothing here feeds back, as the export register of such a meter says
        }  # fmt: skip

    def fill(self, registers: list[int]) -> None:
        """Write what it shows now into its registers, two to a value, high word first."""
        at = self._clock() if self.health.frozen_at is None else self.health.frozen_at
        for address, value in self.shown(at).items():
            registers[address : address + 2] = struct.unpack(">2H", struct.pack(">f", value))


class MeterServer:
    """One Modbus TCP server with one meter, or a gateway with several."""

    def __init__(self, meters: Sequence[SimulatedMeter]) -> None:
        self.meters = {meter.unit: meter for meter in meters}
        self._server: ModbusTcpServer | None = None
        self._garbage = random.Random(meters[0].name)  # noqa: S311 - repeatable

    async def start(self, listen: tuple[str, int]) -> tuple[str, int]:
        """Listen; returns the address. Raises OSError where it is taken."""
        from pymodbus.constants import ExcCodes  # noqa: PLC0415 - loaded only where meters are simulated
        from pymodbus.server import ModbusTcpServer  # noqa: PLC0415
        from pymodbus.simulator import DataType, SimData, SimDevice  # noqa: PLC0415

        async def show(
            meter: SimulatedMeter, _function: int, _start: int, _address: int, _count: int, registers: list[int], written: object
        ) -> ExcCodes | None:  # fmt: skip
            if written:
                return ExcCodes.ILLEGAL_FUNCTION
            await asyncio.sleep(meter.health.delay)
            meter.fill(registers)
            return None

        def device(meter: SimulatedMeter) -> SimDevice:
            memory = SimData(0, values=[0] * _REGISTERS, datatype=DataType.REGISTERS)
            return SimDevice(meter.unit, [memory], action=partial(show, meter))

        devices = [device(meter) for meter in self.meters.values()]
        self._server = ModbusTcpServer(
            devices, address=listen, trace_pdu=self._hear, trace_packet=self._send  # type: ignore[arg-type]
        )  # fmt: skip
        try:
            await self._server.serve_forever(background=True)
        except RuntimeError:
            raise OSError(f"cannot listen on {listen[0]}:{listen[1]}") from None
        host, port = self._server.transport.sockets[0].getsockname()[:2]  # type: ignore[attr-defined]
        return host, port

    async def stop(self) -> None:
        """Close the server and its connections."""
        if self._server is not None:
            await self._server.shutdown()  # type: ignore[no-untyped-call]
            self._server = None

    def _hear(self, sending: bool, pdu: ModbusPDU) -> ModbusPDU | None:  # noqa: FBT001 - pymodbus's signature
        """Drop what is asked of a silent meter, or of one that is not there, as a serial bus does."""
        if sending:
            return pdu
        meter = self.meters.get(pdu.dev_id)
        return None if meter is None or meter.health.fault == "silent" else pdu

    def _send(self, sending: bool, data: bytes) -> bytes:  # noqa: FBT001 - pymodbus's signature
        meter = self.meters.get(data[_UNIT_AT]) if sending and len(data) > _UNIT_AT else None
        return spoil(data, self._garbage) if meter is not None and meter.health.fault == "garbage" else data
