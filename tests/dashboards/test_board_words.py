"""The words of the dashboards in each language."""

from __future__ import annotations

import re

from agent.hubs.loader import load_registry
from dashboards import panels
from dashboards.build import Built
from dashboards.panels import Maker, mended
from dashboards.signals import all_signals, rack_limits
from tests.dashboards.panels import every_panel

CHINESE = re.compile(r"[\u3400-\u9fff]")


def test_both_languages_are_complete(built: dict[str, list[Built]]) -> None:
    """Chinese dashboards have Chinese titles and descriptions but for names that are international.

    English ones have no Chinese.
    """
    for dashboard, panel in every_panel(built):
        words = panel["title"] + panel.get("description", "")
        if dashboard.uid.endswith("-zh"):
            assert CHINESE.search(words) or panel["type"] == "row", f"{dashboard.uid}: {words}"
        else:
            assert not CHINESE.search(words.replace("上架率", "")), f"{dashboard.uid}: {words}"


def test_titles_begin_as_a_line_does(built: dict[str, list[Built]]) -> None:
    """No panel is called "rack occupancy" beside one called "Racks"; pPUE keeps its sign."""
    titles = {panel["title"] for _, panel in every_panel(built)}
    assert {"Rack occupancy", "Renewable energy factor"} <= titles
    assert [one for one in titles if one[:1].islower() and not one[1:2].isupper()] == []


def test_a_column_has_room_for_its_name(built: dict[str, list[Built]]) -> None:
    """Inter at 14 px takes some 7 px a letter, 14 px a Chinese one; a filter's sign takes 24."""
    narrow = [
        (dashboard.uid, one["matcher"]["options"])
        for dashboard, panel in every_panel(built)
        if panel["type"] == "table"
        for one in panel["fieldConfig"]["overrides"]
        for width in one["properties"]
        if width["id"] == "custom.minWidth"
        and width["value"]
        < 24 + sum(7 if letter.isascii() else 14 for letter in one["matcher"]["options"])
    ]
    assert narrow == []


def test_signals_speak_both_languages() -> None:
    """Every signal has a name and a description in both languages, and a key of its own."""
    signals = list(all_signals(load_registry()))
    assert len({signal.key for signal in signals}) == len(signals)
    for signal in signals:
        assert signal.name.of("en")
        assert signal.name.of("zh")
        assert CHINESE.search(signal.description.of("zh")), signal.key
        assert not CHINESE.search(signal.description.of("en")), signal.key
        assert signal.unit


def test_missing_is_words_and_not_zero() -> None:
    """A stat's word for missing data is in the reader's language."""
    for language, words in (("en", "no data"), ("zh", "无数据")):
        panel = mended(panels.stat(Maker(language), rack_limits.HOT_COUNT).panel)
        assert panel["fieldConfig"]["defaults"]["noValue"] == words


def test_a_promise_of_a_yes_is_compared_with_nothing(built: dict[str, list[Built]]) -> None:
    """A promise that something will be there reads as it was published, and not as `≥ yes`."""
    texts = [
        panel["options"]["content"] for _, panel in every_panel(built) if panel["type"] == "text"
    ]
    assert any("**是** " in text for text in texts)
    assert any("**yes** " in text for text in texts)
    assert not [text for text in texts if re.search(r"[≥≤] ?(yes|是)\b", text)]


def test_a_steady_value_is_not_drawn_as_a_fault(built: dict[str, list[Built]]) -> None:
    """Voltage and frequency have a scale that the grid's limits fit on (GB/T 12325, GB/T 15945).

    There, 230.84 to 230.90 V are a line.
    """
    seen = {}
    for _, panel in every_panel(built):
        custom = panel.get("fieldConfig", {}).get("defaults", {}).get("custom", {})
        if "axisSoftMax" in custom:
            seen[panel["title"]] = (custom["axisSoftMin"], custom["axisSoftMax"])
    for title in ("Voltage", "电压"):
        low, high = seen[title]
        assert low <= 230 * 0.9
        assert high >= 230 * 1.07
    for title in ("Line frequency", "电网频率"):
        low, high = seen[title]
        assert low <= 49.8
        assert high >= 50.2


def test_what_happens_a_second_has_no_english_unit(built: dict[str, list[Built]]) -> None:
    """Of what is counted a second the unit is 1/s (ISO 80000-3, 3-17.1), written /s in each
    language. Grafana's own ids say ops/s and c/s, and its `si:` would make m/s of a thousandth.
    """
    units = {
        panel["title"]: panel["fieldConfig"]["defaults"].get("unit")
        for _, panel in every_panel(built)
        if "fieldConfig" in panel
    }
    assert units["Failed rounds"] == units["Meter readings taken"] == "suffix:/s"
    assert not {"ops", "cps", "si:/s"} & set(units.values())
