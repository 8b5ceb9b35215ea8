"""Panels of an operator's own: Grafana's JSON of panels in a folder, as one more dashboard.

A file has one panel, or a list of panels, as Grafana's panel editor shows them (*Inspect, Panel
JSON*). The dashboard has the variables of the dashboard of racks, and stands in the same menu.
"""

from __future__ import annotations

import copy
import json
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Final

from collectors.base import ConfigError
from collectors.strict import Problems
from dashboards import uids
from dashboards.build import Built
from dashboards.language import Language, Text
from dashboards.templating import Json

UID: Final = "hubgauge-own"
MODEL: Final = "hubgauge-racks"
_DATABASE: Final = {"type": "prometheus", "uid": "${datasource}"}
TITLE: Final = Text("Own panels")
_WIDTH, _HEIGHT = 12, 8
"""Of a panel, on Grafana's grid of 24 columns."""


def own_dashboard(folder: Path, built: Sequence[Built], language: Language) -> Built:
    """Return the dashboard of the panels of a folder; raises Problems with every mistake."""
    if not folder.is_dir():
        raise ConfigError("no such folder", file=str(folder), key="--panels-dir")
    panels: list[Json] = []
    errors: list[ConfigError] = []
    for path in sorted(folder.glob("*.json")):
        try:
            panels += _read(path)
        except ConfigError as error:
            errors.append(error)
    if errors:
        raise Problems(errors)
    if not panels:
        raise ConfigError("has no panels: files that end in .json", file=str(folder))
    model = next(one for one in built if one.uid == uids.local(MODEL, language))
    made = copy.deepcopy(model.json)
    made["uid"] = uids.local(UID, language)
    made["title"] = f"hubgauge / {TITLE.of(language)}"
    made["description"] = ""
    made["panels"] = [_placed(panel, n) for n, panel in enumerate(panels)]
    return Built(uid=made["uid"], json=made, excuses={})


def _read(path: Path) -> Iterator[Json]:
    """Yield the panels of a file; raises ConfigError."""
    try:
        found = json.loads(path.read_text("utf-8"))
    except (OSError, ValueError) as error:
        raise ConfigError(f"is not JSON: {error}", file=str(path)) from None
    for n, panel in enumerate(found if isinstance(found, list) else [found], 1):
        if not isinstance(panel, dict) or not panel.get("type") or not panel.get("title"):
            raise ConfigError(f"panel {n}: expected a type and a title", file=str(path))
        targets = panel.get("targets") or []
        if not isinstance(targets, list) or not all(
            isinstance(one, dict) and str(one.get("expr") or "").strip() for one in targets
        ):
            raise ConfigError(f"panel {n}: expected targets with an expr each", file=str(path))
        yield panel


def _placed(panel: Json, n: int) -> Json:
    """Return a panel with an id of its own, two side by side, on the dashboard's database."""
    place = {"x": _WIDTH * (n % 2), "y": _HEIGHT * (n // 2), "w": _WIDTH, "h": _HEIGHT}
    found = {**panel, "id": n + 1, "gridPos": place, "datasource": _DATABASE}
    targets = [
        {"refId": f"Q{m}", **target, "datasource": _DATABASE}
        for m, target in enumerate(panel.get("targets") or [], 1)
    ]
    return found | ({"targets": targets} if targets else {})
