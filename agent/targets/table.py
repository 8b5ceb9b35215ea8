"""The scoreboard as text for a terminal: aligned by display width, so that Chinese stands straight, too."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterator, Sequence
from typing import Final

from agent.hubs.model import WHOLE_HUB, Fact
from agent.hubs.units import Language
from agent.targets.views import HubView, TargetView
from agent.targets.wording import stated_text

MIN_WIDTH: Final = 80
MAX_WIDTH: Final = 160
_GAP: Final = "  "
_STATE_WIDTH: Final = 21  # the longest state in words, with its symbol
_SHARES: Final = (34, 21, 20)
"""How the columns target, value and limit share what the fixed ones leave; the deadline takes the width of a date."""
_DEADLINE_WIDTH: Final = 12
_INDENT: Final = "    "
_HARD: Final = "\u00a0"
_TOGETHER: Final = re.compile(r"(?<=\d) (?=\d{3}(?!\d))|(?<=[≥≤=]) ")
"""Spaces a line is not broken at: within a number, and behind an operator."""
# A line of Chinese must not begin with these (GB/T 15834); they stay with what they follow.
_NEVER_FIRST: Final = frozenset("，。、；：！？）》”%")

_WORDS: Final[dict[Language, dict[str, str]]] = {
    "en": {
        "head": "state,target,value,limit,deadline",
        "claim": "claim",
        "why": "why",
        "open": "open",
        "source": "source",
        "stated": "stated",
        "policy": "National policy, not the hub's own statement:",
        "derived": "our derivation",
        "confidence": "confidence",
        "high": "high",
        "medium": "medium",
        "low": "low",
        "nothing": "Nothing was stated by then.",
        "pace": "needs",
        "milestone": "milestone on the way to",
        "join": " · ",
        "comma": ", ",
        "open_bracket": " (",
        "close_bracket": ")",
        "at": "judged",
        "whole": "whole hub",
    },
    "zh": {
        "head": "状态,目标,数值,限值,期限",
        "claim": "表述",
        "why": "判断",
        "open": "未明",
        "source": "来源",
        "stated": "所述时间",
        "policy": "国家政策，并非该枢纽自己的表述：",
        "derived": "由我们推算",
        "confidence": "可信度",
        "high": "高",
        "medium": "中",
        "low": "低",
        "nothing": "当时尚无公开表述。",
        "pace": "需要",
        "milestone": "属于该目标的阶段：",
        "join": " · ",
        "comma": "，",
        "open_bracket": "（",
        "close_bracket": "）",
        "at": "判断时间",
        "whole": "整个枢纽",
    },
}


def width_of(text: str) -> int:
    """Return how many columns a text takes: wide characters take two, combining ones none."""
    return sum(
        0 if unicodedata.combining(char) else 2 if unicodedata.east_asian_width(char) in "WF" else 1
        for char in text
    )


def wrap(text: str, width: int) -> list[str]:
    """Break a text into lines of at most `width` columns: at spaces, or between Chinese characters."""
    lines = [""]
    for piece in _pieces(_TOGETHER.sub(_HARD, text)):
        if width_of(lines[-1] + piece.rstrip()) > width and lines[-1]:
            lines[-1] = lines[-1].rstrip()
            lines.append("")
        lines[-1] += piece
        while (
            width_of(lines[-1]) > width and " " not in lines[-1].strip()
        ):  # one word that is wider than the column
            head, tail = _cut(lines[-1], width)
            if not tail:
                break
            lines[-1:] = [head, tail]
    return [line.rstrip().replace(_HARD, " ") for line in lines]


def _cut(text: str, width: int) -> tuple[str, str]:
    taken = 0
    for n, char in enumerate(text):
        taken += width_of(char)
        if taken > width and n:
            return text[:n], text[n:].lstrip()
    return text, ""


def _pieces(text: str) -> Iterator[str]:
    """Yield what a line may not be broken within: a word with its space, or one wide character with its punctuation."""
    piece = ""
    for char in text:
        wide = unicodedata.east_asian_width(char) in "WF"
        if (
            piece
            and ((wide and char not in _NEVER_FIRST) or piece[-1] == " " or _is_wide_end(piece))
            and char not in _NEVER_FIRST
        ):
            yield piece
            piece = ""
        piece += char
    if piece:
        yield piece


def _is_wide_end(piece: str) -> bool:
    return piece[-1] not in "（《“" and unicodedata.east_asian_width(piece[-1]) in "WF"


def render(scoreboard: Sequence[HubView], language: Language = "en", width: int = 100) -> str:
    """Return the scoreboard as text."""
    width = min(max(width, MIN_WIDTH), MAX_WIDTH)
    blocks = ["\n".join(_hub(hub, language, width)) for hub in scoreboard]
    return "\n\n\n".join(blocks) + "\n"


def history(facts: Sequence[Fact], language: Language) -> str:
    """Return registered observations as lines: hub, KPI, day, figure and who published it."""
    rows = []
    for fact in facts:
        name = fact.kpi.name[language] + (
            "" if fact.scope == WHOLE_HUB else _bracket(fact.scope, language)
        )
        source = (
            fact.source.publisher[language]
            + _WORDS[language]["comma"]
            + _period(fact.source.date.text, language)
        )
        rows.append(
            (
                fact.hub,
                name,
                _period(fact.stated.text, language),
                stated_text(fact, language),
                source,
            )
        )
    widths = [max((width_of(row[n]) for row in rows), default=0) for n in range(4)]
    lines = (
        _GAP.join(
            (
                *(
                    cell + " " * (width - width_of(cell))
                    for cell, width in zip(row[:4], widths, strict=True)
                ),
                row[4],
            )
        )
        for row in rows
    )
    return "".join(line + "\n" for line in lines)


def _hub(hub: HubView, language: Language, width: int) -> Iterator[str]:
    words = _WORDS[language]
    names = {row.state: row.state_name[language] for row in hub.targets}
    tally = ", ".join(f"{count} {names[state]}" for state, count in hub.counts.items() if count)
    other = hub.name["zh" if language == "en" else "en"]
    yield from wrap(f"{hub.name[language]} / {other} ({hub.hub})", width)
    yield from wrap(f"{words['at']} {hub.at}{words['join'] + tally if tally else ''}", width)
    yield "─" * width
    if not hub.targets:
        yield words["nothing"]
    else:
        yield from _line(words["head"].split(","), width)
    for row in hub.targets:
        yield from _row(row, language, width)
    for missing in hub.no_target:
        said = missing.display[language]
        name = missing.kpi_name[language] + _bracket(words["whole"], language)
        yield from _line(["- " + said.text, name, said.value, "", ""], width)
    if hub.policy:
        yield ""
        yield words["policy"]
        yield ""
        for row in hub.policy:
            yield from _row(row, language, width)


def _row(row: TargetView, language: Language, width: int) -> Iterator[str]:
    shown = row.display[language]
    target = row.kpi_name[language]
    if row.scope != "hub":
        target += _bracket(row.scope_name[language], language)
    value = shown.value
    if row.value_kind == "registered":  # of its own day, so the day stands beside it
        value += _bracket((row.value_time or "")[:10], language)
    elif shown.coverage:
        value += _bracket(shown.coverage, language)
    yield from _line(
        [
            f"{row.symbol} {row.state_name[language]}",
            target,
            value,
            shown.limit,
            shown.deadline,
        ],
        width,
    )
    for label, text in _details(row, language):
        yield from _hanging(label, text, width)
    yield ""


def _details(row: TargetView, language: Language) -> Iterator[tuple[str, str]]:
    words = _WORDS[language]
    shown = row.display[language]
    yield words["claim"], row.text[language]
    if row.kind != "observation":
        extra = [shown.distance, f"{words['pace']} {shown.pace}" if shown.pace else ""]
        text = words["comma"].join(part for part in extra if part)
        yield (
            words["why"],
            row.explanation[language] + (_bracket(text, language) if text else ""),
        )
    yield words["open"], row.open[language]
    source = row.source
    parts = [source.publisher[language] + words["comma"] + _period(source.date, language)]
    if row.stated != source.date:
        parts.append(f"{words['stated']} {_period(row.stated, language)}")
    parts.append(f"{words['confidence']} {words[row.confidence]}")
    parts += [words["derived"]] if row.derived else []
    parts += [f"{words['milestone']} {row.milestone_of}"] if row.milestone_of else []
    parts += [row.policy] if row.policy else []
    yield words["source"], words["join"].join(parts)


def _bracket(text: str, language: Language) -> str:
    return _WORDS[language]["open_bracket"] + text + _WORDS[language]["close_bracket"]


def _period(text: str, language: Language) -> str:
    """Write a day or period: `end of 2023` has words in it."""
    if language == "en":
        return text
    return (
        f"{text.removeprefix('end of ')} 年底"
        if text.startswith("end of ")
        else text.replace("undated", "未注明日期")
    )


def _line(cells: Sequence[str], width: int) -> Iterator[str]:
    left = width - _STATE_WIDTH - _DEADLINE_WIDTH - len(_GAP) * 4
    shares = [left * share // sum(_SHARES) for share in _SHARES]
    shares[0] += left - sum(shares)
    widths = (_STATE_WIDTH, *shares, _DEADLINE_WIDTH)
    columns = [wrap(cell, room) for cell, room in zip(cells, widths, strict=True)]
    for n in range(max(map(len, columns))):
        texts = [column[n] if n < len(column) else "" for column in columns]
        yield _GAP.join(
            text + " " * (room - width_of(text)) for text, room in zip(texts, widths, strict=True)
        ).rstrip()


def _hanging(label: str, text: str, width: int) -> Iterator[str]:
    label_width = 8
    first = _INDENT + label + " " * (label_width - width_of(label))
    for n, line in enumerate(wrap(text, width - width_of(first))):
        yield (first if n == 0 else " " * width_of(first)) + line
