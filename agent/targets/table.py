"""The scoreboard and the history of observations as text for a terminal."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Sequence
from typing import Final

from agent.hubs.model import WHOLE_HUB, Fact
from agent.hubs.units import Language
from agent.messages.catalogue import Words, words
from agent.targets.columns import GAP, columns, hanging, padded_to, width_of, wrap
from agent.targets.views import HubView, TargetView
from agent.targets.wording import stated_text

MIN_WIDTH: Final = 80
MAX_WIDTH: Final = 160
_STATE_WIDTH: Final = 21
"""The longest state in words, with its symbol."""
_DEADLINE_WIDTH: Final = 12
"""A date."""
_SHARES: Final = (34, 21, 20)
"""How the columns target, value and limit share what the fixed columns leave."""
_NARROWEST: Final = 12
"""A value or limit has room for a date in brackets, which is not to be broken."""
_JOIN: Final = " · "


def render(scoreboard: Sequence[HubView], language: Language = "en", width: int = 100) -> str:
    """Return the scoreboard as text."""
    width = min(max(width, MIN_WIDTH), MAX_WIDTH)
    w = words(language)
    blocks = ["\n".join(_hub(hub, w, width)) for hub in scoreboard]
    if len(scoreboard) > 1:
        blocks.insert(0, "\n".join(_glance(scoreboard, w, width)))
    return "\n\n\n".join(blocks) + "\n"


def _glance(scoreboard: Sequence[HubView], w: Words, width: int) -> Iterator[str]:
    """Yield how many promises of each hub are in which state, a hub a line."""
    names = [w.pick(hub.name) for hub in scoreboard]
    room = min(max(map(width_of, names)), width // 2)
    yield w("table.glance")
    yield "─" * width
    for hub, name in zip(scoreboard, names, strict=True):
        told = _tally(hub, w, _JOIN) or w("table.nothing")
        yield from columns([name, told], (room, width - room - len(GAP)))


def history(facts: Sequence[Fact], language: Language) -> str:
    """Return registered observations as lines: hub, KPI, day, figure and who published it."""
    w = words(language)
    rows = []
    for fact in facts:
        name = w.pick(fact.kpi.name)
        source = w.pick(fact.source.publisher) + w("table.comma")
        rows.append(
            (
                fact.hub,
                name if fact.scope == WHOLE_HUB else _bracket(name, fact.scope, w),
                _period(fact.stated.text, w),
                stated_text(fact, language),
                source + _period(fact.source.date.text, w),
            )
        )
    widths = [max((width_of(row[n]) for row in rows), default=0) for n in range(4)]
    return "".join(GAP.join((*map(padded_to, row[:4], widths), row[4])) + "\n" for row in rows)


def _tally(hub: HubView, w: Words, comma: str) -> str:
    """Return how many promises are in which state, the gravest first: `1 missed, 2 unknown`."""
    order = list(hub.counts)
    rows = sorted(hub.targets, key=lambda row: order.index(row.state))
    counts = Counter(w.pick(row.state_name) for row in rows)
    told = (w("table.counted", number=f"{n}", state=name) for name, n in counts.items())
    return comma.join(told)


def _hub(hub: HubView, w: Words, width: int) -> Iterator[str]:
    tally = _tally(hub, w, w("table.comma"))
    called = [w.pick(hub.name), *(text for key, text in hub.name.items() if key != w.language)]
    yield from wrap(f"{' / '.join(called)} ({hub.hub})", width)
    yield from wrap(w("table.judged", time=hub.at) + (_JOIN + tally if tally else ""), width)
    yield "─" * width
    if not hub.targets:
        yield w("table.nothing")
    else:
        heads = ("state", "target", "value", "limit", "deadline")
        yield from _line([w(f"table.head.{name}") for name in heads], width)
    for row in hub.targets:
        yield from _row(row, w, width)
    for missing in hub.no_target:
        said = missing.display[w.language]
        name = _bracket(w.pick(missing.kpi_name), w("target.whole_hub"), w)
        yield from _line(["- " + said.text, name, said.value, "", ""], width)
    if hub.policy:
        yield ""
        yield w("table.policy")
        yield ""
        for row in hub.policy:
            yield from _row(row, w, width)


def _row(row: TargetView, w: Words, width: int) -> Iterator[str]:
    shown = row.display[w.language]
    target, value = w.pick(row.kpi_name), shown.value
    if row.scope != WHOLE_HUB:
        target = _bracket(target, w.pick(row.scope_name), w)
    if row.value_kind == "registered":  # it speaks of its own day, so the day stands beside it
        value = _bracket(value, (row.value_time or "")[:10], w)
    elif shown.coverage:
        value = _bracket(value, shown.coverage, w)
    state = f"{row.symbol} {w.pick(row.state_name)}"
    yield from _line([state, target, value, shown.limit, shown.deadline], width)
    for label, text in _details(row, w):
        yield from hanging(label, text, width)
    yield ""


def _details(row: TargetView, w: Words) -> Iterator[tuple[str, str]]:
    shown = row.display[w.language]
    yield w("table.claim"), w.pick(row.text)
    if row.kind != "observation":
        needed = w("table.needs", pace=shown.pace) if shown.pace else ""
        extra = w("table.comma").join(part for part in (shown.distance, needed) if part)
        explained = w.pick(row.explanation)
        yield w("table.why"), _bracket(explained, extra, w) if extra else explained
    yield w("table.open"), w.pick(row.open)
    yield w("table.source"), _JOIN.join(_provenance(row, w))


def _provenance(row: TargetView, w: Words) -> Iterator[str]:
    """Yield where a figure comes from, and how far it can be relied on."""
    source = row.source
    yield w.pick(source.publisher) + w("table.comma") + _period(source.date, w)
    if row.stated != source.date:
        yield w("table.stated", period=_period(row.stated, w))
    yield w("table.confidence", level=w(f"confidence.{row.confidence}"))
    if row.derived:
        yield w("table.derived")
    if row.milestone_of:
        yield w("table.milestone", target=row.milestone_of)
    if row.policy:
        yield row.policy


def _bracket(text: str, more: str, w: Words) -> str:
    return w("table.bracket", text=text, more=more)


def _period(text: str, w: Words) -> str:
    """Write a day or period; `end of 2023` and `undated` have words in them."""
    if text.startswith("end of "):
        return w("table.end_of_year", year=text.removeprefix("end of "))
    return w("table.undated") if text == "undated" else text


def _line(cells: Sequence[str], width: int) -> Iterator[str]:
    left = width - _STATE_WIDTH - _DEADLINE_WIDTH - len(GAP) * 4
    shares = [max(_NARROWEST, left * share // sum(_SHARES)) for share in _SHARES]
    shares[0] += left - sum(shares)
    return columns(cells, (_STATE_WIDTH, *shares, _DEADLINE_WIDTH))
