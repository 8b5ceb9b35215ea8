"""Fixtures of the sink's tests."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.agent.sinks.peers import Scripted
from tests.support.victoria import Victoria


@pytest.fixture
def victoria(tmp_path: Path) -> Iterator[Victoria]:
    """Run a real VictoriaMetrics."""
    with Victoria(tmp_path).up() as database:
        yield database


@pytest.fixture
def scripted() -> Iterator[Scripted]:
    """Run a database that answers what it is told to."""
    with Scripted().up() as database:
        yield database
