"""The week, month or year that a report is asked for, and the report of it."""

from __future__ import annotations

from collections.abc import Mapping

from agent.report.model import HubReport
from agent.report.period import KINDS, Kind, Period, period_of
from agent.web.format import zone
from agent.web.view import BoardView
from collectors.base import ConfigError


def read(view: BoardView, hub: str, query: Mapping[str, str]) -> tuple[Period, HubReport | None]:
    """Return a period of a hub, and its report; the report is None without a ledger or until made.

    The query has `week`, `month` or `year`; an empty name, and a query without any of them, is the
    last one that is over, of weeks. Raises ValueError for a name that is none.
    """
    kind: Kind = next((one for one in reversed(KINDS) if one in query), "week")
    where = zone(view.registry.hubs[hub].timezone)
    try:
        period = period_of(kind, query.get(kind, ""), where, view.now())
    except ConfigError as error:
        raise ValueError(error.message) from None  # the server answers that the request is wrong
    inventory = view.inventory if hub == view.hub else None
    if view.past is None:
        return period, None
    return period, view.past.report(view.registry, hub, inventory, period)
