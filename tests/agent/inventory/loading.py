"""Load an inventory from a text, or the mistakes in it."""

from __future__ import annotations

from pathlib import Path

import pytest

from agent.inventory.load import load_inventory
from agent.inventory.model import Inventory
from collectors.strict import Problems


def load(text: str, name: str = "inventory.yaml") -> Inventory:
    return load_inventory(Path(name), "guian", timezone="Asia/Shanghai", text=text)


def mistakes(text: str, name: str = "inventory.yaml") -> list[str]:
    with pytest.raises(Problems) as caught:
        load(text, name)
    return [str(error) for error in caught.value.errors]
