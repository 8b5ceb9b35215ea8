"""Simulated management controllers of nodes: what each answers to a Redfish request.

Every other one has the old schemas (Power, Thermal), the others have the new ones
(EnvironmentMetrics, PowerSubsystem, ThermalSubsystem). They ask for a login and keep sessions, as
real controllers do. Their names say that they are simulated.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator, Mapping
from typing import Final

from simulator.faults import Health
from simulator.site import Node, Rack, Site
from simulator.waves import Waves

USERNAME, PASSWORD = "simulated", "simulated"
_ROOT: Final = "/redfish/v1"
_SESSIONS: Final = f"{_ROOT}/SessionService/Sessions"
_CHASSIS: Final = f"{_ROOT}/Chassis/1"
_RISE: Final = 12.0  # kelvin from the inlet to the exhaust
_RPM: Final = 9000.0
_FANS: Final = 2
_OK: Final = {"State": "Enabled", "Health": "OK"}


class SimulatedController:
    """One node's management controller."""

    def __init__(
        self,
        rack: Rack,
        node: Node,
        power: Waves,
        *,
        modern: bool,
        clock: Callable[[], float],
        since: float,
    ) -> None:
        self.rack, self.node, self.power, self.modern = rack, node, power, modern
        self.name = node.node
        self.health = Health(clock())
        self.sessions: set[str] = set()
        self._clock, self._since = clock, since
        self._opened = 0

    def counted(self, at: float) -> float:
        """Return the joules that its register has counted."""
        return self.power.energy(self._since, at)

    def documents(self) -> Mapping[str, Mapping[str, object]]:
        """Return all its present documents, by path."""
        at = self._clock() if self.health.frozen_at is None else self.health.frozen_at
        watts, inlet = self.power.power(at), self.rack.inlet_celsius.power(at)
        turning = min(0.25 + 0.5 * watts / max(1.3 * self.power.level, 1.0), 1.0)
        own = (
            self._modern(at, watts, inlet, turning)
            if self.modern
            else self._old(watts, inlet, turning)
        )
        keys = {path.removeprefix(f"{_CHASSIS}/") for path in own}
        found: dict[str, Mapping[str, object]] = {
            _ROOT: {
                "Id": "RootService",
                "Name": "SIMULATED",
                "RedfishVersion": "1.20.0",
                "Chassis": _link(f"{_ROOT}/Chassis"),
                "Systems": _link(f"{_ROOT}/Systems"),
                "Links": {"Sessions": _link(_SESSIONS)},
            },
            f"{_ROOT}/Chassis": _collection(_CHASSIS),
            f"{_ROOT}/Systems": _collection(f"{_ROOT}/Systems/1"),
            f"{_ROOT}/Systems/1": {"Id": "1", "Name": self.name, "PowerState": "On", "Status": _OK},
            _CHASSIS: {
                "Id": "1",
                "Name": self.name,
                "ChassisType": "RackMount",
                "Manufacturer": "hubgauge",
                "Model": "SIMULATED",
                "PowerState": "On",
                "Status": _OK,
                "Links": {"ComputerSystems": [_link(f"{_ROOT}/Systems/1")]},
                **{key: _link(f"{_CHASSIS}/{key}") for key in keys if "/" not in key},
            },
            **own,
        }
        return {path: {"@odata.id": path, **document} for path, document in found.items()}

    def _supplies(self, watts: float) -> Iterator[tuple[str, float, float]]:
        """Yield each power supply, its watts and volts: one on each feed of the rack."""
        total = sum(pdu.power.level for pdu in self.rack.pdus)
        for pdu in self.rack.pdus:
            yield pdu.feed, watts * pdu.power.level / total, pdu.volts

    def _modern(
        self, at: float, watts: float, inlet: float, turning: float
    ) -> dict[str, Mapping[str, object]]:
        energy = (self.counted(at) + self.health.offset) / 3.6e6
        supplies = f"{_CHASSIS}/PowerSubsystem/PowerSupplies"
        found: dict[str, Mapping[str, object]] = {
            f"{_CHASSIS}/EnvironmentMetrics": {
                "Id": "EnvironmentMetrics",
                "PowerWatts": {"Reading": round(watts)},
                "EnergykWh": {"Reading": round(energy, 3)},
                "FanSpeedsPercent": [
                    {
                        "DeviceName": f"Fan {n + 1}",
                        "Reading": round(100 * turning),
                        "SpeedRPM": round(_RPM * turning),
                    }
                    for n in range(_FANS)
                ],
            },
            f"{_CHASSIS}/ThermalSubsystem": {
                "Id": "ThermalSubsystem",
                "ThermalMetrics": _link(f"{_CHASSIS}/ThermalSubsystem/ThermalMetrics"),
            },
            f"{_CHASSIS}/ThermalSubsystem/ThermalMetrics": {
                "Id": "ThermalMetrics",
                "TemperatureSummaryCelsius": {
                    "Intake": {"Reading": round(inlet, 1)},
                    "Exhaust": {"Reading": round(inlet + _RISE, 1)},
                },
            },
            f"{_CHASSIS}/PowerSubsystem": {
                "Id": "PowerSubsystem",
                "PowerSupplies": _link(supplies),
            },
            supplies: _collection(*(f"{supplies}/{name}" for name, _, _ in self._supplies(watts))),
        }
        for name, drawn, volts in self._supplies(watts):
            metrics = f"{supplies}/{name}/Metrics"
            found[f"{supplies}/{name}"] = {"Id": name, "Status": _OK, "Metrics": _link(metrics)}
            found[metrics] = {
                "InputPowerWatts": {"Reading": round(drawn)},
                "InputVoltage": {"Reading": round(volts, 1)},
            }
        return found

    def _old(self, watts: float, inlet: float, turning: float) -> dict[str, Mapping[str, object]]:
        return {
            f"{_CHASSIS}/Power": {
                "Id": "Power",
                "PowerControl": [
                    {
                        "MemberId": "0",
                        "Name": "System Power Control",
                        "PowerConsumedWatts": round(watts),
                    }
                ],
                "PowerSupplies": [
                    {
                        "MemberId": name,
                        "Name": f"Power supply {name}",
                        "Status": _OK,
                        "PowerInputWatts": round(drawn),
                        "LineInputVoltage": round(volts),
                    }
                    for name, drawn, volts in self._supplies(watts)
                ],
            },
            f"{_CHASSIS}/Thermal": {
                "Id": "Thermal",
                "Temperatures": [
                    {
                        "MemberId": "0",
                        "Name": "Inlet",
                        "PhysicalContext": "Intake",
                        "ReadingCelsius": round(inlet),
                    },
                    {
                        "MemberId": "1",
                        "Name": "Exhaust",
                        "PhysicalContext": "Exhaust",
                        "ReadingCelsius": round(inlet + _RISE),
                    },
                ],
                "Fans": [
                    {
                        "MemberId": str(n),
                        "Name": f"Fan {n + 1}",
                        "Reading": round(_RPM * turning),
                        "ReadingUnits": "RPM",
                    }
                    for n in range(_FANS)
                ],
            },
        }

    def answer(
        self, method: str, path: str, token: str, body: bytes
    ) -> tuple[int, dict[str, str], Mapping[str, object]]:
        """Answer one request: status, headers, document."""
        path = path.partition("?")[0].rstrip("/")
        if method == "POST" and path == _SESSIONS:
            return self._log_in(body)
        if path != _ROOT and token not in self.sessions:
            return 401, {}, {}
        if method == "DELETE" and path.startswith(_SESSIONS):
            self.sessions.discard(token)
            return 204, {}, {}
        found = self.documents().get(path) if method == "GET" else None
        return (404, {}, {}) if found is None else (200, {}, found)

    def _log_in(self, body: bytes) -> tuple[int, dict[str, str], Mapping[str, object]]:
        try:
            asked = json.loads(body)
        except ValueError:
            return 400, {}, {}
        if asked != {"UserName": USERNAME, "Password": PASSWORD}:
            return 401, {}, {}
        self._opened += 1
        token = f"{self.name}-{self._opened}"
        self.sessions.add(token)
        return (
            201,
            {"X-Auth-Token": token, "Location": f"{_SESSIONS}/{self._opened}"},
            {"Id": str(self._opened)},
        )


def _link(path: str) -> dict[str, str]:
    return {"@odata.id": path}


def _collection(*members: str) -> dict[str, object]:
    return {"Members": [_link(path) for path in members], "Members@odata.count": len(members)}


def simulated_controllers(
    site: Site, count: int, *, clock: Callable[[], float], since: float
) -> dict[str, SimulatedController]:
    """Make controllers of `count` nodes, spread over the racks, by name."""
    ranked = sorted(
        ((number, rack, node) for rack in site.racks for number, node in enumerate(rack.nodes)),
        key=lambda one: one[0],
    )
    return {
        node.node: SimulatedController(
            rack,
            node,
            rack.load.scaled(1 / len(rack.nodes)),
            modern=place % 2 == 0,
            clock=clock,
            since=since,
        )
        for place, (_, rack, node) in enumerate(ranked[:count])
    }
