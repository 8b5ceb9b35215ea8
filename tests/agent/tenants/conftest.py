"""What tests of tenants share."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.agent.tenants.billed_outlets import gateway


@pytest.fixture
def billing(tmp_path: Path) -> Path:
    """The config of a gateway whose tenants have outlets."""
    return gateway(tmp_path)
