"""Fills in the templates under `templates/`. It is imported when a page is first asked for.

Everything that a template writes is escaped, unless it is Markup already. An unknown name is an
error.
"""

from __future__ import annotations

import re
from functools import partial
from typing import Final

from jinja2 import Environment, PackageLoader, StrictUndefined
from jinja2.ext import Extension
from markupsafe import Markup, escape

from agent import __version__
from agent.messages.catalogue import Words
from agent.messages.errors import error_text
from agent.messages.notes import note_text, site_note
from agent.web import format as writing
from agent.web import heatmap, paths, svg
from agent.web.columns import filled_table
from agent.web.markup import raw
from agent.web.over import SPANS
from agent.web.views import heat, heat_panel
from agent.web.views.links import quantiles
from agent.web.views.promises import is_measured
from collectors.catalogue.limits import MIN_COVERAGE
from collectors.catalogue.needs import GRAVITY

REFRESH_SECONDS: Final = 15
"""How often the page's script reads the page again. Without the script it takes twice as long."""

ENOUGH: Final = 0.95
"""Coverage (0 to 1) below this is marked, in tables and below charts."""

_TAG: Final = re.compile(r"(\{%.*?%\}|\{\{.*?\}\}|\{#.*?#\})", re.DOTALL)
_BREAK: Final = re.compile(r"\s*\n\s*")


class _Compact(Extension):
    """Removes the white space that only indents a template.

    A line break beside an HTML tag, a Jinja tag or the end of the file is removed; any other
    becomes one space. A template that needs a space at such a place writes `{{ " " }}`. Each line
    break stays in a Jinja comment, so that errors name the right line.
    """

    def preprocess(self, source: str, _name: str | None, _filename: str | None = None) -> str:
        """Return the source without the line breaks and the indentation of its text."""
        parts = _TAG.split(source)
        return "".join(part if index % 2 else _compact(part) for index, part in enumerate(parts))


def _compact(text: str) -> str:
    def put(found: re.Match[str]) -> str:
        before, after = text[: found.start()][-1:], text[found.end() :][:1]
        beside = before in ("", ">") or after in ("", "<")
        return ("" if beside else " ") + "{#" + "\n" * found[0].count("\n") + "#}"

    return _BREAK.sub(put, text)


_DAY: Final = re.compile(r"\d{4}-\d{2}-\d{2}")


def _whole_days(text: str) -> Markup:
    """Keep each date of a text on one line: a browser breaks lines at hyphens."""
    return raw(_DAY.sub(r'<span class="day">\g<0></span>', str(escape(text))))


def _environment() -> Environment:
    made = Environment(
        loader=PackageLoader("agent.web"),
        autoescape=True,
        undefined=StrictUndefined,
        extensions=[_Compact],
        auto_reload=False,
    )
    made.filters |= {
        "number": writing.number,
        "ends": writing.ends,
        "percent": writing.percent,
        **{name: partial(writing.percent, decimals=n) for name, n in writing.SHARES.items()},
        "pue": writing.pue,
        "stated": writing.stated,
        "quantity": writing.quantity,
        "level": heat.level,
        "value_of": heat.value_of,
        "stretch_key": heat.stretch_key,
        "measured": writing.measured,
        "ratio": writing.ratio,
        "short": writing.short,
        "span": writing.span,
        "clock": writing.clock,
        "local": writing.local,
        "iso": writing.iso,
        "unbroken": writing.unbroken,
        "upper_first": writing.upper_first,
        "period": writing.period,
        "whole_days": _whole_days,
        "pick": lambda text, w: w.pick(text),
        "anchor": paths.anchor,
        "quantiles": quantiles,
        "offset": lambda seconds, zone: writing.offset(zone, seconds),
    }
    made.tests |= {"measured": is_measured}
    made.globals |= {
        "ENOUGH": ENOUGH,
        "GRAVITY": GRAVITY,
        "MIN_COVERAGE": MIN_COVERAGE,
        "MISSING": writing.MISSING,
        "THIN": writing.THIN,
        "REFRESH_SECONDS": REFRESH_SECONDS,
        "VERSION": __version__,
        "mark": svg.mark,
        "bar": svg.bar,
        "rack_cells": heatmap.rack_cells,
        "steps": heatmap.steps,
        "SHOWS": heat.SHOWS,
        "WORST": heat.WORST,
        "SPANS": SPANS,
        "MAPS": heat_panel.MAPS,
        "block_of": partial(heat_panel.block, key=""),
        "TILES": heat_panel.TILES,
        "common": writing.common,
        "error_text": error_text,
        "note_text": note_text,
        "site_note": site_note,
        "percent_range": writing.percent_range,
        "units_of": writing.units_of,
        "filled_table": filled_table,
        "symbols": svg.symbols,
        "hub_path": paths.hub_path,
        "site_path": paths.site_path,
        "rack_path": paths.rack_path,
        "plug_anchor": paths.plug_anchor,
        "outlet_anchor": paths.outlet_anchor,
    }
    return made


_ENVIRONMENT: Final = _environment()


def load() -> None:
    """Compile every template: the first page of each kind takes a tenth of a second less then."""
    for name in _ENVIRONMENT.list_templates():
        _ENVIRONMENT.get_template(name)


def render(template: str, w: Words, **values: object) -> Markup:
    """Fill in a template; it sees the words as `w`, and the values by their names."""
    return raw(_ENVIRONMENT.get_template(template).render(w=w, **values))
