"""A panel of words."""

from __future__ import annotations

from dashboards.language import Text
from dashboards.panels.grafana import (
    DATASOURCE,
    Cell,
    Json,
    Modern,
)
from dashboards.panels.maker import Maker
from dashboards.signals.base import BLUE, Step


def text(
    make: Maker, title: Text, content: str, *, description: Text, width: int = 24, height: int = 4
) -> Cell:
    """Words, as Markdown."""
    common: Json = {
        "title": make.say(title),
        "description": make.say(description),
        "dataSource": DATASOURCE,
        "maxDataPoints": None,
    }
    panel = Modern(
        **common,
        type="text",
        options={
            "mode": "markdown",
            "content": content,
            "code": {"language": "plaintext", "showLineNumbers": False, "showMiniMap": False},
        },
        defaults={
            "unit": "none",
            "thresholds": {"mode": "absolute", "steps": [Step(None, BLUE)]},
        },
    )
    return Cell(panel=panel, width=width, height=height)
