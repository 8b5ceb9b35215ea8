"""A week of a hub, as data: its promises and what became of them, PUE, where the overhead went, racks, meters, energy by day.

Made from the ledger and its history of key figures alone, so that it says the same on the next day, and where no agent runs. What the
ledger does not keep (temperatures) is not told.
"""

from __future__ import annotations

import asyncio
import datetime as dt
from collections import Counter, defaultdict
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

from agent.inventory.model import Inventory
from agent.ledger.readonly import open_readonly, unsummed
from agent.racks.collector import spare_watts
from agent.targets.collector import wanted
from agent.targets.memory import Memory
from agent.targets.scoreboard import scoreboard
from agent.targets.serialise import board_json
from collectors.base import ConfigError
from collectors.catalogue.limits import FAILOVER_LIMIT, MIN_COVERAGE

if TYPE_CHECKING:
    from agent.hubs.model import Registry
    from agent.inventory.model import Rack
    from agent.ledger.ledger import Ledger
    from agent.pue.model import PueResult
    from agent.pue.pue import Pue
    from agent.targets.model import Evidence, Key

Data = dict[str, Any]

WINDOWS: Final = ("week", "before", "30d", "ytd")
_HOUR: Final = 3600.0
_DAY: Final = 86_400.0
_HEARD: Final = 0.9
"""Share of an hour for which a PDU must have been heard for the hour to count."""
_WHOLE: Final = 0.999
"""A meter covered for less than this share of the week lost something."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Week:
    """An ISO week at a place; `end` is no later than the moment the report is made."""

    name: str
    zone: dt.tzinfo
    start: float
    end: float
    whole: bool


def week_of(name: str, zone: dt.tzinfo, now: float) -> Week:
    """Return an ISO week such as `2026-W47`; raises ConfigError for what is none, or has not begun."""
    try:
        monday = dt.datetime.strptime(f"{name}-1", "%G-W%V-%u").replace(tzinfo=zone)
    except ValueError:
        raise ConfigError(
            f"expected an ISO week such as 2026-W47, got {name!r}", key="--week"
        ) from None
    start, end = monday.timestamp(), (monday + dt.timedelta(days=7)).timestamp()
    if start >= now:
        raise ConfigError(f"{name} has not begun", key="--week")
    return Week(
        name=f"{monday:%G-W%V}",
        zone=zone,
        start=start,
        end=min(end, now - now % 300),
        whole=end <= now,
    )


def last_week(zone: dt.tzinfo, now: float) -> str:
    """Return the last whole ISO week at a place."""
    return f"{dt.datetime.fromtimestamp(now, zone) - dt.timedelta(days=7):%G-W%V}"


def weekly(
    path: Path,
    hub: str,
    inventory: Inventory | None,
    registry: Registry,
    week: Week,
    *,
    clock: Callable[[], float],
) -> Data:
    """Return the week of a hub from the ledger at a path, which is only read; raises HubgaugeError.

    Without an inventory it is a hub that is not metered here: its promises, and no energy.
    """
    ledger, pue = open_readonly(path, inventory or Inventory(hub=hub), clock)
    try:
        metered = pue.sites() if inventory is not None else ()
        sites = [_site(pue, site, week) for site in metered]
        return {
            "hub": hub,
            "week": week.name,
            "start": week.start,
            "end": week.end,
            "whole": week.whole,
            "made": clock(),
            "promises": promises(registry, hub, week, _evidence(ledger, registry, hub)),
            "sites": sites,
            "unsummed_hours": unsummed(ledger, week.start, week.end - _HOUR) if metered else 0,
            "hub_pue": {
                window: _total([site["pue"][window] for site in sites]) for window in WINDOWS
            },
            "overheads": _overheads(sites),
            "days": _days(pue, metered, week),
            **_racks_and_meters(ledger, pue, metered, week),
        }
    finally:
        ledger.close()


# ---------------------------------------------------------------- promises


def _evidence(ledger: Ledger, registry: Registry, hub: str) -> Mapping[Key, Sequence[Evidence]]:
    memory = Memory(ledger, wanted(registry, hub))
    asyncio.run(memory.refresh({}, 0.0))
    return memory.beside({})


def promises(
    registry: Registry, hub: str, week: Week, evidence: Mapping[Key, Sequence[Evidence]]
) -> list[Data]:
    """Return what a hub promised, as it stood at the end of a week, with the state and the value of a week before."""
    if hub not in registry.hubs:
        return []
    (now,) = board_json(scoreboard(registry, evidence, week.end, [hub]))
    (then,) = board_json(scoreboard(registry, evidence, week.start, [hub]))
    before = {row["id"]: row for row in then["targets"]}
    return [
        {
            **row,
            "before": None
            if row["id"] not in before
            else {
                key: before[row["id"]][key] for key in ("state", "state_name", "value", "display")
            },
        }
        for row in now["targets"]
        if row["kind"] != "observation"
    ]


# ---------------------------------------------------------------- energy


def _site(pue: Pue, site: str, week: Week) -> Data:
    year = dt.datetime.fromtimestamp(week.end - 1, week.zone).replace(
        month=1, day=1, hour=0, minute=0, second=0, microsecond=0
    )
    length = 7 * _DAY
    bounds = {
        "week": (week.start, week.end),
        "before": (week.start - length, week.start),
        "30d": (week.end - 30 * _DAY, week.end),
        "ytd": (year.timestamp(), week.end),
    }
    known = pue.hours.sites[site]
    found = {name: pue.between(site, start, end) for name, (start, end) in bounds.items()}
    return {
        "site": site,
        "name": known.name or site,
        "pue": {name: _window(result) for name, result in found.items()},
        "notes": list(found["week"].notes),
        "overheads": [
            {"subsystem": one.subsystem, "joules": one.joules, "coverage": one.coverage}
            for one in found["week"].overheads
        ],
    }


def _window(result: PueResult) -> Data:
    return {
        "pue": result.pue,
        "state": result.state,
        "coverage": result.coverage,
        "uncertainty": result.uncertainty,
        "category": result.category,
        "facility_joules": result.facility_joules,
        "it_joules": result.it_joules,
        "start": result.start,
        "end": result.end,
    }


def _total(windows: Sequence[Data]) -> Data | None:
    """Return the hub's PUE: the sums of its sites, never a mean of theirs; only of sites that have one, and how many have."""
    valued = [one for one in windows if one["pue"] is not None]
    it = sum(one["it_joules"] for one in valued)
    if not it:
        return None
    facility = sum(one["facility_joules"] for one in valued)
    share = [one["facility_joules"] / facility for one in valued]
    known = all(one["uncertainty"] is not None for one in valued)
    coverage = sum(one["coverage"] * part for one, part in zip(valued, share, strict=True))
    return {
        "pue": facility / it,
        "facility_joules": facility,
        "it_joules": it,
        "coverage": coverage,
        "sites": len(valued),
        "of": len(windows),
        "state": "valid" if coverage >= MIN_COVERAGE else "low_coverage",
        # Meters of different sites are of one make as often as not, so their errors are taken to go the same way.
        "uncertainty": sum(
            one["uncertainty"] * part for one, part in zip(valued, share, strict=True)
        )
        if known
        else None,
    }


def _overheads(sites: Sequence[Data]) -> list[Data]:
    joules: Counter[str] = Counter()
    for site in sites:
        for one in site["overheads"]:
            joules[one["subsystem"]] += one["joules"]
    whole = sum(joules.values())
    return [
        {"subsystem": name, "joules": value, "share": value / whole if whole > 0 else None}
        for name, value in joules.items()
    ]


def _days(pue: Pue, sites: Sequence[str], week: Week) -> list[Data]:
    """Return the energy of each local day over the time that was covered at both boundaries, all sites together."""
    found = []
    at = dt.datetime.fromtimestamp(week.start, week.zone)
    while at.timestamp() < week.end:
        after = at + dt.timedelta(days=1)
        end = min(after.timestamp(), week.end)
        results = [pue.between(site, at.timestamp(), end) for site in sites]
        facility, it = (
            sum(one.facility_joules for one in results),
            sum(one.it_joules for one in results),
        )
        coverage = sum(one.coverage for one in results) / len(results) if results else 0.0
        found.append(
            {
                "day": f"{at:%Y-%m-%d}",
                "facility_joules": facility,
                "it_joules": it,
                "pue": facility / it if it and facility >= it else None,
                "coverage": coverage
                * (end - at.timestamp())
                / (after.timestamp() - at.timestamp()),
            }
        )
        at = after
    return found


# ---------------------------------------------------------------- racks and meters


class _Tally:
    """What one rack went through, hour by hour."""

    __slots__ = ("failover", "over", "peak", "rack", "silent", "spare", "told")

    def __init__(self, rack: Rack) -> None:
        self.rack, self.spare = rack, spare_watts(rack)
        self.over = self.failover = self.silent = self.told = 0
        self.peak = 0.0

    def add(self, watts: Sequence[float | None]) -> None:
        """Take one hour: the mean power of each feed, None of one that was not heard."""
        known = [value for value in watts if value is not None]
        self.told += bool(known)
        if len(known) < len(watts):
            self.silent += 1
            return
        total = sum(known)
        self.peak = max(self.peak, total)
        rated = self.rack.rated_power_watts
        self.over += rated is not None and total > rated
        self.failover += self.spare > 0 and total > FAILOVER_LIMIT * self.spare

    def row(self) -> Data | None:
        """Return the rack if it needed someone."""
        if not (self.over or self.failover or (self.silent and self.told)):
            return None
        return {
            "rack": self.rack.rack,
            "site": self.rack.site,
            "row": self.rack.row,
            "over_hours": self.over,
            "failover_hours": self.failover,
            "silent_hours": self.silent,
            "peak_watts": self.peak or None,
            "rated_watts": self.rack.rated_power_watts,
        }


def _racks_and_meters(ledger: Ledger, pue: Pue, metered: Sequence[str], week: Week) -> Data:
    """Go through the week an hour at a time, so that a hub of tens of thousands of PDUs needs no more memory than one hour."""
    inventory = pue.inventory
    tallies = [
        _Tally(rack)
        for rack in inventory.racks.values()
        if rack.state == "in_service" and any(feed.pdu for feed in rack.feeds.values())
    ]
    covered: defaultdict[tuple[str, str], float] = defaultdict(float)
    first, last = week.start - week.start % _HOUR, week.end - week.end % _HOUR
    hours = int((last - first) // _HOUR)
    sites = {*inventory.sites, *metered}
    for n in range(hours):
        at = first + n * _HOUR
        watts: dict[tuple[str, str], float] = {}
        for site in sites:
            for _, meter, joules, seconds in ledger.rows(site, at, at + _HOUR):
                covered[site, meter] += seconds
                if seconds >= _HEARD * _HOUR:
                    watts[site, meter] = joules / seconds
        for tally in tallies:
            tally.add(
                [
                    watts.get((tally.rack.site, feed.pdu))
                    for feed in tally.rack.feeds.values()
                    if feed.pdu
                ]
            )
    rows = [row for tally in tallies if (row := tally.row()) is not None]
    rows.sort(
        key=lambda row: (
            -row["over_hours"],
            -row["failover_hours"],
            -row["silent_hours"],
            row["rack"],
        )
    )
    return {"racks": len(tallies), "racks_needing": rows, **_meters(pue, metered, covered, hours)}


def _meters(
    pue: Pue, metered: Sequence[str], covered: Mapping[tuple[str, str], float], hours: int
) -> Data:
    """Return the meters of the boundaries that were not heard throughout, and how many hours that cost."""
    found, count, pdus = [], 0, pue.inventory.feeds
    for site in metered:
        named = {}
        for point, parts in pue.boundary(site).parts.items():
            named.update(
                {part.names: point for part in parts if part.name not in pdus and not part.kind}
            )
        count += len(named)
        for names, point in named.items():
            seconds = min(sum(covered.get((site, name), 0.0) for name in names), hours * _HOUR)
            if hours and seconds < _WHOLE * hours * _HOUR:
                found.append(
                    {
                        "site": site,
                        "meter": names[0],
                        "point": point,
                        "coverage": seconds / (hours * _HOUR),
                        "lost_hours": hours - seconds / _HOUR,
                    }
                )
    return {
        "meters": count,
        "meters_lost": sorted(found, key=lambda row: (row["coverage"], row["site"], row["meter"])),
    }
