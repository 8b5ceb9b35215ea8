"""What the gateways of a hub's sites tell, drawn at random: for KPIs that are read in two ways."""

from __future__ import annotations

import random
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field

from agent.inventory.model import Inventory, Site, State
from collectors.base import Reading
from collectors.catalogue import node, rack, site
from collectors.catalogue.link import LINK_LOSS, LINK_ROUND_TRIP, LINK_SPEED

SITES = ("s1", "s2", "s3", "s4")
OLD_HALLS = ("s1", "s3")
IN_SERVICE: State = "in_service"
STATES: tuple[State, ...] = (IN_SERVICE, IN_SERVICE, "under_construction", "planned")


@dataclass(kw_only=True)
class Told:
    """What the gateways of a hub's sites tell; numbers that a computer adds exactly,
    in any order.
    """

    counting: list[Reading] = field(default_factory=list)
    """What does not depend on who tells it."""
    energies: dict[tuple[str, str], list[Reading]] = field(default_factory=dict)
    """By site and gateway."""
    states: dict[str, State] = field(default_factory=dict)
    listed: bool = False
    """Whether all sites are said to be listed."""

    def of_one(self, gone: Iterable[str] = ()) -> list[Reading]:
        """Return what an agent would have that heard one gateway of each site.

        It is the one with a sound PUE that covers the year best.
        """
        found = self.counting
        for name in SITES:
            told = [some for (where, _), some in self.energies.items() if where == name]
            found = found + max(told, key=_rank, default=[])
        return [(series, value) for series, value in found if series.label("site") not in gone]

    def inventory(self) -> Inventory:
        """Return the inventory that these sites are told by."""
        return Inventory(
            hub="north",
            sites={
                name: Site(
                    site=name,
                    state=self.states.get(name, "planned"),
                    scopes=("old-halls",) if name in OLD_HALLS else (),
                )
                for name in SITES
            },
            complete=self.listed,
        )


def _rank(energies: Sequence[Reading]) -> tuple[bool, float]:
    metrics = {series.metric: value for series, value in energies}
    return site.SITE_PUE in metrics, metrics[site.SITE_PUE_COVERAGE]


def told_by_sites(chance: random.Random) -> Told:
    """Return what some sites tell."""
    told = Told(listed=chance.random() < 0.5)
    for name in SITES[: chance.randint(1, 4)]:
        at = ("north", name)
        if chance.random() < 0.7:
            state: State = chance.choice(STATES)
            told.states[name] = state
            told.counting.append((site.SITE_INFO.series(*at, state, name), 1.0))
        if chance.random() < 0.7:
            told.counting += _racks(chance, at)
        if chance.random() < 0.6:
            told.counting += _chips(chance, at)
        if chance.random() < 0.8:
            covered = chance.sample((1.0, 0.5, 0.25), chance.choice((1, 1, 2)))
            for number, coverage in enumerate(covered):
                told.energies[name, f"g{number}"] = _energy(chance, at, coverage)
        if chance.random() < 0.7:
            told.counting.append((site.SITE_CARBON.series(*at), float(chance.randint(0, 900))))
        for number in range(chance.randint(0, 2)):
            speed = float(chance.choice((100e9, 400e9)))
            told.counting.append((LINK_SPEED.series(*at, "router", f"e{number}"), speed))
        told.counting += _links(chance, at)
    return told


def _links(chance: random.Random, at: tuple[str, str]) -> list[Reading]:
    found: list[Reading] = []
    for peer in chance.sample(("berlin", "Berlin-2", "paris"), chance.randint(0, 3)):
        answered = chance.random() < 0.85
        found.append((LINK_LOSS.series(*at, peer), 0.0 if answered else 1.0))
        for quantile in ("0.5", "0.99") if answered else ():
            trip = chance.randint(1, 64) / 1024
            found.append((LINK_ROUND_TRIP.series(*at, peer, quantile), trip))
    return found


def _racks(chance: random.Random, at: tuple[str, str]) -> list[Reading]:
    states = [
        chance.choice(("in_service", "under_construction", "planned"))
        for _ in range(chance.randint(1, 5))
    ]
    found = [
        (rack.RACK_INFO.series(*at, "A", f"A{n}", state), 1.0) for n, state in enumerate(states)
    ]
    if "in_service" in states:
        share = chance.randint(0, 8) / 8
        found.append((site.SITE_OCCUPANCY.series(*at, "racks"), share))
        found.append((site.SITE_OCCUPANCY.series(*at, "power"), 1 - share))
        found.append((site.SITE_UNITS.series(*at), 42.0 * states.count("in_service")))
        if chance.random() < 0.85:
            found.append((site.SITE_OCCUPANCY.series(*at, "units"), chance.randint(0, 8) / 8))
        if chance.random() < 0.85:
            found.append((site.SITE_HEADROOM.series(*at), float(chance.randint(0, 9000))))
        if chance.random() < 0.85:
            found.append((site.SITE_INLETS_WITHIN.series(*at), chance.randint(0, 8) / 8))
    return found


def _chips(chance: random.Random, at: tuple[str, str]) -> list[Reading]:
    found: list[Reading] = []
    for number in range(chance.randint(1, 4)):
        chip = (*at, "A", "A0", "n1", str(number))
        vendor = chance.choice(("NVIDIA", "nvidia corp", "Huawei"))
        found.append((node.ACCELERATOR_INFO.series(*chip, vendor, "m", "u", "b"), 1.0))
        found.append((node.ACCELERATOR_PEAK.series(*chip, "fp16"), chance.choice((256e12, 512e12))))
        found.append((node.ACCELERATOR_PEAK.series(*chip, "fp32"), 1e12))
        if chance.random() < 0.85:
            found.append((node.ACCELERATOR_USED.series(*chip), float(chance.randint(0, 9000))))
    return found


def _energy(chance: random.Random, at: tuple[str, str], coverage: float) -> list[Reading]:
    it = float(chance.randint(100, 1000))
    facility = it + chance.randint(0, 900)
    found = [
        (site.SITE_WINDOW_ENERGY.series(*at, "facility", "12mo"), facility),
        (site.SITE_WINDOW_ENERGY.series(*at, "it", "12mo"), it),
        (site.SITE_WINDOW_ENERGY.series(*at, "facility", "1d"), 7.0),
        (site.SITE_WINDOW_ENERGY.series(*at, "it", "1d"), 3.0),
        (site.SITE_PUE_COVERAGE.series(*at, "12mo"), coverage),
    ]
    if chance.random() < 0.8:
        found.append((site.SITE_PUE.series(*at, "2", "12mo"), facility / it))
        found.append((site.SITE_RENEWABLE.series(*at, "12mo"), chance.randint(0, 16) / 16))
    found += _factors(chance, at, coverage)
    return found


def _factors(chance: random.Random, at: tuple[str, str], coverage: float) -> list[Reading]:
    """Return ERF, CUE and WUE, whose own meters were heard for less than those of PUE."""
    told = (
        ("erf", site.SITE_REUSED.series(*at, "12mo")),
        ("cue", site.SITE_CUE.series(*at, "location", "12mo")),
        ("wue", site.SITE_WUE.series(*at, "12mo")),
    )
    found: list[Reading] = []
    for name, series in told:
        if chance.random() < 0.85:
            heard = coverage * chance.choice((1.0, 0.5))
            found.append((site.SITE_FACTOR_COVERAGE.series(*at, name, "12mo"), heard))
            found.append((series, chance.randint(0, 16) / 16))
    return found
