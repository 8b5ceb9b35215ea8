"""Fixtures that several files of this folder use."""

from __future__ import annotations

from collections.abc import Callable, Hashable, Iterator
from dataclasses import replace

import pytest

from agent.snapshot import Snapshot
from agent.web import computed, drawers
from tests.agent.web import fixture
from tests.agent.web.served import Site
from tests.support import binary
from tests.support.browser import Browser


@pytest.fixture(autouse=True)
def nothing_is_kept(monkeypatch: pytest.MonkeyPatch) -> None:
    """A page that took long would be kept for who asks next, and on a slow machine the first is."""
    monkeypatch.setattr(computed, "_LIFETIME", 0.0)


@pytest.fixture
def pages_are_kept(monkeypatch: pytest.MonkeyPatch) -> None:
    """Every page is kept for who asks next, as if it had taken long."""
    made: dict[Hashable, str] = {}

    def once(_snapshot: Snapshot, key: Hashable, compute: Callable[[], str]) -> str:
        if key not in made:
            made[key] = compute()
        return made[key]

    monkeypatch.setattr(drawers, "computed_once", once)


@pytest.fixture(scope="module")
def browser(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Browser]:
    made = Browser(binary("chromium"), tmp_path_factory.mktemp("profile"))
    yield made
    made.close()


@pytest.fixture
def site() -> Iterator[Site]:
    made = Site(replace(fixture.view(), evidence=fixture.evidence))
    yield made
    made.close()
