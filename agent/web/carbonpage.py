"""The carbon of a site's year as one page that refers to no other file."""

from __future__ import annotations

from importlib.resources import files

from agent.messages.catalogue import Words
from agent.tenants.carbon_year import CarbonYear
from agent.web.markup import raw
from agent.web.render import render

_TEMPLATE = "carbon.html"


def document(statement: CarbonYear, w: Words, *, simulated: bool) -> str:
    """Return the report as an HTML file, in the words of a language."""
    style = files("agent.web").joinpath("static", "report.css").read_text("utf-8")
    return render(
        _TEMPLATE,
        w,
        statement=statement,
        simulated=simulated,
        style=raw(style),
        zone=statement.zone.key,
    )
