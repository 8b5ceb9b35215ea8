"""What every page of the board has in common: its head, where it stands, the way to the others, and links that keep language and view."""

from __future__ import annotations

import datetime as dt
from collections.abc import Mapping, Sequence
from functools import cached_property
from typing import TYPE_CHECKING, Any, Final
from urllib.parse import quote, urlencode

from agent import __version__
from agent.web import svg
from agent.web.format import iso, local, offset, zone
from agent.web.markup import Safe, el, join, raw
from agent.web.text import LANGUAGES, Words

if TYPE_CHECKING:
    from agent.web.view import BoardView

REFRESH_SECONDS: Final = 15
"""How often the page asks again, without and with its script."""
ZONE: Final = "Asia/Shanghai"
"""The zone of a hub that the registry does not know."""
_KEPT: Final = ("lang", "racks")
"""What an address asks for that holds on the next page too: the language, and what racks are coloured by."""
TONGUES: Final = {"en": "en", "zh": "zh-Hans"}
"""How a page says its language, by ours."""
_DATA: Final = ("/api", "/api/hubs", "/api/racks", "/api/collectors", "/api/devices", "/metrics")

Crumb = tuple[str, str]
"""What a place is called, and its path."""


def hub_path(hub: str) -> str:
    """Return the path of a hub's page."""
    return f"/hubs/{quote(hub, safe='')}"


def site_path(site: str) -> str:
    """Return the path of a site's page."""
    return f"/sites/{quote(site, safe='')}"


def rack_path(site: str, rack: str) -> str:
    """Return the path of a rack's page."""
    return f"{site_path(site)}/racks/{quote(rack, safe='')}"


class Page:
    """One request for a page: what is looked at, in which language, and what its address asks for."""

    def __init__(
        self,
        view: BoardView,
        *,
        language: str = "en",
        path: str = "/",
        query: Mapping[str, str] | None = None,
    ) -> None:
        """Take what the address says; `query` holds only what the pages know."""
        self.view = view
        self.w = Words(language)
        self.path = path
        self.query = dict(query or {})
        self.now = view.now()

    @cached_property
    def scoreboard(self) -> list[dict[str, Any]]:
        """Every hub's promises, as the API gives them."""
        from agent.web import api  # noqa: PLC0415 - most pages draw no promise

        return api.hubs(self.view)

    @property
    def zone(self) -> dt.tzinfo:
        """The zone of the agent's hub: all times of a page are written in it."""
        known = self.view.registry.hubs.get(self.view.hub)
        return zone(known.timezone if known is not None else ZONE)

    @property
    def hub_name(self) -> str:
        """What people call the agent's hub."""
        known = self.view.registry.hubs.get(self.view.hub)
        return (
            self.w.pick({"en": known.name.en, "zh": known.name.zh})
            if known is not None
            else self.view.hub
        )

    def link(self, path: str, **asked: str | None) -> str:
        """Return the address of another page, in this page's language and view; `asked` adds to it, None takes away."""
        return _address(
            path, {**{key: self.query[key] for key in _KEPT if key in self.query}, **asked}
        )

    def here(self, **asked: str | None) -> str:
        """Return the address of this page, asked otherwise."""
        return _address(self.path, {**self.query, **asked})

    def document(
        self, title: str, main: Sequence[Safe | None], *, crumbs: Sequence[Crumb] = ()
    ) -> str:
        """Return the whole page: `main` under the head, `crumbs` the way to it from the hub, itself last."""
        w = self.w
        body = join(
            [
                el("a", w("skip"), href="#main", class_="skip"),
                svg.symbols(),
                self._top(crumbs),
                el("main", self._banners(), main, id="main"),
                _foot(w),
            ]
        )
        page = el(
            "html",
            el("head", _head(title)),
            el("body", body, data_refresh=REFRESH_SECONDS, data_lost=w("lost")),
            lang=TONGUES[w.language],
        )
        return f"<!doctype html>\n{page}\n"

    def _banners(self) -> Safe:
        simulated = el(
            "p",
            svg.mark("stated_only"),
            self.w("simulated"),
            class_="banner",
            role="note",
            data_key="simulated",
        )
        return join(
            [
                simulated if self.view.simulated else None,
                el("p", "", class_="banner lost", role="status", id="lost", hidden=True),
            ]
        )

    def _top(self, crumbs: Sequence[Crumb]) -> Safe:
        w, where = self.w, self.zone
        stamp = el(
            "time",
            local(self.now, where).strftime("%Y-%m-%d %H:%M:%S"),
            datetime=iso(self.now),
            id="now",
            data_zone=getattr(where, "key", None),
        )
        return el(
            "header",
            el(
                "a",
                _logo(),
                el("b", "hubgauge", class_="hidden"),
                href=self.link("/"),
                aria_label=w("board"),
                class_="home",
            ),
            el("nav", el("ol", self._crumbs(crumbs)), aria_label=w("nav.where"), class_="crumbs"),
            el("nav", self._pages(), aria_label=w("nav.pages"), class_="pages"),
            el(
                "p",
                el("span", w("at"), " ", class_="quiet"),
                stamp,
                el("span", f" {offset(where, self.now)}", class_="quiet"),
                class_="when",
            ),
            el("nav", self._other_language(), aria_label=w("language"), class_="language"),
            class_="top",
        )

    def _crumbs(self, crumbs: Sequence[Crumb]) -> list[Safe]:
        way = [(self.hub_name, hub_path(self.view.hub)), *crumbs]
        last = way[-1][1] if self.path != "/" else ""
        return [
            el(
                "li",
                el("a", name, href=self.link(path), aria_current="page" if path == last else None),
            )
            for name, path in way
        ]

    def _pages(self) -> Safe:
        known = [("board", "/"), ("collectors", "/collectors")]
        return join(
            [
                el(
                    "a",
                    self.w(key),
                    href=self.link(path),
                    aria_current="page" if path == self.path else None,
                )
                for key, path in known
            ],
            " ",
        )

    def _other_language(self) -> Safe:
        other = next(key for key in LANGUAGES if key != self.w.language)
        return el(
            "a", LANGUAGES[other], href=self.here(lang=other), hreflang=other, lang=TONGUES[other]
        )


def _address(path: str, asked: Mapping[str, str | None]) -> str:
    said = {key: value for key, value in asked.items() if value is not None}
    return f"{path}?{urlencode(said)}" if said else path


def _head(title: str) -> Safe:
    return join(
        [
            raw('<meta charset="utf-8">'),
            el("title", f"{title} · hubgauge"),
            raw('<meta name="viewport" content="width=device-width, initial-scale=1">'),
            raw('<meta name="color-scheme" content="light dark">'),
            raw('<link rel="icon" href="/static/icon.svg" type="image/svg+xml">'),
            raw('<link rel="stylesheet" href="/static/board.css">'),
            raw('<link rel="stylesheet" href="/static/detail.css">'),
            raw(
                f'<noscript><meta http-equiv="refresh" content="{REFRESH_SECONDS * 2}"></noscript>'
            ),
            raw('<script src="/static/board.js" defer></script>'),
        ]
    )


def _logo() -> Safe:
    """Return the mark of the product: a gauge, its needle past the middle."""
    return raw(
        '<svg class="logo" viewBox="0 0 24 24" aria-hidden="true" focusable="false"><path d="M3.5 18a9.500 9.500 0 1 1 17 0"/>'
        '<path d="M12 14.500l4.500-6"/><circle cx="12" cy="14.500" r="1.600"/></svg>'
    )


def _foot(w: Words) -> Safe:
    links = join([el("a", path, href=path) for path in _DATA], " ")
    return el(
        "footer",
        el("p", el("span", f"{w('data')}: "), links),
        el("p", f"hubgauge {__version__}"),
        class_="foot",
    )
