"""Alerts on events that devices report: water where none should be."""

from __future__ import annotations

from typing import Final

from collectors.catalogue import cooling, sensor
from collectors.catalogue.events import EVENT_ACTIVE, EVENT_COUNT
from dashboards.alerts.base import RACK, Alert, Case, series
from dashboards.language import Text
from dashboards.promql import for_rule, of

_LEAK: Final = 'event="leak"'
_WHERE: Final = "hub, site, rack, device"
_FIRES: Final = {key: value for key, value in RACK.items() if key != "row"} | {"device": "leak-1"}
_EVENT: Final = {**RACK, "kind": "sensor", "device": "leak-1", "event": "leak", "source": "trap"}


def _as_device(metric: str, label: str) -> str:
    return f'label_replace({metric}, "device", "$1", "{label}", "(.+)")'


ALERTS: Final = (
    Alert(
        name="WaterDetected",
        # A device sends a trap once. The agent keeps the state that it began, across restarts too.
        expr=for_rule(
            f"max by ({_WHERE}) ({of(EVENT_ACTIVE, _LEAK)}"
            f" or {_as_device(of(sensor.SENSOR_LEAK), 'sensor')}"
            f" or {_as_device(of(cooling.COOLING_LEAK), 'unit')}) == 1"
        ),
        wait="0m",
        severity="critical",
        summary=Text(
            "{{ $labels.device }} of {{ $labels.site }} (rack {{ $labels.rack }}) detects water:"
            " go there, shut the valve, and look under the floor.",
        ),
        description=(
            "A leak sensor, a cooling unit, or a device whose trap or message is the event `leak`"
            " says so."
        ),
        must_fire=Case(series={series(EVENT_ACTIVE, _EVENT): "_x3 1x10"}, at="5m", fires=_FIRES),
        must_not_fire=Case(
            series={
                series(EVENT_ACTIVE, _EVENT): "1x3 0x10",
                series(EVENT_COUNT, _EVENT): "1x3 2x10",
                series(sensor.SENSOR_LEAK, RACK, sensor="leak-2"): "0x13",
            },
            at="8m",
        ),
    ),
)
