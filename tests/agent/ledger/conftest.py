"""Fixtures that several files of this folder use."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from zoneinfo import ZoneInfo

import pytest

from tests.support.imports import Bills


@pytest.fixture
def make(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> Callable[[str], Bills]:
    """Return a function that makes a bench in a time zone."""
    return lambda zone: Bills(tmp_path, ZoneInfo(zone), capsys)
