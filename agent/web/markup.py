"""HTML elements made in code, for computed drawings. Pages are templates (`agent.web.render`)."""

from __future__ import annotations

from collections.abc import Iterable
from html import escape
from typing import Final

from markupsafe import Markup

_VOID: Final = frozenset({"br", "col", "hr", "img", "input", "link", "meta"})


Safe = Markup
"""Text that is markup already: templates take it as it is."""

Content = str | Safe | None
Attribute = str | int | float | bool | None


def raw(text: str) -> Safe:
    """Declare a literal of this program to be markup. Never for anything that came from outside."""
    return Safe(text)


def text(value: str) -> Safe:
    """Escape anything for use as content or inside a quoted attribute."""
    return value if isinstance(value, Safe) else Safe(escape(value, quote=True))


def join(parts: Iterable[Content], separator: str = "") -> Safe:
    """Join pieces, escaping those that are plain text and leaving out those that are None."""
    return Safe(separator.join([text(part) for part in parts if part is not None]))


def _attributes(attributes: dict[str, Attribute]) -> str:
    made = []
    for key, value in attributes.items():
        if value is None or value is False:
            continue
        name = key.rstrip("_").replace("_", "-")
        made.append(f" {name}" if value is True else f' {name}="{escape(str(value), quote=True)}"')
    return "".join(made)


def el(tag: str, *content: Content | Iterable[Content], **attributes: Attribute) -> Safe:
    """Make one element.

    `class_` gives `class`, `aria_label` gives `aria-label`; None and False leave an attribute out.
    """
    opening = f"<{tag}{_attributes(attributes)}>"
    if tag in _VOID:
        return Safe(opening)
    body = "".join(
        [
            text(part) if isinstance(part, str) else join(part)
            for part in content
            if part is not None
        ],
    )
    return Safe(f"{opening}{body}</{tag}>")
