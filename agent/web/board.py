"""The board: one page for whoever walks past a wall screen, and for whoever is woken at night with a phone."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final
from urllib.parse import urlencode

from agent import __version__
from agent.web import api, cards, health, heat, panels, sitelist, svg
from agent.web import racks as racks_model
from agent.web import sites as places
from agent.web.format import iso, local, offset, zone
from agent.web.markup import Safe, el, join, raw
from agent.web.text import LANGUAGES, Words

if TYPE_CHECKING:
    import datetime as dt
    from collections.abc import Mapping, Sequence

    from agent.web.racks import Rack
    from agent.web.view import BoardView

REFRESH_SECONDS: Final = 15
"""How often the page asks again, without and with its script."""

_WHOLE: Final = 3
"""Up to this many sites are all shown whole."""

Data = dict[str, Any]


def render(view: BoardView, *, language: str = "en", asked: Mapping[str, str] | None = None) -> str:
    """Return the HTML of `/` in a language.

    `asked` is what the address asked for: `racks` (what racks are coloured by: power, space or inlet), `site` (which of many
    sites is shown whole), `lang`.
    """
    w = Words(language)
    query = dict(asked or {})
    now = view.now()
    scoreboard = api.hubs(view)
    where = zone(api.zone_of(view, scoreboard))
    hub_name = next((w.pick(hub["name"]) for hub in scoreboard if hub["hub"] == view.hub), view.hub)
    body = join(
        [
            el("a", w("skip"), href="#main", class_="skip"),
            svg.symbols(),
            _top(view, w, hub_name, where, now, query),
            el("main", _main(view, w, scoreboard, where, now, query), id="main"),
            _foot(w),
        ]
    )
    return _document(w, f"{hub_name} · hubgauge", body)


def _document(w: Words, title: str, body: Safe) -> str:
    head = join(
        [
            raw('<meta charset="utf-8">'),
            el("title", title),
            raw('<meta name="viewport" content="width=device-width, initial-scale=1">'),
            raw('<meta name="color-scheme" content="light dark">'),
            raw('<link rel="icon" href="/static/icon.svg" type="image/svg+xml">'),
            raw('<link rel="stylesheet" href="/static/board.css">'),
            raw(f'<noscript><meta http-equiv="refresh" content="{REFRESH_SECONDS * 2}"></noscript>'),
            raw('<script src="/static/board.js" defer></script>'),
        ]
    )
    tongue = {"en": "en", "zh": "zh-Hans"}[w.language]
    return f"<!doctype html>\n{el('html', el('head', head), el('body', body, data_refresh=REFRESH_SECONDS, data_lost=w('lost')), lang=tongue)}\n"


def _top(view: BoardView, w: Words, hub_name: str, where: dt.tzinfo, now: float, query: dict[str, str]) -> Safe:
    other = next(key for key in LANGUAGES if key != w.language)
    place = " / ".join(part for part in (view.site, view.node) if part)
    return el(
        "header",
        el("p", svg_logo(), el("b", hub_name), el("span", place, class_="place") if place else None, class_="who"),
        el(
            "p",
            el("span", w("at"), " ", class_="quiet"),
            el(
                "time",
                local(now, where).strftime("%Y-%m-%d %H:%M:%S"),
                datetime=iso(now),
                id="now",
                data_zone=getattr(where, "key", None),
            ),
            el("span", f" {offset(where, now)}", class_="quiet"),
            class_="when",
        ),
        el(
            "nav",
            el(
                "a",
                LANGUAGES[other],
                href="?" + urlencode({**query, "lang": other}),
                hreflang=other,
                lang={"en": "en", "zh": "zh-Hans"}[other],
            ),
            aria_label=w("language"),
        ),
        class_="top",
    )


def svg_logo() -> Safe:
    """Return the mark of the product: a gauge, its needle past the middle."""
    return raw(
        '<svg class="logo" viewBox="0 0 24 24" aria-hidden="true" focusable="false"><path d="M3.5 18a9.500 9.500 0 1 1 17 0"/>'
        '<path d="M12 14.500l4.500-6"/><circle cx="12" cy="14.500" r="1.600"/></svg>'
    )


def _main(view: BoardView, w: Words, scoreboard: Sequence[Data], where: dt.tzinfo, now: float, query: dict[str, str]) -> Safe:
    parents = {hub["hub"]: hub for hub in scoreboard}
    own = [hub for hub in scoreboard if hub["hub"] == view.hub]
    others = [hub for hub in scoreboard if hub["hub"] != view.hub]
    sites = _sites(view, w, scoreboard, where, query)
    return join(
        [
            el("p", svg.mark("stated_only"), w("simulated"), class_="banner", role="note", data_key="simulated")
            if view.simulated
            else None,
            el("p", "", class_="banner lost", role="status", id="lost", hidden=True),
            cards.headline(scoreboard, w),
            join([cards.card(hub, w, parents=parents, own=True) for hub in own]),
            el("div", sites, class_="sites") if sites else None,
            el(
                "div",
                _host(view, w),
                health.collectors(api.collectors(view), w, where, now),
                health.devices(api.devices(view), w),
                class_="machine",
            ),
            el(
                "section",
                el("h2", w("others"), id="others", class_="section-title"),
                el("div", [cards.card(hub, w, parents=parents, own=False) for hub in others], class_="hubs"),
                aria_labelledby="others",
                class_="others",
            )
            if others
            else None,
        ]
    )


def _sites(view: BoardView, w: Words, scoreboard: Sequence[Data], where: dt.tzinfo, query: dict[str, str]) -> Safe:
    """Draw the agent's sites: up to a few of them whole, of more the one that is asked for, and all of them as a list."""
    by_site = racks_model.read(view.snapshot, view.hub)
    names = places.site_names(view)
    lines = api.sites(view, by_site)
    told = [line["site"] for line in lines if sitelist.tells(line)]
    whole = told
    if len(told) > _WHOLE:
        asked = query.get("site", "")
        whole = [asked if asked in told else next((key for key in told if key == view.site), told[0])]
    drawn = [
        _site(view, w, key, names[key], by_site.get(key, []), scoreboard, where, query, index) for index, key in enumerate(whole)
    ]
    return join(
        [sitelist.table(lines, w, query=query, shown=whole if len(told) > _WHOLE else []) if len(lines) > 1 else None, *drawn]
    )


def _site(  # noqa: PLR0913, PLR0917 - what its panels are drawn from
    view: BoardView, w: Words, key: str, name: str, racks: Sequence[Rack], scoreboard: Sequence[Data], where: dt.tzinfo,
    query: dict[str, str], index: int,
) -> Safe:  # fmt: skip
    title = f"site-{index}"
    return el(
        "section",
        el("h2", name or key, el("span", f" {key}", class_="quiet") if name else None, id=title, class_="section-title"),
        panels.pue(api.pue(view, key, scoreboard), w, where),
        panels.power(api.power(view, key), w, where),
        heat.racks(key, racks, api.rack_summary(view, key, racks), w, query=query),
        class_="site",
        aria_labelledby=title,
    )


def _host(view: BoardView, w: Words) -> Safe | None:
    data = places.host(view)
    return None if data is None else health.host(data, w)


def _foot(w: Words) -> Safe:
    links = join(
        [el("a", path, href=path) for path in ("/api", "/api/hubs", "/api/racks", "/api/collectors", "/api/devices", "/metrics")],
        " ",
    )
    return el("footer", el("p", el("span", f"{w('data')}: "), links), el("p", f"hubgauge {__version__}"), class_="foot")
