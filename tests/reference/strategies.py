"""How plans are drawn: by hypothesis, which shrinks what fails, or by a seed, for a search.

Every choice is one of a list whose first entry is the simplest.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from random import Random
from typing import TypeVar

from hypothesis import strategies as st

from tests.reference.product import Order
from tests.reference.shapes import SHAPES, Shape
from tests.reference.worlds import CLEAN, FAULTS, SORTS, Device, Fault, Plan

FIFTH = 200
"""In thousandths: the load that the definitions take for granted over a stretch of silence."""

T = TypeVar("T")
Pick = Callable[[Sequence[T]], T]


class Drawing:
    """Draws plans by a way to pick one of a list."""

    def __init__(
        self,
        pick: Pick,
        *,
        kinds: Sequence[str] = FAULTS,
        sorts: Sequence[str] = SORTS,
        late: bool = True,
        exports: bool = True,
        stores: bool = True,
    ) -> None:
        """Say what may happen.

        Args:
            pick: picks one of a list.
            kinds: of faults.
            sorts: of meters.
            late: meters and racks may come later.
            exports: energy may leave the site.
            stores: there may be a battery, which makes another load of the site's.
        """
        self.pick = pick
        self.kinds, self.sorts, self.late = kinds, sorts, late
        self.exports, self.stores = exports, stores

    def plan(self) -> Plan:
        """Draw a site of some hours."""
        pick = self.pick
        hours = pick((3, 5, 8))
        sun = self.device(hours, late=self.late) if pick((False, True)) else None
        cooling = self.device(hours) if pick((False, True)) else None
        it_point = pick(("it_input", "pdu_output", "ups_output"))
        feeds, branches = pick((1, 2, 4)), pick((0, 1, 2))
        return Plan(
            hours=hours,
            it_point=it_point,
            it_kw=pick((50, 8, 900)),
            overhead=pick((30, 10, 90)),
            it_shape=self.shape(),
            overhead_shape=self.shape(),
            feeds=tuple(self.device(hours) for _ in range(feeds)),
            branches=(
                self.device(hours),
                *(self.device(hours, late=self.late) for _ in range(branches)),
            ),
            sun=sun,
            sun_kw=pick((5, 60)),
            exports=self.exports and sun is not None and pick((False, True)),
            battery_kw=pick((0, 0, 6, 30)) if self.stores and sun is not None else 0,
            sold_kw=pick((0, 0, 3, 40)) if self.exports and sun is not None else 0,
            cooling=cooling,
            reused=self.device(hours) if pick((False, True)) else None,
            reused_share=pick((33, 90, 250)),
            water=self.device(hours) if pick((False, True)) else None,
            green=pick((0, 0, 40)),
            grams=pick((0, 581)),
            behind_ups=cooling is not None and it_point == "ups_output" and pick((False, True)),
        )

    def device(self, hours: int, *, late: bool = False) -> Device:
        """Draw a meter with at most two faults."""
        pick = self.pick
        return Device(
            sort=pick(self.sorts),
            seconds=pick((60, 300, 120)),
            phase=pick((0, 7, 29)),
            step_wh=pick((0, 1, 1000)),
            begin_kwh=pick((100, 1990, 0, 123_456)),
            rated=pick((False, True)),
            wraps=pick((False, True)),
            from_minute=pick((0, 0, 90)) if late else 0,
            faults=tuple(self.fault(hours) for _ in range(pick((0, 0, 1, 2)))),
        )

    def fault(self, hours: int) -> Fault:
        """Draw one fault within the world's time."""
        pick = self.pick
        return Fault(
            sort=pick(self.kinds),
            minute=pick(range(1, hours * 60)),
            minutes=pick((1, 2, 7, 20, 45, 100, 200)),
            kwh=pick((1, 20, 200, 3000)),
        )

    def shape(self) -> Shape:
        """Draw how a load goes: within a fifth of its mean."""
        pick = self.pick
        return Shape(name=pick(SHAPES), swing=pick((0, FIFTH // 2, FIFTH)), cells=pick((6, 1, 3)))


@st.composite
def plans(draw: st.DrawFn, kinds: Sequence[str] = FAULTS, *, stores: bool = True) -> Plan:
    """Let hypothesis draw a site that is heard live."""
    return Drawing(_by(draw), kinds=kinds, stores=stores).plan()


@st.composite
def clean_plans(draw: st.DrawFn) -> Plan:
    """Draw silences and resets only, which the definitions settle to the last cell."""
    return Drawing(_by(draw), kinds=CLEAN, late=False).plan()


@st.composite
def filed_plans(draw: st.DrawFn, kinds: Sequence[str] = FAULTS, *, stores: bool = True) -> Plan:
    """Draw a site whose meters are told by files: a register or power, and no exports."""
    drawing = Drawing(
        _by(draw),
        kinds=kinds,
        sorts=("register", "power"),
        late=False,
        exports=False,
        stores=stores,
    )
    return drawing.plan()


def by_seed(chance: Random, *, filed: bool = False) -> Drawing:
    """Return a way to draw plans from a seed."""
    sorts = ("register", "power") if filed else SORTS
    return Drawing(chance.choice, sorts=sorts, exports=not filed, late=not filed, stores=False)


def orders() -> st.SearchStrategy[Order]:
    """Draw how readings reach a live ledger."""
    return st.builds(
        Order,
        late=st.sampled_from((0, 1, 5)),
        seed=st.integers(0, 9),
        restarts=st.sampled_from((0, 1, 3)),
    )


def _by(draw: st.DrawFn) -> Pick:
    return lambda options: draw(st.sampled_from(options))
