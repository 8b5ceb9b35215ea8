"""The scoreboard: every hub's stated figures beside what is known of them, as plain data for the board, the API and the terminal.

The shape of `scoreboard(...)`, a JSON list with one object a hub, national first, then each parent before its children::

    [{
      "hub": "guian", "name": {"en": "Guiyang and Gui'an", "zh": "贵阳贵安"},
      "parent": "guizhou",                          # null at the top
      "location": {"latitude": 26.4, "longitude": 106.6},  # or null
      "timezone": "Asia/Shanghai",
      "at": "2026-11-22T12:00:00+08:00",            # judged at this moment, in the hub's own time
      "counts": {"met": 0, "on_track": 1, …},       # of `targets`, all seven states, in the order of STATES
      "targets": [ROW, …],                          # what the hub itself stated, in the order of the register
      "policy": [ROW, …],                           # national policy the hub's file asked for; empty by default; keep apart
      "no_target": [                                # headline KPIs for which no source states anything for the whole hub
        {"kpi": "pue", "kpi_name": {en, zh}, "scope": "hub", "value": 1.31 | null, "coverage": 0.97 | null,
         "display": {"en": {"value": "1.31" | "", "text": "no target stated"}, "zh": {…}}}
      ]
    }]

    ROW = {
      "id": "guian-huawei-pue", "number": 15,       # number: row of the register, 0 for the operator's own
      "kpi": "pue", "kpi_name": {"en": …, "zh": …},
      "scope": "huawei", "scope_name": {"en": …, "zh": …},   # "hub" is the hub as a whole
      "kind": "target",                             # observation | target | both (an observation and a floor to hold)
      "op": "<=",                                   # >= | <= | = | rising; "" for an observation
      "limit": 1.2 | null,                          # base units; null for observations and for `rising`
      "stated_value": 1.2 | null,                   # the figure as published, base units; null for `rising`
      "at_least": false,                            # true where the source says "over"
      "value": 1.18 | null,                         # best evidence now, base units; null without any
      "value_kind": "measured" | "registered" | "derived" | null,
      "value_time": "2026-11-22T12:00:00+08:00" | null,
      "value_at_least": false,                      # true: a count of a part, or a source's "over"; the real figure may be higher
      "unit": "ratio",                              # base unit of limit, value, distance; pace is that per day
      "distance": -0.02 | null,                     # what is still missing to the limit; zero or negative: kept, with that margin
      "pace": 12.5 | null,                          # required per day until the deadline, for what is built up
      "pace_kept": 8.1 | null,                      # what each day adds at present
      "outlook_kind": "measured" | null,            # of which values pace_kept, forecast and expected are made
      "forecast": {"earliest": "2026-12-01", "expected": "2026-12-20", "latest": "2027-02-03" | null} | null,
                                                    # days the present pace reaches the limit; latest null: or never
      "expected": {"lower": 1.17, "expected": 1.19, "upper": 1.22} | null,   # what it comes to by the deadline
      "coverage": 0.97 | null,                      # share of the evidence that was there, 0 to 1
      "interim": false,                             # true: an annual KPI from less than a year
      "state": "on_track",                          # one of STATES
      "state_name": {"en": "on track", "zh": "有望达成"}, "symbol": "»",
      "deadline": {"from": "2027-03-01", "to": "2027-06-14"} | null,   # equal where one day is stated
      "days_left": 204 | null,                      # to the end of `to`; negative when past
      "display": {"en": {"value": "1.18", "limit": "≤ 1.2", "distance": "0.02 to spare", "pace": "",
                         "pace_kept": "-0.01 a year", "forecast": "", "expected": "1.19 (1.17 to 1.22)",
                         "deadline": "2027-03-01 to 2027-06-14", "coverage": "97 %", "stated_value": "1.2"}, "zh": {…}},
                                                    # ready to print; "" where there is nothing to show
      "source": {"publisher": {"en": …, "zh": …}, "date": "2024-06-14", "about": {"en": …, "zh": …}},
      "stated": "2024-06-14",                       # the day or period the figure speaks of: also "2023", "end of 2023"
      "text": {"en": …, "zh": …},                   # our paraphrase of the claim
      "open": {"en": …, "zh": …},                   # what the source leaves open
      "measured": {"en": …, "zh": …},               # how it is measured
      "explanation": {"en": …, "zh": …},            # why it is in this state
      "confidence": "high" | "medium" | "low", "derived": false,
      "milestone_of": "" | "liangya-compute",       # id of the target it leads to
      "policy": "" | "NDRC action plan …",          # only in `policy` rows
    }

Facts published after the moment asked for are left out: nobody could know them. Values are base units; only `display` is scaled.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import TYPE_CHECKING, Any, Final

from agent.hubs.model import WHOLE_HUB, day_of, end_of
from agent.hubs.units import LANGUAGES, UNITS, show
from agent.targets import wording
from agent.targets.forecast import DAY
from agent.targets.judge import STATES, Evidence, evaluate

if TYPE_CHECKING:
    from agent.hubs.model import Fact, Hub, Registry, Text
    from agent.targets.judge import Verdict

Key = tuple[str, str, str]
"""Hub, KPI, scope."""

HEADLINE: Final = ("pue", "rack_occupancy")
"""KPIs that everyone looks for: where no source states a target for the whole hub, that itself is shown."""


def registered(facts: Iterable[Fact]) -> dict[Key, list[Evidence]]:
    """Turn published observations into evidence: each for its own day only, the last day of a period."""
    found: dict[Key, list[Evidence]] = {}
    for fact in facts:
        if fact.kind == "target" or fact.value is None:
            continue
        noon = end_of(fact.stated.last, fact.timezone) - DAY / 2
        item = Evidence(value=fact.value, time=noon, kind="registered", at_least=fact.at_least)
        found.setdefault((fact.hub, fact.kpi.key, fact.scope), []).append(item)
    return found


def known_by(facts: Iterable[Fact], now: float) -> list[Fact]:
    """Return the facts that were published by a moment."""
    return [fact for fact in facts if fact.known_since <= day_of(now, fact.timezone)]


def verdicts(
    hub: Hub, measured: Mapping[Key, Sequence[Evidence]], now: float
) -> list[tuple[Fact, Verdict]]:
    """Judge all of one hub's facts and policies that were published by a moment."""
    facts = known_by((*hub.facts, *hub.policy), now)
    published = registered(facts)
    result = []
    for fact in facts:
        key = (fact.hub, fact.kpi.key, fact.scope)
        result.append(
            (fact, evaluate(fact, [*measured.get(key, ()), *published.get(key, ())], now))
        )
    return result


def scoreboard(
    registry: Registry,
    measured: Mapping[Key, Sequence[Evidence]],
    now: float,
    hubs: Sequence[str] = (),
) -> list[dict[str, Any]]:
    """Judge every hub, or those named, at a moment; the shape is in this module's docstring.

    `measured` is what this agent measures, by hub, KPI and scope (`TargetCollector.evidence`, or `agent.targets.measured.measure`); published observations are
    added here. An empty mapping judges by them alone.
    """
    return [
        _hub(registry, hub, measured, now)
        for hub in registry.hubs.values()
        if not hubs or hub.key in hubs
    ]


def _hub(
    registry: Registry, hub: Hub, measured: Mapping[Key, Sequence[Evidence]], now: float
) -> dict[str, Any]:
    rows = [
        (fact, verdict, _row(hub, fact, verdict, now))
        for fact, verdict in verdicts(hub, measured, now)
    ]
    own = [(verdict, row) for fact, verdict, row in rows if not fact.policy]
    return {
        "hub": hub.key,
        "name": _text(hub.name),
        "parent": hub.parent or None,
        "location": None
        if hub.latitude is None
        else {"latitude": hub.latitude, "longitude": hub.longitude},
        "timezone": hub.timezone,
        "at": wording.moment_text(now, hub.timezone),
        "counts": {state: sum(verdict.state == state for verdict, _ in own) for state in STATES},
        "targets": [row for _, row in own],
        "policy": [row for fact, _, row in rows if fact.policy],
        "no_target": _no_target(registry, hub, measured, now),
    }


def _text(text: Text) -> dict[str, str]:
    return {language: text[language] for language in LANGUAGES}


def _row(hub: Hub, fact: Fact, verdict: Verdict, now: float) -> dict[str, Any]:
    due = fact.due
    judged = fact.kind != "observation"
    return {
        "id": fact.id,
        "number": fact.number,
        "kpi": fact.kpi.key,
        "kpi_name": _text(fact.kpi.name),
        "scope": fact.scope,
        "scope_name": _text(wording.scope_name(fact, hub)),
        "kind": fact.kind,
        "op": fact.op if judged else "",
        "limit": fact.value if judged else None,
        "stated_value": fact.value,
        "at_least": fact.at_least,
        "value": verdict.value,
        "value_kind": verdict.value_kind,
        "value_time": None
        if verdict.value_time is None
        else wording.moment_text(verdict.value_time, hub.timezone),
        "value_at_least": verdict.at_least,
        "unit": UNITS[fact.unit].base,
        "distance": verdict.distance,
        "pace": verdict.pace,
        **_outlook(hub, verdict),
        "coverage": verdict.coverage,
        "interim": verdict.interim,
        "state": verdict.state,
        "state_name": _text(wording.STATE_NAMES[verdict.state]),
        "symbol": wording.SYMBOLS[verdict.state],
        "deadline": fact.deadline
        and {"from": f"{fact.deadline.first}", "to": f"{fact.deadline.last}"},
        "days_left": None if due is None else int((due[1] - now) // DAY),
        "display": {
            language: {
                "value": wording.value_text(fact, verdict, language),
                "limit": wording.limit_text(fact, language),
                "distance": wording.distance_text(fact, verdict, language),
                "pace": wording.pace_text(fact, verdict, language),
                "pace_kept": wording.kept_pace_text(fact, verdict, language),
                "forecast": wording.reached_text(fact, verdict, language).strip(),
                "expected": wording.expected_text(fact, verdict, language),
                "deadline": wording.deadline_text(fact, language),
                "coverage": wording.ratio_text(verdict.coverage, language),
                "stated_value": wording.stated_text(fact, language),
            }
            for language in LANGUAGES
        },
        "source": {
            "publisher": _text(fact.source.publisher),
            "date": fact.source.date.text,
            "about": _text(fact.source.about),
        },
        "stated": fact.stated.text,
        "text": _text(fact.text),
        "open": _text(fact.open),
        "measured": _text(fact.measured),
        "explanation": _text(wording.explain(fact, verdict)),
        "confidence": fact.confidence,
        "derived": fact.derived,
        "milestone_of": fact.milestone_of,
        "policy": fact.policy,
    }


def _outlook(hub: Hub, verdict: Verdict) -> dict[str, Any]:
    outlook = verdict.outlook
    when = outlook.reached if outlook is not None else None
    return {
        "pace_kept": outlook.pace if outlook is not None else None,
        "outlook_kind": outlook.kind if outlook is not None else None,
        "forecast": None
        if when is None or when.expected is None
        else {
            name: wording.day_text(time, hub.timezone) or None
            for name, time in when._asdict().items()
        },
        "expected": outlook.due._asdict()
        if outlook is not None and outlook.due is not None
        else None,
    }


def _no_target(
    registry: Registry, hub: Hub, measured: Mapping[Key, Sequence[Evidence]], now: float
) -> list[dict[str, Any]]:
    """List the headline KPIs nobody promised anything about for the hub as a whole, with what is measured of them."""
    stated = {
        fact.kpi.key
        for fact in known_by(hub.facts, now)
        if fact.scope == WHOLE_HUB and fact.kind != "observation"
    }
    rows = []
    for key in HEADLINE:
        if key in stated:
            continue
        known = measured.get((hub.key, key, WHOLE_HUB), ())
        newest = max(
            (point for item in known for point in item.points(now)),
            key=lambda point: point.time,
            default=None,
        )
        rows.append(
            {
                "kpi": key,
                "kpi_name": _text(registry.kpis[key].name),
                "scope": WHOLE_HUB,
                "value": newest.value if newest else None,
                "coverage": newest.coverage if newest else None,
                "display": {
                    language: {
                        "value": show(newest.value, registry.kpis[key].unit, language)
                        if newest
                        else "",
                        "text": wording.NO_TARGET[language],
                    }
                    for language in LANGUAGES
                },
            }
        )
    return rows
