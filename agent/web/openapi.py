"""The description of `/api` as OpenAPI 3.1, made from the types of the views themselves.

The types of the views' fields are JSON Schema (2020-12), which OpenAPI 3.1 uses.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import fields, is_dataclass
from functools import cache
from types import NoneType, UnionType
from typing import Any, Final, Literal, Union, get_args, get_origin, get_type_hints

from agent import __version__
from agent.hubs.text import Text
from agent.messages.catalogue import Words, words
from agent.web.operations import OPERATIONS, Operation
from agent.web.views.serialise import Json

VERSION: Final = "v1"
"""The version of the API. It goes up with every change that could break a program."""
Schema = dict[str, Any]


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
            for one in OPERATIONS
        },
        "components": {"schemas": dict(sorted(schemas.items()))},
    }


def _operation(one: Operation, w: Words, schemas: dict[str, Schema]) -> Schema:
    named = [part[1:-1] for part in one.path.split("/") if part.startswith("{")]
    text: Schema = {"type": "string"}
    answer = _schema(_type_of(one.answers), schemas)
    for kind in (answer, *answer.get("anyOf", ())):
        if "$ref" in kind:
            named_kind = schemas[kind["$ref"].rpartition("/")[2]]
            named_kind["properties"] = {
                "simulated": {"type": "boolean"},
                **named_kind["properties"],
            }
    forms: Schema = {"type": "string", "enum": ["json", "csv", "zip"]}
    return {
        "operationId": one.key.removeprefix("api."),
        "summary": w(one.key),
        "parameters": [
            *({"name": name, "in": "path", "required": True, "schema": text} for name in named),
            *({"name": name, "in": "query", "schema": text} for name in one.query),
            {"name": "format", "in": "query", "schema": forms},
            {"name": "list", "in": "query", "schema": text},
        ],
        "responses": {
            "200": {
                "description": w(one.key),
                "content": {
                    "application/json": {"schema": answer},
                    "text/csv": {"schema": text},
                    "application/zip": {"schema": {"type": "string", "format": "binary"}},
                },
            },
            "404": {"description": w("api.missing")},
        },
    }


def _type_of(answers: Callable[..., object]) -> object:
    """Return the type that a function returns; a type stands for itself."""
    return answers if isinstance(answers, type) else get_type_hints(answers)["return"]


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
