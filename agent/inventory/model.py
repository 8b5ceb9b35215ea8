"""The inventory: which sites, racks, feeds and meters there are. It is stated by people; nothing in it is measured.

Everything that judges completeness starts here: a PDU or a meter that the inventory lists and nobody hears is missing, not zero.
Files are read by `agent.inventory.files`; the classes here are the model, and `Inventory` the lookups.
"""

from __future__ import annotations

import zoneinfo
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field, replace
from functools import cached_property
from itertools import pairwise
from pathlib import Path
from typing import Annotated, Final, Literal

from collectors.base import Place
from collectors.strict import Count, Positive, Range, Ratio

State = Literal["in_service", "under_construction", "planned"]
Point = Literal[
    "utility",
    "generator",
    "renewable",
    "ups_input",
    "ups_output",
    "pdu_output",
    "it_input",
    "cooling",
    "lighting",
    "other",
    "reused",
    "water",
]

POINTS: Final[tuple[Point, ...]] = (
    "utility",
    "generator",
    "renewable",
    "ups_input",
    "ups_output",
    "pdu_output",
    "it_input",
    "cooling",
    "lighting",
    "other",
    "reused",
    "water",
)

IT_POINTS: Final[tuple[Point, ...]] = ("it_input", "pdu_output", "ups_output")
"""Where IT energy may be metered, the deepest first: categories 3, 2 and 1 of ISO/IEC 30134-2."""

NOT_IT: Final[tuple[Point, ...]] = ("cooling", "lighting", "other")
"""What the facility uses beside IT; behind a meter of IT it is taken off there."""

Phase = Literal["L1", "L2", "L3"]

MAX_HEIGHT: Final = 100
Units = Annotated[int, Range(1, MAX_HEIGHT)]
Taken = Annotated[int, Range(0, MAX_HEIGHT)]


@dataclass(frozen=True, slots=True, kw_only=True)
class Emission:
    """How much carbon dioxide equivalent a kilowatt-hour of a supply stands for, in some years, and who says so.

    `location` is the mean of the grid the site stands in, `market` what its supplier contracts for (GHG Protocol, Scope 2).
    """

    kilograms_per_kilowatt_hour: Annotated[float, Range(0, 5)]
    source: str = field(metadata={"help": "where the figure is published"})
    first_year: Annotated[int, Range(1990, 2200)] = field(
        default=1990, metadata={"help": "in the site's zone"}
    )
    last_year: Annotated[int, Range(1990, 2200)] = field(
        default=2200, metadata={"help": "this year included"}
    )
    basis: Literal["location", "market"] = "location"

    def __post_init__(self) -> None:
        """Check the years and the source."""
        _not_empty("source", self.source)
        if self.last_year < self.first_year:
            message = f"last_year: {self.last_year} is before first_year, {self.first_year}"
            raise ValueError(message)


def _check_years(emissions: tuple[Emission, ...]) -> None:
    """Check that no year has two factors; raises ValueError."""
    known = sorted(emissions, key=lambda one: one.first_year)
    for before, after in pairwise(known):
        if after.first_year <= before.last_year:
            message = f"emissions: two figures for {after.first_year}"
            raise ValueError(message)


@dataclass(frozen=True, slots=True, kw_only=True)
class Site:
    """One data centre."""

    site: str
    name: str = field(
        default="", metadata={"help": "what people call it; the key where it is empty"}
    )
    state: State = "in_service"
    timezone: str = field(
        default="",
        metadata={"help": "an IANA zone such as Asia/Shanghai; the hub's where it is empty"},
    )
    scopes: tuple[str, ...] = field(
        default=(), metadata={"help": "named groups that targets may be stated for"}
    )
    it_point: Literal["ups_output", "pdu_output", "it_input"] | None = field(
        default=None,
        metadata={
            "help": "meter IT energy here and nowhere else; left out, the deepest point that meters all of it"
        },
    )
    emissions: tuple[Emission, ...] = field(
        default=(),
        metadata={
            "help": "carbon of what the utility supplies, by years; a meter may state its own"
        },
    )
    edition: str = field(
        default="ISO/IEC 30134-2", metadata={"help": "the edition that its PUE is stated by"}
    )

    def __post_init__(self) -> None:
        """Check the key, the emission factors' years and the zone."""
        _not_empty("site", self.site)
        _check_years(self.emissions)
        if self.timezone:
            try:
                zoneinfo.ZoneInfo(self.timezone)
            except (ValueError, OSError, zoneinfo.ZoneInfoNotFoundError):
                message = f"timezone: unknown zone {self.timezone!r}; expected an IANA name such as Asia/Shanghai"
                raise ValueError(message) from None

    @property
    def zone(self) -> zoneinfo.ZoneInfo:
        """The zone in which its days and years are counted."""
        return zoneinfo.ZoneInfo(self.timezone or "UTC")


@dataclass(frozen=True, slots=True, kw_only=True)
class Feed:
    """One of the supplies of a rack: the PDU that measures it, and what it can carry."""

    pdu: str = field(default="", metadata={"help": "left out where nothing measures this feed"})
    capacity_watts: Positive | None = None
    breaker: str = field(default="", metadata={"help": "the breaker it hangs on"})
    phase: Phase | None = field(
        default=None,
        metadata={
            "help": "the breaker's phase that the PDU's L1 is on; a three-phase PDU that says nothing is taken as not rotated"
        },
    )


@dataclass(frozen=True, slots=True, kw_only=True)
class Breaker:
    """One breaker, busbar or panel that feeds racks, or other breakers.

    Its capacity is `capacity_watts` or what `rated_amperes` carry at unity power factor, the smaller where both are stated. `pair` is the
    breaker that carries its load if it dies, and the other way round; `upstream` is the breaker it hangs on itself.
    """

    breaker: str
    site: str
    rated_amperes: Positive | None = None
    capacity_watts: Positive | None = None
    phases: Annotated[int, Range(1, 3)] = 3
    volts: Positive = field(default=230.0, metadata={"help": "phase to neutral, as rated"})
    pair: str = ""
    upstream: str = ""

    def __post_init__(self) -> None:
        """Check what can be seen from the breaker alone."""
        _not_empty("breaker", self.breaker)
        if self.phases == 2:  # noqa: PLR2004 - neither one nor three
            message = "phases: expected 1 or 3"
            raise ValueError(message)
        for key in ("pair", "upstream"):
            if getattr(self, key) == self.breaker:
                message = f"{key}: a breaker cannot be its own"
                raise ValueError(message)
        if self.rated_amperes is None and self.capacity_watts is None:
            message = "rated_amperes: missing; state it, or capacity_watts"
            raise ValueError(message)

    @property
    def capacity(self) -> float:
        """What it can carry, watts."""
        rated = (
            self.rated_amperes * self.volts * self.phases
            if self.rated_amperes is not None
            else None
        )
        return min(value for value in (rated, self.capacity_watts) if value is not None)


@dataclass(frozen=True, slots=True, kw_only=True)
class Device:
    """One thing in a rack. `position` is its lowest unit, counted from 1 at the bottom; absent where nobody noted it."""

    node: str
    position: Units | None = None
    units: Taken = field(
        default=1,
        metadata={
            "help": "0 for what takes none of its own: a strip at the side, a blade in a chassis"
        },
    )
    agent: bool = field(
        default=True, metadata={"help": "an agent should run on it; false for a switch or a panel"}
    )
    accelerators: Count = field(default=0, metadata={"help": "AI chips in it"})
    vendor: str = field(default="", metadata={"help": "maker of the accelerators"})
    model: str = field(default="", metadata={"help": "model of the accelerators"})

    def __post_init__(self) -> None:
        """Check the key."""
        _not_empty("node", self.node)


@dataclass(frozen=True, slots=True, kw_only=True)
class Rack:
    """One rack. Without `devices` and `used_units` nobody knows how full it is, and nothing is said of it."""

    rack: str
    site: str
    row: str = ""
    state: State = "in_service"
    height_units: Units = 42
    rated_power_watts: Positive | None = None
    feeds: dict[str, Feed] = field(default_factory=dict)
    devices: tuple[Device, ...] | None = None
    used_units: Taken | None = field(
        default=None,
        metadata={"help": "rack units taken, where the devices are not listed one by one"},
    )
    reserved_units: Taken = field(
        default=0, metadata={"help": "rack units promised to somebody, and still free"}
    )

    def __post_init__(self) -> None:
        """Check what can be seen from the rack alone."""
        _not_empty("rack", self.rack)
        if self.used_units is not None and self.devices is not None:
            message = "used_units: follows from the devices; leave one of them out"
            raise ValueError(message)
        if self.used_units is not None and self.used_units > self.height_units:
            message = f"used_units: more than the rack's {self.height_units} units"
            raise ValueError(message)
        self._check_devices()
        if (self.used or 0) + self.reserved_units > self.height_units:
            message = (
                f"reserved_units: more than the {self.height_units - (self.used or 0)} units left"
            )
            raise ValueError(message)

    def _check_devices(self) -> None:
        taken: dict[int, str] = {}
        total = 0
        for device in self.devices or ():
            total += device.units
            if device.position is None or not device.units:
                continue
            top = device.position + device.units - 1
            if top > self.height_units:
                message = f"devices: {device.node} reaches unit {top} of {self.height_units}"
                raise ValueError(message)
            for unit in range(device.position, top + 1):
                if unit in taken:
                    message = f"devices: {device.node} overlaps {taken[unit]} at unit {unit}"
                    raise ValueError(message)
                taken[unit] = device.node
        if total > self.height_units:
            message = f"devices: take {total} of {self.height_units} units"
            raise ValueError(message)

    @property
    def used(self) -> int | None:
        """Rack units taken, or None where the inventory does not say."""
        if self.devices is None:
            return self.used_units
        return sum(device.units for device in self.devices)


@dataclass(frozen=True, slots=True, kw_only=True)
class Meter:
    """One meter, or a PDU that counts other than its kind does.

    `accuracy_class` is that of IEC 62053, in percent. `factor` is the weight of ISO/IEC 30134-2 for energy that is not
    electricity; with it a meter of point `cooling` or `other` counts as energy bought from outside. `wrap_joules` is where
    the energy register starts over. `replaces` names the meter that hung here before: the two are read as one. What is
    `behind` another meter went through that one first: at the same point it would count twice, unless it is to `subtract`;
    cooling behind a meter of IT is taken off there.
    """

    meter: str
    site: str = ""
    point: Point | None = None
    accuracy_class: Annotated[float, Range(0, 20)] | None = None
    rating_watts: Positive | None = None
    wrap_joules: Positive | None = None
    replaces: str = ""
    factor: Annotated[float, Range(0, 10)] | None = None
    renewable_ratio: Ratio | None = field(
        default=None,
        metadata={"help": "share of this supply that guarantees of origin cover, 0 to 1"},
    )
    share: Annotated[float, Range(0, 1)] = field(
        default=1.0, metadata={"help": "how much of what it counts is the data centre's, 0 to 1"}
    )
    subtract: bool = field(
        default=False,
        metadata={
            "help": "what it counts is not the data centre's, and is taken off its point: an office"
        },
    )
    behind: str = field(
        default="", metadata={"help": "the meter through which its energy has gone already"}
    )
    emissions: tuple[Emission, ...] = field(
        default=(),
        metadata={
            "help": "carbon of each kilowatt-hour it counts, where it is not the site's: a generator's fuel"
        },
    )

    def __post_init__(self) -> None:
        """Check the key and what can be seen from the meter alone."""
        _not_empty("meter", self.meter)
        _check_years(self.emissions)
        if self.behind == self.meter:
            message = "behind: a meter cannot be behind itself"
            raise ValueError(message)
        if self.subtract and not self.behind:
            message = "subtract: say behind which meter it is, that is, from what it is taken off"
            raise ValueError(message)
        if self.replaces == self.meter:
            message = "replaces: a meter cannot replace itself"
            raise ValueError(message)


@dataclass(frozen=True, slots=True, kw_only=True)
class FeedOf:
    """Which rack a PDU feeds, and by which of its feeds."""

    rack: Rack
    feed: str


@dataclass(frozen=True, kw_only=True)
class Inventory:
    """What one hub, or an agent's part of it, is made of; keyed by site, rack, (site, meter) and breaker."""

    hub: str
    sites: Mapping[str, Site] = field(default_factory=dict)
    racks: Mapping[str, Rack] = field(default_factory=dict)
    meters: Mapping[tuple[str, str], Meter] = field(default_factory=dict)
    breakers: Mapping[str, Breaker] = field(default_factory=dict)
    timezone: str = ""
    """The hub's zone, an IANA name: it is that of every site that states none."""
    complete: bool = False
    """True where the file says that it lists the whole hub, so that what it does not list does not exist."""
    source: str = "file"
    read_at: float | None = None
    """When its source gave it, seconds since the epoch; None where it was never read."""
    elsewhere: Mapping[str, Rack] = field(default_factory=dict)
    """Racks that another gateway reads, where several share an inventory (`agent.inventory.shard`)."""
    shared: frozenset[str] = frozenset()
    """The sites of these racks."""
    silent_on: frozenset[str] = frozenset()
    """Sites of which another gateway says what is said of a site as a whole."""
    not_told: frozenset[str] = frozenset()
    """Breakers that another gateway tells of."""

    def in_zone(self, timezone: str) -> Inventory:
        """Return the same inventory of a hub in this zone: every site that states none takes it."""
        sites = {
            key: site if site.timezone else replace(site, timezone=timezone)
            for key, site in self.sites.items()
        }
        return replace(self, sites=sites, timezone=timezone)

    @cached_property
    def all_racks(self) -> Mapping[str, Rack]:
        """Every rack, whoever reads it."""
        return {**self.racks, **self.elsewhere} if self.elsewhere else self.racks

    @cached_property
    def feeds(self) -> Mapping[str, FeedOf]:
        """Every PDU, with the rack and the feed it is; PDU names are unique in a hub."""
        return {
            feed.pdu: FeedOf(rack=rack, feed=name)
            for rack in self.racks.values()
            for name, feed in rack.feeds.items()
            if feed.pdu
        }

    @cached_property
    def racks_by_site(self) -> Mapping[str, tuple[Rack, ...]]:
        """The racks of every site, in the order of the file."""
        found: dict[str, list[Rack]] = {site: [] for site in self.sites}
        for rack in self.racks.values():
            found.setdefault(rack.site, []).append(rack)
        return {site: tuple(racks) for site, racks in found.items()}

    @cached_property
    def meters_by_site(self) -> Mapping[str, tuple[Meter, ...]]:
        """The meters of every site, in the order of the file."""
        found: dict[str, list[Meter]] = {site: [] for site in self.sites}
        for meter in self.meters.values():
            found.setdefault(meter.site, []).append(meter)
        return {site: tuple(meters) for site, meters in found.items()}

    def above(self, breaker: str) -> tuple[Breaker, ...]:
        """Return a breaker and those it hangs on, outwards; empty where there is none of this name."""
        found: list[Breaker] = []
        while breaker in self.breakers:
            found.append(self.breakers[breaker])
            breaker = found[-1].upstream
        return tuple(found)

    def places(self) -> Mapping[str, Place]:
        """Where every rack stands, for `Context.racks`."""
        return {
            name: Place(hub=self.hub, site=rack.site, row=rack.row, rack=name)
            for name, rack in self.racks.items()
        }

    def sites_in(self, scope: str) -> tuple[Site, ...]:
        """The sites a scope names: all of them for the hub itself, else those that carry the scope or are it."""
        if scope in ("", self.hub):
            return tuple(self.sites.values())
        return tuple(s for s in self.sites.values() if scope in s.scopes or s.site == scope)

    def nodes(self) -> Iterable[tuple[Rack, Device]]:
        """Every device that a rack lists, with its rack."""
        for rack in self.racks.values():
            for device in rack.devices or ():
                yield rack, device


def _not_empty(key: str, value: str) -> None:
    if not value.strip():
        message = f"{key}: must not be empty"
        raise ValueError(message)


def load_inventory(
    path: Path,
    hub: str,
    *,
    timezone: str,
    text: str | None = None,
    base: Inventory | None = None,
) -> Inventory:
    """Read an inventory from YAML, or from CSV where the file's name ends in `.csv`; raises Problems with every mistake.

    `timezone` is the hub's, for the sites that state none. `text` stands for the file's content in tests. What the file lists is
    added to `base`, and stands in place of what `base` has of the same name.
    """
    from agent.inventory.files import read_csv, read_yaml  # noqa: PLC0415 - a node agent reads no inventory

    reader = read_csv if path.suffix.lower() == ".csv" else read_yaml
    return reader(path, hub, text=text, base=base).in_zone(timezone)
