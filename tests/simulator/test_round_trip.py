"""Simulate every packaged profile and read it back: the collector returns the model's numbers."""

from __future__ import annotations

import asyncio
import functools
import math
from collections.abc import AsyncIterator, Mapping, Sequence
from contextlib import asynccontextmanager
from typing import Any

import pytest

from collectors.base import Context, Place, Series
from collectors.facility.modbus.config import Config, Device
from collectors.facility.modbus.kind import KIND as MODBUS_KIND
from collectors.facility.modbus.profile import Profile
from collectors.facility.profile import load, metric_named
from collectors.facility.snmp import KIND
from collectors.facility.snmp.config import DeviceConfig, SnmpConfig
from collectors.facility.snmp.library import Library
from collectors.facility.snmp.point import Point
from collectors.facility.snmp.reading import Reading
from collectors.facility.units import UNITS
from collectors.labels import IDENTITY
from simulator.device import SnmpDevice
from simulator.draft import Draft
from simulator.layout import Layout, lay_out
from simulator.measures import State, measure
from simulator.modbus_meters import MeterServer, SimulatedMeter
from simulator.model import Meter
from simulator.responder import Responder
from simulator.waves import Waves
from tests.collectors.facility.modbus.kit import PATIENT
from tests.support import HANGS
from tests.support.profiles import profile_names

NOW = 1_790_000_000.0
CONTEXT = Context(place=Place(hub="guian", site="s"), node="n")
LIBRARY = Library()
SNMP = profile_names("snmp")
VALUES: Mapping[str, float] = {
    "watts": 4321.0,
    "joules": 1.23456e11,
    "volts": 231.4,
    "amperes": 19.16,
    "voltamperes": 4434.0,
    "power_factor": 0.9745,
    "celsius": 24.37,
    "humidity": 0.463,
    "load": 0.437,
    "runtime": 1830.0,
    "heat": 31_415.0,
    "supply": 20.4,
    "return": 31.9,
    "input_watts": 4567.0,
    "input_amperes": 20.2,
    "input_joules": 2.5e11,
    "vars": 995.0,
    "flow": 0.437,
}


@functools.cache
def laid_out(name: str, phases: int) -> tuple[Layout, Draft]:
    return lay_out(LIBRARY.named(name), phases=phases)


SMALL = "geist-watchdog"


class Probe(SnmpDevice):
    """A device of any profile, of a layout chosen by the test."""

    def __init__(self, name: str, *, phases: int, prefer: Sequence[Reading] = ()) -> None:
        """It has the first of the readings it prefers, and more of them where there is room."""
        # A small layout first: that of a large profile would be worked out twice.
        super().__init__("sim", SMALL, lambda _: VALUES, clock=lambda: NOW, phases=phases)
        self.profile = name
        self._layout, self.draft = (
            lay_out(LIBRARY.named(name), phases=phases, prefer=prefer[0], rather=prefer)
            if prefer
            else laid_out(name, phases)
        )


@asynccontextmanager
async def answering(device: SnmpDevice) -> AsyncIterator[str]:
    responder = Responder(device, ("127.0.0.1", 0))
    responder.start(asyncio.get_running_loop())
    try:
        yield f"127.0.0.1:{responder.port}"
    finally:
        responder.close()


def resolution(series: Series, point: Point) -> float:
    """Return a register's step; a counter shows complete steps, any other register the nearest."""
    polled = point.polled
    step = abs(polled.multiplier / polled.divisor)
    if polled.rule is not None and polled.rule.texts is not None:
        step /= 100
    return step if series.metric.type == "counter" else step / 2


def truth(series: Series, device: SnmpDevice, phases: int) -> float:
    labels = {
        name: value for name, value in zip(series.labels, series.values, strict=True) if value
    }
    known: State = device.state(NOW)
    return measure(series.metric, labels, phases).of(known)


async def compare(name: str, device: Probe, *, chosen: str = "auto") -> None:
    """Identify and read the device with the collector, and compare every value with the model."""
    profile, phases = LIBRARY.named(name), device.draft.phases
    async with answering(device) as address:
        chosen = chosen if profile.match else name
        (made,) = KIND.build(
            SnmpConfig(devices=[DeviceConfig(address=address, profile=chosen, timeout=HANGS)]),
            CONTEXT,
        )
        try:
            readings = dict(await made.collect())
        finally:
            await made.aclose()
    if profile.match and made.chosen in profile.match.after:
        # It has what the other asks for, and stands back: a device of its own kind lacks that.
        await compare(name, device, chosen=name)
        return
    assert made.profile is not None
    assert made.profile.title == profile.title
    assert made.plan is not None
    points = {point.series: point for point in made.plan.points}
    assert {metric for metric, _ in device.draft.series} <= {series.metric for series in readings}
    steps = {series: resolution(series, point) for series, point in points.items()}
    for parts in made.plan.sums:
        points[parts[0].series] = parts[0]
        steps[parts[0].series] = len(parts) * resolution(parts[0].series, parts[0])
    for series, value in readings.items():
        if series not in points:
            continue
        wanted, rule = truth(series, device, phases), points[series].polled.rule
        if rule is not None and (rule.mapped or (rule.texts is not None and rule.texts.words)):
            assert value == wanted, series
            continue
        span = made.plan.spans.get(series, math.inf)
        assert value == pytest.approx(wanted % span, abs=steps[series] * (1 + 1e-9), rel=1e-12), (
            series
        )
    assert len(points) + len(made.plan.constants) >= len(device.draft.series)


@pytest.mark.parametrize("phases", [1, 3], ids=["one phase", "three phases"])
@pytest.mark.parametrize("name", SNMP)
async def test_what_is_simulated_from_a_profile_is_read_back(name: str, phases: int) -> None:
    """An identified device of each make shows every simulated series within its resolution."""
    await compare(name, Probe(name, phases=phases))


@pytest.mark.parametrize("name", SNMP)
async def test_every_other_object_of_a_profile_is_read_back_where_it_is_the_only_one(
    name: str,
) -> None:
    """Readings for other firmware are simulated too, so every reading of a profile is tested."""
    drafts = [draft_of(name, phases) for phases in (1, 3)]
    waiting = [
        one for one in drafts[0].left_out if any(one is other for other in drafts[1].left_out)
    ]
    while waiting:
        reading = waiting[0]
        devices = (Probe(name, phases=phases, prefer=waiting) for phases in (1, 3))
        device = next(
            (one for one in devices if not any(left is reading for left in one.draft.left_out)),
            None,
        )
        assert device is not None, reading
        await compare(name, device, chosen=name)
        waiting = [one for one in waiting if any(one is left for left in device.draft.left_out)]


def draft_of(name: str, phases: int) -> Draft:
    return laid_out(name, phases)[1]


def tail(series: Series) -> tuple[str, ...]:
    """What tells series of one device apart."""
    return tuple(
        value
        for label, value in zip(series.labels, series.values, strict=True)
        if label not in IDENTITY
    )


@pytest.mark.parametrize("name", profile_names("modbus"))
async def test_what_is_simulated_from_a_register_map_is_read_back(name: str) -> None:
    """A Modbus server gives every value of a register map within the registers' resolution."""
    profile = load(name, "modbus", Profile)
    model = Meter("m", "utility", Waves(VALUES["watts"]))
    meter = SimulatedMeter(model, name, unit=1, clock=lambda: NOW, since=NOW - 1e6, peak=5000.0)
    words: dict[str, Any] = (
        {"meter": "m", "point": "utility"} if profile.kind == "meter" else {profile.kind: "m"}
    )
    server = MeterServer([meter])
    host, port = await server.start(("127.0.0.1", 0))
    try:
        device = Device(address=f"{host}:{port}", profile=name, ratios=meter.map.ratios, **words)
        (made,) = MODBUS_KIND.build(Config(devices=[device], **PATIENT), CONTEXT)
        try:
            readings = {
                (series.metric, tail(series)): value for series, value in await made.collect()
            }
        finally:
            await made.aclose()
    finally:
        await server.stop()
    state = State(meter.measures(NOW))
    absent = []
    for register in profile.registers:
        metric = metric_named(register.metric)
        labels = register.all_labels()
        value = readings.get(
            (
                metric,
                tuple(labels.get(label, "m") for label in metric.labels if label not in IDENTITY),
            )
        )
        wanted = measure(metric, labels, meter.map.phases).of(state)
        if value is None:
            absent.append((register.metric, wanted))
            continue
        step = abs(register.scale) * (UNITS[register.unit].factor if register.unit else 1.0)
        for factor in register.times:
            step *= meter.map.factor(factor)
        fine = (
            0.0
            if register.type.startswith("float")
            else step * (1.0 if metric.type == "counter" else 0.5)
        )
        assert value == pytest.approx(wanted, abs=fine * (1 + 1e-9), rel=2e-7), register
    # A register of zero stands for "no value" where a profile says so.
    assert all(wanted == 0 for _, wanted in absent), absent
