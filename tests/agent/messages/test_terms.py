"""The glossary of Chinese terms, and every Chinese text of the product against it."""

from __future__ import annotations

import re

import pytest

from tests.support import ROOT
from tests.support.chinese import HAN, Said, faults, terms, texts

_ROW = re.compile(r"^\| *([^|]+?) *\| *([^|]+?) *\|", re.MULTILINE)


def test_every_chinese_text_uses_the_terms_of_the_glossary() -> None:
    """No message, fact, alert or page has a word that the glossary replaces by another."""
    read = list(texts())
    assert {said.file.split("/")[0] for said in read} == {"agent", "dashboards", "deploy", "docs"}
    assert len(read) > 1500
    assert [fault for said in read for fault in faults(said)] == []


@pytest.mark.parametrize(
    ("text", "term"),
    [
        ("3 项承诺处于危险之中", "承诺"),
        ("本代理所属枢纽", "采集代理"),
        ("倒换负载 85 %", "单路失电负载率"),
        ("滞留功率 2 kW", "搁浅功率"),
        ("机架 A07", "机柜"),
        ("12 台机柜需处理", "机柜"),
        ("共 8 张加速卡", "加速芯片"),
        ("48 块 PDU 中 44 块有应答", "机柜配电单元"),
        ("2 块电表无应答", "电能表"),
        ("按市场", "基于位置、基于市场"),
        ("类别 1", "PUE 类别"),
        ("到期未报告", "已逾期、无公开结果"),
        ("往返 10 毫秒", "ms"),
        ("美通社, 2024-03-06", "full-width punctuation"),
        ("上架率 100%", "a space before the per-cent sign"),
        ("机柜A07过热", "a space between Chinese and Latin or digits"),
        ('口径为"标准机架"', "“ ” as quotation marks"),
    ],
)
def test_a_word_that_the_glossary_replaces_is_found(text: str, term: str) -> None:
    """A text with such a word is a fault, and the fault names the words to use."""
    found = faults(Said(file="agent/messages/zh/racks.yaml", text=text))
    assert any(f"-> {term}: " in fault for fault in found), found


@pytest.mark.parametrize(
    "text",
    [
        "标准机架 27 584 架",
        "本采集代理不推送数据。",
        "48 台 PDU 中 44 台有应答",
        "2 块电能表无应答，12 个机柜需处理",
        "从未应答的设备",
        "8 颗加速芯片，PUE 类别 1（UPS 输出计量）",
        "两台机柜 PDU，覆盖率 100 %，往返 10 ms",
    ],
)
def test_what_is_said_rightly_is_no_fault(text: str) -> None:
    """The terms themselves, and words that only look like a replaced one, are let through."""
    assert faults(Said(file="agent/messages/zh/racks.yaml", text=text)) == []


def test_a_source_is_quoted_in_its_own_words() -> None:
    """A published count of racks stays a count of 机架; of what stands there it is 机柜."""
    assert faults(Said(file="agent/hubs/kunming.yaml", text="27 584 个机架")) == []
    assert faults(Said(file="agent/messages/zh/racks.yaml", text="27 584 个机架")) != []


def test_both_pages_of_words_have_the_terms_of_the_glossary() -> None:
    """docs/glossary.md and docs/zh/glossary.md give each English word the same Chinese one."""
    english = dict(_rows("docs/glossary.md"))
    chinese = {word: own for own, word in _rows("docs/zh/glossary.md")}
    assert english == chinese
    stated = {term.english: term.chinese for term in terms()}
    assert {word: stated.get(word) for word in english} == english


def _rows(page: str) -> list[tuple[str, str]]:
    rows = _ROW.findall((ROOT / page).read_text("utf-8"))
    return [row for row in rows if HAN.search(row[0] + row[1]) and row[0] != "中文"]
