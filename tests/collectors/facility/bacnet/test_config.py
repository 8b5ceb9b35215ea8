"""Mistakes in the section `bacnet`."""

from __future__ import annotations

import pytest

from collectors.base import ConfigError
from collectors.facility.bacnet.config import Config
from collectors.facility.bacnet.kind import KIND
from collectors.strict import Problems, read
from tests.collectors.facility.bacnet.plant import CONTEXT

POINT = '{object: "analog-input,1", metric: dc_cooling_power_watts}'


@pytest.mark.parametrize(
    ("text", "error"),
    [
        (f"devices: [{{cooling: c, points: [{POINT}]}}]", "expected either address or instance"),
        (
            f"devices: [{{address: plant.example, cooling: c, points: [{POINT}]}}]",
            "address: expected an address such as 10.0.4.20",
        ),
        ("devices: [{address: 10.0.0.1, cooling: c}]", "points: missing"),
        (
            (
                "devices:"
                " [{address: 10.0.0.1, points: [{object:"
                " analog-inputs 1, metric: dc_cooling_power_watts}]}]"
            ),
            "expected an object such as analog-input,1",
        ),
        (
            (
                "devices: [{address: 10.0.0.1, points: [{object:"
                " 'analog-input,1', metric: dc_cooling_power}]}]"
            ),
            "did you mean dc_cooling_power_watts?",
        ),
        (
            (
                "devices: [{address: 10.0.0.1, points: [{object:"
                " 'analog-input,1', metric: dc_cooling_power_watts, unit: C}]}]"
            ),
            "C does not fit dc_cooling_power_watts",
        ),
        (
            (
                "devices: [{address: 10.0.0.1, points: [{object:"
                " 'binary-input,1', metric: dc_cooling_power_watts}]}]"
            ),
            "unit: missing; a binary-input does not report its unit",
        ),
        (
            (
                "devices: [{address: 10.0.0.1, points: [{object: 'analog-input,"
                "1', metric: dc_cooling_power_watts, labels: {units: x}}]}]"
            ),
            "did you mean unit?",
        ),
        ("listen: eth0", "listen: expected an address such as"),
        (
            f"devices: [{{address: 10.0.0.1, meter: m, points: [{POINT}]}}]",
            "point: a meter needs it",
        ),
    ],
)
def test_mistakes_in_the_config_are_named(text: str, error: str) -> None:
    """Each is one line with file, line and key, found before anything is sent."""
    with pytest.raises(Problems) as raised:
        read("f.yaml", Config, text=text)
    assert error in str(raised.value)
    assert str(raised.value).startswith("f.yaml:1: ")


@pytest.mark.parametrize(
    ("text", "key", "error"),
    [
        (
            f"devices: [{{address: 10.0.0.1, points: [{POINT}]}}]",
            "collectors.bacnet.devices[0].points[0]",
            "needs the label unit: name it by cooling",
        ),
        (
            f"devices: [{{instance: 5, cooling: c, points: [{POINT}]}}]",
            "collectors.bacnet.devices[0].instance",
            "listen needs the address of this machine",
        ),
        (
            "devices: [{address: 10.0.0.1, cooling: c, profile: no-such}]",
            "collectors.bacnet.devices[0].profile",
            "no such profile",
        ),
        (
            "devices: [{address: 10.0.0.1, cooling: c, profile: apc-ups}]",
            "collectors.bacnet.devices[0].profile",
            "a profile of the protocol snmp, not bacnet",
        ),
        (
            f"devices: [{{address: 10.0.0.1, cooling: c, points: [{POINT}, {POINT}]}}]",
            "collectors.bacnet.devices[0]",
            "is given twice",
        ),
        (
            (
                "devices: [{address: 10.0.0.1, cooling: c, points: [{object:"
                " 'analog-input,1', metric: dc_cooling_power_watts, property: presentvalue}]}]"
            ),
            "collectors.bacnet.devices[0].points[0].property",
            "not a property of the standard",
        ),
    ],
)
def test_what_only_building_finds_is_named(text: str, key: str, error: str) -> None:
    """What a device lacks, or has twice, is told with its key."""
    with pytest.raises(ConfigError) as raised:
        KIND.build(read("f.yaml", Config, text=text), CONTEXT)
    assert error in str(raised.value)
    assert raised.value.key == key
