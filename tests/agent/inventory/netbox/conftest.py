"""Fixtures: a config that names a NetBox, and the inventory of the example."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from agent.inventory.model import Inventory
from tests.agent.inventory.netbox.data import TOKENS, example
from tests.agent.inventory.netbox.reading import Write, read
from tests.agent.inventory.netbox.server import served

VERSIONS = ("v3", "v4")


@pytest.fixture
def write(tmp_path: Path) -> Callable[..., Path]:
    """Return what writes a config that names a NetBox."""

    def written(
        url: str, version: str = "v4", *, extra: str = "", file: str = "", more: str = ""
    ) -> Path:
        token = tmp_path / "token"
        token.write_text(TOKENS[version] + "\n")
        token.chmod(0o600)
        keys = (
            f"url: '{url}', token_file: token, page_size: 3,"
            f" timeout: 50s{', ' + extra if extra else ''}"
        )
        path = tmp_path / "config.yaml"
        path.write_text(
            f"hub: guian\nstate_dir: state\ninventory: {{netbox:"
            f" {{{keys}}}{', file: ' + file if file else ''}}}\n{more}"
        )
        (tmp_path / "state").mkdir(exist_ok=True)
        return path

    return written


@pytest.fixture(params=VERSIONS)
def stock(request: pytest.FixtureRequest, write: Write) -> Iterator[Inventory]:
    """The inventory of the example, read from each version."""
    with served(example(request.param)) as netbox:
        yield read(write(netbox.url, request.param))
