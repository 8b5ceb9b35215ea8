"""What a curve of PUE has beside it: the limit, the uncertainty, and where the category changes."""

from __future__ import annotations

from collections.abc import Sequence
from itertools import pairwise

from agent.messages.catalogue import Words
from agent.web.chart_model import Band, Mark, Rule
from agent.web.format import stated


def limit(value: float | None, w: Words) -> list[Rule]:
    """Return the line of a limit; none where there is no limit."""
    return [] if value is None else [Rule(value=value, name=w("pue.limit", value=stated(value)))]


def uncertainty(values: Sequence[float | None], doubts: Sequence[float | None]) -> list[Band]:
    """Return the range of each PUE (k = 2, about 95 %); nothing if no uncertainty is known."""
    if not any(doubts):
        return []
    pairs = [
        (None, None)
        if value is None or doubt is None
        else (value * (1 - doubt), value * (1 + doubt))
        for value, doubt in zip(values, doubts, strict=True)
    ]
    return [Band(lower=[low for low, _ in pairs], upper=[high for _, high in pairs])]


def switches(categories: Sequence[int | None], w: Words) -> list[Mark]:
    """Mark where the category of PUE changes: PUEs of two categories cannot be compared."""
    known = [(index, one) for index, one in enumerate(categories) if one is not None]
    return [
        Mark(
            at=(earlier + later + 1) / 2 / len(categories),
            name=w("pue.switch", before=before, after=after),
        )
        for (earlier, before), (later, after) in pairwise(known)
        if before != after
    ]
