"""The description of `/api` as OpenAPI 3.1, made from the types of the views themselves.

The types of the views' fields are JSON Schema (2020-12), which OpenAPI 3.1 uses.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, fields, is_dataclass
from functools import cache
from types import NoneType, UnionType
from typing import Any, Final, Literal, Union, get_args, get_origin, get_type_hints

from agent import __version__
from agent.hubs.text import Text
from agent.messages.catalogue import Words, words
from agent.report.model import WeekReport
from agent.web.views import (
    breakers,
    chips,
    collectors,
    course,
    devices,
    evidence,
    links,
    lookup,
    losses,
    meters,
    overhead,
    overview,
    power,
    promises,
    pue,
    rack_page,
    rows,
    search,
    sites,
    supply,
)
from agent.web.views.serialise import Json

VERSION: Final = "v1"
"""The version of the API. It goes up with every change that could break a program."""
Schema = dict[str, Any]


@dataclass(frozen=True, slots=True, kw_only=True)
class Operation:
    """One path of the API, what it answers, and what its query may say."""

    path: str
    key: str
    """The key of the message that describes the path."""
    answers: object
    query: Sequence[str] = ()


def _answer(read: Callable[..., object]) -> object:
    found: object = get_type_hints(read)["return"]
    return found


@cache
def operations() -> Sequence[Operation]:
    """Return every path of the API with the type of its answer."""
    one = Operation
    site, hub = "/api/sites/{site}", "/api/hubs/{hub}"
    return (
        one(path="/api", key="api.overview", answers=_answer(overview.read)),
        one(path="/api/hubs", key="api.hubs", answers=_answer(promises.read)),
        one(path=hub, key="api.hub", answers=_answer(evidence.read)),
        one(path=f"{hub}/trends/{{target}}", key="api.trend", answers=_answer(course.read)),
        one(path=f"{hub}/report", key="api.report", answers=WeekReport, query=("week",)),
        one(path="/api/links", key="api.links", answers=_answer(links.read), query=("site",)),
        one(path="/api/chips", key="api.chips", answers=_answer(chips.read), query=("site",)),
        one(path="/api/sites", key="api.sites", answers=_answer(sites.read)),
        one(path=f"{site}/pue", key="api.pue", answers=_answer(pue.read)),
        one(path=f"{site}/power", key="api.power", answers=_answer(power.read)),
        one(path=f"{site}/overhead", key="api.overhead", answers=_answer(overhead.read)),
        one(path=f"{site}/breakers", key="api.breakers", answers=_answer(breakers.read)),
        one(path=f"{site}/rows", key="api.rows", answers=_answer(rows.read)),
        one(
            path=f"{site}/supply",
            key="api.supply",
            answers=_answer(supply.read),
            query=("at", "lose"),
        ),
        one(path=f"{site}/racks/{{rack}}", key="api.rack", answers=_answer(rack_page.read)),
        one(
            path="/api/racks",
            key="api.racks",
            answers=_answer(search.choose),
            query=("site", "row", "find", "needs"),
        ),
        one(path="/api/racks/{rack}", key="api.rack_sites", answers=_answer(rack_page.sites_of)),
        one(
            path="/api/collectors",
            key="api.collectors",
            answers=_answer(collectors.read),
            query=("silent",),
        ),
        one(path="/api/devices", key="api.devices", answers=_answer(devices.read)),
        one(path="/api/meters", key="api.meters", answers=_answer(meters.read)),
        one(path="/api/losses", key="api.losses", answers=_answer(losses.read)),
        one(path="/api/search", key="api.search", answers=_answer(lookup.find), query=("find",)),
    )


def paths() -> Sequence[str]:
    """Return every path of the API, that of its description last."""
    return (*(one.path for one in operations()), "/api/openapi.json")


@cache
def document() -> Json:
    """Return the whole description, as `/api/openapi.json` gives it."""
    w = words("en")
    schemas: dict[str, Schema] = {}
    return {
        "openapi": "3.1.0",
        "info": {
            "title": "hubgauge",
            "version": VERSION,
            "description": f"{w('api.intro')} hubgauge {__version__}.",
        },
        "servers": [{"url": f"/api/{VERSION}"}],
        "paths": {
            one.path.removeprefix("/api") or "/": {"get": _operation(one, w, schemas)}
            for one in operations()
        },
        "components": {"schemas": dict(sorted(schemas.items()))},
    }


def _operation(one: Operation, w: Words, schemas: dict[str, Schema]) -> Schema:
    named = [part[1:-1] for part in one.path.split("/") if part.startswith("{")]
    text: Schema = {"type": "string"}
    csv: Schema = {"type": "string", "enum": ["json", "csv"]}
    return {
        "operationId": one.key.removeprefix("api."),
        "summary": w(one.key),
        "parameters": [
            *({"name": name, "in": "path", "required": True, "schema": text} for name in named),
            *({"name": name, "in": "query", "schema": text} for name in one.query),
            {"name": "format", "in": "query", "schema": csv},
        ],
        "responses": {
            "200": {
                "description": w(one.key),
                "content": {
                    "application/json": {"schema": _schema(one.answers, schemas)},
                    "text/csv": {"schema": text},
                },
            },
            "404": {"description": w("api.missing")},
        },
    }


_PLAIN: Final[Mapping[object, str]] = {
    str: "string",
    float: "number",
    int: "integer",
    bool: "boolean",
    NoneType: "null",
}


def _schema(kind: object, schemas: dict[str, Schema]) -> Schema:
    """Return the JSON Schema of a type; a record becomes a schema of its own."""
    if kind in _PLAIN:
        return {"type": _PLAIN[kind]}
    if kind is Text:
        return {"type": "object", "additionalProperties": {"type": "string"}}
    if is_dataclass(kind) and isinstance(kind, type):
        return _record(kind, schemas)
    return _composed(get_origin(kind), get_args(kind), schemas)


def _composed(origin: object, inner: Sequence[object], schemas: dict[str, Schema]) -> Schema:
    """Return the schema of a choice, a mapping or a sequence."""
    if origin is Literal:
        return {"enum": list(inner)}
    if origin in (Union, UnionType):
        return {"anyOf": [_schema(each, schemas) for each in inner]}
    if isinstance(origin, type) and issubclass(origin, Mapping):
        return {"type": "object", "additionalProperties": _schema(inner[1], schemas)}
    return {"type": "array", "items": _schema(inner[0], schemas)} if inner else {}


def _record(kind: type, schemas: dict[str, Schema]) -> Schema:
    if kind.__name__ not in schemas:
        made: Schema = {"type": "object", "properties": {}}
        schemas[kind.__name__] = made
        made["description"] = (kind.__doc__ or "").split("\n\n")[0].replace("\n", " ").strip()
        hints = get_type_hints(kind)
        for one in fields(kind):
            key = one.metadata.get("json", one.name)
            found = _schema(hints[one.name], schemas)
            if key:
                made["properties"][key] = found
            elif "$ref" in found:  # its keys stand in its place
                inner = schemas[found["$ref"].rpartition("/")[2]]
                made["properties"] |= inner["properties"]
    return {"$ref": f"#/components/schemas/{kind.__name__}"}
