"""What a page or a terminal prints of verdicts, values and states, ready to read.

The texts stand in `agent/messages/LANGUAGE/targets.yaml`. Every function takes the key of a
language; an empty text means that there is nothing to show.
"""

from __future__ import annotations

import datetime as dt
from dataclasses import replace
from typing import Final
from zoneinfo import ZoneInfo

from agent.hubs.model import WHOLE_HUB, Fact, Hub, day_of
from agent.hubs.text import Text
from agent.hubs.units import UNITS, Language, show
from agent.messages.catalogue import words
from agent.targets.basis import satisfies
from agent.targets.kpis import measure_of
from agent.targets.model import STATES, State, Verdict


def _in_each_language(key: str) -> Text:
    return Text.written(lambda language: words(language)(key))


STATE_NAMES: Final[dict[State, Text]] = {
    state: _in_each_language(f"target.state.{state}") for state in STATES
}
SYMBOLS: Final[dict[State, str]] = {
    "met": "✓",
    "on_track": "»",
    "at_risk": "!",
    "missed": "✗",
    "unknown": "?",
    "expired_unreported": "∅",
    "stated_only": "-",
}
OVER_LIMIT: Final = _in_each_language("target.over_limit")
NO_TARGET: Final = _in_each_language("target.none_stated")
WHOLE: Final = _in_each_language("target.whole_hub")
OPERATORS: Final = {">=": "≥", "<=": "≤", "=": "="}

_TIMES: Final = (("day", 1.0), ("month", 365 / 12), ("year", 365.0))
_LEAST_CHANGE: Final = 0.001
"""A smaller change than this share of its unit is not worth reading, for a figure that is no
count."""


def state_name(fact: Fact, verdict: Verdict) -> Text:
    """Return the state in words; a value that is beyond its limit now is not only at risk."""
    is_over = verdict.distance is not None and verdict.distance > 0 and fact.op == "<="
    return OVER_LIMIT if verdict.state == "at_risk" and is_over else STATE_NAMES[verdict.state]


def value_text(fact: Fact, verdict: Verdict, language: Language) -> str:
    """Write the value that a verdict goes by.

    A published lower bound is `over 80 000 chips`, a count of a part `at least 80 000 chips`.
    """
    if verdict.value is None:
        return ""
    if verdict.at_least and verdict.value_kind == "registered":
        text = show(verdict.value, fact.unit, language, beside=fact.value)
        return words(language)("target.over", value=text)
    return counted_text(
        fact,
        verdict.value,
        language,
        at_least=verdict.at_least,
        measured=verdict.value_kind != "registered",
    )


def counted_text(
    fact: Fact, value: float, language: Language, *, at_least: bool, measured: bool = True
) -> str:
    """Write a measured value: `at least 200 racks` where only a part is counted.

    A mean over a part of the sites is no bound of the whole: `1.169, for a part of the sites`. A
    figure that is not `measured` was published, and has the digits that it was published with.
    """
    text = show(value, fact.unit, language, beside=fact.value, measured=measured)
    if not at_least:
        return text
    key = "target.of_a_part" if _is_mean(fact) else "target.at_least"
    return words(language)(key, value=text)


def _is_mean(fact: Fact) -> bool:
    measure = measure_of(fact.kpi)
    return measure is not None and measure.mean


def stated_text(fact: Fact, language: Language) -> str:
    """Write the figure as published: `over 80 000 chips` where the source says over."""
    w = words(language)
    if fact.value is None:
        return w("target.rising")
    text = show(fact.value, fact.unit, language)
    return w("target.over", value=text) if fact.at_least else text


def limit_text(fact: Fact, language: Language) -> str:
    """Write the threshold: `≤ 1.2`, `≥ 27 584 racks`, `rising`; nothing for an observation."""
    if fact.kind == "observation":
        return ""
    if fact.value is None or UNITS[fact.unit].base == "yes":
        return stated_text(fact, language)
    return f"{OPERATORS[fact.op]} {show(fact.value, fact.unit, language)}"


def deadline_text(fact: Fact, language: Language) -> str:
    """Write the deadline: `none stated` where a target has none, nothing for an observation."""
    if fact.kind == "observation":
        return ""
    w = words(language)
    if fact.deadline is None:
        return w("target.no_deadline")
    first, last = f"{fact.deadline.first}", f"{fact.deadline.last}"
    return first if first == last else w("target.between", first=first, last=last)


def distance_text(fact: Fact, verdict: Verdict, language: Language) -> str:
    """Write how far a value is from its limit: `119 ms over the limit`, `0.02 to spare`.

    Of a value that is a lower bound the distance is a bound too: the true one is at least that far
    over a `<=` limit, and at most that far short of a `>=` one.
    """
    distance, w = verdict.distance, words(language)
    if distance is None or UNITS[fact.unit].base == "yes":
        return ""
    of_a_part = verdict.at_least and _is_mean(fact)
    if of_a_part and distance <= 0:
        return ""  # that a part keeps the limit says nothing of the whole
    if verdict.value_kind == "registered" and distance <= 0:
        return ""  # it was kept on a day long ago, which leaves nothing to spare today
    text = show(abs(distance), fact.unit, language)
    if distance == 0:
        return w("target.at_the_limit")
    if distance < 0:
        plain, bound = "to_spare", "spare_at_most" if fact.op == "<=" else "spare_at_least"
    elif fact.op == "<=":
        plain, bound = "over_the_limit", "over_at_least"
    else:
        plain, bound = "short", "short_at_most"
    return w(f"target.{bound if verdict.at_least and not of_a_part else plain}", value=text)


def pace_text(fact: Fact, verdict: Verdict, language: Language) -> str:
    """Write the required pace: `480 chips a day`."""
    return "" if verdict.pace is None else _a_time(verdict.pace, fact, language)


def kept_pace_text(fact: Fact, verdict: Verdict, language: Language) -> str:
    """Write the present pace: `12 racks a month`, `-0.01 a year`."""
    return "" if verdict.outlook is None else _a_time(verdict.outlook.pace, fact, language)


def _a_time(pace: float, fact: Fact, language: Language) -> str:
    """Write a change per day by the shortest time in which it can be read."""
    unit = UNITS[fact.unit]
    least = (1.0 if unit.base == "count" else _LEAST_CHANGE) * unit.scale
    time, days = next(
        ((time, days) for time, days in _TIMES if abs(pace) * days >= least), _TIMES[-1]
    )
    text = show(_about(pace * days), fact.unit, language)
    return words(language)(f"target.per.{time}", value=text)


def _about(value: float) -> float:
    """Round what is only estimated to three significant digits."""
    return float(f"{value:.3g}")


def reached_text(fact: Fact, verdict: Verdict, language: Language) -> str:
    """Write when the limit is expected to be reached, with its range.

    For example `2026-12-20 (2026-11-30 to 2027-02-01)`.
    """
    when = verdict.outlook.reached if verdict.outlook is not None else None
    if when is None or when.expected is None:
        return ""
    w = words(language)
    expected = day_text(when.expected, fact.timezone)
    earliest, latest = day_text(when.earliest, fact.timezone), day_text(when.latest, fact.timezone)
    if earliest == latest:
        return w("target.reached", expected=expected)
    if latest:
        return w("target.reached_between", expected=expected, earliest=earliest, latest=latest)
    return w("target.reached_or_never", expected=expected, earliest=earliest)


def expected_text(fact: Fact, verdict: Verdict, language: Language) -> str:
    """Write the value that is expected by the deadline: `1.19 (1.17 to 1.22)`."""
    due = verdict.outlook.due if verdict.outlook is not None else None
    if due is None:
        return ""
    lower, expected, upper = (show(_about(value), fact.unit, language) for value in due)
    if lower == upper:
        return expected
    w = words(language)
    return w("target.expected_between", expected=expected, lower=lower, upper=upper)


def ratio_text(value: float | None, language: Language) -> str:
    """Write a ratio in percent."""
    return "" if value is None else show(value, "%", language)


def scope_name(fact: Fact, hub: Hub) -> Text:
    """Return the name of a fact's scope."""
    return WHOLE if fact.scope == WHOLE_HUB else hub.scopes[fact.scope]


def day_text(time: float | None, timezone: str) -> str:
    """Write the day of a moment (seconds since the epoch) at a place."""
    return "" if time is None else day_of(time, timezone).isoformat()


def moment_text(time: float, timezone: str) -> str:
    """Write a moment in a place's own time (ISO 8601, to the second)."""
    return dt.datetime.fromtimestamp(int(time), ZoneInfo(timezone)).isoformat()


def explain(fact: Fact, verdict: Verdict) -> Text:
    """Say why a figure is in its state, in every language."""
    return Text.written(lambda language: why(fact, verdict, language))


def why(fact: Fact, verdict: Verdict, language: Language) -> str:
    """Say why a figure is in its state."""
    w, decided = words(language), verdict.decided
    parts = {
        "value": value_text(fact, verdict, language),
        "date": day_text(verdict.value_time, fact.timezone),
        "limit": limit_text(fact, language),
        "deadline": deadline_text(fact, language),
        "coverage": ratio_text(verdict.coverage, language),
        "reached": reached_text(fact, verdict, language),
        "expected": expected_text(fact, verdict, language),
        "decided": show(decided.value, fact.unit, language) if decided else "",
        "decided_date": day_text(decided.time if decided else None, fact.timezone),
    }
    text = w(f"target.why.{verdict.reason}", **parts)
    text = text[0].upper() + text[1:]  # a sentence may begin with a value: `at least 8 chips`
    if verdict.reason == "expired" and verdict.value_kind == "registered":
        text += w("target.last_reported", value=parts["value"], date=parts["date"])
    if verdict.reason in ("broken", "over") and verdict.value is not None:
        for other in fact.alternatives:
            if satisfies(replace(fact, value=other.value), verdict.value) is True:
                text += w("target.other_reading", text=w.pick(other.text))
    return text
