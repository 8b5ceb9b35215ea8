"""Fixtures that several files of this folder use."""

from __future__ import annotations

import pytest

from agent.hubs.loader import load_registry
from agent.hubs.model import Registry
from dashboards.build import Built, build_all
from dashboards.language import LANGUAGES


@pytest.fixture(scope="module")
def built() -> dict[str, list[Built]]:
    registry = load_registry()
    return {language: list(build_all(registry, language)) for language in LANGUAGES}


@pytest.fixture(scope="module")
def registry() -> Registry:
    return load_registry()
