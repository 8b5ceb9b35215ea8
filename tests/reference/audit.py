"""`make audit`: thousands of made-up cases through the product, judged by the reference.

`python -m tests.reference.audit [--cases N] [--seconds S] [--seed X] [WAY …]` prints each
disagreement as a small case, and a summary. Exit status 1 if there is any that is not known.
"""

from __future__ import annotations

import argparse
import contextlib
import sys
import time
from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, NamedTuple

from hypothesis import HealthCheck, Phase, given, seed, settings

from tests.reference.judge import Disagreement
from tests.reference.known import reason
from tests.reference.smaller import short, smallest
from tests.reference.ways import WAYS, Way

AT_ONCE = 100
"""Cases of one run of hypothesis."""


class Found(NamedTuple):
    """A case in which product and reference disagree."""

    case: Any
    disagreement: Disagreement


class EnoughError(BaseException):
    """Ends a run of hypothesis in its middle: the time is up."""


@dataclass(slots=True)
class Tally:
    """What one way came to."""

    cases: int = 0
    agreed: int = 0
    explained: int = 0
    """Cases in which every disagreement is a known one."""
    found: Counter[str] = field(default_factory=Counter)
    """By sort; a known one by its reason."""
    smallest: dict[str, Found] = field(default_factory=dict)
    """Of each sort that is not known."""

    @property
    def wrong(self) -> int:
        """Cases with a disagreement that nobody knows."""
        return self.cases - self.agreed - self.explained

    def add(self, case: Any, found: Mapping[str, Disagreement]) -> None:
        """Count a case."""
        self.cases += 1
        self.agreed += not found
        reasons = {sort: reason(case, one) for sort, one in found.items()}
        self.explained += bool(found) and all(reasons.values())
        self.found.update(f"known: {why}" if why else sort for sort, why in reasons.items())


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
    say(
        f"{sum(one.cases for one in tallies.values())} cases:"
        f" {sum(one.agreed for one in tallies.values())} equal,"
        f" {sum(one.explained for one in tallies.values())} explained,"
        f" {sum(one.wrong for one in tallies.values())} not"
    )
    return 1 if any(one.wrong for one in tallies.values()) else 0


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
        with contextlib.suppress(EnoughError):
            _batch(way, tally, min(AT_ONCE, cases - tally.cases), until, number)
    return tally


def _batch(way: Way, tally: Tally, cases: int, until: float, number: int) -> None:
    """Judge some cases; make the first one of a sort that was not seen before small."""

    @seed(number)
    @settings(
        max_examples=cases,
        deadline=None,
        database=None,
        phases=(Phase.generate,),
        suppress_health_check=list(HealthCheck),
    )
    @given(way.cases)
    def attempt(case: Any) -> None:
        if time.monotonic() > until:
            raise EnoughError
        found = judged(way, case)
        tally.add(case, found)
        for sort, one in found.items():
            if reason(case, one) is None and sort not in tally.smallest:
                tally.smallest[sort] = Found(case, one)  # should there be no time to make it small
                tally.smallest[sort] = small(way, case, sort)

    attempt()


def judged(way: Way, case: Any) -> dict[str, Disagreement]:
    """Judge a case; of each sort one that nobody knows comes before those that are known."""
    found: dict[str, Disagreement] = {}
    try:
        for one in way.judge(case):
            if one.sort not in found or reason(case, found[one.sort]):
                found[one.sort] = one
    except Exception as error:  # noqa: BLE001 - whatever the product raises is a finding
        text = f"{type(error).__name__}: {error}"
        found = {"crash": Disagreement("crash", text)}
    return found


def small(way: Way, case: Any, sort: str) -> Found:
    """Make a case small in which nobody knows a disagreement of a sort."""

    def is_wrong(one: Any) -> bool:
        found = judged(way, one).get(sort)
        return found is not None and reason(one, found) is None

    least = smallest(case, is_wrong)
    return Found(least, judged(way, least)[sort])


def report(name: str, tally: Tally) -> None:
    """Print what one way came to."""
    say(
        f"{name:<14} {tally.cases:6d} cases: {tally.agreed} equal,"
        f" {tally.explained} explained, {tally.wrong} not"
    )
    for sort, count in tally.found.most_common():
        say(f"    {count:6d} x {sort}")
        smallest = tally.smallest.get(sort)
        if smallest is not None:
            say(f"           {smallest.disagreement.text}")
            say(f"           {short(smallest.case)}")


def say(text: str) -> None:
    """Print at once."""
    sys.stdout.write(text + "\n")
    sys.stdout.flush()


if __name__ == "__main__":
    sys.exit(main())
