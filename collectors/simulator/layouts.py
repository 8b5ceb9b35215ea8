"""How the simulated PDUs lay out what they measure: feed A as an APC rPDU2 (PowerNet-MIB), feed B as a Raritan PX3 (PDU2-MIB).

The same objects, types and scales as the real devices; values from the model. Names and models say that they are simulated.
"""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import dataclass
from functools import cache
from typing import TYPE_CHECKING, Final, Generic, Protocol, TypeVar

from collectors.simulator import ber
from collectors.simulator.snmp_agent import Objects

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from collectors.simulator.faults import Fault
    from collectors.simulator.site import Pdu, Rack

COMMUNITY: Final = b"public"
OUTLETS: Final = 8
FRESH: Final = 0.25  # seconds for which a device shows the same values: one poll, however many requests it takes
_APC: Final = "1.3.6.1.4.1.318.1.1.26"
_RARITAN: Final = "1.3.6.1.4.1.13742.6"


class Shown(Protocol):
    """What every device shows of itself."""

    @property
    def name(self) -> str:
        """What it is called."""

    @property
    def uptime(self) -> float:
        """Seconds since it started."""


S = TypeVar("S", bound=Shown)


@dataclass(frozen=True, slots=True)
class State:
    """What one PDU measures at one moment."""

    name: str
    uptime: float
    watts: float
    joules: float
    volts: float
    power_factor: float
    celsius: float
    humidity: float
    outlets: tuple[float, ...]
    """The share of each outlet in the load; empty sockets have none."""

    @property
    def amperes(self) -> float:
        """The inlet's current."""
        return self.watts / (self.volts * self.power_factor)

    @property
    def voltamperes(self) -> float:
        """The inlet's apparent power."""
        return self.watts / self.power_factor


Show = Callable[[State], bytes]


def _integer(read: Callable[[State], float]) -> Show:
    return lambda state: ber.integer(round(read(state)))


def _gauge(read: Callable[[State], float]) -> Show:
    return lambda state: ber.gauge(round(read(state)))


def _text(read: Callable[[State], str]) -> Show:
    return lambda state: ber.text(read(state))


def system(description: str, object_id: str) -> dict[str, bytes | Callable[[Shown], bytes]]:
    """The system group of SNMPv2-MIB (RFC 3418)."""
    return {
        "1.3.6.1.2.1.1.1.0": ber.text(description),
        "1.3.6.1.2.1.1.2.0": ber.oid(ber.numbers(object_id)),
        "1.3.6.1.2.1.1.3.0": lambda state: ber.integer(int(state.uptime * 100) % 2**32, ber.TIME_TICKS),
        "1.3.6.1.2.1.1.4.0": ber.text("nobody"),
        "1.3.6.1.2.1.1.5.0": lambda state: ber.text(state.name),
        "1.3.6.1.2.1.1.6.0": ber.text("simulated"),
        "1.3.6.1.2.1.1.7.0": ber.integer(72),
    }


def _apc() -> dict[str, bytes | Show]:
    """One single-phase rPDU2 with two banks and a temperature and humidity sensor."""
    one, nobody = ber.integer(1), ber.text("")
    ident, device, phase, bank, sensor = (f"{_APC}.{part}" for part in ("2.1", "4.3.1", "6.3.1", "8.3.1", "10.2.2.1"))
    objects: dict[str, bytes | Show] = dict(
        system("APC rPDU2 as hubgauge simulates it (MN:SIMULATED)", "1.3.6.1.4.1.318.1.3.4.6")
    )
    objects |= {
        f"{ident}.1.1": one, f"{ident}.2.1": one, f"{ident}.3.1": _text(lambda s: s.name), f"{ident}.8.1": ber.text("SIMULATED"),
        f"{ident}.9.1": ber.text("SIM0000000"),
        f"{_APC}.4.2.0": one,
        f"{device}.1.1": one, f"{device}.2.1": one, f"{device}.3.1": _text(lambda s: s.name), f"{device}.4.1": ber.integer(2),
        f"{device}.5.1": _integer(lambda s: s.watts / 10),  # 0.01 kW
        f"{device}.9.1": _integer(lambda s: math.floor(s.joules / 3.6e5)),  # 0.1 kWh; a register shows what is complete
        f"{device}.12.1": one,
        f"{device}.16.1": _integer(lambda s: s.voltamperes / 10),
        f"{device}.17.1": _integer(lambda s: s.power_factor * 100),
        f"{_APC}.6.2.0": one,
        f"{phase}.1.1": one, f"{phase}.2.1": one, f"{phase}.3.1": one, f"{phase}.4.1": ber.integer(2),
        f"{phase}.5.1": _integer(lambda s: s.amperes * 10),
        f"{phase}.6.1": _integer(lambda s: s.volts),
        f"{phase}.7.1": _integer(lambda s: s.watts / 10),
        f"{phase}.8.1": _integer(lambda s: s.voltamperes / 10),
        f"{phase}.9.1": _integer(lambda s: s.power_factor * 100),
        f"{_APC}.8.2.0": ber.integer(2),
        f"{_APC}.10.2.1.0": one,
        f"{sensor}.1.1": one, f"{sensor}.2.1": one, f"{sensor}.3.1": ber.text("inlet"), f"{sensor}.4.1": one,
        f"{sensor}.5.1": ber.integer(2), f"{sensor}.6.1": ber.integer(2),
        f"{sensor}.7.1": _integer(lambda s: (s.celsius * 1.8 + 32) * 10),
        f"{sensor}.8.1": _integer(lambda s: s.celsius * 10),
        f"{sensor}.9.1": ber.integer(3),
        f"{sensor}.10.1": _integer(lambda s: s.humidity * 100),
        f"{sensor}.11.1": ber.integer(3),
        f"{sensor}.12.1": nobody,
    }  # fmt: skip
    for number, share in ((1, 0.55), (2, 0.45)):
        objects |= {
            f"{bank}.1.{number}": ber.integer(number), f"{bank}.2.{number}": one, f"{bank}.3.{number}": ber.integer(number),
            f"{bank}.4.{number}": ber.integer(2),
            f"{bank}.5.{number}": _integer(lambda s, share=share: s.amperes * share * 10),  # type: ignore[misc]
        }  # fmt: skip
    return objects


# PDU2-MIB: SensorTypeEnumeration -> SensorUnitsEnumeration, decimal digits, and the value.
_INLET: Final[Mapping[int, tuple[int, int, Callable[[State], float]]]] = {
    1: (2, 3, lambda s: s.amperes),
    4: (1, 0, lambda s: s.volts),
    5: (3, 0, lambda s: s.watts),
    6: (4, 0, lambda s: s.voltamperes),
    7: (-1, 2, lambda s: s.power_factor),
    8: (5, 0, lambda s: math.floor(s.joules / 3600)),
    23: (8, 1, lambda _: 50.0),
}
_EXTERNAL: Final[Mapping[int, tuple[int, int, int, str, Callable[[State], float]]]] = {
    1: (10, 7, 1, "inlet temperature", lambda s: s.celsius),
    2: (11, 9, 0, "inlet humidity", lambda s: s.humidity * 100),
}
_NORMAL: Final = 4
_AVAILABLE: Final = 1


def _scaled(read: Callable[[State], float], digits: int) -> Show:
    return lambda state: ber.gauge(round(read(state) * 10**digits))


def _raritan() -> dict[str, bytes | Show]:
    """One single-phase PX3 with metered outlets and two external sensors."""
    objects: dict[str, bytes | Show] = dict(system("Raritan PX3 as hubgauge simulates it (MD:SIMULATED)", "1.3.6.1.4.1.13742.6"))
    objects |= {
        f"{_RARITAN}.3.1.0": ber.integer(1),
        f"{_RARITAN}.3.2.1.1.3.1": ber.text("SIMULATED"), f"{_RARITAN}.3.2.1.1.4.1": ber.text("SIM0000000"),
        f"{_RARITAN}.3.2.2.1.13.1": _text(lambda s: s.name),
        f"{_RARITAN}.3.3.3.1.2.1.1": ber.text("I1"),
    }  # fmt: skip
    for kind, (unit, digits, read) in _INLET.items():
        objects |= _measurement("3.3.4.1", "5.2.3.1", f"1.1.{kind}", unit, digits, read)
    for outlet in range(1, OUTLETS + 1):
        objects[f"{_RARITAN}.3.5.3.1.2.1.{outlet}"] = ber.text(str(outlet))
        objects[f"{_RARITAN}.3.5.3.1.3.1.{outlet}"] = ber.text("")
        for kind in (1, 5, 8):
            unit, digits, read = _INLET[kind]
            shared = _of_outlet(read, outlet)
            objects |= _measurement("3.5.4.1", "5.4.3.1", f"1.{outlet}.{kind}", unit, digits, shared)
    for number, (kind, unit, digits, name, read) in _EXTERNAL.items():
        config, measured = f"{_RARITAN}.3.6.3.1", f"{_RARITAN}.5.5.3.1"
        objects |= {
            f"{config}.2.1.{number}": ber.integer(kind), f"{config}.4.1.{number}": ber.text(name),
            f"{config}.16.1.{number}": ber.integer(unit), f"{config}.17.1.{number}": ber.gauge(digits),
            f"{measured}.2.1.{number}": ber.integer(_AVAILABLE), f"{measured}.3.1.{number}": ber.integer(_NORMAL),
            f"{measured}.4.1.{number}": _integer(lambda s, read=read, digits=digits: read(s) * 10**digits),  # type: ignore[misc]
        }  # fmt: skip
    return objects


def _of_outlet(read: Callable[[State], float], outlet: int) -> Callable[[State], float]:
    return lambda state: math.floor(read(state) * state.outlets[outlet - 1] * 1000) / 1000


def _measurement(
    config: str, measured: str, index: str, unit: int, digits: int, read: Callable[[State], float]
) -> dict[str, bytes | Show]:
    return {
        f"{_RARITAN}.{config}.6.{index}": ber.integer(unit),
        f"{_RARITAN}.{config}.7.{index}": ber.gauge(digits),
        f"{_RARITAN}.{measured}.2.{index}": ber.integer(_AVAILABLE),
        f"{_RARITAN}.{measured}.3.{index}": ber.integer(_NORMAL),
        f"{_RARITAN}.{measured}.4.{index}": _scaled(read, digits),
    }


class Layout(Generic[S]):
    """The objects of a kind of device, and how each is made from its state."""

    def __init__(self, objects: Mapping[str, bytes | Callable[[S], bytes]]) -> None:
        parts = {ber.numbers(oid): show for oid, show in objects.items()}
        self.objects = Objects(parts)
        self._shows = tuple(parts[oid] for oid in self.objects.oids)

    def values(self, state: S) -> list[bytes]:
        """Encode every object's value, in the order of the objects."""
        return [show if isinstance(show, bytes) else show(state) for show in self._shows]


@cache
def layout_of(feed: str) -> Layout[State]:
    """Return the layout of a feed's PDUs; feeds A and B come from different makers, as is good practice."""
    return Layout(_apc() if feed == "A" else _raritan())


class SimulatedPdu:
    """One PDU, ready to be asked."""

    def __init__(self, rack: Rack, pdu: Pdu, *, clock: Callable[[], float], since: float, warmer: float = 0.0) -> None:
        self.name, self.pdu = pdu.name, pdu
        self.community = COMMUNITY
        self.fault: Fault | None = None
        self._rack, self._clock, self._since, self._warmer = rack, clock, since, warmer
        self._started = clock()
        self._layout = layout_of(pdu.feed)
        self.objects = self._layout.objects
        self._values: Sequence[bytes] = ()
        self._made_at = float("-inf")
        used = min(max(len(rack.nodes), 1), OUTLETS)
        self._outlets = tuple(1 / used if number < used else 0.0 for number in range(OUTLETS))

    def state(self, at: float) -> State:
        """What it measures at a time; the energy register has counted since the beginning of the model's month."""
        swing = math.sin(at / 1900 + self.pdu.volts)  # the mains breathe
        return State(
            name=self.name, uptime=at - self._started, watts=self.pdu.power.power(at),
            joules=self.pdu.power.energy(self._since, at), volts=self.pdu.volts + swing, power_factor=self.pdu.power_factor,
            celsius=self._rack.inlet_celsius.power(at) + self._warmer, humidity=self._rack.humidity.power(at),
            outlets=self._outlets,
        )  # fmt: skip

    def values(self) -> Sequence[bytes]:
        """The encoded value of every object, as of now."""
        now = self._clock()
        if not 0 <= now - self._made_at < FRESH:
            self._values, self._made_at = self._layout.values(self.state(now)), now
        return self._values
