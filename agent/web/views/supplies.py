"""What stands above a site's breakers, from the sources to the UPSs, as their devices say.

Nothing is guessed. Of a transfer switch that does not tell which input it uses, the position is not
known, and so nothing above it carries its load.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Final, Literal

from agent.inventory.model import Supply, SupplyKind
from agent.web.format import natural
from agent.web.view import BoardView
from agent.web.views.families import of_site
from collectors.base import Metric
from collectors.catalogue import facility, generator, transfer, ups

Heard = Literal["metered", "silent", "unmetered"]
"""Whether a device tells its power, does not answer, or nothing measures it."""


@dataclass(frozen=True, slots=True, kw_only=True)
class SupplyPartView:
    """One source, switchboard, transfer switch or UPS. None stands for what is not known."""

    supply: str
    kind: SupplyKind
    upstream: str
    """What feeds it now; empty for a source, and where a switch's position is not known."""
    inputs: Mapping[str, str]
    """Of a transfer switch: the supply at each of its inputs."""
    joins: str
    """Of a solar plant: the supply that its power flows into."""
    selected: str
    """The input that a transfer switch uses; empty where it does not tell."""
    good: Mapping[str, bool]
    """Whether the supply at each input is good enough, as far as the switch tells."""
    capacity_watts: float | None
    power_watts: float | None
    """What it delivers."""
    input_watts: float | None
    """What it draws, where that is measured as well: of a UPS."""
    heard: Heard
    running: bool | None
    """Whether a generator runs."""

    @property
    def loss_watts(self) -> float | None:
        """What is lost in it; None where that cannot be told, or where its meters disagree."""
        if self.input_watts is None or self.power_watts is None:
            return None
        lost = self.input_watts - self.power_watts
        return lost if lost >= 0 else None


@dataclass(frozen=True, slots=True, kw_only=True)
class _Device:
    """The metrics by which a kind of device tells its power and whether it answers."""

    label: str
    up: Metric
    power: Metric
    draws: Metric | None = None


_METER: Final = _Device(label="meter", up=facility.METER_UP, power=facility.METER_POWER)
_UPS: Final = _Device(
    label="ups", up=ups.UPS_UP, power=ups.UPS_OUTPUT_POWER, draws=ups.UPS_INPUT_POWER
)
_ATS: Final = _Device(label="ats", up=transfer.ATS_UP, power=transfer.ATS_OUTPUT_POWER)
_GENERATOR: Final = _Device(
    label="generator", up=generator.GENERATOR_UP, power=generator.GENERATOR_OUTPUT_POWER
)
_DEVICES: Final[Mapping[SupplyKind, Sequence[_Device]]] = {
    "utility": (_METER,),
    "solar": (_METER,),
    "switchboard": (_METER,),
    "generator": (_GENERATOR, _METER),
    "transfer_switch": (_ATS, _METER),
    "ups": (_UPS, _METER),
}


def read(view: BoardView, site: str) -> Mapping[str, SupplyPartView]:
    """Return the supplies that the inventory lists at a site, by name, in natural order."""
    listed = view.inventory.supplies.values() if view.inventory is not None else ()
    own = sorted((one for one in listed if one.site == site), key=lambda one: natural(one.supply))
    if not own:
        return {}
    told = {device.label: _told(view, site, device) for device in (_METER, _UPS, _ATS, _GENERATOR)}
    selected = _by_input(view, site, transfer.ATS_SOURCE_SELECTED)
    good = _by_input(view, site, transfer.ATS_SOURCE_OK)
    running = _flags(view, site, generator.GENERATOR_RUNNING, "generator")
    found = {one.supply: _line(one, told, selected, good, running) for one in own}
    breakers = view.inventory.breakers.values() if view.inventory is not None else ()
    taken = {one.supply for one in breakers}
    return {name: _with_intake(part, found, taken) for name, part in found.items()}


def _with_intake(
    part: SupplyPartView, parts: Mapping[str, SupplyPartView], taken: Collection[str]
) -> SupplyPartView:
    """Return a switchboard that nothing measures with what comes into it, where all is measured.

    That is known if what is upstream feeds nothing else: no other supply, and no breaker. `taken`
    has the supplies that feed breakers.
    """
    if part.kind != "switchboard" or part.heard != "unmetered" or part.upstream not in parts:
        return part
    others = [
        one.supply
        for one in parts.values()
        if one is not part and part.upstream in (one.upstream, one.joins, *one.inputs.values())
    ]
    joined = [one for one in parts.values() if one.joins == part.supply]
    known = [one.power_watts for one in (parts[part.upstream], *joined)]
    if others or part.upstream in taken or None in known:
        return part
    return replace(part, power_watts=sum(filter(None, known)), heard="metered")


@dataclass(frozen=True, slots=True, kw_only=True)
class _Told:
    """What all devices of a kind tell, by name."""

    up: Mapping[str, bool]
    power: Mapping[str, float]
    draws: Mapping[str, float]


def _told(view: BoardView, site: str, device: _Device) -> _Told:
    return _Told(
        up=_flags(view, site, device.up, device.label),
        power=_watts(view, site, device.power, device.label),
        draws=_watts(view, site, device.draws, device.label) if device.draws is not None else {},
    )


def _line(
    one: Supply,
    told: Mapping[str, _Told],
    selected: Mapping[str, Mapping[str, float]],
    good: Mapping[str, Mapping[str, float]],
    running: Mapping[str, bool],
) -> SupplyPartView:
    name = one.measured_by
    devices = [told[device.label] for device in _DEVICES[one.kind]]
    power = _first(device.power.get(name) for device in devices)
    if power is None and one.kind == "generator" and running.get(name) is False:
        power = 0.0  # an engine that stands delivers nothing
    at = _selected(one, selected.get(name, {}))
    answers = [device.up[name] for device in devices if name in device.up]
    return SupplyPartView(
        supply=one.supply,
        kind=one.kind,
        upstream=one.inputs[at] if at else one.upstream,
        inputs=one.inputs,
        joins=one.joins,
        selected=at,
        good={source: value > 0 for source, value in good.get(name, {}).items()},
        capacity_watts=one.capacity_watts,
        power_watts=power,
        input_watts=_first(device.draws.get(name) for device in devices),
        heard=_heard(power, answers),
        running=running.get(name),
    )


def _heard(power: float | None, answers: Sequence[bool]) -> Heard:
    if power is not None:
        return "metered"
    return "silent" if answers and not any(answers) else "unmetered"


def _selected(one: Supply, told: Mapping[str, float]) -> str:
    """Return the input that a switch says it uses; empty where it names none, or several."""
    chosen = [source for source, value in told.items() if value > 0 and source in one.inputs]
    return chosen[0] if len(chosen) == 1 else ""


def _first(found: Iterable[float | None]) -> float | None:
    return next((value for value in found if value is not None), None)


def _flags(view: BoardView, site: str, metric: Metric, label: str) -> dict[str, bool]:
    return {series.label(label): value > 0 for series, value in of_site(view, metric, site)}


def _by_input(view: BoardView, site: str, metric: Metric) -> dict[str, dict[str, float]]:
    found: dict[str, dict[str, float]] = {}
    for series, value in of_site(view, metric, site):
        found.setdefault(series.label("ats"), {})[series.label("source")] = value
    return found


def _watts(view: BoardView, site: str, metric: Metric, label: str) -> dict[str, float]:
    """Return the power by device; of one that tells the whole and its phases, the whole."""
    whole: dict[str, float] = {}
    phases: dict[str, float] = {}
    for series, value in of_site(view, metric, site):
        name = series.label(label)
        if "phase" in metric.labels and series.label("phase"):
            phases[name] = phases.get(name, 0.0) + value
        else:
            whole[name] = value
    return phases | whole
