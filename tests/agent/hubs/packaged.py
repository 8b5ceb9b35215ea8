"""The packaged registry and its facts."""

from __future__ import annotations

from agent.hubs.loader import load_registry

REGISTRY = load_registry()


FACTS = list(REGISTRY.facts())
