"""Meters that fell to 0 while nothing took their load over, and no load fell: that cannot be.

One of four feeds may be dead, and the other three still count more than IT draws. But when a feed
stops, either the meters beside it carry more, or what all of them feed draws less. If neither is
so, the meter is dead. It is a pure function of the cells around the fall.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from itertools import dropwhile, groupby, islice, takewhile
from math import inf
from operator import not_
from statistics import fmean
from typing import Final, NamedTuple

from agent.ledger.energy import CELLS, JOULES_PER_KWH
from agent.ledger.lulls import SEEN_STEPS, SLACK_STEPS
from agent.pue.periods import DAY_MS

EXPLAINED: Final = 0.7
"""A fall is real if so much of it is found again, in the meters beside or in the load."""

PARTLY: Final = 0.3
"""The same where a meter that dies makes no figure better, so that it need not be as sure."""

_LEAST_SHARE: Final = 0.05
"""Of less than this share of what the meters count together, nothing can be told."""

_LEAST_OF_REST: Final = 0.1
"""Nor of less than this share of what feeds them, as that goes up and down by itself."""

_BACK: Final = 0.1
"""What is behind is back if less than this share of the fall is found in it."""

BELIEVED: Final = 0.8
"""What is behind a supply fell for certain if that one drew this share of it. Less is a sign that a
meter behind is dead."""

_FEWEST: Final = CELLS // 2
"""Cells that must be known before the fall."""

_SHORTEST: Final = 2
"""Cells. A register that is renewed each few minutes may stand at 0 in one, and count it later."""

_OFTEN: Final = 2
"""A register that has stood as long so many times just before, and then counted, is renewed as
seldom."""

_RESTS: Final = 3
"""A supply may rest if it has counted nothing in an hour of so many days of the two weeks before.
A meter that dies does not do that."""


class Around(NamedTuple):
    """The energies of a cell, in joules: of one meter, and of what is held against it.

    `others` are the meters beside it, `load` is IT behind it, where it is a supply. `rest` is what
    falls by as much as the meter: the metered overhead of a supply, or what feeds any other meter.
    """

    own: float
    others: float
    load: float
    rest: float


class FoundAgain(NamedTuple):
    """Which shares of what a meter drew are found again since it fell.

    `others` is that in the meters beside it, and `behind` that in what they feed.
    """

    others: float
    behind: float

    @property
    def share(self) -> float:
        """Both together."""
        return self.others + self.behind


NEVER: Final = FoundAgain(inf, 0.0)
"""Nothing is told of a fall, whatever else is known: it was small, or the register is renewed
seldom."""


def found_again(
    cells: Sequence[Around | None],
    first: int,
    step: float,
    *,
    is_back: bool = False,
    is_harmless: bool = False,
) -> FoundAgain | None:
    """Return what is found again of what a meter drew, since it fell.

    `cells` are those of some hours, None where anything is not known, and `first` is the place of
    the first one in which the meter stands at 0. `step` is that of its register, in joules. Return
    None where too few cells are known. If `is_back`, the last cells are compared, and they are too
    few as long as anything behind the meter draws less than before. If `is_harmless`, a meter that
    dies makes no figure better. Then nothing is told of a stand that its register's step explains.
    """
    # It fell within the cell before.
    before = _mean(reversed(cells[: max(0, first - 1)]), at_least=_FEWEST)
    still = [one for one in cells[first:] if one is not None and one.own <= 0]
    after = _mean(still[-_FEWEST:] if is_back else still, at_least=1)
    if before is None or after is None:
        return None
    is_small = (
        before.own * CELLS <= JOULES_PER_KWH + SEEN_STEPS * step
        or before.own < _LEAST_SHARE * (before.own + before.others)
        or (before.load <= 0 and before.own < _LEAST_OF_REST * before.rest)
    )
    if is_small or (is_harmless and _is_a_step(cells[first:], before.own, step)):
        return NEVER
    if _is_renewed(cells, first):
        return None if all(one is None or one.own <= 0 for one in cells[first:]) else NEVER
    of_load = 0.0
    more = after.others - before.others
    lost = before.load - after.load, before.rest - after.rest
    if before.load > 0:
        of_load = (before.own + before.others - before.rest) / before.load
        if before.own + max(0.0, -more) < BELIEVED * sum(lost):
            lost = 0.0, 0.0  # more than came in cannot have gone: a meter behind is dead
    lost = of_load * lost[0], lost[1]
    if is_back and max(lost) > _BACK * before.own:
        return None
    return FoundAgain(more / before.own, sum(lost) / before.own)


def _is_renewed(cells: Sequence[Around | None], first: int) -> bool:
    """Tell whether a register stands still from a cell on as it does between two of its moves."""
    known = [one.own <= 0 for one in cells[:first] if one is not None][-2 * CELLS :]
    stands = [len(list(run)) for at_zero, run in groupby(known) if at_zero]
    now = (one.own > 0 for one in cells[first:] if one is not None)
    length = sum(1 for _ in takewhile(not_, dropwhile(bool, now)))
    return length < _SHORTEST or sum(one >= length for one in stands) >= _OFTEN


def _is_a_step(cells: Sequence[Around | None], drew: float, step: float) -> bool:
    """Tell whether a meter that counts again lacks no more than a step of its register.

    It drew `drew` joules in each cell before it stood still.
    """
    told = [one.own for one in cells if one is not None]
    still = sum(1 for _ in takewhile(not_, told))
    return still < len(told) and still * drew <= SLACK_STEPS * step


def _mean(cells: Iterable[Around | None], *, at_least: int) -> Around | None:
    """Return the mean of the first twelve cells that are known; None where these are too few."""
    known = list(islice((one for one in cells if one is not None), CELLS))
    if len(known) < at_least:
        return None
    return Around(*(fmean(values) for values in zip(*known, strict=True)))


def is_abrupt(cells: Sequence[Around | None], first: int) -> bool:
    """Tell whether a meter counted as usual until it fell, within the cell before `first`.

    The sun goes down slowly.
    """
    before = _mean(reversed(cells[: max(0, first - 1)]), at_least=_FEWEST)
    last = cells[first - 2] if first >= _SHORTEST else None
    return before is not None and last is not None and last.own >= before.own / 2


def may_rest(hours: Mapping[int, float], before: float | None) -> bool:
    """Tell whether a supply may rest by what it did in the two weeks before it fell.

    `hours` are the joules of each hour that is known, and `before` those of the last whole hour
    before the fall. A supply of chillers alone goes down slowly when the cold season comes, or it
    rests on one day after another.
    """
    counted = [joules for joules in hours.values() if joules > 0]
    if before is not None and counted and before < fmean(counted) / 2:
        return True
    return len({hour // DAY_MS for hour, joules in hours.items() if joules <= 0}) >= _RESTS
