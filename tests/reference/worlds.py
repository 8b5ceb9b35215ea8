"""Made-up sites, of which the truth is known, and everything that can befall their meters.

A `Plan` is small and frozen, so that hypothesis can shrink it and a search can change it. `build`
makes a `World` of it: a site, its instruments, and what really flowed.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from fractions import Fraction

from tests.reference.model import CELL, HOUR, IT_POINTS, KWH, Kind, Meter, Reading, Site
from tests.reference.readings import energy_cells, export_cells, first_export, shown_step
from tests.reference.shapes import FLAT, Shape, battery
from tests.reference.site import Counted, SiteFigures
from tests.reference.truth import (
    Begins,
    Dead,
    Event,
    Glitch,
    Instrument,
    Load,
    Refreshed,
    Silent,
    Stalled,
)

START = 1_760_000_400_000
"""A whole hour, in October 2025."""

MINUTE = 60_000
WIDTH = 2_000 * KWH
CLEAN = ("silent", "reset")
"""What the definitions settle in every detail."""

FAULTS = (*CLEAN, "exchange", "zero", "leap", "stall", "refresh", "negative", "spike", "dead")
SORTS = ("register", "power", "both")


@dataclass(frozen=True, slots=True, kw_only=True)
class Fault:
    """Something that befalls one meter."""

    sort: str
    minute: int
    minutes: int = 1
    kwh: int = 0


@dataclass(frozen=True, slots=True, kw_only=True)
class Device:
    """How a meter is made and read."""

    sort: str = "register"
    seconds: int = 60
    phase: int = 0
    step_wh: int = 0
    begin_kwh: int = 100
    rated: bool = False
    wraps: bool = False
    from_minute: int = 0
    faults: tuple[Fault, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Plan:
    """A site, its loads and its meters: utility feeds, then branches of IT, then what else."""

    hours: int = 6
    it_point: str = "it_input"
    it_kw: int = 50
    overhead: int = 30
    """Per cent of the mean IT load."""
    it_shape: Shape = FLAT
    overhead_shape: Shape = FLAT
    feeds: tuple[Device, ...] = (Device(),)
    branches: tuple[Device, ...] = (Device(),)
    sun: Device | None = None
    sun_kw: int = 0
    exports: bool = False
    battery_kw: int = 0
    """It charges while the sun is high, and gives all of that back before the next time."""
    sold_kw: int = 0
    """What leaves the site while the battery gives; as much more is bought. It needs `exports`."""
    cooling: Device | None = None
    reused: Device | None = None
    reused_share: int = 33
    """Per cent of IT energy."""
    water: Device | None = None
    green: int = 0
    """Per cent of the utility's supply that guarantees of origin cover."""
    grams: int = 0
    """Of carbon dioxide, for a kWh of the utility's supply."""
    behind_ups: bool = False
    """The cooling hangs behind the IT meter, so it is subtracted there."""


@dataclass(frozen=True, slots=True, kw_only=True)
class World:
    """A site with its instruments, and the truth."""

    plan: Plan
    site: Site
    instruments: tuple[Instrument, ...]
    start: int
    end: int
    facility: Load
    it: Load
    told: Mapping[str, list[Reading]]
    """What each instrument tells, by its meter."""

    def truth(self, cells: list[int]) -> Fraction | None:
        """Return the true PUE over some cells."""
        it = sum(self.it.joules(cell, cell + CELL) for cell in cells)
        top = sum(self.facility.joules(cell, cell + CELL) for cell in cells)
        return Fraction(top) / it if it else None


def build(plan: Plan) -> World:
    """Make the site, its loads and its instruments of a plan."""
    count = plan.hours * 12
    end = START + plan.hours * HOUR
    split = len(plan.branches)
    branches = [
        _from(plan.it_shape.watts(plan.it_kw * 1000 // split, count, n), device)
        for n, device in enumerate(plan.branches)
    ]
    it = [sum(each) for each in zip(*branches, strict=True)]
    extra = plan.overhead_shape.watts(plan.it_kw * plan.overhead * 10, count)
    facility = [one + more for one, more in zip(it, extra, strict=True)]
    sun = _sun(plan, count)
    stored, sold = battery(plan.battery_kw, plan.sold_kw if plan.exports else 0, count)
    facility = [need + charge for need, charge in zip(facility, stored, strict=True)]
    net = [need - own for need, own in zip(facility, sun, strict=True)]
    came = [max(0, one) + more for one, more in zip(net, sold, strict=True)]
    left = [max(0, -one) + more for one, more in zip(net, sold, strict=True)]
    made = [
        *_feeds(plan, came, left),
        *_branches(plan, branches, extra),
        *_others(plan, sun, extra, it),
    ]
    return World(
        plan=plan,
        site=Site(
            meters=tuple(one.meter for one in made),
            it_point=plan.it_point,
            battery=bool(plan.battery_kw),
        ),
        instruments=tuple(made),
        start=START,
        end=end,
        facility=Load(START, facility),
        it=Load(START, it),
        told={one.meter.meter: one.readings(START, end) for one in made},
    )


def _from(watts: list[int], device: Device) -> list[int]:
    first = device.from_minute // 5
    return [0 if index < first else one for index, one in enumerate(watts)]


def _sun(plan: Plan, count: int) -> list[int]:
    if plan.sun is None:
        return [0] * count
    day = Shape(name="bursts", swing=900, cells=7).watts(plan.sun_kw * 1000, count)
    shown = _from(day, plan.sun)
    if plan.exports:
        return shown
    least = plan.it_kw * plan.overhead * 5  # nothing is left over
    return [min(one, least) for one in shown]


def _feeds(plan: Plan, came: list[int], left: list[int]) -> list[Instrument]:
    number = len(plan.feeds)
    made = []
    for n, device in enumerate(plan.feeds):
        share = [(one + n) // number for one in came]
        meter = Meter(
            meter=f"main-{n + 1}",
            point="utility",
            accuracy_class=Fraction(1, 5),
            renewable_ratio=Fraction(plan.green, 100) if plan.green else None,
            kilograms_per_kilowatt_hour=Fraction(plan.grams, 1000) if plan.grams else None,
        )
        out = Load(START, left) if plan.exports and n == 0 else None
        made.append(_instrument(meter, device, share, out))
    return made


def _branches(plan: Plan, branches: list[list[int]], extra: list[int]) -> list[Instrument]:
    made = []
    for n, (device, watts) in enumerate(zip(plan.branches, branches, strict=True)):
        meter = Meter(meter=f"it-{n + 1}", point=plan.it_point, accuracy_class=Fraction(1, 5))
        if plan.behind_ups and plan.cooling and n == 0:
            both = [one + more // 2 for one, more in zip(watts, extra, strict=True)]
            made.append(_instrument(meter, device, both))
        else:
            made.append(_instrument(meter, device, watts))
    return made


def _others(plan: Plan, sun: list[int], extra: list[int], it: list[int]) -> list[Instrument]:
    made = []
    if plan.sun:
        made.append(_instrument(Meter(meter="pv", point="renewable"), plan.sun, sun))
    if plan.cooling:
        behind = "it-1" if plan.behind_ups else None
        meter = Meter(meter="fans", point="cooling", behind=behind)
        made.append(_instrument(meter, plan.cooling, [one // 2 for one in extra]))
    if plan.reused:
        heat = [one * plan.reused_share // 100 for one in it]
        made.append(_instrument(Meter(meter="heat", point="reused"), plan.reused, heat))
    if plan.water:
        made.append(_water(plan.water, [1 + one // 20_000 for one in it]))
    return made


def _water(device: Device, flow: list[int]) -> Instrument:
    """Return a meter of water: a register of litres; `flow` is in litres a second."""
    plain = replace(device, sort="register", rated=False, wraps=False, step_wh=0)
    made = _instrument(Meter(meter="water", point="water"), plain, flow)
    return replace(made, step=max(1, device.step_wh // 10))


def _instrument(
    meter: Meter, device: Device, watts: list[int], out: Load | None = None
) -> Instrument:
    most = max(*watts, *(out.watts if out is not None else ()), 1000)
    load = Load(START, watts)
    if device.rated:
        meter = replace(meter, rating=Fraction(3 * most))
    if device.wraps and device.sort != "power":
        meter = replace(meter, wrap=Fraction(WIDTH))
    begin = device.begin_kwh * KWH % (WIDTH if device.wraps else 10**15)
    return Instrument(
        meter=meter,
        load=load,
        out=out,
        register=device.sort != "power" or out is not None,
        power=device.sort != "register",
        step=max(1, device.step_wh * 3600),
        begin=begin,
        every=device.seconds * 1000,
        phase=device.phase * 1000 % (device.seconds * 1000),
        heard_from=START + device.from_minute * MINUTE if device.from_minute else None,
        events=tuple(
            _event(fault, load, begin, most)
            for fault in sorted(device.faults, key=lambda fault: fault.minute)
        ),
    )


def _event(fault: Fault, load: Load, begin: int, most: int) -> Event:
    at = START + fault.minute * MINUTE
    end = at + fault.minutes * MINUTE
    if fault.sort == "silent":
        return Silent(start=at, end=end)
    if fault.sort in {"reset", "exchange"}:
        more = begin + load.until(at) // 1000 + fault.kwh * KWH
        return Begins(at=at, joules=more if fault.sort == "exchange" else 0)
    if fault.sort == "stall":
        return Stalled(start=at, end=end)
    if fault.sort == "dead":
        return Dead(start=at, end=end)
    if fault.sort == "refresh":
        return Refreshed(every=min(max(2, fault.minutes), 20) * MINUTE)
    kind, value = {
        "zero": (Kind.REGISTER, 0),
        "leap": (Kind.REGISTER, 5 * 10**12 + fault.kwh),
        "negative": (Kind.POWER, -1000),
        "spike": (Kind.POWER, 40 * most),
    }[fault.sort]
    return Glitch(start=at, end=end, kind=kind, value=value)


def referee(world: World) -> SiteFigures:
    """Return what the definitions make of everything that the instruments tell."""
    incoming, outgoing, begins, two_ways, steps = {}, {}, {}, {}, {}
    for one in world.instruments:
        name = one.meter.meter
        told = world.told[name]
        incoming[name] = energy_cells(one.meter, told, one.every)
        steps[name] = shown_step(told)
        first = first_export(told)
        if first is not None:
            outgoing[name] = export_cells(one.meter, told, one.every)
            two_ways[name] = first
        if one.heard_from is not None:
            begins[name] = one.heard_from  # it is listed then, and missing while it is silent
        elif told:
            begins[name] = told[0].at
    assert world.site.it_point in IT_POINTS
    return SiteFigures(
        world.site,
        Counted(
            incoming=incoming, outgoing=outgoing, begins=begins, two_ways=two_ways, steps=steps
        ),
    )
