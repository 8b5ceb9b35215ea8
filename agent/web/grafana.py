"""Links to Grafana's dashboards at the time of something that the board tells."""

from __future__ import annotations

from typing import Final
from urllib.parse import urlencode

from agent.settings import Grafana

RACK: Final = "hubgauge-rack"
"""The uid of a rack's dashboard, as `dashboards build` writes it."""
AROUND_SECONDS: Final = 1800
"""How much before and after a moment is shown."""


def rack_at(
    grafana: Grafana | None, hub: str, site: str, row: str, rack: str, *, since: float | None
) -> str:
    """Return the address of a rack's dashboard around a moment; empty where no Grafana is named.

    Without a moment it is the dashboard as it opens.
    """
    if grafana is None:
        return ""
    uid = RACK if grafana.language == "en" else f"{RACK}-{grafana.language}"
    asked = {"var-hub": hub, "var-site": site, "var-row": row, "var-rack": rack}
    if since is not None:
        asked["from"] = str(round((since - AROUND_SECONDS) * 1000))
        asked["to"] = str(round((since + AROUND_SECONDS) * 1000))
    return f"{grafana.url.rstrip('/')}/d/{uid}?{urlencode(asked)}"
