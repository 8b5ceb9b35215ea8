"""What a report says of a site beside PUE: carbon, renewable and reused energy, water."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterator

from agent.pue.model import Factor, FactorName, PueResult
from agent.pue.pue import Pue
from agent.report.model import SiteFactors, StatedEmission
from collectors.catalogue.limits import INCOMING


def site_factors(pue: Pue, result: PueResult) -> SiteFactors:
    """Return the figures beside the PUE of a period, with the emission factors it rests on."""
    carbon, water, reused = (_known(result, name) for name in ("cue", "wue", "erf"))
    return SiteFactors(
        renewable_ratio=result.renewable_ratio,
        reused_ratio=reused.value if reused is not None else None,
        carbon_kilograms=carbon.amount if carbon is not None else None,
        carbon_kilograms_per_kilowatt_hour=carbon.per_kwh if carbon is not None else None,
        carbon_basis=result.carbon_basis if carbon is not None else "",
        carbon_coverage=carbon.coverage if carbon is not None else None,
        emissions=list(dict.fromkeys(_emissions(pue, result))) if carbon is not None else [],
        water_liters=water.amount if water is not None else None,
        water_liters_per_kilowatt_hour=water.per_kwh if water is not None else None,
        water_coverage=water.coverage if water is not None else None,
    )


def _known(result: PueResult, name: FactorName) -> Factor | None:
    found = result.factor(name)
    return found if found is not None and found.value is not None else None


def _emissions(pue: Pue, result: PueResult) -> Iterator[StatedEmission]:
    """Yield the emission factor of each supply in the years of the period."""
    zone = pue.hours.sites[result.site].zone
    first, last = (
        dt.datetime.fromtimestamp(time, zone).year for time in (result.start, result.end - 1)
    )
    boundary = pue.boundary(result.site)
    for point in INCOMING:
        for place in boundary.places.get(point, ()):
            for year in range(first, last + 1):
                found = place.emission(year)
                if found is not None:
                    yield StatedEmission(
                        kilograms_per_kilowatt_hour=found.kilograms_per_kilowatt_hour,
                        basis=found.basis,
                        source=found.source,
                    )
