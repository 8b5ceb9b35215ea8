"""A small service, and the section of the config that reads it."""

from __future__ import annotations

from pathlib import Path

from tests.collectors.power.redfish.services import (
    EXPAND,
    SESSIONS,
    Documents,
    Service,
    account_files,
)

CHASSIS = "/redfish/v1/Chassis/1"


METRICS = f"{CHASSIS}/EnvironmentMetrics"


AIR = f"{CHASSIS}/ThermalSubsystem/ThermalMetrics"


def link(path: str) -> dict[str, str]:
    return {"@odata.id": path}


def server(watts: float = 500) -> Documents:
    """A small server of the new schemas."""
    documents: Documents = {
        "/redfish/v1": {
            "Chassis": link("/redfish/v1/Chassis"),
            "ProtocolFeaturesSupported": EXPAND,
            "Links": {"Sessions": link(SESSIONS)},
        },
        "/redfish/v1/Chassis": {"Members": [link(CHASSIS)]},
        CHASSIS: {
            "Id": "1",
            "EnvironmentMetrics": link(METRICS),
            "ThermalSubsystem": link(f"{CHASSIS}/ThermalSubsystem"),
        },
        METRICS: {"PowerWatts": {"Reading": watts}},
        f"{CHASSIS}/ThermalSubsystem": {"ThermalMetrics": link(AIR)},
        AIR: {"TemperatureSummaryCelsius": {"Intake": {"Reading": 23}}},
    }
    return {path: {"@odata.id": path} | document for path, document in documents.items()}


def section(
    folder: Path, service: Service, *, device: str = "", more: str = "allow_http: true\n"
) -> str:
    """Return a config section that reads a service as node n1."""
    return (
        f"{account_files(folder)}{more}devices:\n"
        f'  - {{address: "{service.origin}", node: n1{device}}}\n'
    )


READ = {"dc_node_up": 1.0, "dc_node_power_watts": 500.0, "dc_node_inlet_temperature_celsius": 23.0}
