"""What the agent serves over HTTP: the exposition, the board and its API.

How a page is made, from data to words:

1. **View.** `views/SUBJECT.py` holds frozen, slotted, keyword-only dataclasses (`SiteView`) and
   functions that make them from a `BoardView`: everything a page or the API says, in base units,
   without words or HTML. `views.serialise.to_json(view)` is the answer of `/api`: one JSON key a
   field, in the order of the fields. `inline()` puts the keys of a nested view in the place of its
   field. A field whose key is no Python name states the key: `field(metadata={"json": "from"})`.
2. **Template.** `page.render("site.html", view=view)` fills in `templates/site.html`. A page begins
   with `{% extends "base.html" %}`, sets `title` and `crumbs`, and fills the block `main`. A part
   of a page is a macro: `{% from "parts.html" import panel, scroll_table with context %}`.
   Templates see `page` (links, clock, zone), `w` (words), the filters and functions that
   `render.py` lists. White space of indentation does not reach the page: see `render._Compact`. An
   optional attribute has its space inside: `<td{% if kind %} class="{{ kind }}"{% endif %}>`.
3. **Words.** `w("racks.found", count=3)` says a message of `agent/messages/LANGUAGE/*.yaml`. Every
   language has every key. Plural forms stand in the YAML file; `w` groups the digits of whole
   numbers. `w.of("stage", point)` names a value that is data; `w.pick(hub.name)` takes a text of
   the data. Code and templates never compare languages.
4. **Drawings.** Python computes them (`svg.py`) and returns Markup, which templates do not escape.

`pages.py` answers a path: `api.py` maps the paths of the API to views, `drawers.py` the others to
pages. The templates are loaded when a page is first asked for, because they cost memory.
"""
