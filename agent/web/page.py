"""One request for a page: its language, its time zone, and links that keep the choices made."""

from __future__ import annotations

import datetime as dt
from collections.abc import Mapping, Sequence
from functools import cached_property
from typing import Final
from urllib.parse import parse_qsl, urlencode
from zoneinfo import ZoneInfo

from markupsafe import Markup

from agent.messages.catalogue import Words, words
from agent.targets.views import HubView
from agent.web.over import MOST, NAMES, SPANS, Over, written
from agent.web.paths import hub_path
from agent.web.render import render
from agent.web.view import BoardView
from agent.web.views import promises

_KEPT: Final = ("lang", "racks", "theme", *NAMES)
"""Choices that a link carries on: language, what racks are coloured by, light or dark, the time."""
_NO_TIME: Final[Mapping[str, None]] = dict.fromkeys((*NAMES, "days"))
"""The parameters of a time, each removed."""

Crumb = tuple[str, str]
"""The name of a place on the way to a page, and its path."""


class Page:
    """What a template needs besides its view: words, clock, zone, and the links to other pages."""

    def __init__(
        self,
        view: BoardView,
        *,
        w: Words | None = None,
        path: str = "/",
        query: Mapping[str, str] | None = None,
    ) -> None:
        """Take a request; `query` holds only the parameters that the pages know.

        Without `w` the page is in English.
        """
        self.view = view
        self.w = words("en") if w is None else w
        self.path = path
        self.query = dict(query or {})
        self.now = view.now()

    @cached_property
    def board(self) -> list[HubView]:
        """The scoreboard: every hub's stated figures, with the values and states known now."""
        return promises.read(self.view)

    @property
    def zone(self) -> dt.tzinfo:
        """The zone of the agent's hub: all times of a page are written in it."""
        return self.view.zone

    @property
    def over(self) -> Over:
        """The time that the reader chose for curves and events."""
        return self.view.over

    @property
    def over_ends(self) -> tuple[float, float]:
        """The begin and the end of that time; without a choice, the last day."""
        return self.over.bounds(self.now, SPANS["24h"])

    def over_span(self, name: str | None) -> str:
        """Return the address of this page over a span until now, or over what is usual."""
        return self.here(**{**_NO_TIME, "span": name})

    def over_shifted(self, by: float) -> str:
        """Return the address of this page so many times its time later."""
        start, end = self.over_ends
        return self._over_times(start + by * (end - start), end + by * (end - start))

    def over_wider(self) -> str:
        """Return the address of this page over twice its time, not beyond now or ten years."""
        start, end = self.over_ends
        last = min(end + (end - start) / 2, self.now)
        return self._over_times(max(start - (end - start) / 2, last - MOST), last)

    def _over_times(self, start: float, end: float) -> str:
        return self.here(**{**_NO_TIME, "from": written(start), "to": written(end)})

    @property
    def is_narrowed(self) -> bool:
        """Whether the reader may see the pages of some sites alone."""
        return self.view.sites is not None

    @property
    def is_wall(self) -> bool:
        """Whether the page is for a wall screen: it fills the screen, and nobody clicks on it."""
        return "kiosk" in self.query

    @property
    def zone_key(self) -> str | None:
        """The zone's name for the page's script; None for a zone without one."""
        where = self.zone
        return where.key if isinstance(where, ZoneInfo) else None

    @property
    def hub_name(self) -> str:
        """What people call the agent's hub."""
        known = self.view.registry.hubs.get(self.view.hub)
        return self.w.pick(known.name) if known is not None else self.view.hub

    def link(self, path: str, **asked: str | None) -> str:
        """Return the address of another page; `asked` adds parameters, None removes one."""
        return _address(
            path, {**{key: self.query[key] for key in _KEPT if key in self.query}, **asked}
        )

    def onward(self, path: str) -> str:
        """Return the address of another page by a path that may have a query and a `#part`."""
        path, sharp, part = path.partition("#")
        path, _, query = path.partition("?")
        return f"{self.link(path, **dict(parse_qsl(query)))}{sharp}{part}"

    def here(self, **asked: str | None) -> str:
        """Return the address of this page with other parameters."""
        return _address(self.path, {**self.query, **asked})

    def timed(self, path: str) -> str:
        """Return an address of the API over the time that the reader chose."""
        return self.api(path, *NAMES)

    def api(self, path: str, *names: str) -> str:
        """Return an address of the API with some of this page's choices."""
        return _address(path, {name: self.query[name] for name in names if name in self.query})

    def at_site(self, path: str, site: str) -> str:
        """Return an address of the API narrowed to a site; of all sites where it is empty."""
        return _address(path, {"site": site or None})

    def way(self, crumbs: Sequence[Crumb]) -> list[Crumb]:
        """Return the links that lead from the agent's hub to this page.

        Who sees some sites alone does not see the hub.
        """
        if self.view.sites is not None:
            return [*crumbs]
        return [(self.hub_name, hub_path(self.view.hub)), *crumbs]

    def render(self, template: str, **values: object) -> Markup:
        """Fill in a template with this page and some values."""
        return render(template, self.w, page=self, **values)


def _address(path: str, asked: Mapping[str, str | None]) -> str:
    said = {key: value for key, value in asked.items() if value is not None}
    return f"{path}?{urlencode(said)}" if said else path
