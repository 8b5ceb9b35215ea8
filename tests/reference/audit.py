"""`make audit`: thousands of made-up cases through the product, judged by the reference.

`python -m tests.reference.audit [--cases N] [--seconds S] [--seed X] [--jobs J] [WAY …]` prints
each disagreement as a small case, and a summary. Exit status 1 if there is any that is not known.
"""

from __future__ import annotations

import argparse
import contextlib
import os
import sys
import time
from collections import Counter, deque
from collections.abc import Mapping, Sequence
from concurrent.futures import FIRST_COMPLETED, Future, ProcessPoolExecutor, wait
from dataclasses import dataclass, field
from typing import Any, NamedTuple

from hypothesis import HealthCheck, Phase, given, seed, settings

from tests.reference.judge import Disagreement
from tests.reference.known import reason
from tests.reference.smaller import short, smallest
from tests.reference.ways import WAYS, Way

AT_ONCE = 25
"""Cases of one run of hypothesis, which one process judges."""


class Task(NamedTuple):
    """Some cases of one way, drawn by a seed."""

    way: str
    cases: int
    number: int


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
    seconds: float = 0.0
    """What they took, of one process."""
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

    def join(self, other: Tally) -> None:
        """Add what other cases of the same way came to."""
        self.cases += other.cases
        self.agreed += other.agreed
        self.explained += other.explained
        self.seconds += other.seconds
        self.found.update(other.found)
        self.smallest = {**other.smallest, **self.smallest}


def main() -> int:
    """Run the audit."""
    parser = argparse.ArgumentParser(prog="python -m tests.reference.audit", description=__doc__)
    parser.add_argument("ways", nargs="*", metavar="WAY", help=f"of {', '.join(WAYS)}")
    parser.add_argument("--cases", type=int, default=10_000, metavar="N")
    parser.add_argument("--seconds", type=float, default=3600.0, metavar="S")
    parser.add_argument("--seed", type=int, default=1, metavar="X")
    parser.add_argument("--jobs", type=int, default=os.cpu_count() or 1, metavar="N")
    args = parser.parse_args()
    unknown = sorted(set(args.ways) - set(WAYS))
    if unknown:
        parser.error(f"no way {unknown[0]}; expected some of {', '.join(WAYS)}")
    chosen = {name: way for name, way in WAYS.items() if not args.ways or name in args.ways}
    total = sum(way.share for way in chosen.values())
    cases = {name: max(1, args.cases * way.share // total) for name, way in chosen.items()}
    began = time.monotonic()
    tallies = audit(cases, seconds=args.seconds, number=args.seed, jobs=args.jobs)
    for name, tally in tallies.items():
        report(name, tally)
    say(
        f"{sum(one.cases for one in tallies.values())} cases"
        f" in {time.monotonic() - began:.0f} s, by {args.jobs} processes:"
        f" {sum(one.agreed for one in tallies.values())} equal,"
        f" {sum(one.explained for one in tallies.values())} explained,"
        f" {sum(one.wrong for one in tallies.values())} not"
    )
    return 1 if any(one.wrong for one in tallies.values()) else 0


def audit(
    cases: Mapping[str, int], *, seconds: float, number: int, jobs: int
) -> Mapping[str, Tally]:
    """Judge so many cases of each way, as far as there is time; return what each came to.

    All ways go on side by side, so that each has its share if the time is up. A process judges
    many cases.
    """
    until = time.monotonic() + seconds
    tallies = {name: Tally() for name in cases}
    waiting = deque(_tasks(cases, number))
    running: set[Future[tuple[str, Tally]]] = set()
    with ProcessPoolExecutor(max_workers=jobs) as pool:
        while waiting or running:
            while waiting and len(running) < 2 * jobs and time.monotonic() < until:
                task = waiting.popleft()
                seen = frozenset(tallies[task.way].smallest)
                running.add(pool.submit(run, task, until - time.monotonic(), seen))
            if not running:
                break
            done, running = wait(running, return_when=FIRST_COMPLETED)
            for one in done:
                name, tally = one.result()
                tallies[name].join(tally)
                for sort in tally.smallest:
                    say(f"found: {name}: {sort}")
    return tallies


def _tasks(cases: Mapping[str, int], number: int) -> Sequence[Task]:
    """Return tasks for so many cases of each way, spread evenly over all of the time."""
    placed = []
    for place, (name, count) in enumerate(cases.items()):
        firsts = range(0, count, AT_ONCE)
        placed += [
            (
                (first + 1) / count,
                place,
                Task(name, min(AT_ONCE, count - first), number * 10**9 + place * 10**6 + first),
            )
            for first in firsts
        ]
    return [task for _, _, task in sorted(placed)]


def run(task: Task, seconds: float, seen: frozenset[str]) -> tuple[str, Tally]:
    """Judge the cases of a task; of a sort that was `seen` before none is made small."""
    tally = Tally()
    began = time.monotonic()
    with contextlib.suppress(EnoughError):
        _batch(WAYS[task.way], tally, task, began + seconds, seen)
    tally.seconds = time.monotonic() - began
    return task.way, tally


def _batch(way: Way, tally: Tally, task: Task, until: float, seen: frozenset[str]) -> None:
    """Judge some cases; make the first one of a sort that was not seen before small."""

    @seed(task.number)
    @settings(
        max_examples=task.cases,
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
            if reason(case, one) is None and sort not in tally.smallest and sort not in seen:
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
        f" {tally.explained} explained, {tally.wrong} not;"
        f" {60 * tally.cases / max(tally.seconds, 1e-9):.0f} a minute and process"
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
