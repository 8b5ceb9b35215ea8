"""What the product says of a window, in the reference's terms."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from agent.pue.model import PueResult
from agent.pue.pue import Pue
from tests.reference.model import CELL
from tests.support.ledger import SITE


@dataclass(frozen=True, slots=True)
class Ratio:
    """A figure beside PUE, in the unit that its standard writes, and its coverage."""

    value: float | None
    coverage: float


@dataclass(frozen=True, slots=True, kw_only=True)
class Answer:
    """What the product says of a window."""

    start: int
    end: int
    state: str
    pue: float | None
    coverage: float
    uncertainty: float | None
    facility: float
    it: float
    category: int | None
    beside: Mapping[str, Ratio]
    """REF, ERF, CUE and WUE, as far as they are known."""

    @staticmethod
    def of(result: PueResult) -> Answer:
        """Take what is compared."""
        return Answer(
            start=round(result.start * 1000),
            end=round(result.end * 1000),
            state=result.state,
            pue=result.pue,
            coverage=result.coverage,
            uncertainty=result.uncertainty,
            facility=result.facility_joules,
            it=result.it_joules,
            category=result.category,
            beside={
                **{one.name: Ratio(one.per_kwh, one.coverage) for one in result.factors},
                **(
                    {"ref": Ratio(result.renewable_ratio, result.coverage)}
                    if result.renewable_ratio is not None
                    else {}
                ),
            },
        )


class Product:
    """A ledger that has taken a world in; it may be asked for any window."""

    def __init__(self, pue: Pue) -> None:
        """Ask this."""
        self._pue = pue

    def between(self, start: int, end: int) -> Answer:
        """Return what it says of a window."""
        return Answer.of(self._pue.between(SITE, start / 1000, end / 1000))

    def cells(self, start: int, end: int) -> list[Answer]:
        """Return what it says of each cell."""
        return [self.between(cell, cell + CELL) for cell in range(start, end, CELL)]
