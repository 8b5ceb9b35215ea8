"""Fixtures of the sink's tests."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from tests.agent.sinks.peers import Scripted, Victoria

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path


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
