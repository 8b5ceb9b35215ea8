"""Each fault in short, on each real database. `make faults` runs them at full size."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.faults.databases import BASES
from tests.faults.table import TRIALS, Trial

SHORT = 0.5
"""Seconds of each."""


@pytest.mark.parametrize("name", BASES)
@pytest.mark.parametrize("trial", TRIALS, ids=[one.run.__name__ for one in TRIALS])
def test_nothing_is_lost_and_nothing_doubled(trial: Trial, name: str, tmp_path: Path) -> None:
    """What was collected is what is stored and what is counted as dropped."""
    assert trial.run(BASES[name](tmp_path), tmp_path, SHORT)
