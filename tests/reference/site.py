"""From meters to a site's energies and PUE (ISO/IEC 30134-2), in exact fractions."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field, replace
from fractions import Fraction

from tests.reference.model import (
    CELL,
    INCOMING,
    IT_POINTS,
    OVERHEAD,
    Cells,
    Duty,
    Meter,
    Metered,
    Site,
    Span,
)
from tests.reference.rests import Carried, dead

CATEGORY = {"ups_output": 1, "pdu_output": 2, "it_input": 3}


@dataclass(frozen=True, slots=True, kw_only=True)
class Counted:
    """What each meter of a site counted.

    `begins` is when a meter was listed or first heard; `two_ways` when its export register was.
    `steps` are those of registers, in joules.
    """

    incoming: Mapping[str, Cells]
    outgoing: Mapping[str, Cells] = field(default_factory=dict)
    begins: Mapping[str, int] = field(default_factory=dict)
    two_ways: Mapping[str, int] = field(default_factory=dict)
    steps: Mapping[str, Fraction] = field(default_factory=dict)


@dataclass(frozen=True, slots=True, kw_only=True)
class Figure:
    """A window's figure: sums over the cells that count, and what share of the time they are."""

    numerator: Fraction
    denominator: Fraction
    coverage: Fraction
    cut: Fraction
    """Joules of stretches of which only the sum is known, and that lie partly outside.

    The sums may be wrong by so much.
    """

    @property
    def value(self) -> Fraction | None:
        """The ratio, if there is one."""
        return self.numerator / self.denominator if self.denominator > 0 else None


class SiteFigures:
    """The figures of one site."""

    def __init__(self, site: Site, counted: Counted) -> None:
        """Take what was metered.

        Args:
            site: its meters as the inventory lists them.
            counted: what each of them counted.
        """
        self.site = site
        self.counted = counted
        self._replaced = {m.replaces: m.meter for m in site.meters if m.replaces}
        self._known: dict[tuple[str, int], Metered | None] = {}
        self._rests = self._at_rest()

    # What is summed

    def facility(self, cell: int) -> Metered | None:
        """Return the facility energy of a cell, if all its meters count."""
        return self.once("facility", cell, self._facility)

    def _facility(self, cell: int) -> Metered | None:
        bought = [m for m in self.site.meters if self.comes_in(m)]
        if bought:
            found = self.sum_of(cell, ((m, self._weight(m)) for m in bought))
            duty = self._rests.get(cell, Duty.MUST)
            return found and duty and replace(found, duty=min(duty, found.duty))
        outermost = next(p for p in IT_POINTS if self.at(p))
        rest = [m for point in OVERHEAD for m in self.at(point)]
        if not any(m.point == "cooling" for m in rest):
            return None
        return self.sum_of(cell, [*self._it_terms(outermost), *((m, m.share) for m in rest)])

    def _at_rest(self) -> Mapping[int, Duty | None]:
        """Return the cells in which a supply stands at 0 and cannot, or may not."""
        if self.site.battery:
            return {}
        suns = frozenset(m.meter for m in self.at("renewable"))
        return dead(_carried(self), self.counted.steps, suns)

    def it(self, cell: int) -> Metered | None:
        """Return the IT energy of a cell at the site's IT point."""
        terms = self._it_terms
        return self.once("it", cell, lambda at: self.sum_of(at, terms(self.site.it_point)))

    def once(self, name: str, cell: int, find: Callable[[int], Metered | None]) -> Metered | None:
        """Sum up a cell once."""
        if (name, cell) not in self._known:
            self._known[name, cell] = find(cell)
        return self._known[name, cell]

    @property
    def category(self) -> int:
        """By where IT energy is taken (30134-2)."""
        return CATEGORY[self.site.it_point]

    def at(self, point: str) -> list[Meter]:
        """Return the meters of a point."""
        return [m for m in self.site.meters if m.point == point]

    @staticmethod
    def comes_in(meter: Meter) -> bool:
        """Tell whether a meter counts what comes in from outside."""
        return meter.point in INCOMING or (meter.point in OVERHEAD and meter.factor is not None)

    @staticmethod
    def _weight(meter: Meter) -> Fraction:
        weight = meter.share * (Fraction(1) if meter.factor is None else meter.factor)
        return -weight if meter.subtract else weight

    def _it_terms(self, point: str) -> list[tuple[Meter, Fraction]]:
        """Return the meters of a point, and with a minus the overhead that hangs behind them."""
        own = [(m, -m.share if m.subtract else m.share) for m in self.at(point)]
        behind = [
            (m, -m.share)
            for m in self.site.meters
            if m.point in OVERHEAD and m.factor is None and self._hangs_behind(m, point)
        ]
        return own + behind

    def _hangs_behind(self, meter: Meter, point: str) -> bool:
        by_name = {m.meter: m for m in self.site.meters}
        deeper = IT_POINTS[IT_POINTS.index(point) :]
        while meter.behind is not None:
            meter = by_name[meter.behind]
            if meter.point in deeper:
                return True
        return False

    def sum_of(self, cell: int, terms: Iterable[tuple[Meter, Fraction]]) -> Metered | None:
        """Add meters; those that are not in service yet add nothing and need nothing."""
        joules, duty, spans = Fraction(0), Duty.MUST, frozenset[Span]()
        for meter, weight in terms:
            if not self.in_service(meter, cell):
                continue
            found = self.net(meter.meter, cell)
            if found is None:
                return None
            joules += weight * found.joules
            duty = min(duty, found.duty)
            spans |= weighted(found.spans, weight)
        return Metered(joules=joules, duty=duty, spans=spans)

    def in_service(self, meter: Meter, cell: int) -> bool:
        """Tell whether a meter counts in a cell: not before it was there, nor once replaced."""
        begins = self.counted.begins.get(meter.meter)
        since = meter.since if meter.since is not None else begins
        if since is not None and cell + CELL <= since:
            return False
        follower = self._replaced.get(meter.meter)
        return follower is None or self.counted.incoming[meter.meter].get(cell) is not None

    def net(self, meter: str, cell: int) -> Metered | None:
        """Return what came in through a meter less what left by it."""
        came = self.counted.incoming.get(meter, {}).get(cell)
        first = self.counted.two_ways.get(meter)
        if came is None or first is None or cell < first - first % CELL:
            return came
        left = self.counted.outgoing.get(meter, {}).get(cell)
        if left is None:
            return None
        return Metered(
            joules=came.joules - left.joules,
            duty=min(came.duty, left.duty),
            spans=came.spans | left.spans,
        )

    # The figures

    def counts(self, start: int, end: int) -> dict[int, Duty]:
        """Return the cells of a window that count in its PUE."""
        found = {}
        for cell in range(start - start % CELL, end, CELL):
            facility, it = self.facility(cell), self.it(cell)
            if cell >= start and cell + CELL <= end and facility and it:
                found[cell] = min(facility.duty, it.duty)
        return found

    def figure(
        self,
        top: Callable[[int], Metered | None],
        bottom: Callable[[int], Metered | None],
        cells: Iterable[int],
        length: int,
    ) -> Figure:
        """Divide two sums over the same cells.

        Args:
            top: what is above the line, by cell.
            bottom: what is below it.
            cells: those of the window that count.
            length: the window's milliseconds.
        """
        chosen = list(cells)
        above, below = Fraction(0), Fraction(0)
        spans: set[Span] = set()
        used = set()
        for cell in chosen:
            first, second = top(cell), bottom(cell)
            if first is None or second is None:
                continue
            used.add(cell)
            above += first.joules
            below += second.joules
            spans |= first.spans | second.spans
        cut = sum(
            (
                Fraction(span.joules)
                for span in spans
                if not span.known
                or any(
                    cell not in used
                    for cell in range(span.start - span.start % CELL, span.end, CELL)
                )
            ),
            Fraction(0),
        )
        return Figure(
            numerator=above,
            denominator=below,
            coverage=Fraction(len(used) * CELL, length),
            cut=cut,
        )

    def pue(self, start: int, end: int, cells: Iterable[int] | None = None) -> Figure:
        """Return a window's PUE, over given cells or over all that count."""
        chosen = self.counts(start, end) if cells is None else cells
        return self.figure(self.facility, self.it, chosen, end - start)


def _carried(figures: SiteFigures) -> dict[int, Carried]:
    """Return what came in and IT's energy of the cells in which all supplies and IT count."""
    supplies = [m for point in INCOMING for m in figures.at(point) if not m.subtract]
    came = figures.counted.incoming
    found = {}
    for cell in {cell for m in supplies for cell in came.get(m.meter, {})}:
        told = {m.meter: figures.sum_of(cell, [(m, m.share)]) for m in supplies}
        it = figures.it(cell)
        if it is not None and all(told.values()):
            found[cell] = Carried(
                supplies={name: one for name, one in told.items() if one is not None},
                it=it,
                bought={
                    m.meter: m.share * came[m.meter][cell].joules
                    for m in supplies
                    if cell in came.get(m.meter, {})
                },
            )
    return found


def weighted(spans: frozenset[Span], weight: Fraction) -> frozenset[Span]:
    """Weigh what may be wrong as the energy is weighed."""
    if abs(weight) == 1:
        return spans
    return frozenset(replace(one, joules=one.joules * abs(weight)) for one in spans)


def inconsistent(figure: Figure) -> bool:
    """Tell whether a PUE's sums contradict each other: no IT energy, or less than IT energy."""
    return figure.denominator <= 0 or figure.numerator < figure.denominator
