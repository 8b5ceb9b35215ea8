"""Metrics that a profile declares itself."""

from __future__ import annotations

from pathlib import Path

import pytest

from collectors.facility.modbus.profile import Profile as ModbusProfile
from collectors.facility.profile import load, metric_named
from collectors.facility.snmp.profile import SnmpProfile
from collectors.strict import Problems

SNMP = """protocol: snmp
title: Acme
kind: device
metrics:
  {metric}
readings:
  - {{metric: dc_device_alarm, oid: 1.3.6.1.4.1.424242.1.0, map: {{1: 1}}, labels: {{alarm: a}}}}
"""
MODBUS = """protocol: modbus
title: Acme
kind: cooling
source: made up
metrics: {dc_custom_valve_travel_ratio: {unit: ratio, help: "How far the valve has moved."}}
registers:
  - {metric: dc_custom_valve_travel_ratio, address: 3, type: uint16, unit: permille}
"""


@pytest.mark.parametrize(
    ("metric", "message"),
    [
        ("dc_own_level_ratio: {unit: ratio, help: h}", "expected a name such as dc_custom_"),
        ("dc_custom_Level_ratio: {unit: ratio, help: h}", "expected a name such as dc_custom_"),
        ("dc_custom_level_ratio: {unit: percent, help: h}", "unit: expected one of watts"),
        ("dc_custom_level_ratio: {unit: celsius, help: h}", "the name must end in _celsius"),
        ("dc_custom_level: {unit: ratio, help: h}", "the name must end in _ratio"),
        ("dc_custom_starts_total: {unit: flag, help: h}", "a counter's name ends in _total"),
        ("dc_custom_starts: {unit: flag, type: counter, help: h}", "a counter's name ends in"),
        ('dc_custom_level_ratio: {unit: ratio, help: " "}', "help: expected a sentence"),
        ("dc_custom_level_ratio: {unit: ratio}", "help: missing"),
        ("dc_custom_level_ratio: {unit: ratio, help: h, labels: [rack]}", "rack cannot be a label"),
        ("dc_custom_level_ratio: {unit: ratio, help: h, labels: [a, a]}", "is twice"),
    ],
)
def test_a_metric_that_cannot_be_is_a_mistake_of_the_profile(
    metric: str, message: str, tmp_path: Path
) -> None:
    """One line says what is wrong, with the file."""
    (tmp_path / "acme.yaml").write_text(SNMP.format(metric=metric), "utf-8")
    with pytest.raises(Problems, match=message):
        load("acme", "snmp", SnmpProfile, tmp_path)


def test_a_metric_that_is_declared_twice_alike_is_one(tmp_path: Path) -> None:
    """A profile that is read again gives the same metric, so that series stay the same."""
    text = SNMP.format(metric='dc_custom_ozone_ratio: {unit: ratio, help: "Ozone."}')
    (tmp_path / "acme.yaml").write_text(text, "utf-8")
    load("acme", "snmp", SnmpProfile, tmp_path)
    first = metric_named("dc_custom_ozone_ratio")
    load("acme", "snmp", SnmpProfile, tmp_path)
    assert metric_named("dc_custom_ozone_ratio") is first
    (tmp_path / "acme.yaml").write_text(text.replace("Ozone.", "Ozone in the air."), "utf-8")
    load("acme", "snmp", SnmpProfile, tmp_path)
    assert metric_named("dc_custom_ozone_ratio").help == "Ozone in the air."


def test_a_modbus_profile_may_declare_one_too(tmp_path: Path) -> None:
    """It fits every kind of device, and has the labels of one."""
    (tmp_path / "acme.yaml").write_text(MODBUS, "utf-8")
    load("acme", "modbus", ModbusProfile, tmp_path)
    metric = metric_named("dc_custom_valve_travel_ratio")
    assert metric.labels == ("hub", "site", "row", "rack", "device")
