"""Mistakes in files, told in the reader's language: what the strict reader really says of them."""

from __future__ import annotations

import ast
import dataclasses
import datetime as dt
import errno
import os
import re
import typing
from collections import Counter
from dataclasses import dataclass, field
from pathlib import Path
from typing import Annotated, Any, Final, Literal

import pytest
import yaml

from agent import cli
from agent.config_file import ConfigFile
from agent.hubs.entries import Id, KpiKey, Zone
from agent.messages.catalogue import DEFAULT, languages
from agent.messages.said import said, said_lines, templates
from agent.sinks.mqtt.config import Mqtt
from collectors.facility.masks import Pattern
from collectors.strict import Count, Duration, Problems, Range, Ratio, Regex, Size, read
from collectors.strict.nodes import MAX_BYTES
from tests.support import ROOT

ZH: Final = Path(cli.__file__).parent / "messages" / "zh" / "said"


@dataclass(frozen=True, slots=True, kw_only=True)
class _Inner:
    a: int


@dataclass(frozen=True, slots=True, kw_only=True)
class _Deep:
    deep: _Deep | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class _Model:
    text: str = ""
    whole: int = 0
    count: Count = 0
    number: float = 0.0
    ratio: Ratio = 0.0
    most: Annotated[float, Range(most=9)] = 0.0
    switch: bool = False
    path: Path = Path()
    date: dt.date = dt.date.min
    wait: Duration = 1.0
    size: Size = 1
    zone: Zone = "UTC"
    hub: Id = "a"
    kpi: KpiKey = "a"
    mask: Pattern = 0
    regex: Regex = field(default_factory=lambda: re.compile(""))
    kind: Literal["snmp", "modbus"] = "snmp"
    several: tuple[str, ...] = ()
    inner: _Inner | None = None
    named: dict[str, int] = field(default_factory=dict)
    inners: list[_Inner] = field(default_factory=list)
    anywhere: dict[str, _Inner] = field(default_factory=dict)
    source: Path | _Inner | None = None
    deep: _Deep | None = None


_CONFIG: Final = typing.get_type_hints(ConfigFile, include_extras=True)
_MQTT: Final = typing.get_type_hints(Mqtt, include_extras=True)
_ALL: Final = dataclasses.make_dataclass(
    "_ALL",
    [
        ("shard", _CONFIG["shard"], None),
        ("workers", _CONFIG["workers"], 1),
        ("message", _MQTT["max_message"], 2000),
        *((f"x{n}", int, 0) for n in range(40)),  # more names than a line lists
    ],
    bases=(_Model,),
    frozen=True,
    kw_only=True,
)


def _lines(text: str, model: Any = _ALL) -> list[str]:
    with pytest.raises(Problems) as caught:
        read("f.yaml", model, text=text)
    return said_lines(caught.value, "zh")


CASES: Final = [
    ("txet: a", "f.yaml:1: txet: 未知的键；是否应为 text？"),
    ("inner: {a: 1, zzzz: 2}", "f.yaml:1: inner.zzzz: 未知的键；应为以下之一：a"),
    ("inner: {}", "f.yaml:1: inner.a: 缺少；应为整数"),
    ("whole: 1\nwhole: 2", "f.yaml:2: whole: 重复给出（首次在第 1 行）"),
    ("named: {a: 1, a: 2}", "f.yaml:1: named.a: 重复给出"),
    ("text: []", "f.yaml:1: text: 应为文本"),
    ("whole: x", "f.yaml:1: whole: 应为整数，实为 'x'"),
    ("count: -1", "f.yaml:1: count: 应为整数，至少 0，实为 -1"),
    ("number: x", "f.yaml:1: number: 应为数字，实为 'x'"),
    ("ratio: 2", "f.yaml:1: ratio: 应为数字，至少 0，至多 1，实为 2"),
    ("most: 10", "f.yaml:1: most: 应为数字，至多 9，实为 10"),
    ("switch: maybe", "f.yaml:1: switch: 应为 true 或 false，实为 'maybe'"),
    ("path: []", "f.yaml:1: path: 应为路径"),
    ("date: soon", "f.yaml:1: date: 应为日期，如 2024-12-31，实为 'soon'"),
    ("wait: soon", "f.yaml:1: wait: 应为时长，如 15s、500ms 或 1h30m，实为 'soon'"),
    ("size: big", "f.yaml:1: size: 应为大小，如 512MiB 或 2GiB，实为 'big'"),
    ("message: big", "f.yaml:1: message: 应为大小，如 128KiB，实为 'big'"),
    ("shard: big", "f.yaml:1: shard: 应为部分，如 2/4，实为 'big'"),
    ("workers: many", "f.yaml:1: workers: 应为 auto 或 1 至 64 的数字，实为 'many'"),
    (
        f"{'k' * 30}: a",
        f"f.yaml:1: {'k' * 30}: 未知的键；应为以下之一：text, ",
    ),
    ("zone: Moon", "f.yaml:1: zone: 应为时区，如 Asia/Shanghai，实为 'Moon'"),
    ("hub: A B", "f.yaml:1: hub: 应为以连字符连接的小写单词，实为 'A B'"),
    ("kpi: A B", "f.yaml:1: kpi: 应为以下划线连接的小写单词，实为 'A B'"),
    ("mask: x", "f.yaml:1: mask: 应为整数，如 52 或 0x0034，实为 'x'"),
    ("regex: '('", "f.yaml:1: regex: 应为正则表达式，实为 '('"),
    ("kind: ipmi", "f.yaml:1: kind: 应为以下之一：snmp, modbus；实为 'ipmi'"),
    (
        "kind: smnp",
        "f.yaml:1: kind: 应为以下之一：snmp, modbus；实为 'smnp'；是否应为 snmp？",
    ),
    ("kind: []", "f.yaml:1: kind: 应为以下之一：snmp, modbus"),
    ("several: a", "f.yaml:1: several: 应为列表，各项为文本"),
    ("inners: a", "f.yaml:1: inners: 应为列表，各项为映射"),
    ("inner: []", "f.yaml:1: inner: 应为映射，键为 a"),
    ("named: a", "f.yaml:1: named: 应为映射，值为整数"),
    ("<<: a", "f.yaml:1: <<: 应为要合并的映射"),
    ("deep: &a {deep: *a}", "f.yaml:1: 嵌套过深"),
    ("a: [", "f.yaml:1: 不是 YAML：did not find expected node content"),
]
"""A file, and the first line about it."""


@pytest.mark.parametrize(("text", "line"), CASES)
def test_a_mistake_is_told_in_chinese(text: str, line: str) -> None:
    """File, line, key, names and values stay; the words are Chinese."""
    assert _lines(text)[0].startswith(line)


def test_a_file_that_cannot_be_read_is_told_in_chinese(tmp_path: Path) -> None:
    """A reason that the system gives is Chinese where it is one of the common ones."""

    def told(path: Path) -> str:
        with pytest.raises(Problems) as caught:
            read(path, _Model)
        return said_lines(caught.value, "zh")[0]

    path = tmp_path / "f.yaml"
    assert told(path) == f"{path}: 无法读取：文件不存在"
    assert told(tmp_path) == f"{tmp_path}: 无法读取：是文件夹"
    assert told(path / ("x" * 300)).startswith(f"{path}/xxx")
    path.write_bytes(b"a: \xff")
    assert told(path) == f"{path}:1: 不是 UTF-8（字节 3）"
    with path.open("wb") as out:
        out.truncate(MAX_BYTES + 1)
    assert told(path) == f"{path}: 超过 67108864 字节"


def test_the_first_lines_of_a_config_are_told_in_chinese(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """`hubgauge check` in a Chinese locale, with what a beginner mistypes."""
    path = tmp_path / "config.yaml"
    path.write_text("hub: guian\nsite: s\nstate_dir: state\ncolectors: {}\nworkers: many\n")
    assert cli.main(["check", str(path), "--language", "zh"]) == 2
    assert capsys.readouterr().err.splitlines() == [
        f"{path}:4: colectors: 未知的键；是否应为 collectors？",
        f"{path}:5: workers: 应为 auto 或 1 至 64 的数字，实为 'many'",
    ]


def _raised(folder: Path) -> set[str]:
    """Return the English message of every mistake of these tests."""
    files: list[tuple[Path, str | None]] = [(Path("f.yaml"), text) for text, _ in CASES]
    (folder / "bytes").write_bytes(b"\xff")
    with (folder / "large").open("wb") as out:
        out.truncate(MAX_BYTES + 1)
    files += [(folder / name, None) for name in ("bytes", "large", "none", ".", "large/below")]
    found = {f"cannot be read: {os.strerror(errno.EACCES)}"}  # root may read all
    for path, text in files:
        with pytest.raises(Problems) as caught:
            read(path, _ALL, text=text)
        found |= {error.message for error in caught.value.errors}
    return found


def test_each_template_is_of_a_text_that_is_raised(tmp_path: Path) -> None:
    """A template that nothing says any more is named here, and must go."""
    raised = _raised(tmp_path)
    known = yaml.load((ZH / "files.yaml").read_text("utf-8"), yaml.CSafeLoader)
    unused = [
        template
        for template in known
        if not any(re.search(_loose(template), text, re.DOTALL) for text in raised)
    ]
    assert unused == []


def _says(node: ast.expr) -> str:
    """Return a text of the code, its values filled in as a reader may see them."""
    match node:
        case ast.Constant(value=str(text)):
            return text
        case ast.JoinedStr(values=parts):
            return "".join(map(_says, parts))
        case ast.BinOp(left=left, right=right):
            return _says(left) + _says(right)
        case ast.FormattedValue(value=value):
            return _says(value) if "nearest(" in ast.unparse(value) else "x"
        case ast.Call(func=ast.Name(id="nearest")):
            return "; did you mean x?"
    return "x"


def _in_the_code() -> set[str]:
    """Return every text of the code, as it is and without the key that it may begin with."""
    found = set()
    for folder in ("agent", "collectors"):
        for path in (ROOT / folder).rglob("*.py"):
            for node in ast.walk(ast.parse(path.read_text("utf-8"))):
                if isinstance(node, ast.Constant | ast.JoinedStr | ast.BinOp):
                    text = _says(node)
                    found |= {text, text.partition(": ")[2]}
    return found


def test_each_refusal_that_is_translated_stands_in_the_code() -> None:
    """A text that is changed where it is raised would else be English among Chinese, unnoticed."""
    known = yaml.load((ZH / "models.yaml").read_text("utf-8"), yaml.CSafeLoader)
    code = "\n".join(sorted(_in_the_code()))
    lost = [
        template for template in known if not re.search(f"^{_loose(template)}$", code, re.MULTILINE)
    ]
    assert lost == []


def _loose(template: str) -> str:
    return ".+".join(map(re.escape, re.split(r"\{\w+\}", template)))


def test_what_check_doubts_is_told_in_chinese(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """A name that the inventory lacks, and a rack with more in it than it has room for."""
    path, stock = tmp_path / "config.yaml", tmp_path / "inventory.yaml"
    path.write_text("hub: guian\nsite: s\nstate_dir: state\ninventory: inventory.yaml\nrack: A2\n")
    rack = "{rack: A1, site: s, row: r, height_units: 42, used_units: %d}"
    stock.write_text(f"sites: [{{site: s}}]\nracks: [{rack % 40}]\n")
    assert cli.main(["check", str(path), "--language", "zh"]) == 0
    assert capsys.readouterr().err == f"{path}:5: rack: A2 不在清单中；是否应为 A1？\n"
    stock.write_text(f"sites: [{{site: s}}]\nracks: [{rack % 50}]\n")
    assert cli.main(["check", str(path), "--language", "zh"]) == 2
    assert capsys.readouterr().err == f"{stock}:2: racks[0].used_units: 超过机柜的 42 U\n"


def test_a_text_that_no_template_fits_stays_english_as_a_whole() -> None:
    """Half a line in each language is worse than a line of English."""
    for text in ("stop or go", "expected something else", "argument --x: a reason", ""):
        assert said(text, "zh") == text
    assert said("unknown key; did you mean a?", "en") == "unknown key; did you mean a?"


@pytest.mark.parametrize("language", [one for one in languages() if one != DEFAULT])
def test_a_template_stands_in_one_file(language: str) -> None:
    """Of two translations of one line, the file that is read last would win."""
    files = (ZH.parent.parent / language / "said").glob("*.yaml")
    found = Counter(
        english for file in files for english in yaml.safe_load(file.read_text("utf-8"))
    )
    assert found.total() > 100
    assert [english for english, count in found.items() if count > 1] == []


@pytest.mark.parametrize("language", [one for one in languages() if one != DEFAULT])
def test_every_language_has_the_same_templates(language: str) -> None:
    """Each with the placeholders of its English text."""
    assert templates(language).keys() == templates("zh").keys()
    for english, text in templates(language).items():
        assert sorted(re.findall(r"\{\w*\}", english)) == sorted(re.findall(r"\{\w*\}", text))
