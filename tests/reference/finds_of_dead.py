"""What the adversary has found of dead supplies, made small.

Their registers and powers say 0 while energy flows. The truth is that of the site's loads.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final

from tests.reference.shapes import Shape
from tests.reference.worlds import Device, Fault, Plan

_DEAD: Final = Device(faults=(Fault(sort="dead", minute=148, minutes=100),))


def _four(first: Fault, second: Fault, seconds: int = 60) -> Plan:
    """Two of four feeds, told by their power alone, are dead or silent for a time."""
    feeds = (Device(sort="power", seconds=seconds, faults=(one,)) for one in (first, second))
    return Plan(hours=10, feeds=(*feeds, Device(), Device()))


def _dead(*times: tuple[int, int]) -> Device:
    """A meter of power alone that is dead from a minute on, for so many, once or more often."""
    faults = (Fault(sort="dead", minute=minute, minutes=minutes) for minute, minutes in times)
    return Device(sort="power", faults=tuple(faults))


_HOURS: Final = _dead((160, 400))
_BESIDE: Final = (Device(), Device(), Device())

_TWELVE: Final = (Fault(sort="dead", minute=183, minutes=12),)
"""They leave a single cell at 0."""

_TWO_HOURS: Final = Fault(sort="dead", minute=60, minutes=120)

DEAD_FINDS: Final[Mapping[str, Plan]] = {
    "an only supply that is dead for seven minutes": Plan(
        feeds=(Device(sort="both", faults=(Fault(sort="dead", minute=133, minutes=7),)),),
    ),
    "an only supply that is dead for seven minutes, of a register alone": Plan(
        feeds=(Device(faults=(Fault(sort="dead", minute=133, minutes=7),)),),
    ),
    "an only supply that is dead for seven minutes, read each five": Plan(
        feeds=(
            Device(sort="both", seconds=300, faults=(Fault(sort="dead", minute=133, minutes=7),)),
        ),
    ),
    "an only supply that is dead beside the sun": Plan(feeds=(_DEAD,), sun=Device(), sun_kw=5),
    "the same, where what the sun gives is sold": Plan(
        feeds=(_DEAD,), sun=Device(), sun_kw=60, exports=True, sold_kw=40
    ),
    "one of two supplies that is dead beside the sun": Plan(
        feeds=(_DEAD, Device()), sun=Device(), sun_kw=5
    ),
    "an only supply that is dead for minutes beside the sun": Plan(
        it_kw=8,
        overhead=10,
        feeds=(
            Device(seconds=120, step_wh=1, faults=(Fault(sort="dead", minute=185, minutes=7),)),
        ),
        sun=Device(),
        sun_kw=5,
    ),
    "one of two feeds that is dead for twelve minutes beside the sun": Plan(
        overhead=60,
        feeds=(Device(sort="both", faults=_TWELVE), Device()),
        sun=Device(sort="power"),
    ),
    "the same, read each ten minutes": Plan(
        overhead=60,
        feeds=(Device(seconds=600, phase=29, faults=_TWELVE), Device()),
        sun=Device(sort="power"),
    ),
    "one of two feeds that is dead for twelve minutes, of power alone": Plan(
        overhead=60, feeds=(Device(sort="power", faults=_TWELVE), Device())
    ),
    "one of two feeds that is dead for twenty minutes, and its register is then at 0": Plan(
        feeds=(
            Device(
                sort="both",
                faults=(
                    Fault(sort="dead", minute=114, minutes=20),
                    Fault(sort="zero", minute=118, minutes=45),
                ),
            ),
            Device(),
        ),
        sun=Device(sort="power"),
    ),
    "a feed of a register renewed each 200 minutes, dead for 45 of them, beside the sun": Plan(
        feeds=(
            Device(
                faults=(
                    Fault(sort="refresh", minute=1, minutes=200),
                    Fault(sort="dead", minute=169, minutes=45),
                )
            ),
        ),
        sun=Device(sort="power"),
    ),
    "a feed that is dead from half an hour before another one counts again": _four(
        _TWO_HOURS, Fault(sort="dead", minute=150, minutes=400)
    ),
    "the same, read each five minutes, just after": _four(
        _TWO_HOURS, Fault(sort="dead", minute=183, minutes=190), seconds=300
    ),
    "a feed that is dead from half an hour before another one is heard again": _four(
        Fault(sort="silent", minute=60, minutes=120), Fault(sort="dead", minute=150, minutes=400)
    ),
    "a feed that is dead from ten minutes after a branch of IT was, and that one is back": Plan(
        hours=10,
        feeds=(_HOURS, *_BESIDE),
        branches=(_dead((150, 50)), Device()),
    ),
    "a feed that is dead from ten minutes after the chillers' meter was": Plan(
        hours=10,
        overhead=90,
        feeds=(_HOURS, Device(), Device(), *_BESIDE),
        cooling=_dead((150, 400)),
    ),
    "the same, where that one counts again": Plan(
        hours=10,
        overhead=90,
        feeds=(_HOURS, Device(), Device(), *_BESIDE),
        cooling=_dead((150, 60)),
    ),
    "a feed that is dead for hours, counts for forty minutes, and is dead again": Plan(
        hours=10,
        feeds=(_dead((110, 200), (350, 120)), *_BESIDE),
    ),
    "a feed of 5 kW whose register of 1 kWh is dead for 100 minutes": Plan(
        hours=3,
        it_kw=8,
        feeds=(
            Device(step_wh=1000, faults=(Fault(sort="dead", minute=72, minutes=100),)),
            Device(),
        ),
        sun=Device(),
        sun_kw=5,
    ),
    "a feed of 3 kW whose register of 1 kWh is dead for 45 minutes": Plan(
        hours=5,
        it_kw=4,
        overhead=90,
        feeds=(
            Device(
                seconds=300,
                step_wh=1000,
                begin_kwh=0,
                faults=(Fault(sort="dead", minute=153, minutes=45),),
            ),
            Device(),
        ),
        sun=Device(),
        sun_kw=5,
    ),
    "a feed that is dead for twelve minutes together with the chillers' meter": Plan(
        overhead=90,
        feeds=(Device(sort="power", faults=_TWELVE), *_BESIDE),
        cooling=Device(faults=_TWELVE),
    ),
    "a feed of 2 kW whose register of 1 kWh is dead for eight hours": Plan(
        hours=14,
        it_kw=8,
        feeds=(
            Device(step_wh=1000, faults=(Fault(sort="dead", minute=100, minutes=480),)),
            *_BESIDE,
        ),
        sun=Device(),
        sun_kw=5,
    ),
    "chillers behind the UPS whose meter is dead for seven minutes": Plan(
        it_point="ups_output",
        overhead=90,
        cooling=Device(faults=(Fault(sort="dead", minute=150, minutes=7),)),
        behind_ups=True,
    ),
    "an only supply that is dead for three minutes, of a load that goes up and down": Plan(
        it_shape=Shape(name="cycle", swing=200, cells=1),
        feeds=(Device(faults=(Fault(sort="dead", minute=175, minutes=3),)),),
    ),
    "power that is dead for twenty minutes, and wild in seven of them": Plan(
        it_kw=8,
        feeds=(
            Device(
                sort="power",
                faults=(
                    Fault(sort="dead", minute=169, minutes=20),
                    Fault(sort="spike", minute=171, minutes=7),
                ),
            ),
        ),
    ),
    "power that is dead for twenty minutes, and below 0 in seven of them": Plan(
        it_kw=8,
        feeds=(
            Device(
                sort="power",
                faults=(
                    Fault(sort="dead", minute=169, minutes=20),
                    Fault(sort="negative", minute=171, minutes=7),
                ),
            ),
            Device(),
        ),
    ),
    "an only supply that is dead for nine minutes, and then silent": Plan(
        feeds=(
            Device(
                faults=(
                    Fault(sort="dead", minute=175, minutes=9),
                    Fault(sort="silent", minute=184, minutes=20),
                )
            ),
        ),
    ),
}
