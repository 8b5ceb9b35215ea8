"""Every Chinese text of the product, and what its glossary says must not stand in one."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass, replace
from functools import cache
from pathlib import Path
from typing import Any, Final

import yaml

from tests.support import ROOT

HAN: Final = re.compile(r"[\u3400-\u9fff]")
GLOSSARY: Final = ROOT / "agent" / "messages" / "terms.yaml"
_CATALOGUES: Final = ("agent/messages/zh/**/*.yaml", "dashboards/messages/zh.yaml")
_FENCE: Final = re.compile(r"^```.*?^```$", re.MULTILINE | re.DOTALL)


@dataclass(frozen=True, slots=True, kw_only=True)
class Said:
    """A Chinese text and the file it stands in, relative to the repository."""

    file: str
    text: str
    prose: bool = True
    """Whether the whole text is Chinese, so that the rules of writing hold for it too."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Term:
    """One term: its English words, its Chinese ones, and what must not be said for it."""

    english: str
    chinese: str
    never: tuple[str, ...]
    quoted: tuple[str, ...]


@cache
def terms() -> list[Term]:
    """Return the glossary's terms."""
    return [
        Term(
            english=one["term"],
            chinese=one["zh"],
            never=tuple(one.get("never", ())),
            quoted=tuple(one.get("quoted", ())),
        )
        for one in _glossary()["terms"]
    ]


def faults(said: Said) -> list[str]:
    """Return what the glossary forbids and the text has, each with the words to use."""
    found = [
        f"{said.file}: {match[0]} -> {term.chinese}: {said.text}"
        for term in terms()
        if not said.file.startswith(term.quoted or "\0")
        for never in term.never
        if (match := re.search(never, said.text))
    ]
    if said.prose:
        found += [
            f"{said.file}: {match[0]} -> {rule['say']}: {said.text}"
            for rule in _glossary()["writing"]
            if (match := re.search(rule["never"], said.text))
        ]
    return found


def texts() -> Iterator[Said]:
    """Yield every Chinese text that people read: messages, facts, alerts and pages."""
    for pattern in _CATALOGUES:
        for path in sorted(ROOT.glob(pattern)):
            yield from _values(path)
    for path in sorted((ROOT / "agent" / "hubs").glob("*.yaml")):
        yield from _values(path, only="zh")
    for said in _values(ROOT / "deploy" / "prometheus" / "rules" / "alerts.yml", only="_zh"):
        yield replace(said, text=re.sub(r"\{\{.*?\}\}", "`", said.text))
    for path in sorted((ROOT / "docs").rglob("*.md")):
        yield from _page(path)


@cache
def _glossary() -> Any:
    return yaml.load(GLOSSARY.read_text("utf-8"), yaml.CSafeLoader)


def _values(path: Path, *, only: str = "") -> Iterator[Said]:
    name = str(path.relative_to(ROOT))
    for text in _strings(yaml.load(path.read_text("utf-8"), yaml.CSafeLoader), only, only == ""):
        if HAN.search(text):
            yield Said(file=name, text=text)


def _strings(data: Any, only: str, wanted: bool) -> Iterator[str]:
    if isinstance(data, dict):
        for key, value in data.items():
            yield from _strings(value, only, wanted or (only != "" and str(key).endswith(only)))
    elif isinstance(data, list):
        for value in data:
            yield from _strings(value, only, wanted)
    elif isinstance(data, str) and wanted:
        yield data


def _page(path: Path) -> Iterator[Said]:
    """Yield the lines of a page without its code; only those of docs/zh are Chinese prose."""
    name = str(path.relative_to(ROOT))
    plain = re.sub(r"`[^`\n]*`", "`", _FENCE.sub("", path.read_text("utf-8")))
    for line in plain.splitlines():
        if HAN.search(line):
            yield Said(file=name, text=line, prose=name.startswith("docs/zh/"))
