"""The ways in which a made-up case goes through the product, and what each of them must hold."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from functools import partial
from typing import Any, Final

from hypothesis import strategies as st

from tests.reference.answers import Product
from tests.reference.files import billings, judge_file, mixes, nights
from tests.reference.hub_rules import drawn, judge_hubs
from tests.reference.judge import ENOUGH, TOO_GOOD, Disagreement, against_truth, compare
from tests.reference.product import Order, imported, live
from tests.reference.strategies import clean_plans, filed_plans, orders, plans
from tests.reference.worlds import CLEAN, Plan, World, build

Judged = Iterator[Disagreement]

HUBS: Final = 4
"""Hubs of one case."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Way:
    """How cases of one class are drawn, and how they are judged."""

    cases: st.SearchStrategy[Any]
    judge: Callable[[Any], Judged]
    share: int = 1
    """Of all cases, so many parts are of this class."""


def _live(case: tuple[Plan, Order], *, settled: bool = True) -> Judged:
    plan, order = case
    world = build(plan)
    with live(world, order) as product:
        yield from compare(world, product, settled=settled)


def _imported(plan: Plan, *, settled: bool = True) -> Judged:
    world = build(plan)
    with imported(world) as product:
        yield from compare(world, product, settled=settled)


def _live_truth(case: tuple[Plan, Order]) -> Judged:
    plan, order = case
    world = build(plan)
    with live(world, order) as product:
        yield from _too_good(world, product)


def _imported_truth(plan: Plan) -> Judged:
    world = build(plan)
    with imported(world) as product:
        yield from _too_good(world, product)


def _hubs(seed: int) -> Judged:
    """Judge some hubs, whose gateways come and go, by the recording rules on promtool."""
    return judge_hubs(drawn(seed, HUBS))


def _too_good(world: World, product: Product) -> Judged:
    for found in against_truth(world, product):
        if found.coverage >= ENOUGH and found.units < -1:
            yield Disagreement(TOO_GOOD, str(found), "", found.window, -found.units)


WAYS: Final[Mapping[str, Way]] = {
    "live": Way(cases=st.tuples(clean_plans(), orders()), judge=_live, share=3),
    "live_faults": Way(
        cases=st.tuples(plans(), orders()), judge=partial(_live, settled=False), share=3
    ),
    "live_truth": Way(cases=st.tuples(plans(stores=False), orders()), judge=_live_truth, share=2),
    "import": Way(cases=filed_plans(CLEAN), judge=_imported, share=2),
    "import_faults": Way(cases=filed_plans(), judge=partial(_imported, settled=False), share=2),
    "import_truth": Way(cases=filed_plans(stores=False), judge=_imported_truth, share=2),
    "bills": Way(cases=billings, judge=judge_file),
    "night": Way(cases=nights, judge=judge_file),
    "cadences": Way(cases=mixes, judge=judge_file),
    "hubs": Way(cases=st.integers(0, 10**9), judge=_hubs),
}
