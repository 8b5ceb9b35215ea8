"""Say verdicts, values and states in English and Chinese: what a page or a terminal prints, ready to read."""

from __future__ import annotations

import datetime as dt
from typing import Final

from agent.hubs.model import WHOLE_HUB, Fact, Hub, Text, day_of
from agent.hubs.units import LANGUAGES, UNITS, Language, show
from agent.targets.judge import satisfies
from agent.targets.model import State, Verdict

STATE_NAMES: Final[dict[State, Text]] = {
    "met": Text(en="met", zh="达成"),
    "on_track": Text(en="on track", zh="有望达成"),
    "at_risk": Text(en="at risk", zh="有风险"),
    "missed": Text(en="missed", zh="未达成"),
    "unknown": Text(en="unknown", zh="情况不明"),
    "expired_unreported": Text(en="expired, unreported", zh="到期未报告"),
    "stated_only": Text(en="stated only", zh="仅公布"),
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
NO_TARGET: Final = Text(en="no target stated", zh="未公布目标")
NO_DEADLINE: Final = Text(en="none stated", zh="未说明")
WHOLE: Final = Text(en="whole hub", zh="整个枢纽")
OPERATORS: Final = {">=": "≥", "<=": "≤", "=": "="}
_TIMES: Final = ((1, "day", "天"), (365 / 12, "month", "月"), (365, "year", "年"))
_LEAST_CHANGE: Final = 0.001
"""Of its unit, what is still worth reading of a figure that is no count."""

_REASONS: Final[dict[str, Text]] = {
    "observation": Text(
        en="A published figure; the source sets no threshold.", zh="已公布的数字，来源未设限值。"
    ),
    "nothing": Text(
        en="Nothing is measured, and nothing has been reported since it was stated.",
        zh="没有实测数据，公布之后也没有新的报告。",
    ),
    "stale": Text(
        en="The last known value, {value}, is of {date} and speaks for that day only.",
        zh="最近的数值 {value} 是 {date} 的，只说明当天情况。",
    ),
    "partial": Text(
        en="{value} is a lower bound, below the goal: it shows neither that the goal is reached nor that it is not.",
        zh="{value} 只是下限且低于目标，既不能说明已达成，也不能说明未达成。",
    ),
    "too_little": Text(
        en="Less than a week of the year is metered; that is too little to judge by.",
        zh="一年中计量不足一周，不足以判断。",
    ),
    "kept": Text(en="{value} on {date}: kept.", zh="{date} 为 {value}，符合要求。"),
    "reached": Text(
        en="{decided} was reached by {decided_date}.", zh="{decided_date} 已达到 {decided}。"
    ),
    "interim_kept": Text(
        en="So far {value}, within {limit}; {coverage} of twelve months is metered, so it is interim.",
        zh="目前为 {value}，在 {limit} 之内；十二个月中已计量 {coverage}，属阶段性数值。",
    ),
    "range": Text(
        en="The deadline lies somewhere in {deadline}; its earliest day is past and {value} does not prove the goal.",
        zh="期限在 {deadline} 之间；最早一天已过，{value} 尚不能证明达成。",
    ),
    "broken": Text(
        en="{value} on {date}, against {limit}; no deadline is stated, so it can be mended any day.",
        zh="{date} 为 {value}，要求 {limit}；未设期限，随时可以恢复。",
    ),
    "over": Text(
        en="{value} on {date}, against {limit}, and no trend yet.",
        zh="{date} 为 {value}，要求 {limit}，尚无趋势。",
    ),
    "no_trend": Text(
        en="{value} on {date}; {limit} is the goal, and there are too few values over a week or more to see a trend.",
        zh="{date} 为 {value}，目标 {limit}；一周以上的数据过少，看不出趋势。",
    ),
    "trend_away": Text(
        en="{value} on {date}; the trend does not lead to {limit}.",
        zh="{date} 为 {value}；按趋势达不到 {limit}。",
    ),
    "trend_in_time": Text(
        en="{value} on {date}; at the present pace {limit} is reached on {reached}.",
        zh="{date} 为 {value}；按目前速度将于 {reached}达到 {limit}。",
    ),
    "trend_late": Text(
        en="{value} on {date}; at the present pace {limit} is reached only on {reached}.",
        zh="{date} 为 {value}；按目前速度要到 {reached}才达到 {limit}。",
    ),
    "trend_out": Text(
        en="{value} on {date} keeps {limit}; at the present pace it will be {expected} by the deadline.",
        zh="{date} 为 {value}，符合 {limit}；但按目前速度，到期时将为 {expected}。",
    ),
    "kept_then": Text(
        en="{decided} on {decided_date}, when {limit} was due.",
        zh="到期时（{decided_date}）为 {decided}，符合 {limit}。",
    ),
    "broken_then": Text(
        en="{decided} on {decided_date}; {limit} was due {deadline}.",
        zh="{decided_date} 为 {decided}；{deadline} 应达到 {limit}。",
    ),
    "only_later": Text(
        en="{value} on {date}, after the deadline; nothing shows what it was on {deadline}.",
        zh="{date} 为 {value}，但已在期限之后；无法得知 {deadline} 当时的数值。",
    ),
    "ended_before": Text(
        en="Measured until {date} ({value}), not up to the deadline {deadline}.",
        zh="实测止于 {date}（{value}），未到期限 {deadline}。",
    ),
    "expired": Text(
        en="It was due {deadline}; nothing was measured or reported of that time.",
        zh="期限为 {deadline}；届时没有实测，也没有报告。",
    ),
    "rising": Text(
        en="{value}, up from {decided} on {decided_date}.",
        zh="目前 {value}，高于 {decided_date} 的 {decided}。",
    ),
    "not_rising": Text(
        en="{value}, not more than the {decided} of {decided_date}.",
        zh="目前 {value}，未高于 {decided_date} 的 {decided}。",
    ),
    "no_direction": Text(
        en="A direction needs two values a week or more apart of the whole group; there are none yet.",
        zh="判断走势需要间隔一周以上、覆盖全组的两个数值，目前还没有。",
    ),
}

_LAST_REPORTED: Final = Text(
    en=" Last reported: {value}, {date}.", zh="最近一次报告：{date}，{value}。"
)
_OTHER_READING: Final = Text(en=" But {text}.", zh="但{text}。")


def value_text(fact: Fact, verdict: Verdict, language: Language) -> str:
    """Write the value a verdict goes by: a published lower bound is `over 80 000 chips`, a count of a part `at least`."""
    if verdict.value is None:
        return ""
    text = show(verdict.value, fact.unit, language)
    if not verdict.at_least:
        return text
    if verdict.value_kind == "registered":
        return _over(text, language)
    return f"at least {text}" if language == "en" else f"至少 {text}"


def _over(text: str, language: Language) -> str:
    return f"over {text}" if language == "en" else f"超过 {text}"


def stated_text(fact: Fact, language: Language) -> str:
    """Write the figure as published: `over 80 000 chips` where the source says over."""
    if fact.value is None:
        return "rising" if language == "en" else "持续增加"
    text = show(fact.value, fact.unit, language)
    return _over(text, language) if fact.at_least else text


def limit_text(fact: Fact, language: Language) -> str:
    """Write the threshold: `≤ 1.2`, `≥ 27 584 racks`, `rising`; nothing for an observation."""
    if fact.kind == "observation":
        return ""
    if fact.value is None or UNITS[fact.unit].base == "yes":
        return stated_text(fact, language)
    return f"{OPERATORS[fact.op]} {show(fact.value, fact.unit, language)}"


def deadline_text(fact: Fact, language: Language) -> str:
    """Write the deadline; `none stated` where a target has none, nothing for an observation."""
    if fact.kind == "observation":
        return ""
    if fact.deadline is None:
        return NO_DEADLINE[language]
    first, last = fact.deadline
    if first == last:
        return f"{last}"
    return f"{first} to {last}" if language == "en" else f"{first} 至 {last}"


def distance_text(fact: Fact, verdict: Verdict, language: Language) -> str:
    """Write how far a value is from its limit: `119 ms over the limit`, `200 racks short`, `0.02 to spare`."""
    distance = verdict.distance
    if distance is None or UNITS[fact.unit].base == "yes":
        return ""
    if verdict.value_kind == "registered" and distance <= 0:
        return ""  # it was kept on a day long ago: nothing to spare today
    text = show(abs(distance), fact.unit, language)
    if distance == 0:
        return "at the limit" if language == "en" else "正好达到"
    if verdict.at_least and distance > 0:
        text = f"at most {text}" if language == "en" else f"至多 {text}"
    if distance < 0:
        return f"{text} to spare" if language == "en" else f"余 {text}"
    if fact.op == "<=":
        return f"{text} over the limit" if language == "en" else f"超出 {text}"
    return f"{text} short" if language == "en" else f"差 {text}"


def pace_text(fact: Fact, verdict: Verdict, language: Language) -> str:
    """Write the required pace: `480 chips a day`."""
    if verdict.pace is None:
        return ""
    return _a_time(verdict.pace, fact, language)


def kept_pace_text(fact: Fact, verdict: Verdict, language: Language) -> str:
    """Write the pace that is kept at present: `12 racks a month`, `-0.01 a year`."""
    return "" if verdict.outlook is None else _a_time(verdict.outlook.pace, fact, language)


def _a_time(pace: float, fact: Fact, language: Language) -> str:
    """Write a change per day by the shortest time in which it can be read."""
    unit = UNITS[fact.unit]
    least = 1.0 if unit.base == "count" else _LEAST_CHANGE
    for days, en, zh in _TIMES:
        if abs(pace) * days >= least * unit.scale or days == _TIMES[-1][0]:
            text = show(_about(pace * days), fact.unit, language)
            return f"{text} a {en}" if language == "en" else f"每{zh} {text}"
    raise AssertionError


def _about(value: float) -> float:
    """Round what is only estimated to three digits that count."""
    return float(f"{value:.3g}")


def reached_text(fact: Fact, verdict: Verdict, language: Language) -> str:
    """Write when the present pace reaches the limit, with its range: `2026-12-20 (2026-11-30 to 2027-02-01)`."""
    when = verdict.outlook.reached if verdict.outlook is not None else None
    if when is None or when.expected is None:
        return ""
    expected = day_text(when.expected, fact.timezone)
    earliest, latest = day_text(when.earliest, fact.timezone), day_text(when.latest, fact.timezone)
    if earliest == latest:
        return expected if language == "en" else f"{expected} "
    if language == "en":
        return (
            f"{expected} ({earliest} to {latest})"
            if latest
            else f"{expected} ({earliest} at the earliest, or never)"
        )
    return (
        f"{expected}（{earliest} 至 {latest}）"
        if latest
        else f"{expected}（最早 {earliest}，也可能始终达不到）"
    )


def expected_text(fact: Fact, verdict: Verdict, language: Language) -> str:
    """Write what the present pace comes to by the deadline, with its range: `1.19 (1.17 to 1.22)`."""
    due = verdict.outlook.due if verdict.outlook is not None else None
    if due is None:
        return ""
    lower, expected, upper = (show(_about(value), fact.unit, language) for value in due)
    if lower == upper:
        return expected
    return (
        f"{expected} ({lower} to {upper})"
        if language == "en"
        else f"{expected}（{lower} 至 {upper}）"
    )


def ratio_text(value: float | None, language: Language) -> str:
    """Write a ratio in percent; nothing for none."""
    return "" if value is None else show(value, "%", language)


def scope_name(fact: Fact, hub: Hub) -> Text:
    """Return the name of a fact's scope."""
    return WHOLE if fact.scope == WHOLE_HUB else hub.scopes[fact.scope]


def day_text(time: float | None, timezone: str) -> str:
    """Write the day of a moment at a place; nothing for none."""
    return "" if time is None else day_of(time, timezone).isoformat()


def moment_text(time: float, timezone: str) -> str:
    """Write a moment in a place's own time (ISO 8601, to the second)."""
    from zoneinfo import ZoneInfo  # noqa: PLC0415 - beside its only use

    return dt.datetime.fromtimestamp(int(time), ZoneInfo(timezone)).isoformat()


def explain(fact: Fact, verdict: Verdict) -> Text:
    """Say why a figure is in its state, in both languages."""
    return Text(**{language: _explain(fact, verdict, language) for language in LANGUAGES})


def _explain(fact: Fact, verdict: Verdict, language: Language) -> str:
    decided = verdict.decided
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
    text = _REASONS[verdict.reason][language].format(**parts)
    text = (
        text[0].upper() + text[1:]
    )  # a sentence may begin with a value such as `at least 8 chips`
    if verdict.reason == "expired" and verdict.value_kind == "registered":
        text += _LAST_REPORTED[language].format(**parts)
    if verdict.reason in ("broken", "over") and verdict.value is not None:
        for other in fact.alternatives:
            if _keeps_other(fact, verdict.value, other.value):
                text += _OTHER_READING[language].format(text=other.text[language])
    return text


def _keeps_other(fact: Fact, value: float, limit: float) -> bool:
    from dataclasses import replace  # noqa: PLC0415 - beside its only use

    return satisfies(replace(fact, value=limit), value) is True
