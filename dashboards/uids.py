"""The uids of the dashboards. Links and bookmarks use them, so they must never change."""

from __future__ import annotations

from typing import Final

from dashboards.language import Language

OVERVIEW: Final = "hubgauge-overview"
SITE: Final = "hubgauge-site"
RACKS: Final = "hubgauge-racks"
RACK: Final = "hubgauge-rack"
NODES: Final = "hubgauge-nodes"
CHIPS: Final = "hubgauge-chips"
LINKS: Final = "hubgauge-links"
METERS: Final = "hubgauge-meters"
AGENTS: Final = "hubgauge-agents"


def hub_uid(hub: str) -> str:
    """Return the uid of a hub's dashboard."""
    return f"hubgauge-hub-{hub}"


def local(uid: str, language: Language) -> str:
    """Return a uid or tag in one language: both languages can live in one Grafana."""
    return uid if language == "en" else f"{uid}-{language}"
