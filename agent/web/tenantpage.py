"""A tenant's month as one page that refers to no other file."""

from __future__ import annotations

import datetime as dt
from importlib.resources import files

from agent.ledger.settings import PDU_DAYS
from agent.messages.catalogue import Words
from agent.tenants.statement import TenantStatement
from agent.web.markup import raw
from agent.web.render import render

_TEMPLATE = "tenant.html"


def document(statement: TenantStatement, w: Words, *, simulated: bool) -> str:
    """Return the statement as an HTML file, in the words of a language."""
    style = files("agent.web").joinpath("static", "report.css").read_text("utf-8")
    month = statement.month

    def day(time: float) -> str:
        return f"{dt.datetime.fromtimestamp(time, month.zone):%Y-%m-%d %H:%M}"

    return render(
        _TEMPLATE,
        w,
        statement=statement,
        simulated=simulated,
        style=raw(style),
        first=day(month.start),
        last=day(month.end),
        peak_at="" if statement.peak_at is None else day(statement.peak_at),
        pdus_from="" if statement.pdus_from is None else day(statement.pdus_from),
        pdu_days=PDU_DAYS,
        zone=month.zone.key,
    )
