"""Fixtures that several files of this folder use."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace

import pytest

from tests.agent.web import fixture
from tests.agent.web.served import Site
from tests.support import binary
from tests.support.browser import Browser


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
