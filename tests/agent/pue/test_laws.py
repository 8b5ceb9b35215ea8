"""The stated uncertainty covers the truth, by law of how meters err and loads go."""

from __future__ import annotations

import pytest

from tests.support.laws import LAWS, judge

RUNS = 24
"""Of so many runs, 95 % are covered in the mean. Fewer than 20 are in one of 150 tries."""

LEAST = 20

BRIDGE = "a bridge cut by the other boundary"
"""Its load is calm, and nobody knows that: of a time that is not measured any load is possible."""

LONG = "24 h"
"""Left to `python -m bench year`: a day takes long."""


@pytest.mark.parametrize("law", [law for law in LAWS if not law.endswith(LONG)])
def test_the_truth_is_within_what_is_stated(law: str) -> None:
    """At k = 2 some 95 % of runs are covered; U is not many times the errors that there are."""
    found = judge(law, RUNS)
    assert found.covered * RUNS >= LEAST
    assert found.stated < (12.0 if law == BRIDGE else 4.0) * found.error
