"""Simulated SNMP devices: PDUs, UPSs and coolers, laid out by their profiles."""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping
from functools import cache
from types import MappingProxyType
from typing import TYPE_CHECKING, Final

from collectors.facility.snmp.library import Library
from simulator import ber
from simulator.faults import Health
from simulator.layout import Layout, OutletName, lay_out
from simulator.measures import OUTLETS, State
from simulator.site import FEED_AMPERES

if TYPE_CHECKING:
    from simulator.model import Cooler, Switch, Ups
    from simulator.site import Pdu, Rack
    from simulator.snmp_agent import Objects

COMMUNITY: Final = b"public"
FRESH: Final = 0.25
"""Seconds for which a device shows the same values: all requests of one poll."""
_NOTHING: Final = State({})
_VOLTS: Final = 230.0
_FACTOR: Final = 0.97
_BATTERY_SECONDS: Final = 600.0  # at full load
_SUPPLY_CELSIUS: Final = 20.5
_AIR_JOULES: Final = 1206.0  # a cubic metre of air takes up, per kelvin
_RISE: Final = 11.5  # kelvin the fans are set for
_FAN_SHARE: Final = 0.045  # of the heat


@cache
def layout_of(profile: str, phases: int) -> Layout:
    """Return the layout that all devices of one make share; raises ConfigError or Problems."""
    return lay_out(Library().named(profile), phases=phases)[0]


def electric(watts: float, volts: float, factor: float) -> dict[str, float]:
    """Return the electrical values that follow from power, voltage and power factor."""
    voltamperes = watts / factor
    return {
        "watts": watts,
        "volts": volts,
        "power_factor": factor,
        "voltamperes": voltamperes,
        "amperes": voltamperes / volts,
        "vars": math.sqrt(voltamperes**2 - watts**2),
    }


class SnmpDevice:
    """One device that can be read; `measures` returns its values at a time, in base units."""

    __slots__ = (
        "_clock",
        "_layout",
        "_made_at",
        "_measures",
        "_outlet_names",
        "_outlets",
        "_state",
        "health",
        "name",
        "profile",
    )

    def __init__(
        self,
        name: str,
        profile: str,
        measures: Callable[[float], Mapping[str, float]],
        *,
        clock: Callable[[], float],
        phases: int = 1,
        outlets: tuple[float, ...] = (1 / OUTLETS,) * OUTLETS,
        outlet_names: Mapping[int, str] = MappingProxyType({}),
    ) -> None:
        self.name, self.profile = name, profile
        self.health = Health(clock())
        self._layout = layout_of(profile, phases)
        self._measures, self._outlets, self._clock = measures, outlets, clock
        self._outlet_names = outlet_names
        self._state = _NOTHING
        self._made_at = (-math.inf, 0.0)

    @property
    def objects(self) -> Objects:
        """The objects that all devices of its layout have."""
        return self._layout.objects

    @property
    def community(self) -> bytes:
        """The community that requests must have."""
        return COMMUNITY

    def state(self, at: float) -> State:
        """Return its measurements at a time.

        A register has counted since the beginning of the model's month.
        """
        values = dict(self._measures(at))
        values["uptime"] = at - self.health.started
        values["joules"] = values.get("joules", 0.0) + self.health.offset
        return State(values, self._outlets)

    def counted(self, at: float) -> float:
        """Return the joules its register has counted at a time, by the model."""
        return self._measures(at).get("joules", 0.0)

    def value(self, place: int) -> bytes:
        """Encode the value of one object as of now, by its place among the objects."""
        cell = self._layout.cells[place]
        if isinstance(cell, bytes):
            return cell
        if cell is None:
            return ber.text(self.name)
        if isinstance(cell, OutletName):
            return ber.text(self._outlet_names.get(cell.number, f"outlet {cell.number}"))
        now = self._clock() if self.health.frozen_at is None else self.health.frozen_at
        made_at, offset = self._made_at
        if not 0 <= now - made_at < FRESH or offset != self.health.offset:
            self._state, self._made_at = self.state(now), (now, self.health.offset)
        return cell.encode(self._state)


def simulated_pdu(
    rack: Rack, pdu: Pdu, *, clock: Callable[[], float], since: float, warmer: float = 0.0
) -> SnmpDevice:
    """Make a single-phase PDU of a rack.

    The air at its sensors is `warmer` kelvin warmer than at the rack's inlet. Its outlets are named
    after the nodes that hang on them.
    """
    used = min(max(len(rack.nodes), 1), OUTLETS)

    def measures(at: float) -> Mapping[str, float]:
        volts = pdu.volts + math.sin(at / 1900 + pdu.volts)  # the mains voltage varies
        values = electric(pdu.power.power(at), volts, pdu.power_factor)
        return values | {
            "joules": pdu.power.energy(since, at),
            "load": values["amperes"] / FEED_AMPERES,
            "celsius": rack.inlet_celsius.power(at) + warmer,
            "humidity": rack.humidity.power(at),
        }

    names = {number: f"{one.node} {pdu.feed}" for number, one in enumerate(rack.nodes[:used], 1)}
    return SnmpDevice(
        pdu.name,
        pdu.make,
        measures,
        clock=clock,
        outlets=_shared_among(used),
        outlet_names=names,
    )


@cache
def _shared_among(used: int) -> tuple[float, ...]:
    """Return the shares of outlets in a load when the first `used` carry equal loads."""
    return tuple(1 / used if number < used else 0.0 for number in range(OUTLETS))


def simulated_ups(
    ups: Ups, profile: str, *, clock: Callable[[], float], since: float
) -> SnmpDevice:
    """Make a three-phase UPS on the mains, its battery full."""

    def measures(at: float) -> Mapping[str, float]:
        watts, losses = ups.output.power(at), ups.losses.power(at)
        volts = _VOLTS + 1.5 * math.sin(at / 2100)
        return electric(watts, volts, _FACTOR) | {
            "joules": ups.output.energy(since, at),
            "load": watts / ups.rated_watts,
            "input_watts": watts + losses,
            "input_amperes": (watts + losses) / _FACTOR / volts,
            "input_joules": ups.output.energy(since, at) + ups.losses.energy(since, at),
            "runtime": _BATTERY_SECONDS * ups.rated_watts / watts,
        }

    return SnmpDevice(ups.name, profile, measures, clock=clock, phases=3)


def simulated_switch(
    switch: Switch, profile: str, *, clock: Callable[[], float], since: float
) -> SnmpDevice:
    """Make a three-phase transfer switch on its first input, and the generator at the other."""

    def measures(at: float) -> Mapping[str, float]:
        watts = switch.output.power(at)
        return electric(watts, _VOLTS, _FACTOR) | {
            "joules": switch.output.energy(since, at),
            "load": watts / switch.rated_watts,
        }

    return SnmpDevice(switch.name, profile, measures, clock=clock, phases=3)


def simulated_cooler(
    cooler: Cooler, profile: str, *, clock: Callable[[], float], since: float
) -> SnmpDevice:
    """Make a cooling unit, its fans set for the row's mean load."""
    flow = cooler.heat.level / (_AIR_JOULES * _RISE)

    def measures(at: float) -> Mapping[str, float]:
        heat, supply = cooler.heat.power(at), _SUPPLY_CELSIUS + 0.3 * math.sin(at / 1300)
        return electric(heat * _FAN_SHARE, _VOLTS, _FACTOR) | {
            "heat": heat,
            "supply": supply,
            "return": supply + heat / (flow * _AIR_JOULES),
            "flow": flow,
            "joules": cooler.heat.energy(since, at) * _FAN_SHARE,
            "celsius": cooler.inlet_celsius.power(at),
        }

    return SnmpDevice(cooler.name, profile, measures, clock=clock, phases=3)
