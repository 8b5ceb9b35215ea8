"""The simulated plant behind the racks: UPSs with the objects of RFC 1628, and in-row coolers as APC lists theirs (PowerNet-MIB).

The same objects, types and scales as real devices; values from the model. Names and models say that they are simulated.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from functools import cache
from typing import TYPE_CHECKING, Final, Generic

from collectors.simulator import ber
from collectors.simulator.layouts import COMMUNITY, FRESH, Layout, S, system

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from collectors.simulator.faults import Fault
    from collectors.simulator.model import Cooler, Ups

_UPS: Final = "1.3.6.1.2.1.33.1"
_COOLING: Final = "1.3.6.1.4.1.318.1.1.27.1.4.1.2.1"
_PHASES: Final = (0.338, 0.331, 0.331)
_VOLTS: Final = 230.0
_FACTOR: Final = 0.97
_BATTERY_SECONDS: Final = 600.0  # at full load
_BATTERY_VOLTS: Final = 432.0
_SUPPLY_CELSIUS: Final = 20.5
_AIR_JOULES: Final = 1206.0  # a cubic metre of air takes up, per kelvin
_RISE: Final = 11.5  # kelvin the fans are set for


@dataclass(frozen=True, slots=True)
class UpsState:
    """What one UPS measures at one moment."""

    name: str
    uptime: float
    watts: float
    losses: float
    rated: float
    volts: float

    @property
    def minutes(self) -> float:
        """How long the full battery would carry the present load."""
        return _BATTERY_SECONDS * self.rated / self.watts / 60


@dataclass(frozen=True, slots=True)
class CoolerState:
    """What one cooling unit measures at one moment."""

    name: str
    uptime: float
    heat: float
    flow: float
    supply: float
    inlet: float

    @property
    def returning(self) -> float:
        """Temperature of the air that comes back: the heat it has taken up over what a cubic metre takes."""
        return self.supply + self.heat / (self.flow * _AIR_JOULES)


@cache
def ups_layout() -> Layout[UpsState]:
    """One three-phase UPS on the mains, its battery full (UPS-MIB, RFC 1628)."""

    def number(read: Callable[[UpsState], float]) -> Callable[[UpsState], bytes]:
        return lambda state: ber.integer(round(read(state)))

    zero, lines = ber.integer(0), ber.integer(len(_PHASES))
    objects: dict[str, bytes | Callable[[UpsState], bytes]] = {
        **system("UPS as hubgauge simulates it (SIMULATED)", "1.3.6.1.2.1.33"),
        f"{_UPS}.1.1.0": ber.text("hubgauge"), f"{_UPS}.1.2.0": ber.text("SIMULATED"), f"{_UPS}.1.3.0": ber.text(""),
        f"{_UPS}.1.4.0": ber.text(""), f"{_UPS}.1.5.0": lambda s: ber.text(s.name), f"{_UPS}.1.6.0": ber.text(""),
        f"{_UPS}.2.1.0": ber.integer(2),  # batteryNormal
        f"{_UPS}.2.2.0": zero,  # seconds on battery
        f"{_UPS}.2.3.0": number(lambda s: math.floor(s.minutes)),
        f"{_UPS}.2.4.0": ber.integer(100),
        f"{_UPS}.2.5.0": ber.integer(round(_BATTERY_VOLTS * 10)), f"{_UPS}.2.6.0": zero, f"{_UPS}.2.7.0": ber.integer(24),
        f"{_UPS}.3.1.0": ber.integer(0, ber.COUNTER32), f"{_UPS}.3.2.0": lines,
        f"{_UPS}.4.1.0": ber.integer(3),  # upsOutputSource normal
        f"{_UPS}.4.2.0": ber.integer(500), f"{_UPS}.4.3.0": lines,
        f"{_UPS}.6.1.0": ber.gauge(0),
        f"{_UPS}.9.5.0": number(lambda s: s.rated / _FACTOR), f"{_UPS}.9.6.0": number(lambda s: s.rated),
    }  # fmt: skip
    for line, share in enumerate(_PHASES, start=1):
        came, gone = f"{_UPS}.3.3.1", f"{_UPS}.4.4.1"

        def of_phase(read: Callable[[UpsState], float], share: float = share) -> Callable[[UpsState], bytes]:
            return number(lambda state: read(state) * share)

        objects |= {
            f"{came}.2.{line}": ber.integer(500), f"{came}.3.{line}": number(lambda s: s.volts),
            f"{came}.4.{line}": of_phase(lambda s: 10 * (s.watts + s.losses) / s.volts / _FACTOR),
            f"{came}.5.{line}": of_phase(lambda s: s.watts + s.losses),
            f"{gone}.2.{line}": ber.integer(round(_VOLTS)),
            f"{gone}.3.{line}": of_phase(lambda s: 10 * s.watts / _VOLTS / _FACTOR),
            f"{gone}.4.{line}": of_phase(lambda s: s.watts),
            f"{gone}.5.{line}": of_phase(lambda s: 100 * len(_PHASES) * s.watts / s.rated),
        }  # fmt: skip
    return Layout(objects)


@cache
def cooler_layout() -> Layout[CoolerState]:
    """One in-row cooler: a table of named values, each temperature in Celsius and in Fahrenheit, all in tenths."""

    def tenths(read: Callable[[CoolerState], float]) -> Callable[[CoolerState], bytes]:
        return lambda state: ber.integer(round(10 * read(state)))

    rows: list[tuple[str, str, Callable[[CoolerState], float]]] = [
        ("Total Airflow", "L/s", lambda s: 1000 * s.flow), ("Cool Output", "kW", lambda s: s.heat / 1000),
    ]  # fmt: skip
    temperatures: dict[str, Callable[[CoolerState], float]] = {
        "Supply Temperature": lambda s: s.supply,
        "Return Temperature": lambda s: s.returning,
        "Rack Inlet Temperature 1": lambda s: s.inlet,
    }
    for name, celsius in temperatures.items():
        rows += [(name, "C", celsius), (name, "F", lambda s, celsius=celsius: celsius(s) * 1.8 + 32)]  # type: ignore[misc]
    description = "APC InRow cooler as hubgauge simulates it (MN:SIMULATED)"
    objects: dict[str, bytes | Callable[[CoolerState], bytes]] = {**system(description, "1.3.6.1.4.1.318.1.3.14.23")}
    for number, (name, unit, read) in enumerate(rows, start=1):
        cells: tuple[bytes | Callable[[CoolerState], bytes], ...] = (
            ber.integer(number), ber.text(name), tenths(read), ber.text(unit), ber.integer(10),
        )  # fmt: skip
        objects |= {f"{_COOLING}.{column}.1.{number}": cell for column, cell in enumerate(cells, start=1)}
    return Layout(objects)


class PlantDevice(Generic[S]):
    """One device of the plant, ready to be asked; `state` says what it measures at a time, given its time since the start."""

    def __init__(self, name: str, layout: Layout[S], state: Callable[[float, float], S], *, clock: Callable[[], float]) -> None:
        self.name, self.objects = name, layout.objects
        self.community = COMMUNITY
        self.fault: Fault | None = None
        self._layout, self._state, self._clock = layout, state, clock
        self._started = clock()
        self._values: Sequence[bytes] = ()
        self._made_at = float("-inf")

    def state(self, at: float) -> S:
        """What it measures at a time."""
        return self._state(at, at - self._started)

    def values(self) -> Sequence[bytes]:
        """The encoded value of every object, as of now."""
        now = self._clock()
        if not 0 <= now - self._made_at < FRESH:
            self._values, self._made_at = self._layout.values(self.state(now)), now
        return self._values


def simulated_ups(ups: Ups, *, clock: Callable[[], float]) -> PlantDevice[UpsState]:
    """Make a UPS."""

    def state(at: float, uptime: float) -> UpsState:
        return UpsState(
            name=ups.name, uptime=uptime, watts=ups.output.power(at), losses=ups.losses.power(at), rated=ups.rated_watts,
            volts=_VOLTS + 1.5 * math.sin(at / 2100),
        )  # fmt: skip

    return PlantDevice(ups.name, ups_layout(), state, clock=clock)


def simulated_cooler(cooler: Cooler, *, clock: Callable[[], float]) -> PlantDevice[CoolerState]:
    """Make a cooling unit, its fans set for the row's mean load."""
    flow = cooler.heat.level / (_AIR_JOULES * _RISE)

    def state(at: float, uptime: float) -> CoolerState:
        return CoolerState(
            name=cooler.name, uptime=uptime, heat=cooler.heat.power(at), flow=flow,
            supply=_SUPPLY_CELSIUS + 0.3 * math.sin(at / 1300), inlet=cooler.inlet_celsius.power(at),
        )  # fmt: skip

    return PlantDevice(cooler.name, cooler_layout(), state, clock=clock)
