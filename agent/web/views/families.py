"""Reads the series of a hub or a site from the snapshot, by the names of their labels."""

from __future__ import annotations

from collections.abc import Iterator

from agent.web.view import BoardView
from collectors.base import Metric, Series


def of_hub(view: BoardView, metric: Metric) -> Iterator[tuple[Series, float]]:
    """Yield the series of a metric that belong to the agent's hub."""
    hub_at = metric.at("hub")
    for series, value in view.snapshot.family(metric).items():
        if series.values[hub_at] == view.hub:
            yield series, value


def of_site(view: BoardView, metric: Metric, site: str) -> Iterator[tuple[Series, float]]:
    """Yield the series of a metric that belong to one site of the agent's hub."""
    site_at = metric.at("site")
    for series, value in of_hub(view, metric):
        if series.values[site_at] == site:
            yield series, value


def by_label(view: BoardView, metric: Metric, site: str, label: str) -> dict[str, float]:
    """Return a site's values of a metric by the value of one label."""
    return {series.label(label): value for series, value in of_site(view, metric, site)}
