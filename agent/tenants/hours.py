"""The energy of a tenant by the hour, from the ledger, and in which times of use it falls.

Where a time of use or the month begins or ends within an hour, the hour is read in parts. Time that
was not covered has no energy: none is estimated for it, and the coverage is lower.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Final
from zoneinfo import ZoneInfo

from agent.inventory.model import Inventory
from agent.ledger.energy import CELL_MS
from agent.ledger.ledger import Ledger
from agent.pue.periods import end_of
from agent.tenants.model import Period, Tariff, Tenant
from collectors.base import ConfigError

HOUR: Final = 3600
STEP: Final = CELL_MS // 1000
"""Seconds. Borders of a tariff fall on the ledger's cells."""
JOULES: Final = 3.6e6
"""Of a kilowatt-hour."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Month:
    """A month at a site; `end` is no later than the moment it is asked at."""

    name: str
    start: float
    end: float
    whole: bool
    zone: ZoneInfo


@dataclass(frozen=True, slots=True, kw_only=True)
class Part:
    """An hour, or a part of one: the energy of each meter in kWh as it counts for the tenant.

    A meter that was not heard has none. `covered` is the share of the meters' time that was
    covered, 0 to 1.
    """

    start: float
    seconds: float
    period: Period | None
    kwh: Mapping[str, float]
    covered: float

    @property
    def total(self) -> float:
        """The energy of all meters, in kWh."""
        return sum(self.kwh.values())


def month_of(name: str, zone: ZoneInfo, now: float) -> Month:
    """Return a local month such as `2026-10`; raises ConfigError."""
    try:
        first = dt.datetime.strptime(name, "%Y-%m").replace(tzinfo=zone)
    except ValueError:
        raise ConfigError(
            f"expected a month such as 2026-10, got {name!r}", key="--month"
        ) from None
    after = (first + dt.timedelta(days=32)).replace(day=1)
    start, end = first.timestamp(), after.timestamp()
    until = end_of(name, start, end, now, key="--month")
    return Month(name=name, start=start, end=until, whole=end <= now, zone=zone)


def meter_shares(tenant: Tenant, inventory: Inventory) -> Mapping[str, float]:
    """Return the tenant's share of each meter, PDU and outlet, 0 to 1.

    Raises ConfigError for a rack without a PDU.
    """
    shares = {**tenant.meters, **tenant.outlet_shares}
    for name, share in tenant.rack_shares.items():
        rack = next(
            one for one in inventory.racks.values() if (one.site, one.rack) == (tenant.site, name)
        )
        pdus = [feed.pdu for feed in rack.feeds.values() if feed.pdu]
        if not pdus:
            raise ConfigError(f"{name} has no PDU in the inventory, so nobody meters it", key=name)
        for pdu in pdus:
            shares[pdu] = shares.get(pdu, 0.0) + share
    return shares


def parts_of(
    ledger: Ledger, site: str, shares: Mapping[str, float], month: Month, tariff: Tariff
) -> Iterator[Part]:
    """Yield the hours of a month with the tenant's energy, those that are cut in parts."""
    hours: dict[int, dict[str, tuple[float, float]]] = {}
    first = int(month.start) // HOUR * HOUR
    for row in ledger.rows(site, first, month.end):
        if row.meter in shares and row.seconds:
            hours.setdefault(int(row.time), {})[row.meter] = (row.joules, row.seconds)
    for hour in range(first, int(month.end), HOUR):
        for start, end, period in _runs(hour, month, tariff):
            if end - start == HOUR:
                found = hours.get(hour, {})
            else:
                each = {meter: ledger.energy(meter, start, end, site=site) for meter in shares}
                found = {meter: energy for meter, energy in each.items() if energy.seconds}
            yield Part(
                start=start,
                seconds=end - start,
                period=period,
                kwh={
                    meter: joules / JOULES * shares[meter] for meter, (joules, _) in found.items()
                },
                covered=sum(seconds for _, seconds in found.values())
                / ((end - start) * len(shares)),
            )


def pdus_from(ledger: Ledger, site: str, shares: Mapping[str, float], month: Month) -> float | None:
    """Return from when on the ledger has hours of all the PDUs among the meters, in seconds.

    None where none of the month can have been deleted. Hours of single PDUs are kept for 35 days
    (`LedgerSettings.pdu_hours`), those of all else for good.
    """
    pdus = {row.name for row in ledger.queries.meters() if row.site == site and row.kind == "pdu"}
    end = min(ledger.retention.pdus_before / 1000, month.end)
    firsts = dict.fromkeys(pdus & shares.keys(), end)
    if end <= month.start or not firsts:
        return None
    for row in ledger.queries.pdu_hours(site, month.start // HOUR * HOUR, end):
        if row.meter in firsts and row.seconds:
            firsts[row.meter] = min(firsts[row.meter], row.time)
    latest = max(firsts.values())
    return latest if latest > month.start else None


def _runs(hour: int, month: Month, tariff: Tariff) -> Sequence[tuple[float, float, Period | None]]:
    """Return the parts of an hour that are in the month and in one time of use each."""
    runs: list[tuple[float, float, Period | None]] = []
    for start in range(hour, hour + HOUR, STEP):
        if not month.start <= start < month.end:
            continue
        period = tariff.period_at(dt.datetime.fromtimestamp(start, month.zone))
        if runs and runs[-1][2] is period:
            runs[-1] = (runs[-1][0], start + STEP, period)
        else:
            runs.append((start, start + STEP, period))
    return runs
