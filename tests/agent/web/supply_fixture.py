"""A made-up site with all that stands above its breakers, of round figures."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import replace

from agent.inventory.model import Breaker, Feed, Inventory, Rack, Site, Supply
from agent.web.view import BoardView
from collectors.base import Reading
from collectors.catalogue import facility, generator, node, rack, transfer, ups
from tests.agent.web import fixture

HUB, SITE = fixture.HUB, "s"
AT = (HUB, SITE)
SUPPLIES = [
    Supply(supply="grid", site=SITE, kind="utility", capacity_watts=20_000),
    Supply(supply="roof", site=SITE, kind="solar", joins="board"),
    Supply(supply="board", site=SITE, kind="switchboard", upstream="grid"),
    Supply(supply="diesel", site=SITE, kind="generator", capacity_watts=8_000),
    Supply(
        supply="ats-a",
        site=SITE,
        kind="transfer_switch",
        inputs={"1": "board", "2": "diesel"},
        capacity_watts=9_000,
    ),
    Supply(
        supply="ats-b",
        site=SITE,
        kind="transfer_switch",
        inputs={"1": "board", "2": "diesel"},
        capacity_watts=9_000,
    ),
    Supply(supply="ups-a", site=SITE, kind="ups", upstream="ats-a", capacity_watts=6_000),
    Supply(supply="ups-b", site=SITE, kind="ups", upstream="ats-b", capacity_watts=6_000),
]
WATTS = {"1-A": 2000.0, "1-B": 1800.0, "2-A": 1500.0, "2-B": 1200.0}
"""Of the PDUs: 3500 W from side A, and 3000 W from side B."""
INTAKE = {"a": 4000.0, "b": 3500.0}
"""What each transfer switch delivers, and its UPS draws."""
OUTPUT = {"a": 3700.0, "b": 3200.0}
"""What each UPS delivers: 300 W are lost in each."""


def readings(*, selected: Mapping[str, str]) -> Iterable[Reading]:
    """Yield what the devices tell; `selected` is the input that each switch says it uses."""
    for name, watts in (("grid", 8000.0), ("roof", 1000.0)):
        point = "utility" if name == "grid" else "renewable"
        yield facility.METER_POWER.series(*AT, name, point), watts
    yield generator.GENERATOR_RUNNING.series(*AT, "diesel"), 0.0
    for side in "ab":
        ats = (*AT, "", "", f"ats-{side}")
        yield transfer.ATS_OUTPUT_POWER.series(*ats, ""), INTAKE[side]
        for source in ("1", "2"):
            if f"ats-{side}" in selected:
                used = float(selected[f"ats-{side}"] == source)
                yield transfer.ATS_SOURCE_SELECTED.series(*ats, source), used
        own = (*AT, f"ups-{side}")
        for phase, share in (("L1", 0.5), ("L2", 0.25), ("L3", 0.25)):
            yield ups.UPS_OUTPUT_POWER.series(*own, phase), OUTPUT[side] * share
        yield ups.UPS_INPUT_POWER.series(*own, ""), INTAKE[side]
        drawn = sum(watts for pdu, watts in WATTS.items() if pdu.endswith(side.upper()))
        pair = "bus-b" if side == "a" else "bus-a"
        bus = (*AT, f"bus-{side}")
        yield rack.BREAKER_INFO.series(*bus, pair, ""), 1.0
        yield rack.BREAKER_CAPACITY.series(*bus), 10_000.0
        yield rack.BREAKER_COVERAGE.series(*bus), 1.0
        for bound in ("lower", "upper"):
            yield rack.BREAKER_POWER.series(*bus, bound), drawn
    for pdu, watts in WATTS.items():
        name, side = pdu.split("-")
        yield facility.PDU_POWER.series(*AT, "R", name, pdu, side), watts
    yield node.ACCELERATOR_POWER.series(*AT, "R", "1", "n1", "0"), 400.0


def view(*, left_out: Iterable[str] = (), selected: Mapping[str, str] | None = None) -> BoardView:
    """Return the site; nothing is told of the series whose text has one of `left_out`."""
    told = selected if selected is not None else {"ats-a": "1", "ats-b": "1"}
    kept = [
        (series, value)
        for series, value in readings(selected=told)
        if not any(text in series.prefix for text in left_out)
    ]
    made = fixture.view(kept, where=SITE)
    racks = [
        Rack(
            rack=name,
            site=SITE,
            row="R",
            feeds={
                side: Feed(
                    pdu=f"{name}-{side}", breaker=f"bus-{side.lower()}", capacity_watts=4000.0
                )
                for side in "AB"
            },
        )
        for name in "12"
    ]
    breakers = [
        Breaker(
            breaker=f"bus-{side}",
            site=SITE,
            capacity_watts=10_000,
            pair=f"bus-{'ba'['ab'.index(side)]}",
            supply=f"ups-{side}",
        )
        for side in "ab"
    ]
    inventory = Inventory(
        hub=HUB,
        sites={SITE: Site(site=SITE)},
        racks={one.rack: one for one in racks},
        breakers={one.breaker: one for one in breakers},
        supplies={one.supply: one for one in SUPPLIES},
    )
    return replace(made, inventory=inventory)
