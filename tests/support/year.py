"""Synthetic truth through the real ledger and PUE; `python -m bench year` runs a whole year."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from pathlib import Path
from random import Random
from typing import Final

from agent.ledger.energy import CELLS
from agent.ledger.ledger import Ledger
from agent.pue.model import PueResult
from agent.pue.pue import Pue
from tests.support import light_folder
from tests.support.ledger import Clock, inventory
from tests.support.truth import CELL, DAY, START, TrueSite, make_site

INTERVAL: Final = 900.0


@dataclass(frozen=True, slots=True, kw_only=True)
class Judged:
    """One window of one site: the PUE of the ledger, and the true one.

    The true one is given over the same covered cells, and over the whole window.
    """

    result: PueResult
    over_covered: float | None
    over_all: float

    @property
    def error(self) -> float:
        """The relative error over the covered cells, in units of the stated uncertainty."""
        assert self.result.pue is not None
        assert self.over_covered is not None
        assert self.result.uncertainty
        return abs(self.result.pue / self.over_covered - 1) / self.result.uncertainty


def run(
    sites: int,
    days: int,
    *,
    every: float = 7 * DAY,
    seed: int = 1,
    change: Callable[[TrueSite, int], None] | None = None,
    periods: Iterable[tuple[float, float]] = (),
) -> list[Judged]:
    """Live through some days at some sites.

    Every window of every site is judged `every` so many seconds, and `periods` at the end.
    """
    rng = Random(seed)
    hub = [make_site(f"s{n:02}", days, rng) for n in range(sites)]
    for n, site in enumerate(hub):
        if change is not None:
            change(site, n)
    listed = "\n".join(f"  - {{site: {site.name}, timezone: Asia/Shanghai}}" for site in hub)
    stock = inventory(f"sites:\n{listed}\nmeters:\n" + "\n".join(site.inventory() for site in hub))
    found: list[Judged] = []
    with light_folder() as folder:
        clock = Clock(START)
        book = Ledger(Path(folder) / "ledger.db", inventory=stock, clock=clock)
        pue = Pue(book, stock, clock=clock)
        asked = START + every
        for n in range(int(days * DAY / INTERVAL)):
            at = START + n * INTERVAL
            for number, site in enumerate(hub):
                clock.now = at + 17.0 * number
                one = site.batch(clock.now, INTERVAL)
                if one is not None:
                    book.accept(one)
            if n % 96 == 95 or at >= asked:
                book.flush()
                while not pue.refresh():
                    pass
            if at >= asked:
                asked += every
                found += [
                    judge(pue, site, result) for site in hub for result in pue.results(site.name)
                ]
        found += [
            judge(pue, site, pue.between(site.name, *period)) for site in hub for period in periods
        ]
        book.close()
    return found


def judge(pue: Pue, site: TrueSite, result: PueResult) -> Judged:
    """Compare a window with the truth."""
    start, end = round(result.start), round(result.end)
    facility = it = 0.0
    for hour, points in pue.hours.hours(
        site.name, (start - start % 3600) * 1000, end * 1000
    ).items():
        if "utility" not in points or "it_input" not in points:
            continue
        mask = points["utility"].mask & points["it_input"].mask
        for n in range(CELLS):
            at = hour // 1000 + n * CELL
            if mask >> n & 1 and start <= at < end and at >= START:
                knot = (at - START) // CELL
                facility += site.facility.joules[knot + 1] - site.facility.joules[knot]
                it += site.it.joules[knot + 1] - site.it.joules[knot]
    first = max(start, START)
    whole = (site.facility.energy(end) - site.facility.energy(first)) / (
        site.it.energy(end) - site.it.energy(first)
    )
    return Judged(result=result, over_covered=facility / it if it else None, over_all=whole)
