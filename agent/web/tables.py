"""Tables with exact values: captioned, their heads scoped, wide ones in a region of their own that the keyboard can scroll."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Final

from agent.web.format import MISSING
from agent.web.markup import Content, Safe, el

NUM: Final = "num"
"""The class of columns that hold numbers: right-aligned."""
_NOTHING: Final = (None, "", MISSING)


def table(
    caption: str,
    heads: Sequence[tuple[str, str]],
    rows: Iterable[Sequence[Content]],
    *,
    kind: str = "",
    tall: bool = False,
) -> Safe:
    """Draw a table: heads are (text, class) by column, each row's first cell names it.

    A column of which nothing is known is left out. Each cell is told its head, so that a style sheet may stack them on a narrow screen.
    """
    taken = [list(row) for row in rows]
    told = [
        n
        for n in range(len(heads))
        if not n or not taken or any(row[n] not in _NOTHING for row in taken)
    ]
    heads, taken = [heads[n] for n in told], [[row[n] for n in told] for row in taken]
    columns = [kind or None for _, kind in heads]
    head = [
        el("th", text, scope="col", class_=column)
        for (text, _), column in zip(heads, columns, strict=True)
    ]
    body = []
    for first, *rest in taken:
        cells = [
            el("td", cell, class_=column, data_label=text)
            for cell, (text, _), column in zip(rest, heads[1:], columns[1:], strict=True)
        ]
        body.append(el("tr", el("th", first, scope="row"), cells))
    drawn = el(
        "table",
        el("caption", caption, class_="hidden"),
        el("thead", el("tr", head)),
        el("tbody", body),
        class_=f"plain {kind}".strip(),
    )
    return el(
        "div",
        drawn,
        class_="scroll tall" if tall else "scroll",
        tabindex="0",
        role="region",
        aria_label=caption,
    )


def terms(pairs: Iterable[tuple[str, Content]], *, kind: str = "facts") -> Safe:
    """Draw a list of terms, each with its value."""
    return el(
        "dl",
        [el("div", el("dt", name), el("dd", value)) for name, value in pairs if value is not None],
        class_=kind,
    )
