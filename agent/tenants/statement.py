"""A tenant's month: energy, peak, its part of the overhead, cost by time of use, and carbon.

- Energy is what the ledger counted at the tenant's PDUs and meters, by its shares. Time that is not
  covered has no energy; `coverage` says how much was covered.
- `uncertainty` is expanded (k = 2), of the meters' accuracy classes alone (JCGM 100): what their
  classes have in common adds up by size, what is each one's own by squares.
- The facility's energy is the tenant's times the month's PUE of the site, where that is valid.
- Carbon is of the facility's energy, hour by hour (GHG Protocol, scope 2: location and market).
"""

from __future__ import annotations

import math
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from decimal import ROUND_HALF_UP, Decimal
from typing import Final

from agent.inventory.model import Inventory
from agent.pue.class_errors import ClassErrors
from agent.pue.model import PueResult
from agent.pue.places import ASSUMED_CLASS, COMMON_SHARE, Place
from agent.tenants.carbon import BASES, CarbonFactors
from agent.tenants.hours import Month, Part
from agent.tenants.model import Period, Tariff, Tenant

WHOLE: Final = 0.9
"""Share of an hour that must be covered for its mean power to be a peak."""
_EXPANSION: Final = 2.0
_CENT: Final = Decimal("0.01")


@dataclass(frozen=True, slots=True, kw_only=True)
class UsePeriod:
    """The energy of one time of use, its price a kilowatt-hour, and what it costs."""

    name: str
    kwh: float
    price: float
    cost: Decimal


@dataclass(frozen=True, slots=True, kw_only=True)
class CarbonAmount:
    """Carbon by one basis; `coverage` is the share of the energy that has a factor."""

    basis: str
    kilograms: float
    coverage: float


@dataclass(frozen=True, slots=True, kw_only=True)
class TenantStatement:
    """A tenant's month. Energies are in kilowatt-hours, `peak_kw` is the mean of an hour.

    `facility_kwh`, `pue` and the carbon are None or empty where the site's PUE is not valid; the
    cost is None where the tariff bills the facility's energy then.
    """

    tenant: str
    name: str
    site: str
    month: Month
    kwh: float | None
    """None where no meter was heard: that is no energy of zero."""
    coverage: float
    uncertainty: float | None
    peak_kw: float | None
    peak_at: float | None
    pue: float | None
    facility_kwh: float | None
    currency: str
    billed: str
    periods: Sequence[UsePeriod]
    fixed: Decimal
    peak_cost: Decimal
    cost: Decimal | None
    carbon: Sequence[CarbonAmount]
    meters: Mapping[str, float]
    """The energy of each meter as it counts."""
    not_measured: Sequence[str]
    """The meters and outlets of which nothing was heard in the month."""
    pdus_from: float | None = None
    """From when on hours of its PDUs are kept; None where the whole month's are."""

    @property
    def is_partial(self) -> bool:
        """Whether energy, cost and carbon are of a part of the month's time only.

        That is coverage which is below 1 in the four digits that are written.
        """
        return round(self.coverage, 4) < 1


def tenant_statement(
    tenant: Tenant,
    month: Month,
    parts: Iterable[Part],
    *,
    tariff: Tariff,
    factors: CarbonFactors,
    pue: PueResult,
    accuracy: Mapping[str, Place],
) -> TenantStatement:
    """Add up a tenant's month from its parts."""
    tally = _Tally(factors)
    for part in parts:
        tally.add(part)
    ratio = pue.pue if pue.state == "valid" else None
    billed = 1.0 if tariff.energy == "it" else ratio
    periods = [
        _cost(period, kwh, tariff, billed if billed is not None else 1.0)
        for period, kwh in tally.periods.items()
    ]
    peak_kw = tally.peak
    peak_cost = _money((peak_kw or 0.0) * tariff.peak_price)
    fixed = _money(tariff.fixed)
    cost = sum((one.cost for one in periods), fixed + peak_cost)
    kwh = sum(tally.meters.values()) if tally.meters else None
    if kwh is None:
        billed = None
    return TenantStatement(
        tenant=tenant.tenant,
        name=tenant.name or tenant.tenant,
        site=tenant.site,
        month=month,
        kwh=kwh,
        coverage=tally.covered / (month.end - month.start),
        uncertainty=_uncertainty(tally.meters, accuracy),
        peak_kw=peak_kw,
        peak_at=tally.peak_at,
        pue=ratio,
        facility_kwh=None if ratio is None or kwh is None else kwh * ratio,
        currency=tariff.currency,
        billed=tariff.energy,
        periods=periods if billed is not None else (),
        fixed=fixed,
        peak_cost=peak_cost,
        cost=cost if billed is not None else None,
        carbon=tally.carbon(kwh, ratio) if ratio is not None and kwh is not None else (),
        meters=tally.meters,
        not_measured=sorted(name for name in accuracy if name not in tally.meters),
    )


class _Tally:
    """What the parts of a month come to."""

    def __init__(self, factors: CarbonFactors) -> None:
        self._factors = factors
        self.meters: dict[str, float] = {}
        self.periods: dict[Period | None, float] = {}
        self.covered = 0.0
        self.peak: float | None = None
        self.peak_at: float | None = None
        self._carbon = dict.fromkeys(BASES, 0.0)
        self._known = dict.fromkeys(BASES, 0.0)
        self._hour = (0, 0.0, 0.0)
        self._before: tuple[float | None, float | None] = (None, None)
        """The peak of all earlier hours, and its hour."""

    def add(self, part: Part) -> None:
        """Take one part; parts come in order of time."""
        total = part.total
        for meter, kwh in part.kwh.items():
            self.meters[meter] = self.meters.get(meter, 0.0) + kwh
        self.periods[part.period] = self.periods.get(part.period, 0.0) + total
        self.covered += part.covered * part.seconds
        for basis in BASES:
            factor = self._factors.at(basis, part.start)
            if factor is not None:
                self._carbon[basis] += total * factor
                self._known[basis] += total
        self._find_peak(part, total)

    def _find_peak(self, part: Part, total: float) -> None:
        """Compare the mean power of the hour so far with the peak of the hours before it."""
        hour = int(part.start) // 3600
        if hour != self._hour[0]:
            self._hour, self._before = (hour, 0.0, 0.0), (self.peak, self.peak_at)
        _, kwh, covered = self._hour
        kwh, covered = kwh + total, covered + part.covered * part.seconds
        self._hour = (hour, kwh, covered)
        power = kwh * 3600 / covered if covered else 0.0
        highest, _ = self._before
        if covered >= WHOLE * 3600 and (highest is None or power > highest):
            self.peak, self.peak_at = power, hour * 3600.0
        else:
            self.peak, self.peak_at = self._before

    def carbon(self, kwh: float, ratio: float) -> Sequence[CarbonAmount]:
        """Return the carbon of the facility's energy by each basis that has a factor."""
        return [
            CarbonAmount(
                basis=basis,
                kilograms=self._carbon[basis] * ratio,
                coverage=min(1.0, known / kwh) if kwh else 0.0,
            )
            for basis, known in self._known.items()
            if known
        ]


def _cost(period: Period | None, kwh: float, tariff: Tariff, ratio: float) -> UsePeriod:
    price = tariff.price if period is None else period.price
    return UsePeriod(
        name="" if period is None else period.name,
        kwh=kwh * ratio,
        price=price,
        cost=_money(kwh * ratio * price),
    )


def _money(value: float) -> Decimal:
    """Round to hundredths, half up, as bills do."""
    return Decimal(repr(value)).quantize(_CENT, ROUND_HALF_UP)


def _uncertainty(meters: Mapping[str, float], accuracy: Mapping[str, Place]) -> float | None:
    """Return the relative expanded uncertainty (k = 2) by the meters' classes; None of nothing."""
    errors = ClassErrors.of((accuracy[name], kwh) for name, kwh in meters.items())
    if errors.joules <= 0:
        return None
    limit = math.hypot(errors.common_percent, errors.own_percent) / 100
    return _EXPANSION * limit / math.sqrt(3)


def accuracies(site: str, meters: Iterable[str], inventory: Inventory) -> Mapping[str, Place]:
    """Return the accuracy class of each meter, as PUE takes it."""
    of_pdus = inventory.sites[site].pdu_accuracy_class
    found = {}
    for name in meters:
        meter = inventory.meters.get((site, name))
        of_pdu = of_pdus if name in inventory.pdus else None  # nobody states an outlet's
        stated = meter.accuracy_class if meter is not None else of_pdu
        found[name] = Place(
            names=(name,),
            accuracy=ASSUMED_CLASS if stated is None else stated,
            common=1.0 if stated is None else COMMON_SHARE,
        )
    return found
