"""Where a site's overhead goes: facility less IT energy by subsystem, with partial PUE; and the factors beside the PUE."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

from agent.web import svg
from agent.web.format import MISSING, THIN, number, percent, quantity
from agent.web.markup import Safe, el, join
from agent.web.panels import panel, ratio

if TYPE_CHECKING:
    from agent.messages.catalogue import Words

Data = dict[str, Any]

_ORDER: Final = ("cooling", "ups", "distribution", "lighting", "other", "unmetered")
_THIN: Final = 0.95
_PER_KWH: Final = 3.6e6
_SHOWN: Final = 0.8
"""The longest window that is shown large must be covered at least this well."""


def draw(data: Data, w: Words) -> Safe | None:
    """Draw the overhead of the longest window that is covered well enough; None where no subsystem is metered."""
    told = [
        window
        for window in data["windows"]
        if any(part["subsystem"] != "unmetered" for part in window["parts"])
    ]
    if not told:
        return None
    window = next(
        (one for one in reversed(told) if (one["coverage_ratio"] or 0.0) >= _SHOWN), told[-1]
    )
    return panel(
        f"overhead-{data['site']}",
        w("overhead"),
        el("div", _table(window, w), _factors(window, w), class_="pair"),
        lead=w.of("window", window["window"]),
        kind="overhead",
    )


def _table(window: Data, w: Words) -> Safe:
    parts = [part for part in window["parts"] if part["joules"] is not None]
    whole = sum(part["joules"] for part in parts)
    most = max((part["joules"] for part in parts), default=0.0) or 1.0
    rows = [_row(part, whole, most, w) for part in parts]
    total = el(
        "tr",
        el("th", w("overhead.whole"), scope="row"),
        el("td", class_="barcell"),
        el("td", el("b", quantity(whole, "J")), class_="num"),
        el("td", class_="num"),
        el("td", class_="num"),
        el("td", class_="num"),
    )
    heads = (
        ("part", ""),
        ("bar", "barcell"),
        ("energy", "num"),
        ("share", "num"),
        ("ppue", "num"),
        ("coverage", "num"),
    )
    head = [
        el("th", w(f"overhead.{key}") if key != "bar" else "", scope="col", class_=kind or None)
        for key, kind in heads
    ]
    table = el(
        "table",
        el("caption", w("overhead.table"), class_="hidden"),
        el("thead", el("tr", head)),
        el("tbody", [*rows, total]),
        class_="plain stages",
    )
    return el(
        "div", table, class_="scroll", tabindex="0", role="region", aria_label=w("overhead.table")
    )


def _row(part: Data, whole: float, most: float, w: Words) -> Safe:
    share = part["coverage_ratio"]
    return el(
        "tr",
        el("th", w.of("overhead.of", part["subsystem"]), scope="row"),
        el(
            "td",
            svg.bar(
                part["joules"] / most,
                kind="c-other" if part["subsystem"] == "unmetered" else "c-facility",
            ),
            class_="barcell",
        ),
        el("td", el("b", quantity(part["joules"], "J")), class_="num"),
        el("td", percent(part["joules"] / whole if whole else None), class_="num"),
        el("td", ratio(part["partial_pue_ratio"], 3), class_="num"),
        el(
            "td",
            MISSING if part["subsystem"] == "unmetered" else percent(share),
            class_="num thin" if share is not None and share < _THIN else "num",
        ),
    )


def _factors(window: Data, w: Words) -> Safe | None:
    """Write the factors beside the PUE that are known, each with its standard."""
    said: list[tuple[str, str]] = []
    if window["reused_energy_ratio"] is not None:
        said.append(("erf", percent(window["reused_energy_ratio"], 1)))
    if window["carbon_usage_kilograms_per_joule"] is not None:
        basis = w.of("overhead.basis", window["carbon_basis"])
        value = f"{number(window['carbon_usage_kilograms_per_joule'] * _PER_KWH, 3)}{THIN}kg/kWh"
        said.append(("cue", f"{value} ({basis})" if basis else value))
    if window["water_usage_liters_per_joule"] is not None:
        said.append(
            ("wue", f"{number(window['water_usage_liters_per_joule'] * _PER_KWH, 2)}{THIN}L/kWh")
        )
    if window["gb_40879_grade"] is not None:
        grade = int(window["gb_40879_grade"])
        said.append(("grade", str(grade) if grade else w("overhead.no_grade")))
    if not said:
        return None
    pairs = [
        el("div", el("dt", w(f"overhead.{key}")), el("dd", el("b", value))) for key, value in said
    ]
    return el("dl", join(pairs), class_="meters factors")
