"""The queries, links and tables of the dashboards."""

from __future__ import annotations

import itertools
import re

from collectors.catalogue import recorded
from dashboards import panels
from dashboards.build import Built
from tests.dashboards.names import READ_BY_SIGNALS, declared
from tests.dashboards.panels import every_panel, walk
from tests.dashboards.promtool import metric_names

RAW = {
    recorded.KPI_VALUE: " or sum by (hub, kpi, scope) (dc_kpi_value",
    recorded.KPI_COVERAGE: " or min by (hub, kpi, scope) (dc_kpi_coverage_ratio",
    recorded.KPI_MISSING: " > 0 or (",
    recorded.SOURCE: " or on (hub, site) topk by (hub, site) (1, ",
}
"""What takes the place of a recorded series where there are no rules."""


def test_queries_read_only_what_exists(built: dict[str, list[Built]]) -> None:
    """Every metric of a query is declared in the catalogue, or recorded and read by signals.

    Every variable is one the dashboard has.
    """
    known = declared() | READ_BY_SIGNALS
    for dashboard, panel in every_panel(built):
        variables = {variable["name"] for variable in dashboard.json["templating"]["list"]} | {
            "__rate_interval"
        }
        for target in panel.get("targets", []):
            assert set(metric_names(target["expr"])) <= known, target["expr"]
            assert set(re.findall(r"\$([a-z_]\w*)", target["expr"])) <= variables, (
                f"{dashboard.uid}: {target['expr']}"
            )
            assert not re.search(r"<(hub|site|row|instance|rate)>", target["expr"]), target["expr"]


def test_annotations_mark_deadlines_and_alerts(built: dict[str, list[Built]]) -> None:
    """Every board marks when targets are due, at the moment they are due, and the alerts that fire.

    By variables it has.
    """
    for dashboard in itertools.chain(*built.values()):
        due, firing = dashboard.json["annotations"]["list"]
        assert due["useValueForTime"] == "on"
        assert due["expr"].startswith("dc_target_deadline_timestamp_seconds{")
        assert firing["expr"].startswith('ALERTS{alertstate="firing",')
        variables = {variable["name"] for variable in dashboard.json["templating"]["list"]}
        for one in (due, firing):
            assert one["datasource"] == {"type": "prometheus", "uid": "${datasource}"}
            assert set(re.findall(r"\$(\w+)", one["expr"])) <= variables, (
                f"{dashboard.uid}: {one['expr']}"
            )


def test_series_lead_to_what_they_are_of(built: dict[str, list[Built]]) -> None:
    """Links of panels keep time and data source, hand on only variables that the board they lead to
    has, and lead nowhere else.
    """
    for dashboards in built.values():
        boards = {
            item.uid: {variable["name"] for variable in item.json["templating"]["list"]}
            for item in dashboards
        }
        urls = {
            item["url"]
            for made in dashboards
            for path, item in walk(made.json["panels"])
            if "links" in path and isinstance(item, dict)
        }
        assert len(urls) > 3
        for url in urls:
            uid, _, query = url.removeprefix("/d/").partition("?")
            assert query.startswith("${__url_time_range}&${datasource:queryparam}"), url
            targets = [
                name for name in boards if re.fullmatch(re.sub(r"\$\{[^}]*\}", ".+", uid), name)
            ]
            assert targets, url
            assert set(re.findall(r"var-(\w+)=", query)) <= boards[targets[0]] | {"row"}, url


def test_tables_are_sorted_by_a_column_they_have(built: dict[str, list[Built]]) -> None:
    """Each table names the column it is sorted by, and has it."""
    for dashboard, panel in every_panel(built):
        if panel["type"] == "table":
            (sort,) = panel["options"]["sortBy"]
            (organize,) = (
                step["options"] for step in panel["transformations"] if step["id"] == "organize"
            )
            assert sort["displayName"] in organize["renameByName"].values(), (
                f"{dashboard.uid}: {panel['title']}"
            )


def test_lines_of_panels_are_full(built: dict[str, list[Built]]) -> None:
    """No line of panels leaves a gap at its right, nor a hole in the middle."""
    for dashboard in itertools.chain(*built.values()):
        panels_ = [panel["gridPos"] for panel in dashboard.json["panels"]]
        width = {row: 0 for place in panels_ for row in range(place["y"], place["y"] + place["h"])}
        for place in panels_:
            for row in range(place["y"], place["y"] + place["h"]):
                width[row] += place["w"]
        assert set(width.values()) == {panels.COLUMNS}, dashboard.uid


def test_no_datasource_is_fixed(built: dict[str, list[Built]]) -> None:
    """Whatever asks a datasource asks the one that is chosen above."""
    for dashboard in itertools.chain(*built.values()):
        for path, value in walk(dashboard.json):
            if path and path[-1] == "datasource":
                assert value["uid"] == "${datasource}", f"{dashboard.uid}: {path}"


def test_panels_do_without_rules(built: dict[str, list[Built]]) -> None:
    """No panel depends on a recorded series alone: a recorded name only ever stands before raw
    series that can take its place.
    """
    for _, panel in every_panel(built):
        for target in panel.get("targets", []):
            for name in metric_names(target["expr"]):
                assert ":" not in name or RAW[name] in target["expr"], name


def test_variables_and_links(built: dict[str, list[Built]]) -> None:
    """Data source first; the boards of many hubs choose hub and site.

    Links keep variables and time, and lead to boards that exist.
    """
    for language, dashboards in built.items():
        uids = {dashboard.uid for dashboard in dashboards}
        for dashboard in dashboards:
            names = [variable["name"] for variable in dashboard.json["templating"]["list"]]
            assert names[0] == "datasource"
            assert ("hub" in names) != dashboard.uid.startswith("hubgauge-hub-")
            links = dashboard.json["links"]
            assert links
            assert all(link["includeVars"] and link["keepTime"] for link in links)
            for link in links:
                if link["type"] == "link":
                    assert link["url"].removeprefix("/d/").partition("?")[0] in uids
                else:
                    assert link["tags"] == [f"hubgauge-hub{'' if language == 'en' else '-zh'}"]
    nodes = next(dashboard for dashboard in built["en"] if dashboard.uid == "hubgauge-nodes")
    assert [variable["name"] for variable in nodes.json["templating"]["list"]] == [
        "datasource",
        "hub",
        "site",
        "instance",
    ]
