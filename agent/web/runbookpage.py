"""The runbook as a page: what each alert means and what to do. It needs no other server."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass
from functools import cache
from importlib.resources import files
from pathlib import Path
from typing import Final, Literal

from agent.messages.catalogue import DEFAULT
from agent.web.page import Page

PATH: Final = "/runbook"
_MARKED: Final = re.compile(r"`([^`]+)`|\*\*([^*]+)\*\*|\*([^*]+)\*")
_CHINESE_BREAK: Final = re.compile(r"(?<=[\u3000-\u9fff\uff00-\uffef])\n|\n(?=[\u3000-\u9fff])")
"""A line break beside a Chinese character or sign: it is removed, others become a space."""
_LINK: Final = re.compile(r"\[([^]]+)\]\([^)]+\)")
_LIST: Final = re.compile(r"(?m)^- ")
_LIST_BREAK: Final = "\0"


@dataclass(frozen=True, slots=True, kw_only=True)
class Piece:
    """A stretch of text, and the element it stands in; empty for plain text."""

    text: str
    element: Literal["", "code", "b", "em"] = ""


Paragraph = Sequence[Piece]


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
    """The whole runbook in one language."""

    html: str
    """The language's code in a `lang` attribute."""
    title: str
    about: Sequence[Paragraph]
    sections: Sequence[Section]


def draw(page: Page) -> str | None:
    """Return the HTML of `/runbook`; None if the program was installed without it."""
    texts = {key: text for key in page.w.languages if (text := _text(key)) is not None}
    if not texts:
        return None
    language = page.w.nearest(texts)
    runbook = parse(texts[language], html=page.w.languages[language].html)
    return page.render(
        "runbook.html",
        title=runbook.title,
        crumbs=[(page.w("runbook"), PATH)],
        runbook=runbook,
    )


def parse(text: str, *, html: str = "en") -> Runbook:
    """Parse the runbook's Markdown: one title, sections, paragraphs, and marked words.

    `html` is the code of its language in a `lang` attribute.
    """
    head, *sections = re.split(r"(?m)^## ", text)
    title, _, about = head.partition("\n")
    return Runbook(
        html=html,
        title=title.removeprefix("# "),
        about=_paragraphs(about),
        sections=[_section(section) for section in sections],
    )


@cache
def _text(language: str) -> str | None:
    """Return the runbook in a language: the file packed with the program, or that of a checkout.

    None if there is none in that language.
    """
    packed = files("agent.web").joinpath("static", f"runbook.{language}.md")
    if packed.is_file():
        return packed.read_text("utf-8")
    docs = Path(__file__).parents[2] / "docs"
    checkout = (docs if language == DEFAULT else docs / language) / "runbook.md"
    return checkout.read_text("utf-8") if checkout.is_file() else None


def _section(text: str) -> Section:
    name, _, body = text.partition("\n")
    return Section(name=name.strip(), paragraphs=_paragraphs(body))


def _paragraphs(text: str) -> list[Paragraph]:
    blocks = [
        " ".join(_CHINESE_BREAK.sub("", block.strip()).split())
        for part in text.split("\n\n")
        for block in _LIST.sub(f"{_LIST_BREAK}• ", part).split(_LIST_BREAK)
    ]
    return [_pieces(block) for block in blocks if block]


def _pieces(text: str) -> Paragraph:
    """Return code, strong and emphasised words as pieces of their own; the rest is plain text."""
    pieces: list[Piece] = []
    text, end = _LINK.sub(r"\1", text), 0  # the pages they lead to are not on the board
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
