"""Signals under the limits of an operator's own: their thresholds, texts, and a query a limit."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Final

from collectors.catalogue.rack_limits import (
    Matcher,
    Part,
    RackLimits,
    SiteLimits,
    places_apart,
    sets_apart,
)
from dashboards.language import Stated, Text
from dashboards.signals.base import GREEN, ORANGE, RED, Excuse, Signal, State, Step

ELSEWHERE: Final = "no such thing where this limit holds"
"""Why the part of a signal for some places may be empty."""


def narrowed(expr: str, matchers: Sequence[Matcher]) -> str:
    """Return an expression whose selectors have more matchers."""
    return expr.replace("{<", f"{{{','.join(map(str, matchers))},<") if matchers else expr


@dataclass(frozen=True, slots=True, kw_only=True)
class ByLimits:
    """How a signal follows the limits: places with other thresholds have a query of their own."""

    words: Callable[[RackLimits], Mapping[str, str]]
    """The limits in its description, by their names there."""
    steps: Callable[[RackLimits], tuple[Step, ...]] | None = None
    apart: Callable[[SiteLimits], list[Part]] = places_apart
    own: Text | None = None
    """The description where the limits are no standard's."""

    def __call__(self, signal: Signal, limits: SiteLimits) -> Sequence[Signal]:
        """Return the signal under these limits, the places without their own first."""
        steps = self.steps
        made = sets_apart(limits, steps or (lambda one: str(self.words(one))), self.apart)
        text = self._description(signal.description, limits, several=len(made) > 1)
        if steps is None:
            return [replace(signal, description=text)]
        return [
            replace(
                signal,
                description=text,
                steps=steps(own),
                expr=narrowed(signal.expr, matchers),
                plain=narrowed(signal.plain, matchers),
                may_be_empty=excused(signal, matchers),
            )
            for matchers, own in made
        ]

    def _description(self, text: Text, limits: SiteLimits, *, several: bool) -> Text:
        words = self.words(limits.common)
        if self.own is not None and words != self.words(RackLimits()):
            text = replace(self.own, parts=words)
        text = filled(text, words)
        if several:
            text = Text("{text} Some places have limits of their own.", {"text": text})
        return text


def filled(text: Text, words: Mapping[str, str]) -> Text:
    """Return a text with other words in the places of these names, also in the texts within."""

    def part(name: str, was: str | Text | Stated) -> str | Text | Stated:
        return words.get(name) or (filled(was, words) if isinstance(was, Text) else was)

    return replace(text, parts={name: part(name, was) for name, was in text.parts.items()})


def excused(signal: Signal, matchers: Sequence[Matcher]) -> Excuse | None:
    """Return why the part of a signal for these places may be empty."""
    was = signal.may_be_empty
    if not matchers:
        return was
    unless = was.unless if was is not None and was.unless else signal.expr
    return Excuse(reason=ELSEWHERE, unless=narrowed(unless, matchers))


def beyond(signal: Signal, limits: SiteLimits, name: Text) -> Signal:
    """Return how many of its limits each value is above: what a table's colours cannot tell.

    A column has one set of thresholds, and its rows may be of places with several.
    """
    parts = []
    for one in signal.under(limits):
        above = [f"(({one.expr}) > bool {step.value:g})" for step in one.steps if step.value]
        parts.append(" + ".join(above))
    return replace(
        signal,
        key=f"{signal.key}_beyond",
        name=name,
        unit="none",
        kind="state",
        expr=" or ".join(parts),
        plain="",
        steps=(),
        by_limits=None,
        states=(
            State(value=0, text=Text("✓ within its limits"), color=GREEN),
            State(value=1, text=Text("▲ above the lower limit"), color=ORANGE),
            State(value=2, text=Text("✗ above the upper limit"), color=RED),
        ),
    )
