"""Small drawings as inline SVG: marks for states, bars, and racks as small squares.

They are made in Python, because a page may have thousands of them. Colours come from the style
sheet's classes. Words or a number beside a mark or a bar say the same, so marks and bars are hidden
from screen readers.
"""

from __future__ import annotations

from collections.abc import Sequence
from functools import cache
from typing import Final

from markupsafe import Markup, escape

from agent.web.markup import raw

MARKS: Final = {
    "met": '<circle cx="8" cy="8" r="7"/><path class="i" d="M4.6 8.3l2.4 2.4 4.5-5"/>',
    "on_track": (
        '<circle class="o" cx="8" cy="8" r="6.2"/>'
        '<path class="s" d="M5.2 10.8l5.2-5.4M6.6 5.2h4v4"/>'
    ),
    "at_risk": '<path d="M8 .9l7.4 13.4H.6z"/><path class="i" d="M8 5.6v4.2M8 11.6v.9"/>',
    "missed": (
        '<path d="M4.9.6h6.2l4.3 4.3v6.2l-4.3 4.3H4.9L.6 11.1V4.9z"/>'
        '<path class="i" d="M5.2 5.2l5.6 5.6M10.8 5.2l-5.6 5.6"/>'
    ),
    "unknown": (
        '<circle class="o d" cx="8" cy="8" r="6.2"/>'
        '<path class="s" d="M6 6.3c.3-2.6 4.1-2.4 4 0-.1 1.4-2 1.500-2 2.900M8 11.200v.7"/>'
    ),
    "expired_unreported": (
        '<path class="o d" d="M2 2h12v12H2z"/><path class="s" d="M8 4.600v4.200M8 11v.7"/>'
    ),
    "stated_only": '<path class="o" d="M8 1.500L14.500 8 8 14.500 1.500 8z"/>',
    "none": '<path class="s" d="M3.500 8h9"/>',
    "over": '<path d="M8 1.500l6.500 12h-13z"/>',
    "failover_lost": '<path d="M8 1l7 7-7 7-7-7z"/>',
    "failover_tight": '<path class="o" d="M8 1.800l6.200 6.200L8 14.200 1.800 8z"/>',
    "too_hot": '<circle cx="8" cy="8" r="6"/>',
    "hot": '<circle class="o" cx="8" cy="8" r="5.400"/>',
    "silent": '<path class="s w" d="M3 3l10 10M13 3L3 13"/>',
    "agent": '<path class="s" d="M12.500 5.500A5.500 5.500 0 1 0 13.500 9M13 2v4H9"/>',
    "import": '<path class="s" d="M8 2v8M4.800 7L8 10.200 11.200 7M3 13.500h10"/>',
    "ok": '<circle cx="8" cy="8" r="4"/>',
}
"""Marks by state. They differ in shape as well as in colour. For promises, a circle is good, a
triangle is a warning, an octagon is a failure, and a dashed outline means that too little is known.
"""


@cache
def symbols() -> Markup:
    """Return every mark once; `mark` refers to them."""
    drawn = "".join(
        f'<symbol id="m-{name}" viewBox="0 0 16 16">{body}</symbol>' for name, body in MARKS.items()
    )
    return raw(
        '<svg class="symbols" width="0" height="0" aria-hidden="true" focusable="false">'
        f"{drawn}</svg>"
    )


@cache
def _mark(name: str) -> Markup:
    return raw(
        f'<svg class="m m-{name}" aria-hidden="true" focusable="false">'
        f'<use href="#m-{name}"/></svg>'
    )


def mark(name: str) -> Markup:
    """Return one mark; that of `unknown` for a name that has none."""
    return _mark(name if name in MARKS else "unknown")


def bar(share: float, *, kind: str = "", limit: float | None = None) -> Markup:
    """Draw a horizontal bar; `share` and `limit` (a line across it) are 0 to 1 of its length."""
    rule = ""
    if limit is not None:
        at = f"{_clamped(limit) * 100:.2f}%"
        rule = f'<line class="rule" x1="{at}" x2="{at}" y1="0" y2="100%"/>'
    classes = escape(f"bar {kind}".strip())
    return raw(
        f'<svg class="{classes}" aria-hidden="true" focusable="false">'
        '<rect class="track" x="0" y="0" width="100%" height="100%"/>'
        f'<rect class="fill" x="0" y="0" width="{_clamped(share) * 100:.2f}%" height="100%"/>'
        f"{rule}</svg>"
    )


def _clamped(share: float) -> float:
    return max(0.0, min(1.0, share))


_STEP: Final = 10
"""Units from one square to the next; a square is nine wide."""
_EM: Final = 0.625
"""Width of a square with its gap, in em."""


def cells(classes: Sequence[str], marks: Sequence[str], *, wrap: int, title: str) -> Markup:
    """Draw many small squares in lines of `wrap`, one path for each class of colour.

    `classes` and `marks` have one entry for each square. A mark that is not empty is drawn on top
    of its square.
    """
    paths: dict[str, list[str]] = {}
    over: list[str] = []
    for index, (kind, sign) in enumerate(zip(classes, marks, strict=True)):
        x, y = index % wrap * _STEP, index // wrap * _STEP
        paths.setdefault(kind, []).append(f"M{x} {y}h9v9h-9z")
        if sign:
            over.append(
                f'<use href="#m-{sign}" class="m-{sign}" x="{x + 1}" y="{y + 1}"'
                ' width="7" height="7"/>'
            )
    across, down = min(wrap, len(classes)), -(-len(classes) // wrap)
    body = "".join(f'<path class="{kind}" d="{"".join(d)}"/>' for kind, d in paths.items())
    return raw(
        f'<svg class="cells" role="img" viewBox="0 0 {across * _STEP - 1} {down * _STEP - 1}"'
        f' width="{across * _EM:g}em" height="{down * _EM:g}em" data-wrap="{wrap}">'
        f"<title>{escape(title)}</title>{body}{''.join(over)}</svg>"
    )
