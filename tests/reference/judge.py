"""Compare the product with the definitions, and with the truth.

- Wherever the definitions say that a cell counts, it counts, and with that energy.
- Wherever they say that it does not, it does not.
- A PUE is right within its uncertainty, and at a coverage of 0.9 never better than the truth.
"""

from __future__ import annotations

import math
from collections.abc import Iterator
from dataclasses import dataclass
from fractions import Fraction

from tests.reference.answers import Answer, Product
from tests.reference.beside import above, below, beside, known, stated
from tests.reference.model import CELL, INCOMING, Duty, Meter, Metered
from tests.reference.site import SiteFigures, inconsistent
from tests.reference.worlds import World, referee

CLOSE = 1e-9
"""Doubles, summed some thousand times."""

TO_THE_JOULE = 1.0
"""What a file's kWh lose by being written in decimals."""

ENOUGH = 0.9
"""From this coverage on a figure may be published, and must not be better than the truth."""


TOO_GOOD = "better_than_truth"


@dataclass(frozen=True, slots=True)
class Disagreement:
    """One thing in which the product is wrong; its sort groups those of one reason."""

    sort: str
    text: str
    side: str = ""
    """The boundary or figure that is wrong; empty where it is both boundaries."""
    minutes: tuple[int, int] = (0, 0)
    """From when to when, since the case began."""
    size: float = 0.0
    """How many uncertainties a PUE is better than the truth."""


@dataclass(frozen=True, slots=True)
class Against:
    """How far one window's PUE is from the truth, in units of its uncertainty; below 0: better."""

    window: tuple[int, int]
    pue: float
    truth: float
    uncertainty: float
    coverage: float
    tail: float = 0.0
    """Relative, squared: what coarse steps may do at most, beyond what U (k = 2) has of them."""

    @property
    def units(self) -> float:
        """The distance as a multiple of U.

        Of one in twenty windows the truth is outside of U, and whoever searches finds it. What
        steps can do at most is known, so that they are reckoned with in full.
        """
        most = math.sqrt(self.uncertainty**2 + self.tail)
        return (self.pue - self.truth) / max(most * self.pue, 1e-12)


def windows(world: World) -> list[tuple[int, int]]:
    """Return the windows that are looked at: the whole, halves, hours, and odd ones."""
    start, end = world.start, world.end
    middle = (start + end) // 2
    middle -= middle % CELL
    odd = [(start + n * CELL, end - m * CELL) for n, m in ((3, 1), (7, 13))]
    hours = [(at, at + 12 * CELL) for at in range(start, end, 24 * CELL)]
    return [(start, end), (start, middle), (middle, end), *odd, *hours]


def compare(world: World, product: Product, *, settled: bool = True) -> Iterator[Disagreement]:
    """Tell where the product and the definitions differ.

    Args:
        world: what was told.
        product: what heard it.
        settled: each cell has to count that should. A false reading may cost more than it must.
    """
    figures = referee(world)
    cells = product.cells(world.start, world.end)
    counted = [answer.start for answer in cells if answer.coverage > 0]
    found = _by_cell(world, figures, cells)
    yield from (one for one in found if settled or one.sort != "coverage_lost")
    names = known(figures)
    of_figure = {
        name: counted
        if name == "ref"
        else [one.start for one in cells if (r := one.beside.get(name)) and r.coverage > 0]
        for name in names
    }
    for name in names:
        if name == "ref":
            continue  # it is of the PUE's cells
        yield from _cells_beside(world, figures, name, cells, settled=settled)
    for start, end in windows(world):
        inside = [cell for cell in counted if start <= cell < end]
        answer = product.between(start, end)
        yield from _by_window(figures, answer, inside, world)
        for name, all_cells in of_figure.items():
            chosen = [cell for cell in all_cells if start <= cell < end]
            yield from _window_beside(world, figures, name, answer, chosen)


def _minute(world: World, at: int) -> int:
    return (at - world.start) // 60_000


def _by_cell(world: World, figures: SiteFigures, cells: list[Answer]) -> Iterator[Disagreement]:
    for answer in cells:
        facility, it = figures.facility(answer.start), figures.it(answer.start)
        minutes = _minutes(world, answer)
        where = f"minute {minutes[0]}"
        duty = min(facility.duty, it.duty) if facility and it else None
        if answer.coverage > 0 and (facility is None or it is None):
            side = "facility" if it else "IT" if facility else ""
            text = f"{where}: {_said(answer)}"
            yield Disagreement("covered_without_evidence", text, side, minutes)
        if answer.coverage == 0 and duty is Duty.MUST:
            text = f"{where}: facility {facility}, IT {it}"
            yield Disagreement("coverage_lost", text, "", minutes)
        if answer.coverage > 0 and facility and it:
            for name, said, right in (
                ("facility", answer.facility, facility),
                ("IT", answer.it, it),
            ):
                loose = sum(span.joules for span in right.spans)
                if not _equal(said, right.joules, loose):
                    text = f"{where}: {name} {said} J, right is {float(right.joules)} J"
                    yield Disagreement("energy", text, name, minutes)


def _minutes(world: World, answer: Answer) -> tuple[int, int]:
    return _minute(world, answer.start), _minute(world, answer.end)


def _said(answer: Answer) -> str:
    return f"said facility {answer.facility} J, IT {answer.it} J"


def _equal(said: float, right: Fraction, loose: Fraction | int, count: int = 1) -> bool:
    close = count * TO_THE_JOULE + CLOSE * abs(float(right))
    return abs(said - float(right)) <= close + float(loose)


def _by_window(
    figures: SiteFigures, answer: Answer, counted: list[int], world: World
) -> Iterator[Disagreement]:
    minutes = _minutes(world, answer)
    where = f"minutes {minutes[0]} to {minutes[1]}"
    share = Fraction(len(counted) * CELL, answer.end - answer.start)
    if abs(answer.coverage - float(share)) > CLOSE:
        text = f"{where}: coverage {answer.coverage}, its cells say {float(share)}"
        yield Disagreement("coverage_of_window", text, "", minutes)
    both = [c for c in counted if figures.facility(c) and figures.it(c)]
    right = figures.pue(answer.start, answer.end, both)
    if len(both) < len(counted):
        return
    for name, said, sum_ in (
        ("facility", answer.facility, right.numerator),
        ("IT", answer.it, right.denominator),
    ):
        if not _equal(said, sum_, right.cut, len(counted)):
            text = f"{where}: {name} {said} J, right is {float(sum_)} J"
            yield Disagreement("energy_of_window", text, name, minutes)
    wrong = inconsistent(right) if counted else False
    sure = abs(right.numerator - right.denominator) > right.cut
    if wrong != (answer.state == "inconsistent") and sure:
        text = f"{where}: {answer.state}, right is PUE {right.value}"
        yield Disagreement("state", text, "", minutes)


def _cells_beside(
    world: World, figures: SiteFigures, name: str, cells: list[Answer], *, settled: bool
) -> Iterator[Disagreement]:
    """Compare which cells count in REF, ERF, CUE or WUE, of those that count in PUE."""
    for answer in cells:
        if answer.coverage == 0:
            continue
        right = _both(figures, name, answer.start)
        said = answer.beside.get(name)
        counts = said is not None and said.coverage > 0
        minutes = _minutes(world, answer)
        text = f"minute {minutes[0]}: {name} {said}, right is {right}"
        if counts and right is None and figures.facility(answer.start) and figures.it(answer.start):
            yield Disagreement("covered_without_evidence", text, name, minutes)
        must = right is not None and right[0].duty is Duty.MUST and right[1].joules > 0
        if settled and must and not counts:
            yield Disagreement("coverage_lost", text, name, minutes)


def _both(figures: SiteFigures, name: str, cell: int) -> tuple[Metered, Metered] | None:
    top, bottom = above(figures, name, cell), below(figures, name, cell)
    return (top, bottom) if top and bottom else None


def _window_beside(
    world: World, figures: SiteFigures, name: str, answer: Answer, cells: list[int]
) -> Iterator[Disagreement]:
    """Compare REF, ERF, CUE or WUE of a window over the cells that count in it."""
    if not all(_both(figures, name, cell) for cell in cells):
        return
    minutes = _minutes(world, answer)
    where = f"minutes {minutes[0]} to {minutes[1]}: {name}"
    said = answer.beside.get(name)
    right = beside(figures, name, answer.start, answer.end, cells)
    surely = right.denominator - right.cut
    if said is None and surely <= 0:
        return  # what is below the line may be no more than 0, so there need not be a figure
    share = float(Fraction(len(cells) * CELL, answer.end - answer.start))
    coverage = said.coverage if said else 0.0
    if abs(coverage - share) > CLOSE:
        text = f"{where}: coverage {coverage}, its cells say {share}"
        yield Disagreement("coverage_of_window", text, name, minutes)
    if said is None or right.value is None or surely <= 0:
        return
    wanted = stated(name, right.value)
    loose = (1 + abs(right.value)) * (right.cut + len(cells)) / surely
    if wanted is None or said.value is None:
        differ = (wanted is None) != (said.value is None) and abs(1 - right.value) > loose
    else:
        differ = abs(said.value - float(wanted)) > float(loose) + 1e-7 * float(wanted)
    if differ:
        text = f"{where} {said.value}, right is {wanted and float(wanted)}"
        yield Disagreement("figure_of_window", text, name, minutes)


def against_truth(world: World, product: Product) -> Iterator[Against]:
    """Tell how far each window's PUE is from the truth of all of that window.

    The first and the last two cells are left out: there, meters are just beginning to be heard.
    """
    first, last = world.start + 2 * CELL, world.end - 2 * CELL
    for window in windows(world):
        start, end = max(window[0], first), min(window[1], last)
        answer = product.between(start, end)
        if answer.pue is None:
            continue
        truth = world.truth(list(range(start, end, CELL)))
        if truth is not None:
            yield Against(
                (_minute(world, start), _minute(world, end)),
                answer.pue,
                float(truth),
                answer.uncertainty or 0.0,
                answer.coverage,
                _tail(world, start, end),
            )


def _tail(world: World, start: int, end: int) -> float:
    """Return what the steps of registers may do at most beyond U, squared.

    A register that is cut to steps of q at both ends of a window errs by q at most. Its variance is
    q² / 6, of which U has four times as much.
    """
    facility, it = world.facility.joules(start, end), world.it.joules(start, end)
    shares = [
        float(one.step / (facility if one.meter.point in INCOMING else it))
        for one in world.instruments
        if one.register and (_is_counted(world, one.meter) or one.meter.behind)
    ]
    return sum(shares) ** 2 - sum(4 * one**2 / 6 for one in shares)


def _is_counted(world: World, meter: Meter) -> bool:
    return meter.point in INCOMING or meter.point == world.site.it_point
