"""What the adversary has found in files, made small, as `tests.reference.finds` has what it found
live.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final

from tests.reference.shapes import Shape
from tests.reference.worlds import Device, Fault, Plan

_TWENTY: Final = Fault(sort="refresh", minute=1, minutes=20)

FILED_FINDS: Final[Mapping[str, Plan]] = {
    "a supply's register that reads two high values for a while, one after the other": Plan(
        overhead=90,
        feeds=(
            Device(),
            Device(
                faults=(
                    Fault(sort="leap", minute=236, minutes=100),
                    Fault(sort="leap", minute=286, minutes=100, kwh=3000),
                )
            ),
        ),
    ),
    "the same, where the sun shines": Plan(
        feeds=(
            Device(
                faults=(
                    Fault(sort="leap", minute=236, minutes=100),
                    Fault(sort="leap", minute=286, minutes=100, kwh=3000),
                )
            ),
            Device(),
        ),
        sun=Device(),
        sun_kw=20,
    ),
    "solar cells renewed each twenty minutes, which count nearly the same each time": Plan(
        hours=5,
        overhead=10,
        feeds=(Device(phase=29, faults=(Fault(sort="stall", minute=30),)),),
        branches=(Device(sort="power"),),
        sun=Device(step_wh=1, faults=(_TWENTY,)),
        sun_kw=5,
    ),
    "the same, where IT's load rises": Plan(
        hours=3,
        overhead=10,
        it_shape=Shape(name="ramp", swing=100),
        sun=Device(step_wh=1, faults=(_TWENTY,)),
        sun_kw=5,
    ),
    "solar cells renewed each twenty minutes, and reset meanwhile": Plan(
        branches=(Device(step_wh=1),),
        sun=Device(phase=7, faults=(_TWENTY, Fault(sort="reset", minute=23))),
        sun_kw=60,
    ),
}
