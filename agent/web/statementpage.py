"""The statement of a site's year as one page that refers to no other file."""

from __future__ import annotations

import datetime as dt
from importlib.resources import files
from zoneinfo import ZoneInfo

from agent.messages.catalogue import Words
from agent.report.stated import Statement
from agent.web.markup import raw
from agent.web.render import render

_TEMPLATE = "statement.html"


def document(statement: Statement, w: Words, zone: ZoneInfo) -> str:
    """Return the statement as an HTML file, in the words of a language."""
    style = files("agent.web").joinpath("static", "report.css").read_text("utf-8")
    end = dt.datetime.fromisoformat(statement.figure.end) - dt.timedelta(seconds=1)
    return render(
        _TEMPLATE,
        w,
        statement=statement,
        style=raw(style),
        day=_day,
        last_day=f"{end:%Y-%m-%d}",
        zone=zone.key,
    )


def _day(text: str) -> str:
    """Return the date of a time in ISO 8601, by the time's own offset; empty for an empty text."""
    return f"{dt.datetime.fromisoformat(text):%Y-%m-%d}" if text else ""
