"""The adversary, for some hundred attempts; and what it finds where a fault is planted."""

from __future__ import annotations

import contextlib
from collections.abc import Iterator
from dataclasses import replace

import pytest

from tests.reference.adversary import attempt, search
from tests.reference.answers import Answer, Product
from tests.reference.finds import FINDS
from tests.reference.finds_in_files import FILED_FINDS
from tests.reference.finds_of_dead import DEAD_FINDS
from tests.reference.judge import ENOUGH, against_truth
from tests.reference.product import Order, live
from tests.reference.worlds import World, build


class Boastful(Product):
    """A product that calls whatever it has heard a whole window, and surely right."""

    def between(self, start: int, end: int) -> Answer:
        said = super().between(start, end)
        sure = None if said.uncertainty is None else said.uncertainty / 10
        return replace(said, coverage=1.0 if said.coverage > 0 else 0.0, uncertainty=sure)


@contextlib.contextmanager
def boastful(world: World) -> Iterator[Product]:
    """Plant the fault."""
    with live(world) as product:
        product.__class__ = Boastful
        yield product


def test_no_figure_is_better_than_the_truth() -> None:
    """A short search makes no PUE better than the truth by more than its uncertainty."""
    best, tried = search(seconds=0, seed=1, most=30)
    assert tried == 30
    assert best is not None
    assert best.score <= 1, f"{best.score}: {best.worst}\n{best.way}: {best.plan}"


def test_a_planted_fault_is_found() -> None:
    """Where a product overstates what it knows, the same search finds a PUE that is too good."""
    best, _ = search(seconds=0, seed=2, most=30, ways={"live": boastful})
    assert best is not None
    assert best.score > 1


LIVE_FINDS = {**FINDS, **DEAD_FINDS}


@pytest.mark.parametrize("name", LIVE_FINDS)
def test_what_was_found_is_within_its_uncertainty(name: str) -> None:
    """What once made a PUE better than the truth does so within the stated uncertainty now."""
    found = attempt("live", LIVE_FINDS[name])
    assert found.worst is not None
    assert found.worst.units >= -1, str(found.worst)


@pytest.mark.parametrize("name", FILED_FINDS)
def test_what_was_found_in_files_is_within_its_uncertainty(name: str) -> None:
    """The same holds for files."""
    found = attempt("import", FILED_FINDS[name])
    assert found.worst is not None
    assert found.worst.units >= -1, str(found.worst)


@pytest.mark.parametrize("order", [Order(late=5, restarts=1), Order(late=1, seed=3, restarts=3)])
def test_a_restart_forgets_no_slow_refresh(order: Order) -> None:
    """It is so over restarts, and where readings come late."""
    plan = FINDS["IT's register renewed each seven minutes, read each five"]
    world = build(plan)
    with live(world, order) as product:
        found = [one.units for one in against_truth(world, product) if one.coverage >= ENOUGH]
    assert found
    assert min(found) >= -1
