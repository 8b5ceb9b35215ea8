"""Write docs/config.md from the models of the config file, so that the two cannot differ.

Run: python tools/config_reference.py [--check]
"""

from __future__ import annotations

import dataclasses
import inspect
import sys
import types
import typing
from typing import Any, Final

from generated import ROOT, finish

sys.path.insert(0, str(ROOT))

from agent.config import known_kinds
from agent.config_file import ConfigFile
from agent.settings import AUTO_WORKERS, Http
from agent.sinks.kinds import TABLE, kind_of
from collectors.strict import describe

HEAD: Final = """# The config file

One YAML file. An unknown key, a bad value or a missing file is one line with file, line and key,
and `hubgauge check F` shows all of them. Secrets are never written here: keys ending in `_file`
name files that must not be readable by all. Durations are written `500ms`, `15s`, `1h30m`; sizes
`512MiB`, `2GB`. Relative paths are taken from the config file's folder.

Each of the sinks under `outputs` may also be a list of sections, as [outputs](outputs.md) shows.
Lists of devices may stand in [files of their own](device-lists.md).

One file may serve many machines. `${SITE}` in a value is the environment's variable, and a variable
that is not set is a mistake. `${SITE:-lyon}` is `lyon` where it is not set. `$${` stands for `${`.
`HUBGAUGE_HUB`, `_SITE`, `_ROW`, `_RACK`, `_NODE`, `_STATE_DIR`, `_INVENTORY`, `_HUBS_DIR`,
`_DEVICES_DIR`, `_SHARD`, `_LOG_LEVEL`, `_HTTP_LISTEN` and `_HTTP_PUBLIC_URL` take the place of
their key. Another variable of that form is a mistake, unless a `${…}` of this file or of a file of
`devices_dir` names it. What Kubernetes tells of services and Docker of links is none. The
environment is no place for a secret.

`deploy/examples/` has the file of a node and that of a gateway. *This page is generated from the
code (`tools/config_reference.py`).*
"""


def main() -> int:
    """Write the page; with `--check` only compare. Returns the exit status."""
    text = HEAD + "\n## Top level\n\n" + table(ConfigFile, "") + sections()
    return finish("config.md", text)


def sections() -> str:
    """Describe every installed kind of collector."""
    text = ""
    for name, load in sorted(known_kinds().items()):
        kind = load()
        text += f"\n## `collectors.{name}`\n\n{about(kind.Config)}\n\n{table(kind.Config, '')}"
    return text


def table(model: type, prefix: str) -> str:
    """Return a table of a model's keys, those of nested models under their own."""
    rows = "".join(lines(model, prefix))
    return f"| key | what | default | |\n|---|---|---|---|\n{rows}"


def lines(model: type, prefix: str) -> list[str]:
    """Return the rows of one model: its own keys, then those that it shares with others."""
    hints = typing.get_type_hints(model, include_extras=True)
    rows = []
    own = inspect.get_annotations(model)
    fields = tuple(sorted(dataclasses.fields(model), key=lambda field: field.name not in own))
    if model is ConfigFile:
        hints["outputs"] = outputs()
        fields = tuple(_OUTPUTS if field.name == "outputs" else field for field in fields)
    for field in fields:
        if not field.init or (model is ConfigFile and field.name == "collectors"):
            continue
        key = f"{prefix}{field.name}"
        inner, mark = nested(hints[field.name])
        note = field.metadata.get("help", about(inner) if inner else "")
        what = describe(hints[field.name])
        if inner and [one.name for one in dataclasses.fields(inner)] == ["interval"]:
            rows.append(
                f"| `{key}.interval` |"
                f" {short(describe(typing.get_type_hints(inner, include_extras=True)['interval']))}"
                " | – | |\n"
            )
            continue
        cells = (f"`{key}`", short(what), default(field, what), note)
        rows.append("| " + " | ".join(cell.replace("|", "\\|") for cell in cells) + " |\n")
        if inner:
            rows += lines(inner, f"{key}{mark}.")
    return rows


def outputs() -> type:
    """Make one model of the section `outputs:`, whose parts are read by models of their own."""
    sinks = [(name, kind_of(name).Config | None, None) for name in TABLE]
    http = ("http", Http, dataclasses.field(default_factory=Http))
    made = dataclasses.make_dataclass("Outputs", [http, *sinks])
    made.__doc__ = "Where samples go."
    return made


_OUTPUTS: Final = dataclasses.field(default_factory=outputs())
_OUTPUTS.name = "outputs"


def nested(hint: object) -> tuple[type | None, str]:
    """Return the model inside a field's type, and how its keys are reached."""
    if isinstance(hint, type) and dataclasses.is_dataclass(hint):
        return hint, ""
    origin, args = typing.get_origin(hint), typing.get_args(hint)
    if origin in (list, tuple):
        return nested(args[0])[0], "[]"
    if origin is dict:
        return nested(args[1])[0], ".NAME"
    if origin in (typing.Union, types.UnionType):
        for member in args:
            if nested(member)[0]:
                return nested(member)
    return None, ""


def short(what: str) -> str:
    """Shorten what the page's head explains."""
    return what.replace(" such as 15s, 500ms or 1h30m", "").replace(" such as 512MiB or 2GiB", "")


def default(field: dataclasses.Field[Any], what: str) -> str:
    """Write a field's default as YAML would have it."""
    if field.default is dataclasses.MISSING:
        if field.default_factory is dataclasses.MISSING:
            return "**required**"
        made = field.default_factory()
        return "" if dataclasses.is_dataclass(made) else written(made, what) if made else "empty"
    return written(field.default, what)


def written(value: object, what: str) -> str:
    """Write a value as YAML would have it."""
    if value in (None, ""):
        return "–"
    if value == ():
        return "empty"
    if isinstance(value, tuple | list):
        return f"`[{', '.join(map(_quoted, value))}]`"
    if isinstance(value, bool):
        return f"`{str(value).lower()}`"
    if "duration" in what or "size" in what:
        units = _DURATIONS if "duration" in what else _SIZES
        return f"`{largest(typing.cast('float', value), units)}`"
    return "`auto`" if what.startswith("auto or ") and value == AUTO_WORKERS else f"`{value}`"


def _quoted(item: object) -> str:
    """Write an item of a list; YAML takes some signs at its beginning for its own."""
    return f'"{item}"' if str(item)[:1] in "*&!%@`" else str(item)


_DURATIONS: Final = {"d": 86_400, "h": 3_600, "m": 60, "s": 1}
_SIZES: Final = {"GiB": 2**30, "MiB": 2**20, "KiB": 2**10, "B": 1}


def largest(value: float, units: dict[str, int]) -> str:
    """Write a value in the largest unit of which it is a whole number; else in the smallest."""
    smallest = list(units)[-1]
    unit = next((name for name, size in units.items() if value and value % size == 0), smallest)
    return f"{value / units[unit]:g}{unit}"


def about(model: type | None) -> str:
    """Return a model's docstring in one line; empty where it has none."""
    return " ".join((model.__doc__ or "").split()) if model else ""


if __name__ == "__main__":
    sys.exit(main())
