"""Laws by which meters err and loads go, each with a known truth.

They judge the stated uncertainty: at k = 2 it should cover the truth in some 95 % of runs. Nothing
here knows how the program works its uncertainty out.
"""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import dataclass
from functools import partial
from random import Random
from typing import Final

from tests.support.ledger import HOUR, SITE, T0
from tests.support.loads import Jumps, Mixed, Wave, bursts, cycles
from tests.support.trials import DAY, KWH, Gauge, Trial, gain, imported, live, window

MEGA: Final = 1e6


def classes(rng: Random) -> Trial:
    """Class 0.5 and class 1, fine registers."""
    it = Wave(MEGA, 0.2 * MEGA, 5000.0, rng.uniform(0, 6))
    facility = Mixed((1.2, it), (1.0, Wave(0.1 * MEGA)))
    gauges = [
        Gauge(name="u", point="utility", load=facility, limit=0.5, gain=gain(rng, 0.5)),
        Gauge(name="i", point="it_input", load=it, limit=1.0, gain=gain(rng, 1.0)),
    ]
    return window(rng, gauges, facility, it, 2 * HOUR, 300.0)


def pdus(rng: Random, *, common: float, limit: float | None) -> Trial:
    """Many PDUs; so much of their class is an error that all of them have alike."""
    count, accuracy = 40, 2.0 if limit is None else limit
    alike, own = rng.uniform(-common, common), math.sqrt(1.0 - common**2)
    loads = [
        Wave(3000.0 * rng.uniform(0.5, 1.5), 300.0, 7000.0, rng.uniform(0, 6)) for _ in range(count)
    ]
    it = Mixed(*((1.0, load) for load in loads))
    facility = Mixed((1.25, it))
    gauges = [Gauge(name="u", point="utility", load=facility, limit=0.2, gain=gain(rng, 0.2))]
    gauges += [
        Gauge(
            name=f"P{n}",
            point="pdu_output",
            load=load,
            limit=limit,
            gain=1.0 + accuracy / 100.0 * (alike + own * rng.uniform(-1, 1)),
        )
        for n, load in enumerate(loads)
    ]
    return window(rng, gauges, facility, it, HOUR, 900.0)


def parts(rng: Random) -> Trial:
    """No meter where energy comes in: IT and cooling, each of class 1."""
    it, cooling = (
        Wave(size * MEGA, 0.1 * size * MEGA, 7000.0, rng.uniform(0, 6)) for size in (1.0, 0.25)
    )
    gauges = [
        Gauge(name="i", point="it_input", load=it, limit=1.0, gain=gain(rng, 1.0)),
        Gauge(name="c", point="cooling", load=cooling, limit=1.0, gain=gain(rng, 1.0)),
    ]
    return window(rng, gauges, Mixed((1.0, it), (1.0, cooling)), it, 2 * HOUR, 300.0)


def bursty(rng: Random, *, dwell: float, length: float, both: bool) -> Trial:
    """Power each minute of a load that jumps about; IT has a register unless `both` have power."""
    it = bursts(rng, length + 3 * HOUR, dwell, 0.2 * MEGA, MEGA)
    facility = Mixed((1.2, it), (1.0, Wave(0.05 * MEGA)))
    gauges = [
        Gauge(
            name="u", point="utility", load=facility, limit=0.2, gain=gain(rng, 0.2), counts=False
        ),
        Gauge(name="i", point="it_input", load=it, limit=0.2, gain=gain(rng, 0.2), counts=not both),
    ]
    return window(rng, gauges, facility, it, length, 60.0)


def cycling(
    rng: Random,
    *,
    length: float,
    unrest: float,
    period: float | None = None,
    interval: float = 300.0,
) -> Trial:
    """Power each `interval`, of a plant that is on and off within some minutes."""
    it = Wave(MEGA, 0.02 * MEGA, 9000.0, rng.uniform(0, 6))
    plant = cycles(rng, length + 3 * HOUR, period or rng.uniform(360, 660), 0.4 * MEGA, unrest)
    facility = Mixed((1.05, it), (1.0, plant))
    gauges = [
        Gauge(name="u", point="utility", load=facility, gain=gain(rng, 0.5), counts=False),
        Gauge(name="i", point="it_input", load=it, gain=gain(rng, 0.5), counts=False),
    ]
    return window(rng, gauges, facility, it, length, interval)


def young(rng: Random) -> Trial:
    """A site that is twenty minutes old, with registers that count kilowatt-hours."""
    it = Wave(0.2 * MEGA)
    facility = Mixed((1.3, it))
    gauges = [
        Gauge(
            name=name,
            point=point,
            load=load,
            gain=gain(rng, 0.5),
            step=KWH,
            first=KWH * rng.uniform(1000, 2000),
        )
        for name, point, load in (("u", "utility", facility), ("i", "it_input", it))
    ]
    return live(
        gauges, 1200.0, 60.0, rng.uniform(0, 60), lambda b: b.pue.result(SITE, "1h"), truth=1.3
    )


def cut_bridge(rng: Random) -> Trial:
    """IT's register is read twice a day, and the utility's power is silent for some hours of it.

    Meanwhile the load is up to a fifth off its mean.
    """
    away = rng.uniform(1.0, 2.2) * HOUR
    start = HOUR + rng.uniform(1.0, 20.0) * HOUR
    it = Jumps([0.0, start, start + away], [MEGA, MEGA * rng.uniform(0.8, 1.2), MEGA])
    gauges = [
        Gauge(
            name="u",
            point="utility",
            load=Mixed((1.2, it)),
            limit=0.2,
            gain=gain(rng, 0.2),
            counts=False,
            silent=[(start - 150, start + away + 150)],
        ),
        Gauge(
            name="i",
            point="it_input",
            load=it,
            limit=0.2,
            gain=gain(rng, 0.2),
            silent=[(HOUR + 300.0, HOUR + DAY - 300.0)],
        ),
    ]
    return live(
        gauges,
        HOUR + DAY + 900,
        300.0,
        rng.uniform(0, 300),
        lambda b: b.pue.between(SITE, T0 + HOUR, T0 + HOUR + DAY),
        truth=1.2,
    )


def imported_energies(rng: Random) -> Trial:
    """Energies of five minutes from a file, of a load that jumps about; class 0.2."""
    it = bursts(rng, DAY + HOUR, 400.0, 0.2 * MEGA, MEGA)
    facility = Mixed((1.2, it), (1.0, Wave(0.05 * MEGA)))
    start, end = HOUR, 3 * HOUR
    truth = (facility.energy(end) - facility.energy(start)) / (it.energy(end) - it.energy(start))
    gauges = [
        Gauge(name="u", point="utility", load=facility, limit=0.2, gain=gain(rng, 0.2)),
        Gauge(name="i", point="it_input", load=it, limit=0.2, gain=gain(rng, 0.2)),
    ]
    return imported(gauges, 300.0, 2 * HOUR, truth, counts=False)


def imported_register(rng: Random) -> Trial:
    """Registers from a file that count in steps of 100 kWh, one hour of a megawatt."""
    it = Wave(MEGA, 0.2 * MEGA, 40_000.0, rng.uniform(0, 6))
    gauges = [
        Gauge(
            name=name,
            point=point,
            load=load,
            gain=gain(rng, 0.5),
            step=100 * KWH,
            first=KWH * rng.uniform(1e5, 2e5),
        )
        for name, point, load in (("u", "utility", Mixed((1.3, it))), ("i", "it_input", it))
    ]
    return imported(gauges, HOUR, HOUR, 1.3, counts=True)


LAWS: Final[dict[str, Callable[[Random], Trial]]] = {
    "classes 0.5 and 1": classes,
    "40 PDUs of class 1, errors of their own": partial(pdus, common=0.0, limit=1.0),
    "40 PDUs of class 1, a third in common": partial(pdus, common=1 / 3, limit=1.0),
    "40 PDUs, no class stated, one error": partial(pdus, common=1.0, limit=None),
    "IT and cooling, no meter at the utility": parts,
    "power at 60 s, bursts of 1 min": partial(bursty, dwell=60.0, length=2 * HOUR, both=True),
    "power at 60 s, bursts of 5 min": partial(bursty, dwell=300.0, length=2 * HOUR, both=True),
    "power and a register, bursts of 20 s": partial(
        bursty, dwell=20.0, length=2 * HOUR, both=False
    ),
    "power and a register, bursts of 5 min": partial(
        bursty, dwell=300.0, length=2 * HOUR, both=False
    ),
    "power at 300 s, cycling plant, 2 h": partial(cycling, length=2 * HOUR, unrest=0.1),
    "power at 300 s, cycling plant, 24 h": partial(cycling, length=DAY, unrest=0.1),
    "power at 300 s, a plant in step with it, 24 h": partial(
        cycling, length=DAY, unrest=0.0, period=480.0
    ),
    **{
        f"power at 300 s, a plant of {period // 60} minutes, 24 h": partial(
            cycling, length=DAY, unrest=0.0, period=float(period)
        )
        for period in (600, 900, 1200)
    },
    "power at 60 s, a plant in step with it, 24 h": partial(
        cycling, length=DAY, unrest=0.0, period=480.0, interval=60.0
    ),
    "the first twenty minutes": young,
    "imported register of coarse steps": imported_register,
    "imported energies of five minutes": imported_energies,
    "a bridge cut by the other boundary": cut_bridge,
}
"""Every law by its name."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Judgement:
    """How a law's runs went: the share covered, the mean U, and the error of 95 % of runs."""

    law: str
    runs: int
    covered: float
    stated: float
    error: float


def judge(law: str, runs: int, seed: int = 1) -> Judgement:
    """Run a law so many times."""
    trials = [LAWS[law](Random(f"{law} {seed} {n}")) for n in range(runs)]
    errors = sorted(one.error for one in trials)
    return Judgement(
        law=law,
        runs=runs,
        covered=sum(one.is_covered for one in trials) / runs,
        stated=sum(one.uncertainty for one in trials) / runs,
        error=errors[min(runs - 1, int(0.95 * runs))],
    )
