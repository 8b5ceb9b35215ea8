"""What the adversary has found, made small: sites whose PUE was better than the truth.

Each stays here. The truth is that of the site's loads, in exact fractions.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final

from tests.reference.shapes import Shape
from tests.reference.worlds import Device, Fault, Plan

_CYCLE: Final = Shape(name="cycle", swing=100)
_WIDE_CYCLE: Final = Shape(name="cycle", swing=200)
_STEP: Final = Shape(name="step", swing=200)
_SEVEN: Final = Fault(sort="refresh", minute=1, minutes=7)
_TWENTY: Final = Fault(sort="refresh", minute=1, minutes=20)
_SPIKE: Final = Fault(sort="spike", minute=156, minutes=100)

FINDS: Final[Mapping[str, Plan]] = {
    "power forty times too high for some minutes, at a site that sells energy": Plan(
        overhead=90,
        branches=(
            Device(),
            Device(
                sort="power",
                faults=(
                    Fault(sort="spike", minute=134, minutes=7),
                    Fault(sort="spike", minute=310, minutes=45),
                ),
            ),
        ),
        exports=True,
    ),
    "power forty times too high shares out a register's hour": Plan(
        branches=(Device(sort="both", faults=(_SPIKE,)),)
    ),
    "a supply's register at 0 for 100 minutes, and reset meanwhile": Plan(
        it_shape=_CYCLE,
        feeds=(
            Device(
                step_wh=1000,
                faults=(
                    Fault(sort="zero", minute=60, minutes=100),
                    Fault(sort="reset", minute=100),
                ),
            ),
        ),
    ),
    "a register that catches up on more than the time it seems to have stood still": Plan(
        it_shape=_CYCLE,
        branches=(
            Device(
                sort="both",
                faults=(
                    Fault(sort="stall", minute=2, minutes=20),
                    Fault(sort="stall", minute=3, minutes=100),
                ),
            ),
        ),
    ),
    "a coarse register that is reset again and again, and power between": Plan(
        it_kw=8,
        overhead=90,
        it_shape=Shape(name="bursts", swing=100),
        feeds=(
            Device(
                sort="both",
                seconds=120,
                phase=29,
                step_wh=1000,
                begin_kwh=0,
                faults=(
                    Fault(sort="stall", minute=1, minutes=20),
                    Fault(sort="reset", minute=3),
                    Fault(sort="reset", minute=38),
                ),
            ),
        ),
    ),
    "a meter exchanged for one that shows a kWh more, where the load rises later": Plan(
        it_shape=_STEP, branches=(Device(faults=(Fault(sort="exchange", minute=142, kwh=1),)),)
    ),
    "silence in a window's first hour": Plan(
        overhead=90,
        it_shape=_STEP,
        feeds=(Device(faults=(Fault(sort="zero", minute=3, minutes=45),)),),
    ),
    "silence in a window's last hour": Plan(
        overhead=90,
        overhead_shape=_CYCLE,
        branches=(Device(sort="power", faults=(Fault(sort="silent", minute=57, minutes=45),)),),
    ),
    "silence within the first hour, where the load changes": Plan(
        it_shape=_WIDE_CYCLE,
        feeds=(
            Device(
                faults=(
                    Fault(sort="silent", minute=1, minutes=20),
                    Fault(sort="stall", minute=2, minutes=20),
                )
            ),
        ),
    ),
    "five minutes missing just where the overhead rises": Plan(
        hours=3, overhead_shape=_STEP, sun=Device(sort="both", phase=7, from_minute=90)
    ),
    "power read where the load rises, at a window's edge": Plan(
        it_shape=_STEP, branches=(Device(sort="power"),)
    ),
    "a register read across a window's edge, where the load rises": Plan(
        it_shape=_STEP, branches=(Device(seconds=300, phase=29),)
    ),
    "a register that begins at 0 and is reset before its second reading": Plan(
        it_kw=8,
        feeds=(
            Device(
                seconds=300,
                phase=7,
                begin_kwh=0,
                step_wh=1000,
                faults=(Fault(sort="reset", minute=1),),
            ),
        ),
    ),
    "a supply's register that is renewed each twenty minutes": Plan(
        feeds=(Device(faults=(Fault(sort="refresh", minute=1, minutes=20),)),)
    ),
    "a meter subtracted from IT that stands still": Plan(
        it_point="ups_output",
        cooling=Device(faults=(Fault(sort="stall", minute=60, minutes=200),)),
        behind_ups=True,
    ),
    "an IT meter that shows 0, and is exchanged meanwhile for one that shows more": Plan(
        it_shape=_WIDE_CYCLE,
        branches=(
            Device(
                faults=(
                    Fault(sort="zero", minute=97, minutes=45),
                    Fault(sort="exchange", minute=117, kwh=1),
                )
            ),
        ),
    ),
    "a supply's silent meter, exchanged meanwhile for one that shows less": Plan(
        it_shape=_WIDE_CYCLE,
        feeds=(
            Device(
                faults=(
                    Fault(sort="silent", minute=97, minutes=45),
                    Fault(sort="exchange", minute=117, kwh=-3),
                )
            ),
        ),
    ),
    "a meter of coarse steps exchanged for one that shows two steps more": Plan(
        it_shape=_WIDE_CYCLE,
        branches=(Device(step_wh=10_000, faults=(Fault(sort="exchange", minute=157, kwh=20),)),),
    ),
    "a supply's meter of coarse steps exchanged for one that shows a step less": Plan(
        feeds=(Device(step_wh=10_000, faults=(Fault(sort="exchange", minute=157, kwh=-10),)),),
    ),
    "a feed that is reset and stands at 0, in a window that ends meanwhile": Plan(
        it_kw=900,
        overhead=90,
        it_shape=Shape(name="bursts", swing=200),
        feeds=(
            Device(),
            Device(
                seconds=120,
                begin_kwh=0,
                wraps=True,
                faults=(Fault(sort="zero", minute=43, minutes=100),),
            ),
        ),
        sun=Device(),
        sun_kw=60,
    ),
    "a feed that stands still when the sun goes, and has counted little before": Plan(
        it_kw=8,
        feeds=(Device(faults=(Fault(sort="stall", minute=171, minutes=200),)),),
        sun=Device(),
        sun_kw=5,
        exports=True,
    ),
    "solar cells whose register stands still when the sun comes": Plan(
        it_kw=900,
        sun=Device(faults=(Fault(sort="stall", minute=278, minutes=200),)),
        sun_kw=60,
    ),
    "a supply's meter exchanged for one that shows a little less": Plan(
        feeds=(Device(seconds=300, faults=(Fault(sort="exchange", minute=173, kwh=-3),)),),
    ),
    "a meter exchanged for one that shows more, while the load rises for hours": Plan(
        it_kw=900,
        it_shape=Shape(name="ramp", swing=200),
        branches=(Device(seconds=300, faults=(Fault(sort="exchange", minute=135, kwh=20),)),),
    ),
    "a supply's meter exchanged for one that shows less, while the load falls for hours": Plan(
        it_kw=900,
        it_shape=Shape(name="ramp", swing=-200),
        feeds=(Device(seconds=300, faults=(Fault(sort="exchange", minute=135, kwh=-20),)),),
    ),
    (
        "a meter of coarse steps exchanged for one that shows nearly a step more, while it shows 0"
    ): Plan(
        it_shape=_CYCLE,
        branches=(
            Device(
                sort="both",
                step_wh=10_000,
                begin_kwh=106,
                faults=(
                    Fault(sort="zero", minute=242, minutes=7),
                    Fault(sort="exchange", minute=245, kwh=9),
                ),
            ),
        ),
    ),
    "IT's register renewed each seven minutes, read each five": Plan(
        branches=(Device(seconds=300, faults=(_SEVEN,)),),
    ),
    "the same, over a longer time": Plan(
        hours=8, branches=(Device(seconds=300, faults=(_SEVEN,)),)
    ),
    (
        "IT's register renewed each six minutes, whose load is constant for hours and then is not"
    ): Plan(
        hours=12,
        it_shape=Shape(name="step", swing=10),
        branches=(Device(seconds=300, faults=(Fault(sort="refresh", minute=1, minutes=6),)),),
    ),
    "IT's register renewed each twenty minutes, which count the same each time": Plan(
        it_shape=Shape(name="bursts", swing=100, cells=1),
        branches=(Device(begin_kwh=1990, wraps=True, faults=(_TWENTY,)),),
    ),
    "IT's meter is exchanged for a higher one while its load rises, and then reset": Plan(
        it_kw=900,
        it_shape=Shape(name="ramp", swing=200),
        overhead_shape=Shape(name="cycle", swing=100),
        branches=(
            Device(
                seconds=300,
                phase=29,
                faults=(
                    Fault(sort="exchange", minute=47, kwh=20),
                    Fault(sort="reset", minute=102),
                ),
            ),
        ),
        sun=Device(sort="power", phase=7, from_minute=90),
    ),
}
