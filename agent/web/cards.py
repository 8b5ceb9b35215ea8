"""What was promised: the first line, and a card for each hub. It reads the scoreboard's plain data, nothing else."""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING, Any, Final

from agent.web import svg
from agent.web.format import MISSING, THIN, percent
from agent.web.markup import Safe, el, join, raw
from agent.web.paths import hub_path

if TYPE_CHECKING:
    from agent.messages.catalogue import Words

    Evidence = Callable[[dict[str, Any]], Safe | None]
    """Draws what a row rests on."""

Row = dict[str, Any]

_NAMED: Final = 3
_ORDER: Final = (
    "missed",
    "at_risk",
    "on_track",
    "met",
    "unknown",
    "expired_unreported",
    "stated_only",
)
"""How a hub's promises are sorted: what can still be helped before what cannot be told."""

DANGER: Final = ("missed", "at_risk")
COUNTED: Final = ("missed", "at_risk", "expired_unreported", "unknown", "on_track", "met")
"""States of a target, the gravest first; `stated_only` is no state of a target."""


def in_danger(hubs: Sequence[Row]) -> list[tuple[Row, Row]]:
    """Return the promises that are missed or at risk, with their hubs; the missed first. Policy is nobody's promise."""
    found = [(hub, row) for hub in hubs for row in hub["targets"] if row["state"] in DANGER]
    return sorted(found, key=lambda pair: DANGER.index(pair[1]["state"]))


def headline(hubs: Sequence[Row], w: Words) -> Safe:
    """Say in the first line which promises are in danger, and in the second how all of them stand."""
    danger = in_danger(hubs)
    targets = [row for hub in hubs for row in hub["targets"] if row["kind"] != "observation"]
    counts = {state: sum(row["state"] == state for row in targets) for state in COUNTED}
    words = _state_words()
    worst = (
        danger[0][1]["state"]
        if danger
        else ("met" if counts["met"] or counts["on_track"] else "unknown")
    )
    if danger:
        said = w("danger.found", count=len(danger))
        named = list(dict.fromkeys(_kpi(row, w) for _, row in danger))
        said += w(
            "danger.named",
            names=w("comma").join(named[:_NAMED]) + ("…" if len(named) > _NAMED else ""),
        )
    elif targets and not counts["met"] and not counts["on_track"]:
        said = w("danger.nothing_judged")
    else:
        untold = counts["unknown"] + counts["expired_unreported"]
        said = w("danger.none") + (w("danger.untold", count=untold) if untold else "")
    sure = bool(danger) or not (counts["unknown"] or counts["expired_unreported"])
    items = [
        el(
            "li",
            svg.mark(row["state"]),
            el(
                "a",
                el("b", _kpi(row, w)),
                f" {w.pick(hub['name'])}",
                f" · {w.pick(row['scope_name'])}" if row["scope"] != "hub" else None,
                href=f"#{anchor(row)}",
            ),
            el(
                "span",
                " ",
                el("b", _shown(row, w, "value"), class_="v"),
                f" / {_shown(row, w, 'limit')}",
                class_="nums",
            )
            if _shown(row, w, "value")
            else None,
            el("span", " ", state_name(row, w), class_=f"word s-{row['state']}"),
        )
        for hub, row in danger
    ]
    tally = [
        el("li", svg.mark(state), el("b", str(counts[state])), " ", w.pick(words[state]))
        for state in COUNTED
        if counts[state]
    ]
    return el(
        "section",
        el("h1", svg.mark(worst), el("span", said), class_=f"s-{worst}" if sure else None),
        el("ul", tally, class_="tally", aria_label=w("danger.of", count=len(targets)))
        if tally
        else None,
        el("ul", items, class_="dangers") if items else None,
        id="headline",
        class_="headline",
        data_key="headline",
    )


def anchor(row: Row) -> str:
    """Return the element id of a row: ids may hold letters, digits and dashes only, whatever a hub file says."""
    return "t-" + "".join(
        char if char.isascii() and (char.isalnum() or char in "-_") else "-" for char in row["id"]
    )


def state_name(row: Row, w: Words) -> str:
    """Return a state in words."""
    return w.pick(row["state_name"])


def _state_words() -> dict[str, dict[str, str]]:
    from agent.targets.wording import STATE_NAMES  # noqa: PLC0415 - the scoreboard has read it already

    return {state: {"en": name.en, "zh": name.zh} for state, name in STATE_NAMES.items()}


def _kpi(row: Row, w: Words) -> str:
    name = w.pick(row["kpi_name"])
    return name[:1].upper() + name[1:]


def _shown(row: Row, w: Words, key: str) -> str:
    return tie(str(row["display"][w.language].get(key, "")))


def tie(said: str) -> str:
    """Keep a grouped number and its sign on one line: `≥ 27 584 racks` may break before `racks` only."""
    return re.sub(r"(?<=[\d≥≤=]) (?=\d)", THIN, said)


def card(
    hub: Row,
    w: Words,
    *,
    parents: dict[str, Row],
    own: bool,
    link: Callable[[str], str],
    evidence: Evidence | None = None,
) -> Safe:
    """Draw one hub: its promises as a table, then what it stated without a promise, kept apart.

    `evidence` draws what a row rests on; where it is given, every row is unfolded.
    """
    targets = sorted(
        (row for row in hub["targets"] if row["kind"] != "observation"),
        key=lambda row: _ORDER.index(row["state"]),
    )
    observations = [row for row in hub["targets"] if row["kind"] == "observation"]
    name = w.pick(hub["name"])
    parent = parents.get(hub.get("parent") or "")
    title = f"h-{hub['hub']}"
    return el(
        "article",
        el(
            "header",
            el(
                "h2", name if evidence else el("a", name, href=link(hub_path(hub["hub"]))), id=title
            ),
            el(
                "p",
                el("span", w("own_hub"), class_="own-hub") if own else None,
                el("span", w("hub.parent", hub=w.pick(parent["name"])), class_="quiet")
                if parent
                else None,
            )
            if own or parent
            else None,
        ),
        _table(targets, w, evidence, caption=w("promises", hub=name))
        if targets
        else el("p", w("no_target"), class_="none"),
        _no_target(hub, w),
        _policy(hub, w, evidence),
        _observations(observations, w, hub["hub"], evidence),
        class_="card hub" + (" own" if own else "") + (" told" if evidence is not None else ""),
        aria_labelledby=title,
        data_key=f"hub-{hub['hub']}",
    )


_COLUMNS: Final = ("state", "promise", "value", "limit", "distance", "deadline", "coverage")
_NUMERIC: Final = frozenset({"value", "limit", "distance", "coverage", "deadline"})


def _table(rows: Sequence[Row], w: Words, evidence: Evidence | None, *, caption: str) -> Safe:
    head = el(
        "tr",
        [
            el("th", w(f"col.{key}"), scope="col", class_="num" if key in _NUMERIC else None)
            for key in _COLUMNS
        ],
    )
    return el(
        "table",
        el("caption", caption, class_="hidden"),
        el("thead", head),
        [_row(row, w, evidence) for row in rows],
        class_="promises",
    )


def _row(row: Row, w: Words, evidence: Evidence | None) -> Safe:
    state = row["state"]
    value = _shown(row, w, "value")
    figures = el(
        "tr",
        el(
            "td",
            svg.mark(state),
            el("span", state_name(row, w), class_="word"),
            class_=f"state s-{state}",
        ),
        el(
            "th", el("span", _kpi(row, w), class_="kpi"), _scope(row, w), scope="row", class_="what"
        ),
        _cell("value", w, el("b", value) if value else None, _origin(row, w)),
        _cell("limit", w, _shown(row, w, "limit")),
        _cell("distance", w, _shown(row, w, "distance"), _paces(row, w)),
        _cell("deadline", w, _deadline(row, w), _forecast(row, w)),
        _cell("coverage", w, _coverage(row)),
    )
    return el(
        "tbody",
        figures,
        el("tr", el("td", _details(row, w, evidence), colspan=len(_COLUMNS)), class_="more"),
        id=anchor(row),
    )


def _cell(key: str, w: Words, *content: Safe | str | None) -> Safe:
    shown = [part for part in content if part]
    return el(
        "td",
        shown or el("span", MISSING, class_="quiet", aria_label=w("level.none")),
        class_=f"num {key}" + ("" if shown else " empty"),
        data_label=w(f"col.{key}"),
    )


def _paces(row: Row, w: Words) -> Safe | None:
    """Say what pace is needed and what pace is kept."""
    needed, kept = _shown(row, w, "pace"), _shown(row, w, "pace_kept")
    said = [w("pace", pace=needed)] if needed else []
    if kept and row["pace_kept"]:
        said.append(w("pace.kept", pace=kept))
    return _small(w("semicolon").join(said))


def _small(content: str) -> Safe | None:
    return el("small", content) if content else None


def _scope(row: Row, w: Words) -> Safe | None:
    parts = []
    if row["scope"] != "hub":
        parts.append(w("scope", scope=w.pick(row["scope_name"])))
    if row["kind"] == "both":
        parts.append(w("kind.floor"))
    if row["milestone_of"]:
        parts.append(w("kind.milestone"))
    if row["derived"]:
        parts.append(w("origin.derived"))
    return _small(" · ".join(parts)) if parts else None


def _origin(row: Row, w: Words) -> Safe | None:
    kind = row["value_kind"]
    if kind is None:
        return None
    interim = f", {w('interim')}" if row.get("interim") else ""
    return el("small", w.of("origin", kind) + interim, class_=f"origin {kind}")


def _deadline(row: Row, w: Words) -> Safe | str:
    due = row["deadline"]
    if due is None:
        return el("span", w("no_deadline"), class_="quiet")
    if due["from"] == due["to"]:
        return el("time", due["to"], datetime=due["to"])
    return join(
        [
            el("time", due["from"], datetime=due["from"]),
            raw(" &#8211; "),
            el("time", due["to"], datetime=due["to"]),
        ]
    )


def _forecast(row: Row, w: Words) -> Safe | None:
    if _shown(row, w, "forecast") and row["state"] != "met":
        return el("small", w("forecast", date=_shown(row, w, "forecast")))
    if _shown(row, w, "expected"):
        return el("small", w("expected", value=_shown(row, w, "expected")))
    days = row["days_left"]
    if days is None:
        return None
    return el("small", w("days_left", count=days) if days >= 0 else w("days_past", count=-days))


def _coverage(row: Row) -> Safe | None:
    share = row["coverage"]
    if share is None:
        return None
    return join([percent(share), svg.bar(share, kind="thin" if share < 0.95 else "")])  # noqa: PLR2004


def _details(row: Row, w: Words, evidence: Evidence | None) -> Safe:
    source = row["source"]
    confidence = w.of("confidence", row["confidence"])
    facts: list[tuple[str, str]] = [
        (w("why"), w.pick(row.get("explanation"))),
        (w("claim"), w.pick(row["text"])),
        (w("source"), f"{w.pick(source['publisher'])}, {source['date']}"),
        (w("col.stated"), period(row["stated"], w)),
        (w("open"), w.pick(row["open"])),
        (w("measured_how"), w.pick(row["measured"])),
        (w("confidence"), confidence + (". " + w("derived_by_us") if row["derived"] else "")),
    ]
    if row.get("policy"):
        facts.insert(0, (w("kind.policy"), row["policy"]))
    pairs = [join([el("dt", name), el("dd", said)]) for name, said in facts if said]
    basis = evidence(row) if evidence is not None else None
    return el(
        "details",
        el(
            "summary",
            f"{w.pick(source['publisher'])}, {source['date']}",
            el("span", f": {w('details')}, {_kpi(row, w)}", class_="hidden"),
        ),
        el("div", el("dl", pairs), basis, class_="basis"),
        open=basis is not None,
        data_key=f"d-{row['id']}",
    )


def period(text: str, w: Words) -> str:
    """Write the day or time a figure speaks of: `end of 2023` has words in it, dates have none."""
    day = text.removeprefix("end of ")
    return w("end_of", day=day) if day != text else text


def _no_target(hub: Row, w: Words) -> Safe | None:
    entries = hub.get("no_target") or []
    if not entries:
        return None
    items = []
    for entry in entries:
        value = entry["display"][w.language]["value"]
        items.append(
            el(
                "li",
                el("span", _kpi(entry, w)),
                el("b", value, class_="v") if value else None,
                el("i", entry["display"][w.language]["text"]),
            )
        )
    return el("ul", items, class_="untold", aria_label=w("no_target"))


def _policy(hub: Row, w: Words, evidence: Evidence | None) -> Safe | None:
    rows = hub.get("policy") or []
    if not rows:
        return None
    return el(
        "section",
        el("h3", w("policy.title")),
        el("p", w("policy.note"), class_="quiet note"),
        _table(rows, w, evidence, caption=w("policy.title")),
        class_="policy",
    )


def _observations(
    rows: Sequence[Row], w: Words, hub: str, evidence: Evidence | None
) -> Safe | None:
    if not rows:
        return None
    beside = any(_is_measured(row) for row in rows)
    body = [
        el(
            "tr",
            el(
                "th",
                el("span", _kpi(row, w), class_="kpi"),
                _scope(row, w),
                _details(row, w, evidence),
                scope="row",
                class_="what",
            ),
            el("td", el("b", _shown(row, w, "stated_value")), class_="num figure"),
            el("td", period(row["stated"], w), class_="num stated"),
            el("td", _measured_beside(row, w), class_="num beside") if beside else None,
            id=anchor(row),
        )
        for row in rows
    ]
    head = [
        ("promise", None),
        ("figure", "num"),
        ("stated", "num"),
        *([("measured", "num")] if beside else []),
    ]
    return el(
        "details",
        el(
            "summary",
            el("span", w("registered"), class_="h3"),
            el("span", f" {len(body)}", class_="quiet"),
        ),
        el("p", w("registered.note"), class_="quiet note"),
        el(
            "table",
            el("caption", w("registered"), class_="hidden"),
            el(
                "thead",
                el(
                    "tr",
                    [el("th", w(f"col.{key}"), scope="col", class_=kind) for key, kind in head],
                ),
            ),
            el("tbody", body),
            class_="registered",
        ),
        class_="registered",
        open=True,
        data_key=f"observed-{hub}",
    )


def _is_measured(row: Row) -> bool:
    # "At least 0" says nothing: an agent at one site does not see the others.
    nothing = row["value_at_least"] and not row["value"]
    return row["value_kind"] in ("measured", "derived") and row["value"] is not None and not nothing


def _measured_beside(row: Row, w: Words) -> Safe | str | None:
    """Return what is measured of a thing that was only stated, if anything is; never mixed with the stated figure."""
    if not _is_measured(row):
        return el("span", MISSING, class_="quiet")
    return join([_shown(row, w, "value"), _origin(row, w)])
