"""Trees of files, each read as a machine and compared with what is expected of it."""

from __future__ import annotations

import os
import subprocess
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.collectors.host.helpers import CASES, close, collectors_of, page_of
from tests.support import binary

TREES = sorted(path for path in CASES.iterdir() if path.is_dir())
NAMES = [path.name for path in TREES]


@pytest.fixture(autouse=True)
def _in_utc(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    monkeypatch.setenv("TZ", "UTC")
    time.tzset()
    yield
    monkeypatch.undo()
    time.tzset()


@pytest.fixture(autouse=True)
def _known_times() -> None:
    for path in CASES.glob("*/textfiles/*"):
        os.utime(path, (1_790_000_000, 1_790_000_000))


@pytest.mark.parametrize("tree", TREES, ids=NAMES)
def test_a_tree_gives_what_is_expected(tree: Path, update_golden: bool) -> None:
    """Every collector reads a tree of files to exactly the expected page, and says what it could
    not read.
    """
    collectors = collectors_of(tree)
    page = page_of(collectors).replace(str(tree), "TREE")
    close(collectors)
    expected = tree / "expected.prom"
    if update_golden:
        expected.write_text(page)
    assert page == expected.read_text()


@pytest.mark.parametrize("tree", TREES, ids=NAMES)
def test_a_second_round_says_the_same(tree: Path) -> None:
    """What is kept from one round to the next changes nothing where the files have not changed."""
    collectors = collectors_of(tree)
    assert page_of(collectors) == page_of(collectors)
    close(collectors)


@pytest.mark.parametrize("tree", TREES, ids=NAMES)
def test_prometheus_takes_the_page(tree: Path, tmp_path: Path) -> None:
    """Prometheus's own checker can parse every page, hostile names and all, and finds no series
    twice.
    """
    collectors = collectors_of(tree)
    page = page_of(collectors)
    close(collectors)
    lines = [line.rpartition(" ")[0] for line in page.splitlines() if not line.startswith("#")]
    assert len(lines) == len(set(lines))
    (tmp_path / "page").write_text(page)
    checked = subprocess.run(
        [binary("promtool"), "check", "metrics"],
        input=page.encode(),
        capture_output=True,
        check=False,
    )
    assert checked.returncode in (0, 3), (
        checked.stderr.decode()
    )  # 3: node_exporter's own names are not all to its taste
