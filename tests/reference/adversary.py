"""An adversary: it searches for a PUE that is better than the truth.

`python -m tests.reference.adversary [--seconds S] [--seed X] [--jobs J]` starts from random sites
and changes them a little at a time: silences, additions, glitches, exchanges, stalls, files instead
of live readings. It keeps what makes PUE better than the truth of the window, at a coverage of at
least 0.9, and prints the best that it found in units of the stated uncertainty. Above 1 it has won.
J searches go on side by side, each from a seed of its own.
"""

from __future__ import annotations

import argparse
import os
import sys
import time
from collections.abc import Callable, Mapping
from concurrent.futures import ProcessPoolExecutor
from contextlib import AbstractContextManager
from dataclasses import dataclass, replace
from functools import partial
from random import Random
from typing import Final

from tests.reference.answers import Product
from tests.reference.judge import ENOUGH, TOO_GOOD, Against, Disagreement, against_truth
from tests.reference.known import reason
from tests.reference.product import imported, live
from tests.reference.smaller import short, smallest
from tests.reference.strategies import Drawing, by_seed
from tests.reference.worlds import Device, Plan, World, build

Way = Callable[[World], AbstractContextManager[Product]]
WAYS: Final[Mapping[str, Way]] = {"live": live, "import": imported}
PATIENCE = 40
"""Changes that bring nothing before the search begins elsewhere."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Find:
    """A plan and how much better than the truth it made a PUE."""

    way: str
    plan: Plan
    worst: Against | None

    @property
    def explained(self) -> str | None:
        """Why it is known to be too good, if it is."""
        if self.worst is None or self.worst.units >= -1:
            return None
        found = Disagreement(TOO_GOOD, str(self.worst), "", self.worst.window, -self.worst.units)
        return reason(self.plan, found)

    @property
    def score(self) -> float:
        """How many uncertainties the PUE is below the truth; what is known wins nothing."""
        if self.worst is None:
            return -1e9
        return -1e9 if self.explained else -self.worst.units


def attempt(way: str, plan: Plan, ways: Mapping[str, Way] = WAYS) -> Find:
    """Let the product hear a plan, and take the window in which it flatters most.

    What the product raises has the plan with it, so that one can see which plan it was.
    """
    world = build(plan)
    try:
        with ways[way](world) as product:
            found = [one for one in against_truth(world, product) if one.coverage >= ENOUGH]
    except Exception as error:
        error.add_note(f"{way}: {short(plan)}")
        raise
    return Find(way=way, plan=plan, worst=min(found, key=lambda one: one.units, default=None))


def changed(plan: Plan, draw: Drawing, chance: Random) -> Plan:
    """Change one thing of a plan."""
    move = chance.randrange(8)
    if move == 0:
        return replace(plan, it_shape=draw.shape())
    if move == 1:
        return replace(plan, overhead_shape=draw.shape())
    if move == 2:
        return replace(plan, overhead=chance.choice((10, 30, 90)))
    if move == 3:
        fresh = draw.plan()
        return replace(plan, sun=fresh.sun, sun_kw=fresh.sun_kw, exports=fresh.exports)
    if move in {4, 5}:
        return replace(plan, feeds=_one_changed(plan.feeds, plan, draw, chance, late=False))
    return replace(plan, branches=_one_changed(plan.branches, plan, draw, chance, late=draw.late))


def _one_changed(
    devices: tuple[Device, ...], plan: Plan, draw: Drawing, chance: Random, *, late: bool
) -> tuple[Device, ...]:
    """Give one device another fault, or take one away, or shift one, or make it anew.

    A feed is never late: energy that flows by a meter nobody lists is beyond any ledger.
    """
    place = chance.randrange(len(devices))
    device = devices[place]
    faults = list(device.faults)
    move = chance.randrange(5)
    if move == 0 and faults:
        faults.pop(chance.randrange(len(faults)))
    elif move == 1 and faults:
        which = chance.randrange(len(faults))
        minute = faults[which].minute + chance.choice((-60, -10, -1, 1, 10, 60))
        last = plan.hours * 60
        faults[which] = replace(faults[which], minute=min(max(1, minute), last))
    elif move == 2:
        device = draw.device(plan.hours, late=late and place > 0)
        faults = list(device.faults)
    else:
        faults = [*faults, draw.fault(plan.hours)][-4:]
    device = replace(device, faults=tuple(faults))
    return (*devices[:place], device, *devices[place + 1 :])


def search(
    *,
    seconds: float,
    seed: int,
    most: int | None = None,
    ways: Mapping[str, Way] = WAYS,
) -> tuple[Find | None, int]:
    """Search for some time, or for a number of attempts; return the best find and how many.

    Args:
        seconds: how long.
        seed: of everything that is drawn.
        most: attempts; without it, as many as there is time for.
        ways: how the product hears a plan, by name; `import` takes files.
    """
    chance = Random(seed)
    until = time.monotonic() + seconds
    best: Find | None = None
    tried = 0

    def over() -> bool:
        return tried >= most if most is not None else time.monotonic() > until

    while not over():
        way = chance.choice(sorted(ways))
        draw = by_seed(chance, filed=way == "import")
        here = attempt(way, draw.plan(), ways)
        tried, idle = tried + 1, 0
        while idle < PATIENCE and not over():
            there = attempt(way, changed(here.plan, draw, chance), ways)
            tried += 1
            idle = 0 if there.score > here.score else idle + 1
            here = there if there.score >= here.score else here
        if best is None or here.score > best.score:
            best = here
    return best, tried


def _from(seconds: float, seed: int) -> tuple[Find | None, int]:
    return search(seconds=seconds, seed=seed)


def small(find: Find, ways: Mapping[str, Way] = WAYS) -> Find:
    """Make a plan small that wins."""
    plan = smallest(find.plan, lambda one: attempt(find.way, one, ways).score > 1)
    return attempt(find.way, plan, ways)


def main() -> int:
    """Search, and print the best find; exit status 1 if it is better than the truth allows."""
    parser = argparse.ArgumentParser(
        prog="python -m tests.reference.adversary", description=__doc__
    )
    parser.add_argument("--seconds", type=float, default=3600.0, metavar="S")
    parser.add_argument("--seed", type=int, default=1, metavar="X")
    parser.add_argument("--jobs", type=int, default=os.cpu_count() or 1, metavar="J")
    args = parser.parse_args()
    with ProcessPoolExecutor(max_workers=args.jobs) as pool:
        seeds = range(args.seed, args.seed + args.jobs)
        searched = list(pool.map(partial(_from, args.seconds), seeds))
    best = max((one for one, _ in searched if one), key=lambda one: one.score, default=None)
    tried = sum(count for _, count in searched)
    if best is None or best.worst is None:
        sys.stdout.write(f"{tried} attempts, no PUE at a coverage of {ENOUGH}\n")
        return 0
    sys.stdout.write(
        f"{tried} attempts; the best is {best.score:.2f} times the uncertainty\n"
        f"{best.worst}\n{best.way}: {short(best.plan)}\n"
    )
    if best.score > 1:
        least = small(best)
        sys.stdout.write(f"made small: {least.worst}\n{least.way}: {short(least.plan)}\n")
    return 1 if best.score > 1 else 0


if __name__ == "__main__":
    sys.exit(main())
