"""What can still be added: by breaker, with what its pair's loss would put on it, and by row, with the day it is full."""

from __future__ import annotations

import datetime as dt
from typing import TYPE_CHECKING, Any, Final
from urllib.parse import quote

from agent.web import svg
from agent.web.format import MISSING, THIN, local, number, percent, quantity
from agent.web.markup import Safe, el, join
from agent.web.panels import panel
from agent.web.paths import site_path
from agent.web.views import breakers, rows
from agent.web.views.serialise import plain
from collectors.catalogue.limits import FAILOVER_LIMIT

if TYPE_CHECKING:
    from agent.messages.catalogue import Words
    from agent.web.page import Page

Data = dict[str, Any]

_LISTED: Final = 24
"""So many rows or breakers are listed, the tightest first; the API has all."""
_DAY: Final = 86400.0
_SOON: Final = 90 * _DAY


def _first(one: Data) -> tuple[str, float]:
    """Return by what a row is full first, and when; never where its pace leads nowhere."""
    known = [
        (bounds["expected"], kind) for kind, bounds in one["full"].items() if "expected" in bounds
    ]
    when, kind = min(known, default=(float("inf"), ""))
    return kind, when


def draw(page: Page, site: str) -> Safe | None:
    """Draw the tightest breakers and the rows that are full soonest; None where the inventory names neither."""
    of_breakers = [plain(one) for one in breakers.read(page.view, site)]
    of_rows = [plain(one) for one in rows.read(page.view, site)]
    if not of_breakers and not any(
        one["power_watts"] is not None or one["full"] for one in of_rows
    ):
        return None
    w = page.w
    return panel(
        f"headroom-{site}",
        w("headroom"),
        el(
            "div",
            _breakers(of_breakers, site, w) if of_breakers else None,
            _rows(of_rows, page, site) if of_rows else None,
            class_="pair",
        ),
        lead=w("headroom.rule", share=percent(FAILOVER_LIMIT)),
        kind="headroom",
    )


def _range(bounds: Data) -> Safe | str:
    """Write what lies between two bounds: one number where they are the same."""
    low, high = bounds.get("lower"), bounds.get("upper")
    known = high if high is not None else low
    if known is None:
        return MISSING
    if low is None or high is None or percent(low) == percent(high):
        return percent(known)
    return f"{percent(low)}{THIN}–{THIN}{percent(high)}"


def _share(bounds: Data, limit: float) -> Safe:
    over = bounds.get("upper", 0.0) > limit
    sure = bounds.get("lower", 0.0) > limit
    return el(
        "td",
        svg.mark("missed" if sure else "at_risk") if over else None,
        _range(bounds),
        class_="num s-at_risk" if over else "num",
    )


def _breakers(found: list[Data], site: str, w: Words) -> Safe:
    body = [
        el(
            "tr",
            el(
                "th",
                one["breaker"],
                el("small", w("headroom.pair", pair=one["pair"])) if one["pair"] else None,
                scope="row",
            ),
            _share(one["load_ratio"], 1.0),
            _share(one["failover_load_ratio"], FAILOVER_LIMIT),
            el("td", quantity(one["headroom_watts"], "W"), class_="num"),
            el("td", percent(one["phase_imbalance_ratio"]), class_="num"),
            el("td", percent(one["coverage_ratio"]), class_="num"),
        )
        for one in found[:_LISTED]
    ]
    keys = ("breaker", "load", "failover", "left", "imbalance", "heard")
    return _listed(
        keys, body, len(found), f"/api{site_path(site)}/breakers", w("headroom.breakers"), w
    )


def _rows(found: list[Data], page: Page, site: str) -> Safe:
    w = page.w
    body = [
        el(
            "tr",
            el(
                "th",
                el("a", one["row"], href=page.link(site_path(site), row=one["row"])),
                scope="row",
            ),
            el("td", _of(one["used_units"], one["height_units"]), class_="num"),
            el("td", percent(_part(one["power_watts"], one["power_capacity_watts"])), class_="num"),
            el("td", quantity(one["headroom_watts"], "W"), class_="num"),
            _full(one, page.zone, page.now, w),
        )
        for one in found[:_LISTED]
    ]
    keys = ("row", "units", "power", "left", "full")
    return _listed(
        keys, body, len(found), f"/api/sites/{quote(site, safe='')}/rows", w("headroom.rows"), w
    )


def _full(one: Data, zone: dt.tzinfo, now: float, w: Words) -> Safe:
    """Write by when a row is full, with its range, and of what."""
    kind, when = _first(one)
    if not kind:
        return el("td", MISSING, class_="num")
    bounds = one["full"][kind]

    def day(seconds: float | None) -> str:
        return w("headroom.never") if seconds is None else local(seconds, zone).strftime("%Y-%m-%d")

    if when <= now:
        return el(
            "td",
            svg.mark("at_risk"),
            w("headroom.now"),
            el("small", w.of("headroom.kind", kind)),
            class_="num s-at_risk",
        )
    span = w("headroom.range", first=day(bounds.get("earliest")), last=day(bounds.get("latest")))
    soon = when < now + _SOON
    return el(
        "td",
        svg.mark("at_risk") if soon else None,
        day(when),
        el("small", w.of("headroom.kind", kind), " · ", span),
        class_="num s-at_risk" if soon else "num",
    )


def _of(part: float | None, whole: float | None) -> str:
    if whole is None:
        return MISSING
    return f"{MISSING if part is None else number(part)}{THIN}/{THIN}{number(whole)}{THIN}U"


def _part(part: float | None, whole: float | None) -> float | None:
    return part / whole if part is not None and whole else None


def _listed(
    keys: tuple[str, ...], body: list[Safe], count: int, path: str, caption: str, w: Words
) -> Safe:
    head = [
        el("th", w(f"headroom.{key}"), scope="col", class_="num" if index else None)
        for index, key in enumerate(keys)
    ]
    table = el(
        "table",
        el("caption", caption, class_="hidden"),
        el("thead", el("tr", head)),
        el("tbody", body),
        class_="plain",
    )
    more = (
        el("p", el("a", w("racks.more", count=number(count - _LISTED)), href=path))
        if count > _LISTED
        else None
    )
    region = el("div", table, class_="scroll", tabindex="0", role="region", aria_label=caption)
    return el("div", el("h4", caption), join([region, more]))
