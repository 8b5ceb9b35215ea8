"""The week that a report is asked for, and the report of it."""

from __future__ import annotations

from agent.report.model import WeekReport
from agent.report.week import Week, last_week, week_of
from agent.web.format import zone
from agent.web.view import BoardView
from collectors.base import ConfigError


def read(view: BoardView, hub: str, name: str) -> tuple[Week, WeekReport | None]:
    """Return a week of a hub, and its report; the report is None without a ledger or until made.

    An empty `name` is the last week that is over. Raises ValueError for a name that is no week.
    """
    where, now = zone(view.registry.hubs[hub].timezone), view.now()
    try:
        week = week_of(name or last_week(where, now), where, now)
    except ConfigError as error:
        raise ValueError(error.message) from None  # the server answers that the request is wrong
    inventory = view.inventory if hub == view.hub else None
    if view.past is None:
        return week, None
    return week, view.past.week(view.registry, hub, inventory, week)
