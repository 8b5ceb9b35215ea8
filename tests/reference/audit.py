"""`make audit`: thousands of made-up cases through the product, judged by the reference.

`python -m tests.reference.audit [--cases N] [--seconds S] [--seed X] [WAY …]` prints each
disagreement as a small case, and a summary. Exit status 1 if there is any that is not known.
"""

from __future__ import annotations

import argparse
import sys
import time
from collections import Counter
from dataclasses import dataclass, field, fields, is_dataclass
from typing import Any

from hypothesis import HealthCheck, Phase, given, seed, settings

from tests.reference.judge import Disagreement
from tests.reference.known import OPEN
from tests.reference.ways import WAYS, Way

AT_ONCE = 100
"""Cases of one run of hypothesis."""

SHRINKS = 150
"""Attempts at making a case small."""


class FoundError(Exception):
    """A case in which product and reference disagree."""

    def __init__(self, case: Any, disagreement: Disagreement) -> None:
        """Keep both, the smallest last."""
        super().__init__(disagreement.text)
        self.case, self.disagreement = case, disagreement


class EnoughError(BaseException):
    """Ends a run of hypothesis in its middle: the time is up, or the case is small enough."""


@dataclass(slots=True)
class Tally:
    """What one way came to."""

    cases: int = 0
    agreed: int = 0
    found: Counter[str] = field(default_factory=Counter)
    smallest: dict[str, FoundError] = field(default_factory=dict)


def main() -> int:
    """Run the audit."""
    parser = argparse.ArgumentParser(prog="python -m tests.reference.audit", description=__doc__)
    parser.add_argument("ways", nargs="*", metavar="WAY", help=f"of {', '.join(WAYS)}")
    parser.add_argument("--cases", type=int, default=10_000, metavar="N")
    parser.add_argument("--seconds", type=float, default=3600.0, metavar="S")
    parser.add_argument("--seed", type=int, default=1, metavar="X")
    args = parser.parse_args()
    unknown = sorted(set(args.ways) - set(WAYS))
    if unknown:
        parser.error(f"no way {unknown[0]}; expected some of {', '.join(WAYS)}")
    chosen = {name: way for name, way in WAYS.items() if not args.ways or name in args.ways}
    total = sum(way.share for way in chosen.values())
    tallies = {}
    for number, (name, way) in enumerate(chosen.items()):
        tallies[name] = audit(
            way,
            cases=max(1, args.cases * way.share // total),
            until=time.monotonic() + args.seconds * way.share / total,
            number=args.seed * 1000 + number,
        )
        report(name, tallies[name])
    found = {f"{name}: {sort}" for name, tally in tallies.items() for sort in tally.found}
    return 1 if found - OPEN.keys() else 0


def audit(way: Way, *, cases: int, until: float, number: int) -> Tally:
    """Judge cases of one way, as many as there is time for.

    Args:
        way: how they are drawn and judged.
        cases: how many at most.
        until: of the monotonic clock.
        number: the seed.
    """
    tally = Tally()
    while tally.cases < cases and time.monotonic() < until:
        number += 1_000_000
        try:
            _batch(way, tally, min(AT_ONCE, cases - tally.cases), until, number)
        except (FoundError, EnoughError):
            continue
    return tally


def _batch(way: Way, tally: Tally, cases: int, until: float, number: int) -> None:
    """Judge some cases; make the first one of a sort that was not seen before small."""
    seen = set(tally.smallest)
    shrinking: list[str] = []
    shrinks = 0

    @seed(number)
    @settings(
        max_examples=cases,
        deadline=None,
        database=None,
        report_multiple_bugs=False,
        phases=(Phase.generate, Phase.shrink),
        suppress_health_check=list(HealthCheck),
    )
    @given(way.cases)
    def attempt(case: Any) -> None:
        nonlocal shrinks
        shrinks += len(shrinking)
        if time.monotonic() > until or shrinks > SHRINKS:
            raise EnoughError
        found = {}
        try:
            found = {one.sort: one for one in way.judge(case)}
        except Exception as error:  # noqa: BLE001 - whatever the product raises is a finding
            text = f"{type(error).__name__}: {error}"
            found = {"crash": Disagreement("crash", text)}
        if not shrinking:
            tally.cases += 1
            tally.agreed += not found
            tally.found.update(list(found))
        for sort, one in found.items():
            if sort in shrinking or (not shrinking and sort not in seen):
                shrinking[:] = [sort]
                tally.smallest[sort] = FoundError(case, one)
                raise tally.smallest[sort]

    attempt()


def report(name: str, tally: Tally) -> None:
    """Print what one way came to."""
    say(f"{name:<14} {tally.cases:6d} cases, {tally.agreed} agreed")
    for sort, count in tally.found.most_common():
        reason = OPEN.get(f"{name}: {sort}")
        known = f" (known: {reason})" if reason else ""
        say(f"    {count:6d} x {sort}{known}")
        smallest = tally.smallest.get(sort)
        if smallest is not None:
            say(f"           {smallest.disagreement.text}")
            say(f"           {short(smallest.case)}")


def short(case: Any) -> str:
    """Write a case without what is as it is by default."""
    if isinstance(case, tuple):
        return f"({', '.join(short(one) for one in case)})"
    if not is_dataclass(case):
        return repr(case)
    told = [
        f"{one.name}={short(getattr(case, one.name))}"
        for one in fields(case)
        if getattr(case, one.name) != one.default
    ]
    return f"{type(case).__name__}({', '.join(told)})"


def say(text: str) -> None:
    """Print at once."""
    sys.stdout.write(text + "\n")
    sys.stdout.flush()


if __name__ == "__main__":
    sys.exit(main())
