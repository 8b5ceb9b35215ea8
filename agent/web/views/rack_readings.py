"""The readings of one rack: one pass over everything that carries a rack label."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from agent.web.format import natural
from agent.web.view import BoardView
from collectors.base import Metric, Series
from collectors.catalogue.rack import RACK

Values = dict[str, float | None]
"""Values of a device or of a part of it, by the name of a field; None for what is not known."""


class RackReadings:
    """The live series of one rack, by metric."""

    def __init__(self, view: BoardView, site: str, rack: str) -> None:
        """Find the series of a rack at a site."""
        self._rows: dict[str, dict[Series, float]] = {}
        for metric, rows in view.snapshot.families():
            if metric.labels[: len(RACK)] != RACK:
                continue
            hub_at, site_at, rack_at = metric.at("hub"), metric.at("site"), metric.at("rack")
            found = {
                series: value
                for series, value in rows.items()
                if series.values[rack_at] == rack
                and series.values[site_at] == site
                and series.values[hub_at] == view.hub
            }
            if found:
                self._rows[metric.full_name] = found

    def __bool__(self) -> bool:
        return bool(self._rows)

    def of(self, metric: Metric) -> Mapping[Series, float]:
        """Return the readings of one metric."""
        return self._rows.get(metric.full_name, {})

    def one(self, metric: Metric, **labels: str) -> float | None:
        """Return the value of the first series with these labels; None where there is none."""
        return next(
            (
                value
                for series, value in self.of(metric).items()
                if all(series.label(key) == wanted for key, wanted in labels.items())
            ),
            None,
        )

    def table(
        self, fields: Sequence[tuple[Metric, str]], *keys: str
    ) -> dict[tuple[str, ...], Values]:
        """Return the values of several metrics, by the values of the labels `keys`.

        `fields` gives the name of the field for each metric.
        """
        found: dict[tuple[str, ...], Values] = {}
        for metric, name in fields:
            places = [metric.at(label) for label in keys]
            for series, value in self.of(metric).items():
                key = tuple(series.values[place] for place in places)
                found.setdefault(key, {other: None for _, other in fields})[name] = value
        return dict(sorted(found.items(), key=lambda row: tuple(map(natural, row[0]))))
