"""The runbook as a page of the agent: what an alert means and what to do, for whoever is called where no other network is."""

from __future__ import annotations

import re
from collections.abc import Iterator
from functools import cache
from importlib.resources import files
from pathlib import Path
from typing import TYPE_CHECKING, Final

from agent.web.markup import Safe, el, join

if TYPE_CHECKING:
    from agent.web.page import Page

PATH: Final = "/runbook"
_MARKED: Final = re.compile(r"`([^`]+)`|\*\*([^*]+)\*\*|\*([^*]+)\*")
_HAN: Final = re.compile(r"[\u4e00-\u9fff]")


def draw(page: Page) -> str | None:
    """Return the HTML of `/runbook`; None where the program was installed without it."""
    text = _text()
    if text is None:
        return None
    head, *sections = re.split(r"(?m)^## ", text)
    title, _, about = head.partition("\n")
    main = [
        el("div", el("h1", page.w("runbook")), *_paragraphs(about), class_="headline runbook"),
        el("div", [_section(section) for section in sections], class_="detail runbook"),
    ]
    return page.document(title.removeprefix("# "), main, crumbs=[(page.w("runbook"), PATH)])


@cache
def _text() -> str | None:
    """Return the runbook: what was packed with the program, or in a checkout the file itself."""
    packed = files("agent.web").joinpath("static", "runbook.md")
    if packed.is_file():
        return packed.read_text("utf-8")
    own = Path(__file__).parents[2] / "docs" / "runbook.md"
    return own.read_text("utf-8") if own.is_file() else None


def _section(text: str) -> Safe:
    name, _, body = text.partition("\n")
    key = name.strip().lower()
    return el(
        "section",
        el("h2", name.strip(), id=f"h-{key}"),
        *_paragraphs(body),
        class_="card",
        id=key,
        aria_labelledby=f"h-{key}",
    )


def _paragraphs(text: str) -> Iterator[Safe]:
    for block in text.split("\n\n"):
        said = " ".join(block.split())
        if said:
            yield el("p", _inline(said), lang="zh-Hans" if _HAN.search(said) else "en")


def _inline(text: str) -> Safe:
    """Mark code, strong words and names; whatever else there is stands as it is written."""
    parts: list[Safe | str] = []
    at = 0
    for found in _MARKED.finditer(text):
        code, strong, name = found.groups()
        parts += [
            text[at : found.start()],
            el("code", code) if code else el("b", strong) if strong else el("em", name),
        ]
        at = found.end()
    return join([*parts, text[at:]])
