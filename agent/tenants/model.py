"""The file of tenants: who has which racks or meters, the tariff, and the carbon of the supply."""

from __future__ import annotations

import datetime as dt
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Annotated, Final, Literal

from agent.inventory.model import Inventory, outlet_name
from agent.ledger.energy import CELL_MS
from collectors.base import ConfigError
from collectors.strict import Document, Problems, Range, nearest

Share = Annotated[float, Range(least=1e-6, most=1.0)]
Price = Annotated[float, Range(least=0.0, most=1e6)]
Factor = Annotated[float, Range(least=0.0, most=100.0)]
Day = Literal["mon", "tue", "wed", "thu", "fri", "sat", "sun"]
DAYS: Final[tuple[Day, ...]] = ("mon", "tue", "wed", "thu", "fri", "sat", "sun")
_CELL_MINUTES: Final = CELL_MS // 60_000


@dataclass(frozen=True, slots=True, kw_only=True)
class Tenant:
    """One tenant of a site: racks, meters and outlets of its own, and shares of them."""

    tenant: str = field(metadata={"help": "the key that `--tenant` takes"})
    site: str
    name: str = field(default="", metadata={"help": "as it stands on the statement"})
    racks: tuple[str, ...] = ()
    shares: dict[str, Share] = field(
        default_factory=dict, metadata={"help": "shares of racks, by rack: {A08: 0.5}"}
    )
    meters: dict[str, Share] = field(
        default_factory=dict,
        metadata={"help": "shares of meters, by meter: {cage-3: 1}, beside its racks"},
    )
    outlets: dict[str, tuple[str, ...] | dict[str, Share]] = field(
        default_factory=dict,
        metadata={
            "help": 'outlets of PDUs, by PDU: {B01-A: ["3", "4"]}, or shares: {B01-A: {"3": 0.5}}'
        },
    )

    def __post_init__(self) -> None:
        """Check that it has something, and nothing twice."""
        if not (self.racks or self.shares or self.meters or self.outlets):
            raise ValueError(f"tenant: {self.tenant} has no racks, shares, meters or outlets")
        for rack in self.racks:
            if rack in self.shares or self.racks.count(rack) > 1:
                raise ValueError(f"racks: {self.tenant} has {rack} twice")
        for pdu, outlets in self.outlets.items():
            if not outlets or len(set(outlets)) < len(outlets):
                raise ValueError(f"outlets.{pdu}: expected outlets, each once")

    @property
    def rack_shares(self) -> Mapping[str, float]:
        """Its share of each of its racks."""
        return dict.fromkeys(self.racks, 1.0) | self.shares

    @property
    def outlet_shares(self) -> Mapping[str, float]:
        """Its share of each of its outlets, by their names in the ledger; of a list, the whole."""
        return {
            outlet_name(pdu, one): outlets[one] if isinstance(outlets, dict) else 1.0
            for pdu, outlets in self.outlets.items()
            for one in outlets
        }


@dataclass(frozen=True, slots=True, kw_only=True)
class Period:
    """A time of use: local hours of some days of the week, with a price of its own."""

    name: str
    price: Price = field(metadata={"help": "of a kilowatt-hour"})
    since: str = field(metadata={"help": 'local time, such as "07:00"'})
    until: str = field(metadata={"help": 'local time; before `since`, of the next day: "06:00"'})
    days: tuple[Day, ...] = DAYS

    def __post_init__(self) -> None:
        """Check the times."""
        for key, text in (("since", self.since), ("until", self.until)):
            try:
                moment = dt.time.fromisoformat(text)
            except ValueError:
                raise ValueError(f'{key}: expected a time such as "07:00", got {text!r}') from None
            if moment.minute % _CELL_MINUTES:
                raise ValueError(
                    f"{key}: expected a multiple of {_CELL_MINUTES} minutes, got {text!r}"
                )

    def holds(self, local: dt.datetime) -> bool:
        """Tell whether it holds at a local time.

        Past midnight, the day on which the period began decides.
        """
        minute = local.hour * 60 + local.minute
        first, last = _minute(self.since), _minute(self.until)
        today, yesterday = local.weekday(), (local.weekday() - 1) % 7
        if first < last:
            return first <= minute < last and DAYS[today] in self.days
        return (minute >= first and DAYS[today] in self.days) or (
            minute < last and DAYS[yesterday] in self.days
        )


@dataclass(frozen=True, slots=True, kw_only=True)
class Tariff:
    """What a kilowatt-hour costs, by time of use; the first period that holds decides."""

    currency: str = "EUR"
    energy: Literal["it", "facility"] = field(
        default="it", metadata={"help": "facility bills the tenant's energy times the month's PUE"}
    )
    price: Price = field(default=0.0, metadata={"help": "of a kilowatt-hour where no period holds"})
    periods: tuple[Period, ...] = ()
    fixed: Price = field(default=0.0, metadata={"help": "for each month"})
    peak_price: Price = field(
        default=0.0, metadata={"help": "of a kilowatt in the month's highest hour"}
    )

    def period_at(self, local: dt.datetime) -> Period | None:
        """Return the period that holds at a local time; None where the common price does."""
        return next((one for one in self.periods if one.holds(local)), None)


@dataclass(frozen=True, slots=True, kw_only=True)
class Carbon:
    """Kilograms of carbon dioxide equivalent a kilowatt-hour, by location and by market."""

    location: Factor | None = None
    market: Factor | None = None
    hours_file: Path | None = field(
        default=None,
        metadata={
            "help": (
                "CSV with a column time (an hour's start with its offset), and location, market or"
                " both; an hour that it lacks has the factors above"
            )
        },
    )


@dataclass(frozen=True, slots=True, kw_only=True)
class TenantsFile:
    """The file that the config names under `tenants`."""

    tenants: tuple[Tenant, ...] = ()
    tariff: Tariff = field(default_factory=Tariff)
    carbon: Carbon = field(default_factory=Carbon)


def read_tenants(path: Path, inventory: Inventory | None) -> TenantsFile:
    """Read the file.

    Raises Problems with every name that the inventory lacks, and every rack or meter whose shares
    add up to more than 1, or whose outlets are billed as well. Without an inventory, names are not
    checked.
    """
    document = Document(path)
    found = document.build(TenantsFile)
    if inventory is not None:
        for n, tenant in enumerate(found.tenants):
            _check_names(document, f"tenants[{n}]", tenant, inventory)
    _check_outlets(document, found.tenants, inventory)
    feeds = _metered_feeds(found.tenants, inventory)
    shares: dict[tuple[str, str, str], float] = {}
    for n, tenant in enumerate(found.tenants):
        key = f"tenants[{n}]"
        for kind, parts in (
            ("rack", tenant.rack_shares),
            ("meter", _with_feeds(tenant, feeds)),
            ("outlet", tenant.outlet_shares),
        ):
            for name, share in parts.items():
                place = (tenant.site, kind, name)
                shares[place] = shares.get(place, 0.0) + share
                if shares[place] > 1 + 1e-9:
                    said = f"the shares of {name} add up to {shares[place]:g}, more than 1"
                    document.fail(document.node(key), key, said)
    if document.errors:
        raise Problems(sorted(document.errors, key=lambda error: error.line))
    return found


def _metered_feeds(
    tenants: Sequence[Tenant], inventory: Inventory | None
) -> Mapping[str, tuple[str, str]]:
    """Return the site and rack of each PDU that some tenant has as a meter."""
    meters = {(tenant.site, meter) for tenant in tenants for meter in tenant.meters}
    pdus = inventory.pdus if inventory is not None else {}
    return {
        pdu: (one.rack.site, one.rack.rack)
        for pdu, one in pdus.items()
        if (one.rack.site, pdu) in meters
    }


def _with_feeds(tenant: Tenant, feeds: Mapping[str, tuple[str, str]]) -> Mapping[str, float]:
    """Return a tenant's share of each meter, and by its racks of those that are their PDUs."""
    shares = dict(tenant.meters)
    for pdu, (site, rack) in feeds.items():
        if site == tenant.site and rack in tenant.rack_shares:
            shares[pdu] = shares.get(pdu, 0.0) + tenant.rack_shares[rack]
    return shares


def _check_names(document: Document, key: str, tenant: Tenant, inventory: Inventory) -> None:
    """Note the names that the inventory lacks."""
    racks = {one.rack for one in inventory.racks.values() if one.site == tenant.site}
    meters = {name for site, name in inventory.meters if site == tenant.site}
    for part, names, known in (
        ("site", [tenant.site], inventory.sites.keys()),
        ("racks", tenant.rack_shares, racks),
        ("meters", tenant.meters, meters),
    ):
        for name in names:
            if name not in known:
                said = f"{name} is not in the inventory{nearest(name, sorted(known))}"
                document.fail(document.node(f"{key}.{part}"), f"{key}.{part}", said)


def _check_outlets(
    document: Document, tenants: Sequence[Tenant], inventory: Inventory | None
) -> None:
    """Note the PDUs that the inventory lacks, and outlets that are billed with a whole as well."""
    racks = {(tenant.site, rack) for tenant in tenants for rack in tenant.rack_shares}
    meters = {(tenant.site, meter) for tenant in tenants for meter in tenant.meters}
    places = inventory.pdus if inventory is not None else {}
    for n, tenant in enumerate(tenants):
        key = f"tenants[{n}].outlets"
        pdus = {pdu: one.rack for pdu, one in places.items() if one.rack.site == tenant.site}
        for pdu in tenant.outlets:
            said = ""
            if inventory is not None and pdu not in pdus:
                said = f"{pdu} is not in the inventory{nearest(pdu, sorted(pdus))}"
            elif (tenant.site, pdu) in meters:
                said = f"{pdu} is billed under meters too: its outlets would be billed twice"
            elif pdu in pdus and (tenant.site, pdus[pdu].rack) in racks:
                rack = pdus[pdu].rack
                said = f"{pdu} feeds {rack}, which is billed as a whole or by shares"
            if said:
                document.fail(document.node(f"{key}.{pdu}"), f"{key}.{pdu}", said)


def tenant_of(found: TenantsFile, key: str) -> Tenant:
    """Return a tenant by its key; raises ConfigError."""
    for tenant in found.tenants:
        if tenant.tenant == key:
            return tenant
    known = [tenant.tenant for tenant in found.tenants]
    raise ConfigError(f"no such tenant: {key!r}{nearest(key, known)}", key="--tenant")


def _minute(text: str) -> int:
    moment = dt.time.fromisoformat(text)
    return moment.hour * 60 + moment.minute
