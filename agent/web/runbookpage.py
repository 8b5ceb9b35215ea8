"""The runbook as a page: what an alert means and what to do, also where no other network is."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass
from functools import cache
from importlib.resources import files
from pathlib import Path
from typing import Final, Literal

from agent.web.page import Page

PATH: Final = "/runbook"
_MARKED: Final = re.compile(r"`([^`]+)`|\*\*([^*]+)\*\*|\*([^*]+)\*")
_HAN: Final = re.compile(r"[\u4e00-\u9fff]")


@dataclass(frozen=True, slots=True, kw_only=True)
class Piece:
    """A stretch of text, and the element it stands in; empty for plain text."""

    text: str
    element: Literal["", "code", "b", "em"] = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Paragraph:
    """One paragraph, in one language."""

    language: str
    pieces: Sequence[Piece]


@dataclass(frozen=True, slots=True, kw_only=True)
class Section:
    """One alert, or one subject."""

    name: str
    paragraphs: Sequence[Paragraph]

    @property
    def key(self) -> str:
        """The name in an address."""
        return self.name.lower()


@dataclass(frozen=True, slots=True, kw_only=True)
class Runbook:
    """The whole runbook."""

    title: str
    about: Sequence[Paragraph]
    sections: Sequence[Section]


def draw(page: Page) -> str | None:
    """Return the HTML of `/runbook`; None if the program was installed without it."""
    text = _text()
    if text is None:
        return None
    runbook = parse(text)
    return page.render(
        "runbook.html",
        title=runbook.title,
        crumbs=[(page.w("runbook"), PATH)],
        runbook=runbook,
    )


def parse(text: str) -> Runbook:
    """Take the runbook's Markdown apart: one title, sections, paragraphs, and marked words."""
    head, *sections = re.split(r"(?m)^## ", text)
    title, _, about = head.partition("\n")
    return Runbook(
        title=title.removeprefix("# "),
        about=_paragraphs(about),
        sections=[_section(section) for section in sections],
    )


@cache
def _text() -> str | None:
    """Return the runbook that was packed with the program, or the file of a checkout."""
    packed = files("agent.web").joinpath("static", "runbook.md")
    if packed.is_file():
        return packed.read_text("utf-8")
    checkout = Path(__file__).parents[2] / "docs" / "runbook.md"
    return checkout.read_text("utf-8") if checkout.is_file() else None


def _section(text: str) -> Section:
    name, _, body = text.partition("\n")
    return Section(name=name.strip(), paragraphs=_paragraphs(body))


def _paragraphs(text: str) -> list[Paragraph]:
    blocks = [" ".join(block.split()) for block in text.split("\n\n")]
    return [
        Paragraph(language="zh-Hans" if _HAN.search(block) else "en", pieces=_pieces(block))
        for block in blocks
        if block
    ]


def _pieces(text: str) -> list[Piece]:
    """Return code, strong words and emphasised words apart; all else is plain text."""
    pieces: list[Piece] = []
    end = 0
    for found in _MARKED.finditer(text):
        code, strong, emphasised = found.groups()
        pieces.append(Piece(text=text[end : found.start()]))
        if code:
            pieces.append(Piece(text=code, element="code"))
        elif strong:
            pieces.append(Piece(text=strong, element="b"))
        else:
            pieces.append(Piece(text=emphasised, element="em"))
        end = found.end()
    return [*pieces, Piece(text=text[end:])]
