"""A config file for commands."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.support.ledger import SITE


@pytest.fixture
def config(tmp_path: Path) -> Path:
    """A config file of a gateway with two meters."""
    (tmp_path / "inventory.yaml").write_text(
        f"sites: [{{site: {SITE}, name: Huawei, timezone: Asia/Shanghai}}]\n"
        "meters: [{meter: main, point: utility, accuracy_class: 0.5},"
        " {meter: it, point: pdu_output, accuracy_class: 1}]\n"
    )
    path = tmp_path / "hubgauge.yaml"
    path.write_text(
        f"hub: guian\nsite: {SITE}\nstate_dir: {tmp_path}/state\ninventory: inventory.yaml\n"
    )
    return path
