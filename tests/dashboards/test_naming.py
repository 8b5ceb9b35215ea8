"""Ids have names, in both languages: in legends, in tables and in the texts of alerts."""

from __future__ import annotations

import re
from typing import Protocol

import pytest

from agent.chip_hours import ChipHours
from agent.events.collector import EventCollector
from agent.expected.collector import ExpectedCollector
from agent.firing.collector import FiringAlerts
from agent.hubs.loader import load_registry
from agent.hubs.model import Registry
from agent.pue.collector import PueCollector
from agent.racks.collector import RackCollector
from agent.racks.growth import GrowthCollector
from agent.racks.phases import PhaseCollector
from agent.selfmetrics import SelfCollector
from agent.targets.collector import TargetCollector
from agent.targets.federation import Federation
from dashboards.alerts import ALERTS
from dashboards.build import Built
from dashboards.naming import filled, in_alert, mappings, names, names_in_alerts, renames
from tests.dashboards.panels import every_panel


class Named(Protocol):
    """A collector's class."""

    name: str


def renamed(shown: str, legends: list[str], language: str, registry: Registry | None = None) -> str:
    """Apply Grafana's transformations as it does: each is anchored at both ends."""
    for one in renames(legends, names(language, registry)):
        options = one["options"]
        pattern = re.sub(r"\$(\d)", r"\\\1", options["renamePattern"].replace("$$", "$"))
        shown = re.sub(f"^{options['regex']}$", pattern, shown)
    return shown


@pytest.mark.parametrize(("language", "shown"), [("en", "Guangzhou"), ("zh", "广州")])
def test_a_peer_has_the_name_of_its_hub_file(language: str, shown: str) -> None:
    """In a legend and in an alert's text; a peer that no file names keeps its label."""
    registry = load_registry()
    legends = ["{{site}} → {{peer}} {{share}}", "{{share}}"]
    for peer, name in (("guangzhou", shown), ("oslo", "oslo")):
        legend = renamed(f"s → {peer} x", legends, language, registry)
        assert legend == f"s → {name} x"
        text = in_alert("{{ $labels.peer }}", names_in_alerts(language, registry))
        assert filled(text, {"peer": peer}) == name


@pytest.mark.parametrize(
    ("legend", "shown", "english", "chinese"),
    [
        ("{{point}}", "ups_output", "UPS output", "UPS 输出"),
        ("{{site}} {{point}}", "s (1).a utility", "s (1).a Utility", "s (1).a 市电"),
        ("{{row}} {{kind}}", "H2-C space", "H2-C space", "H2-C 空间"),
        ("{{boundary}} {{window}}", "it 1d", "IT 1 day", "IT 1 天"),
        ("{{site}} {{reason}}", "s unreachable", "s no answer", "s 无应答"),
        ("{{site}} {{reason}}", "s dead_letter", "s refused by the database", "s 被数据库拒绝"),
        ("{{site}} {{event}}", "s wrap", "s wrapped to zero", "s 溢出回零"),
        ("{{mode}}", "iowait", "iowait", "等待 I/O"),
        ("{{site}} {{method}}", "s stamp", "s STAMP (RFC 8762)", "s STAMP (RFC 8762)"),
        ("{{site}} {{precision}}", "s bf16", "s BF16", "s BF16"),
        ("{{site}} {{named_source}}", "s ≥ redfish", "s ≥ Redfish", "s ≥ Redfish"),
        ("{{peer}} {{share}}", "hz 0.9", "hz 90th percentile", "hz 第 90 百分位"),
        ("{{site}} {{kind}}", "s uncorrected", "s uncorrected", "s 不可纠正"),
        ("{{tenth}}", "00 %", "0 %", "0 %"),
        ("{{tenth}}", "≥ 100 %", "≥ 100 %", "≥ 100 %"),
        ("{{hub}} {{scope}}", "guian hub", "guian whole hub", "guian 全枢纽"),
        # A site of the name of a point keeps it, and so does what has no name.
        ("{{site}} {{meter}}", "other utility", "other utility", "other utility"),
        ("{{site}}", "utility", "utility", "utility"),
        ("{{point}}", "moon", "moon", "moon"),
    ],
)
def test_a_legend_has_names_for_ids(legend: str, shown: str, english: str, chinese: str) -> None:
    """The id of an enumeration is written in words where the legend has its label."""
    assert renamed(shown, [legend], "en") == english
    assert renamed(shown, [legend], "zh") == chinese


def test_a_dollar_in_a_name_is_a_dollar() -> None:
    """In Grafana's pattern of a new name `$1` is what the first group found, and `$$` is a dollar.

    A promise at `US$1 a kWh` is called so, and not by the name of the site before it.
    """
    (rule,) = renames(["{{site}} {{target}}"], {"target": {"price": "US$1 a kWh"}})
    assert rule["options"] == {"regex": "(.*) price", "renamePattern": "$1 US$$1 a kWh"}


@pytest.mark.parametrize(
    "kind",
    [
        ChipHours,
        EventCollector,
        ExpectedCollector,
        Federation,
        FiringAlerts,
        GrowthCollector,
        PhaseCollector,
        PueCollector,
        RackCollector,
        SelfCollector,
        TargetCollector,
    ],
)
def test_every_collector_of_the_agent_itself_has_a_name(kind: Named) -> None:
    """What the agent computes is in the Chinese board under a Chinese name, or a product's."""
    name = names("zh")["collector"][kind.name]
    assert re.search(r"[\u3400-\u9fff]", name) or name == "Alertmanager"


def test_hubs_and_promises_are_called_by_name() -> None:
    """The overview's rows say Gui'an and what it promised, and no id."""
    known = names("zh", load_registry())
    assert mappings("hub", known)[0]["options"]["guian"]["text"] == "贵阳贵安"
    assert all(not re.fullmatch(r"[a-z0-9-]+", text) for text in known["target"].values())


@pytest.mark.parametrize(
    ("labels", "english", "chinese"),
    [
        ({"point": "ups_output"}, "at UPS output: look", "at UPS 输出: look"),
        ({"point": "utility"}, "at Utility: look", "at 市电: look"),
        ({"point": "moon"}, "at moon: look", "at moon: look"),
    ],
)
def test_an_alert_chooses_the_name_when_it_is_sent(
    labels: dict[str, str], english: str, chinese: str
) -> None:
    """A value with a name is named, any other is written as it is."""
    text = "at {{ $labels.point }}: look"
    assert filled(in_alert(text, names_in_alerts("en")), labels) == english
    assert filled(in_alert(text, names_in_alerts("zh")), labels) == chinese


def test_no_alert_sends_an_id_that_has_a_name() -> None:
    """The Chinese text of every alert, filled in as its case has it, has none of the ids."""
    registry = load_registry()
    known = names_in_alerts("zh", registry)
    for alert in ALERTS:
        fires = alert.must_fire.fires or {}
        said = filled(alert.annotations(registry=registry)["summary_zh"], fires)
        for label, value in fires.items():
            if f"$labels.{label} " in alert.summary.source and value in known.get(label, {}):
                assert known[label][value] in said, f"{alert.name}: {said}"


def test_every_panel_with_such_a_legend_renames_it(built: dict[str, list[Built]]) -> None:
    """In the dashboards as they are built, no panel is left with ids in its legend: of points,
    precisions, ways to measure, shares of probes, and sources of a node's power.
    """
    ids = {
        "point": "ups_output",
        "precision": "fp16",
        "method": "stamp",
        "share": r"0\.99",
        "named_source": "redfish",
    }
    seen = set()
    for dashboard, panel in every_panel(built):
        legends = " ".join(str(one.get("legendFormat")) for one in panel.get("targets", []))
        for label in re.findall(r"\{\{(\w+)\}\}", legends):
            if label in ids and "window" not in legends:
                seen.add(label)
                regexes = [one["options"].get("regex", "") for one in panel["transformations"]]
                where = f"{dashboard.uid} {panel['title']}"
                assert any(ids[label] in one for one in regexes), where
    assert seen == ids.keys()
