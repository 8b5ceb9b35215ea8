"""The dashboards' JSON."""

from __future__ import annotations

import itertools
import re

from grafanalib import formatunits

from dashboards import panels
from dashboards.build import Built
from tests.dashboards.panels import every_panel, walk

UIDS = {
    "hubgauge-overview",
    "hubgauge-site",
    "hubgauge-racks",
    "hubgauge-rack",
    "hubgauge-nodes",
    "hubgauge-chips",
    "hubgauge-links",
    "hubgauge-meters",
    "hubgauge-agents",
    "hubgauge-hub-national",
    "hubgauge-hub-guizhou",
    "hubgauge-hub-guian",
    "hubgauge-hub-kunming",
    "hubgauge-hub-liangya",
}


LEFTOVERS = {
    "step",
    "intervalFactor",
    "metric",
    "target",
    "query_",
    "fieldOptions",
    "nullValueMode",
    "yaxis",
    "op",
    "valueName",
    "rows",
}


LONGEST_QUERY = 16 * 1024
"""VictoriaMetrics refuses a longer one (`-search.maxQueryLen`)."""


def test_every_query_is_short_enough(built: dict[str, list[Built]]) -> None:
    """No query, without the values of its variables, is longer than databases take."""
    lengths = {
        (dashboard.uid, panel["title"]): len(target["expr"].encode())
        for dashboard, panel in every_panel(built)
        for target in panel.get("targets", ())
        if "expr" in target
    }
    assert len(lengths) > 100
    assert {at: length for at, length in lengths.items() if length > LONGEST_QUERY} == {}


def test_uids_are_stable(built: dict[str, list[Built]]) -> None:
    """The uids are these and no others: links and bookmarks hang on them; Chinese has its own."""
    assert {dashboard.uid for dashboard in built["en"]} == UIDS
    assert {dashboard.uid for dashboard in built["zh"]} == {f"{uid}-zh" for uid in UIDS}
    assert all(
        dashboard.json["uid"] == dashboard.uid and len(dashboard.uid) <= 40
        for dashboard in itertools.chain(*built.values())
    )


def test_panels_are_whole(built: dict[str, list[Built]]) -> None:
    """Every panel has a title, a description, a unit, the datasource variable, and words for
    missing data.
    """
    for dashboard, panel in every_panel(built):
        if panel["type"] == "row":
            continue
        where = f"{dashboard.uid}: {panel['title']}"
        assert panel["title"].strip(), where
        assert len(panel["description"]) >= 4, where
        assert panel["datasource"] == {"type": "prometheus", "uid": "${datasource}"}, where
        assert panel["fieldConfig"]["defaults"]["unit"], where
        if panel["type"] != "text":
            assert panel["fieldConfig"]["defaults"]["noValue"] in ("no data", "无数据"), where
            assert panel["targets"], where


def test_units_are_known(built: dict[str, list[Built]]) -> None:
    """Every unit is one that Grafana lists, or in one of its notations for units of one's own."""
    known = {getattr(formatunits, name) for name in dir(formatunits) if name.isupper()}
    for dashboard, panel in every_panel(built):
        overrides = [
            item["value"]
            for _, item in walk(panel)
            if isinstance(item, dict) and item.get("id") == "unit"
        ]
        defaults = panel.get("fieldConfig", {}).get("defaults", {})
        for unit in [*overrides, *([defaults["unit"]] if defaults else [])]:
            assert unit in known or re.match(r"(suffix|currency|time|si):\S", unit), (
                f"{dashboard.uid}: {unit}"
            )


def test_ids_are_unique(built: dict[str, list[Built]]) -> None:
    """Panel ids are unique in a dashboard, and the same in both languages.

    So are refIds in a panel.
    """
    for dashboard in itertools.chain(*built.values()):
        ids = [panel["id"] for panel in dashboard.json["panels"]]
        assert len(ids) == len(set(ids))
    for english, chinese in zip(built["en"], built["zh"], strict=True):
        shape = [
            [(panel["id"], panel["type"], panel["gridPos"]) for panel in made.json["panels"]]
            for made in (english, chinese)
        ]
        assert shape[0] == shape[1]
    for dashboard, panel in every_panel(built):
        refs = [target["refId"] for target in panel.get("targets", [])]
        assert len(refs) == len(set(refs)), dashboard.uid


def test_the_grid_holds(built: dict[str, list[Built]]) -> None:
    """Panels lie within 24 columns and no two overlap."""
    for dashboard in itertools.chain(*built.values()):
        taken: set[tuple[int, int]] = set()
        for panel in dashboard.json["panels"]:
            place = panel["gridPos"]
            cells = set(
                itertools.product(
                    range(place["x"], place["x"] + place["w"]),
                    range(place["y"], place["y"] + place["h"]),
                )
            )
            assert place["x"] >= 0, dashboard.uid
            assert place["x"] + place["w"] <= panels.COLUMNS, dashboard.uid
            assert not cells & taken, f"{dashboard.uid}: {panel['title']}"
            taken |= cells


def test_nothing_old_is_left(built: dict[str, list[Built]]) -> None:
    """What grafanalib leaves over is gone: steps and factors, "null" strings, empty thresholds,
    nulls outside a threshold's base.
    """
    for dashboard in itertools.chain(*built.values()):
        assert dashboard.json["schemaVersion"] == 41
        for path, value in walk(dashboard.json):
            assert {"options", "annotations"} & set(path) or not LEFTOVERS & set(path[-1:]), path
            assert value != "null", path
            if value is None:
                assert path[-1] == "value", path
                assert (
                    path[-4:-2] in ((("thresholds", "steps")), ("value", "steps"))
                    or "steps" in path
                ), path
            if path and path[-1] == "steps" and "thresholds" in path:
                assert value, path
                assert value[0]["value"] is None, path
                assert all(step["value"] is not None for step in value[1:]), path
                assert all(set(step) == {"color", "value"} for step in value), path


def test_a_stat_shows_the_newest_value(built: dict[str, list[Built]]) -> None:
    """Stats, gauges and bars reduce to the last value there is, never to a mean.

    Lines never bridge a gap.
    """
    kinds = set()
    for dashboard, panel in every_panel(built):
        kinds.add(panel["type"])
        if "reduceOptions" in panel.get("options", {}):
            assert panel["options"]["reduceOptions"]["calcs"] == ["lastNotNull"], dashboard.uid
            # Of a range it would be what ended hours ago.
            assert all(target["instant"] for target in panel["targets"]), panel["title"]
        if panel["type"] == "timeseries":
            assert not {"last", "lastNotNull"} & {*panel["options"]["legend"]["calcs"]}
            assert panel["fieldConfig"]["defaults"]["custom"]["spanNulls"] is False
    assert kinds == {
        "row",
        "stat",
        "gauge",
        "geomap",
        "bargauge",
        "timeseries",
        "heatmap",
        "state-timeline",
        "status-history",
        "table",
        "text",
    }
