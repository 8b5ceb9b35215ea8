"""The simulated site: rows, racks, feeds, PDUs and nodes, drawn from a seed.

The same seed gives the same site. No place here is real: the site's name says `simulated`, and
quantities are drawn to look like those of a new AI data centre.
"""

from __future__ import annotations

import math
import random
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

from simulator.makes import MIXED
from simulator.waves import DAY, Wave, Waves

if TYPE_CHECKING:
    from simulator.makes import Makes

TIMEZONE: Final = "Asia/Shanghai"
UTC_OFFSET: Final = 8 * 3600  # no daylight saving time since 1991
FEEDS: Final = ("A", "B")
RACKS_A_ROW: Final = 12
HEIGHT_UNITS: Final = 42
RATED_WATTS: Final = 8000.0
FEED_AMPERES: Final = 32.0
FEED_WATTS: Final = 7360.0  # at 230 V
PANEL_AMPERES: Final = 100.0
"""Of the three-phase panel that feeds a row from one side: 69 kW, so that full rows come near the
limit of one side."""
ROWS_A_BUSBAR: Final = 10
BUSBAR_AMPERES: Final = 1000.0

SCOPES: Final = {"guian": ("huawei",)}
"""Scopes of a hub's targets that the simulated site counts for, so that targets can be judged.
"""
OPERATORS: Final = {"guian": "huawei-guian-1"}

# Shared by all racks, so that the hall's load is a sum of a few cosines: a day, half a day, a week,
# and the fast changes of jobs.
_SLOW: Final = (2 * math.pi / DAY, 4 * math.pi / DAY, 2 * math.pi / (7 * DAY))
_RESTLESS: Final = tuple(
    2 * math.pi / seconds for seconds in (19800, 12700, 7900, 4100, 2600, 1700, 800, 430, 260, 170)
)
_PEAK_HOUR: Final = 15.0


@dataclass(frozen=True, slots=True, kw_only=True)
class Node:
    """One server in a rack."""

    node: str
    position: int
    units: int
    accelerators: int = 0


@dataclass(frozen=True, slots=True, kw_only=True)
class Pdu:
    """One PDU: the share of a rack's load on one feed, and the profile that describes its make."""

    name: str
    feed: str
    make: str
    power: Waves
    volts: float
    power_factor: float


@dataclass(frozen=True, slots=True, kw_only=True)
class Rack:
    """One rack: its power, the temperature at its inlet, and its nodes."""

    name: str
    row: str
    load: Waves
    inlet_celsius: Waves
    humidity: Waves
    pdus: tuple[Pdu, ...]
    nodes: tuple[Node, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Site:
    """One simulated data centre."""

    hub: str
    key: str
    name: str
    scopes: tuple[str, ...]
    seed: int
    makes: Makes
    racks: tuple[Rack, ...]

    def pdus(self) -> Iterator[tuple[Rack, Pdu]]:
        """Yield every PDU with its rack."""
        for rack in self.racks:
            for pdu in rack.pdus:
                yield rack, pdu


def build_site(hub: str, racks: int, seed: int = 1, makes: Makes = MIXED) -> Site:
    """Draw a site of `racks` racks; the makes of its devices change nothing else."""
    key = f"{OPERATORS.get(hub, f'{hub}-1')}-simulated"
    return Site(
        hub=hub,
        key=key,
        name=f"Simulated data centre {key.removesuffix('-simulated')}",
        scopes=SCOPES.get(hub, ()),
        seed=seed,
        makes=makes,
        racks=tuple(
            _rack(number, random.Random(f"{hub}/{seed}/{number}"), makes) for number in range(racks)
        ),
    )


def row_name(number: int) -> str:
    """Return A, B … Z, AA, AB …, as spreadsheets count."""
    name = ""
    number += 1
    while number:
        number, letter = divmod(number - 1, 26)
        name = chr(ord("A") + letter) + name
    return name


def _rack(number: int, rng: random.Random, makes: Makes) -> Rack:
    row = row_name(number // RACKS_A_ROW)
    name = f"{row}{number % RACKS_A_ROW + 1:02}"
    kind = rng.choices(("empty", "half", "full", "training"), (6, 24, 50, 20))[0]
    watts = {
        "empty": 60.0,
        "half": rng.gauss(2200, 300),
        "full": rng.gauss(4300, 550),
        "training": rng.gauss(6300, 450),
    }[kind]
    load = _load(watts, rng, restless=0.05 if kind == "training" else 0.02)
    share = rng.uniform(0.45, 0.55)
    pdus = tuple(
        Pdu(
            name=f"{name}-{feed}",
            feed=feed,
            make=makes.of_pdu(number // RACKS_A_ROW, index),
            power=load.scaled(part),
            volts=rng.uniform(227.0, 234.0),
            power_factor=rng.uniform(0.95, 0.99),
        )
        for index, (feed, part) in enumerate(zip(FEEDS, (share, 1.0 - share), strict=True))
    )
    hot = 3.5 if rng.random() < 0.06 else 0.0
    inlet = 22.0 + 2.2 * watts / RATED_WATTS + rng.gauss(0.0, 0.7) + hot
    warmth = (_slow(0.5, rng), Wave(0.25, _RESTLESS[3], rng.uniform(0, 2 * math.pi)))
    humidity = Waves(rng.uniform(0.42, 0.52), (Wave(0.03, _SLOW[0], rng.uniform(0, 2 * math.pi)),))
    return Rack(
        name=name,
        row=row,
        load=load,
        inlet_celsius=Waves(inlet, warmth),
        humidity=humidity,
        pdus=pdus,
        nodes=tuple(_nodes(name, kind, rng)),
    )


def _slow(amplitude: float, rng: random.Random) -> Wave:
    """One swing a day, highest in the afternoon, local time."""
    peak = (_PEAK_HOUR + rng.gauss(0, 1.5)) * 3600 - UTC_OFFSET
    return Wave(amplitude, _SLOW[0], -_SLOW[0] * peak)


def _load(watts: float, rng: random.Random, *, restless: float) -> Waves:
    """A rack's power: a daily and a weekly swing, and the fast changes of its jobs."""
    watts = max(watts, 40.0)
    terms = [_slow(watts * rng.uniform(0.07, 0.13), rng)]
    terms += [
        Wave(watts * a, f, rng.uniform(0, 2 * math.pi))
        for a, f in zip((0.03, 0.015), _SLOW[1:], strict=True)
    ]
    for frequency in rng.sample(_RESTLESS, 4):
        terms.append(
            Wave(watts * restless * rng.uniform(0.4, 1.0), frequency, rng.uniform(0, 2 * math.pi))
        )
    return Waves(watts, tuple(terms))


def _nodes(rack: str, kind: str, rng: random.Random) -> Iterator[Node]:
    """Fill a rack from the bottom: 4 U servers with eight accelerators, or plain ones of 2 U."""
    fill: Sequence[tuple[int, int]]
    if kind == "training":
        fill = [(4, 8)] * rng.randint(6, 9)
    elif kind == "full":
        fill = [(2, 0)] * rng.randint(16, 21)  # the fullest have no unit left
    elif kind == "half":
        fill = [(2, 0)] * rng.randint(5, 11)
    else:
        fill = []
    position = 1
    for number, (units, accelerators) in enumerate(fill, start=1):
        yield Node(
            node=f"sim-{rack.lower()}-n{number:02}",
            position=position,
            units=units,
            accelerators=accelerators,
        )
        position += units
