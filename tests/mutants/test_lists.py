"""The lists of planted faults keep pace with the code. `make mutants` plants them."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.mutants.lists import Mutant, exists, load, stale


def test_every_fault_can_still_be_planted() -> None:
    """The text to change occurs exactly once, and the tests that must notice exist."""
    assert [reason for one in load() if (reason := stale(one))] == []


@pytest.mark.parametrize(
    ("change", "reason"),
    [
        ({"file": "none.py"}, "no such file"),
        ({"find": "z = 3"}, "occurs 0 times"),
        ({"find": "= 1"}, "occurs 2 times"),
        ({"replace": "x = 1"}, "changes nothing"),
        ({"tests": ()}, "names no test"),
        ({"tests": ("test_a.py::test_two",)}, "no such test"),
    ],
)
def test_an_entry_that_no_longer_fits_is_named(
    tmp_path: Path, change: dict[str, object], reason: str
) -> None:
    """An entry whose file, text or test is gone is reported with its name."""
    (tmp_path / "a.py").write_text("x = 1\ny = 1\n")
    (tmp_path / "test_a.py").write_text("def test_one(): ...\n")
    fits: dict[str, object] = {
        "name": "list:1",
        "file": "a.py",
        "find": "x = 1",
        "replace": "x = 2",
        "tests": ("test_a.py::test_one[1-2]",),
        "why": "x is one.",
    }
    assert stale(Mutant(**fits), tmp_path) is None
    told = stale(Mutant(**fits | change), tmp_path)
    assert told is not None
    assert reason in told


def test_tests_are_found_in_files_folders_and_classes(tmp_path: Path) -> None:
    """A test may be named by its folder, its file, its function, or its class and method."""
    (tmp_path / "test_b.py").write_text("class TestB:\n    async def test_in(self): ...\n")
    assert exists("test_b.py", tmp_path)
    assert exists("test_b.py::TestB::test_in", tmp_path)
    assert not exists("test_b.py::test_in", tmp_path)
    assert not exists("nowhere", tmp_path)
