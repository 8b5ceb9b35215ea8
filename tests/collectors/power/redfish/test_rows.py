"""What documents of a node become. The values are made up; the rules stand in docs/redfish.md."""

from __future__ import annotations

import pytest

from collectors.catalogue import node
from collectors.power.redfish.rows import thermal, thermal_metrics


def old(*celsius: object) -> list[dict[str, object]]:
    """Return a Thermal document with sensors at the inlet."""
    sensors = [{"PhysicalContext": "Intake", "ReadingCelsius": one} for one in celsius]
    return [{"Temperatures": sensors}]


def new(*celsius: object) -> list[dict[str, object]]:
    """Return a ThermalMetrics document with sensors at the inlet."""
    return [
        {
            "TemperatureReadingsCelsius": [
                {"PhysicalContext": "Intake", "Reading": one} for one in celsius
            ]
        }
    ]


@pytest.mark.parametrize(
    ("celsius", "inlet"),
    [
        ((24, 26.5), 26.5),
        ((24, 255), 24.0),  # 255: a sensor that is not there
        ((-128, 24, None), 24.0),
        ((None, None), None),
        ((255, 3276.7), 3276.7),  # none can be: it is refused later, and counted
    ],
)
def test_the_warmest_inlet_that_can_be_is_taken(
    celsius: tuple[object, ...], inlet: float | None
) -> None:
    """A sensor that is not there does not hide the others, in the old schema and the new one."""
    for rows in (thermal(old(*celsius), frozenset()), thermal_metrics(new(*celsius), frozenset())):
        assert [(row.metric, row.value) for row in rows] == [(node.NODE_INLET, inlet)]
