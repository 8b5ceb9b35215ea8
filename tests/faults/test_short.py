"""Each fault in short, on each real database. `make faults` runs them at full size."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest

from tests.faults import endings, several, whole_agent
from tests.faults.__main__ import merged, parse
from tests.faults.bases import BASES
from tests.faults.configs import mutated_configs
from tests.faults.table import FAULTS, TRIALS, Fault, Run
from tests.support import ROOT

SHORT = 0.5
"""Seconds of each."""


REMOTE = {
    "prometheus-remote-write": (
        "killed_agent",
        "frozen_base",
        "replayed_day",
        "killed_base",
        "refusals",
        "poison",
    ),
    "late-prometheus-remote-write": ("killed_base", "poison"),
    "victoria-metrics-remote-write": ("killed_base", "replayed_day"),
    "second-prometheus-remote-write": ("killed_agent", "killed_base", "refusals", "poison"),
}
"""The spool is the same, so only what the protocol has a part in is tried here."""
CASES = [
    pytest.param(run, name, id=f"{trial}-{name}")
    for trial, run in TRIALS
    for name in BASES
    if trial in REMOTE.get(name, (trial,))
]


@pytest.mark.parametrize(("run", "name"), CASES)
def test_nothing_is_lost_and_nothing_doubled(run: Run, name: str, tmp_path: Path) -> None:
    """What was collected is what is stored and what is counted as dropped."""
    assert run(BASES[name](tmp_path), tmp_path, SHORT)


@pytest.mark.parametrize(
    ("fault", "name"),
    [
        (endings.killed, "prometheus-remote-write"),
        (endings.lost_answers, "prometheus-remote-write"),
        (endings.poisoned, "late-prometheus-remote-write"),
        (endings.away, "victoria-metrics-remote-write"),
    ],
)
def test_an_end_is_told_while_a_fault_lasts(
    fault: Callable[[endings.Trial], None], name: str, tmp_path: Path
) -> None:
    """Remote write tells that a collector fails, and its samples are there once."""
    assert endings.told(fault)(BASES[name](tmp_path), tmp_path, SHORT)


def test_dead_outputs_cost_the_others_nothing(tmp_path: Path) -> None:
    """Each has its own spool and filter; what is away gets its samples when it is back."""
    assert several.beside_the_dead(tmp_path, 4 * SHORT)


@pytest.mark.parametrize("run", [whole_agent.soak, whole_agent.frozen, whole_agent.bad_device])
def test_a_whole_agent_goes_through(run: Callable[[Path, float], str], tmp_path: Path) -> None:
    """Reloads, a frozen database and a failing disk cost no sample, no descriptor and no page."""
    assert run(tmp_path, 2 * SHORT)


def test_damaged_configs_are_refused_by_name(tmp_path: Path) -> None:
    """Whatever befalls a config, it is read or each line of the refusal names a file."""
    assert mutated_configs(tmp_path, 0.0)


def test_the_page_has_a_row_for_each_fault() -> None:
    """docs/reliability.md has all twenty-four, none of them failed."""
    page = (ROOT / "docs" / "reliability.md").read_text("utf-8")
    rows = parse(page)
    assert list(rows) == [fault.number for fault in FAULTS] == list(range(1, 25))
    assert "FAILED" not in page
    assert merged(page, {}) == page


@pytest.mark.parametrize("fault", FAULTS, ids=lambda fault: str(fault.number))
def test_what_a_row_names_is_there(fault: Fault) -> None:
    """Tests that stand for a fault exist under the name that the table has."""
    for node in fault.tests:
        file, _, name = node.partition("::")
        assert f"def {name}" in (ROOT / file).read_text("utf-8")
