"""What single increases leave in doubt, with what is known of them said by the test."""

from __future__ import annotations

import pytest

from agent.ledger.doubts import Doubt
from agent.ledger.increase import Increase
from agent.ledger.increases import NoWitness, doubts_of

MINUTE = 60_000


class Usual(NoWitness):
    """Other rises near by come up to 10 W, whether or not they were taken as increases."""

    def usual(self, _n: int) -> float:
        """Return watts."""
        return 10.0


@pytest.mark.parametrize("steps", [5, 20])
def test_the_only_increase_that_was_not_rejected(steps: int) -> None:
    """What is above the usual is in doubt: 10 W draw 600 J in a minute, and 5 000 J were counted.

    So it is of few steps, where those around it would be asked, as of many.
    """
    only = Increase(0, 0, MINUTE, 5000.0, 5000.0, 0, 1, heard_all=True)
    found = list(doubts_of([only], 5000.0 / steps, Usual()))
    assert [one for one in found if isinstance(one, Doubt) and one.hidden] == [
        Doubt(0, MINUTE, hidden=4400.0)
    ]
