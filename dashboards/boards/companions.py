"""What stands behind the figures of a hub: energies, racks, chips and links."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import replace
from typing import Final

from agent.hubs.model import Hub, Registry
from collectors.base import Metric
from collectors.catalogue import facility, rack
from collectors.catalogue.limits import YEAR_WINDOW
from dashboards import panels
from dashboards.boards.base import Section
from dashboards.language import Text
from dashboards.panels import Maker
from dashboards.promql import of
from dashboards.signals import chip, kpi, link, power, pue
from dashboards.signals import rack as racks
from dashboards.signals.base import Excuse, Signal

YEAR: Final = f'window="{YEAR_WINDOW}",'
"""A hub's dashboard shows only the window that decides; a site's dashboard shows all windows."""
ENERGY: Final = (
    pue.SITE_PUE,
    pue.PUE_COVERAGE,
    power.SITE_POWER,
    pue.WINDOW_ENERGY,
    pue.PUE_REQUIRED,
    pue.RENEWABLE,
)
_OF_RACKS: Final = {
    "racks_in_service",
    "racks_under_construction",
    "rack_occupancy",
    "space_occupancy",
    "headroom",
    "temperature_compliance",
}
RACKS: Final = (racks.RACK_COUNT, racks.OCCUPANCY, racks.SITE_RACK_UTILIZATION)


def companions(make: Maker, registry: Registry, hub: Hub) -> Iterator[Section]:
    """Yield sections with the signals behind the hub's KPIs: energies, racks, chips and links."""

    def section(title: Text, signals: Iterable[Signal]) -> Section:
        return Section(
            title=title,
            cells=[
                panels.series(make, _among(signal, registry, hub), legend="right")
                for signal in signals
            ],
        )

    keys = {fact.kpi.measure for fact in hub.facts}
    if keys & {"pue", "renewable_energy_factor", "carbon"}:
        # The PUE that the rest of the year must average exists only if a limit was stated.
        energy = [signal for signal in ENERGY if signal is not pue.PUE_REQUIRED or _limits_pue(hub)]
        yield section(Text("What stands behind the PUE"), _with(facility.METER_UP, energy))
    if keys & _OF_RACKS:
        yield section(Text("What stands behind the racks"), _with(rack.RACK_INFO, RACKS))
    if keys & {"accelerators", "accelerator_hours", "compute_flops"}:
        yield section(Text("Accelerators"), (chip.CHIPS, chip.CHIP_UTILIZATION, chip.CHIP_POWER))
    if any(key.startswith(("round_trip", "link_", "international")) for key in keys):
        yield section(Text("Links"), (link.ROUND_TRIP, link.LOSS, link.SPEED))


def _limits_pue(hub: Hub) -> bool:
    return any(fact.kpi.key == "pue" and fact.kind != "observation" for fact in hub.facts)


def _among(signal: Signal, registry: Registry, hub: Hub) -> Signal:
    """Return a signal that also has the sites of the hubs inside the hub.

    Without them a province would have none: its agents report for the hubs inside it.
    """
    places = f'{kpi.hubs_inside(registry, hub.key)},site=~"$site"'
    legend = signal.legend
    if "{{window}}" in legend:
        places, legend = YEAR + places, legend.replace("{{window}}", "").strip()
    excuse = signal.may_be_empty
    return replace(
        signal,
        expr=signal.expr.replace("<site>", places),
        plain=signal.plain.replace("<site>", places),
        legend=legend,
        may_be_empty=replace(excuse, unless=excuse.unless.replace("<site>", places))
        if excuse
        else None,
    )


def _with(witness: Metric, signals: Iterable[Signal]) -> Iterator[Signal]:
    """Yield signals that may be empty if the hub has no series of `witness`."""
    excuse = Excuse(reason=f"no {witness.full_name} is reported for this hub", unless=of(witness))
    for signal in signals:
        yield signal if signal.may_be_empty else replace(signal, may_be_empty=excuse)
