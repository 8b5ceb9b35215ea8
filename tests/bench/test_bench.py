"""The benches can be loaded, and one without figures fails. `.ci/run` runs each at a tiny size."""

from __future__ import annotations

import importlib
import inspect
import math
from unittest.mock import Mock

import pytest

from bench import Row, ledger
from bench.__main__ import PARTS, run
from tests.support import ROOT


@pytest.mark.parametrize("part", PARTS)
def test_a_bench_can_be_loaded_and_run_at_a_tiny_size(part: str) -> None:
    """Each part is a module whose `main` takes `smoke`."""
    module = importlib.import_module(f"bench.{part}")
    assert list(inspect.signature(module.main).parameters) == ["smoke"]


def test_every_bench_is_run() -> None:
    """No module of the folder that measures something is left out."""
    files = (ROOT / "bench").glob("[a-z]*.py")
    there = {path.stem for path in files if "\ndef main(" in path.read_text()}
    assert set(PARTS) == there


def test_figures_come_of_a_tiny_ledger() -> None:
    """A bench gives its figures, each a number."""
    rows = run("ledger", smoke=True)
    assert len(rows) == 8
    assert all(row.value > 0 for row in rows)


@pytest.mark.parametrize("rows", [[], [Row(what="w", value=math.nan)]])
def test_a_bench_without_figures_fails(rows: list[Row], monkeypatch: pytest.MonkeyPatch) -> None:
    """No row, or one that is no number, is an error."""
    monkeypatch.setattr(ledger, "main", Mock(return_value=rows))
    with pytest.raises(ValueError, match="ledger gave"):
        run("ledger", smoke=True)
