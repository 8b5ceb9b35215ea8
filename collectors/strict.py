"""Read the YAML files an operator writes: strictly, all mistakes at once, each with file, line, key and what was expected.

A model is a frozen dataclass. `read` builds it from YAML; a field's type says what is accepted, its default that it may be
left out, and `metadata={"help": …}` what the generated sample config says of it. A field with
`metadata={"rest": test}` takes the texts under all further keys that pass the test. The same reader serves the config file, the
inventory, the hub registry and the device profiles.
"""

from __future__ import annotations

import dataclasses
import datetime as dt
import re
import types
import typing
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Annotated, Any, Final, Literal, TypeVar, Union

import yaml

from collectors.base import ConfigError

T = TypeVar("T")

_LOADER: Final = getattr(yaml, "CSafeLoader", yaml.SafeLoader)
_MAX_BYTES: Final = 64 * 2**20
_LISTED: Final = 40
"""Known names in an error line at most."""
_MERGE: Final = "tag:yaml.org,2002:merge"


@dataclass(frozen=True, slots=True)
class Parsed:
    """An annotation: this scalar is written in a notation of its own, such as `15s` or `2GiB`."""

    parse: Callable[[str], Any]
    expected: str


@dataclass(frozen=True, slots=True)
class Range:
    """An annotation: the smallest and the largest number accepted."""

    least: float = float("-inf")
    most: float = float("inf")


_DURATION_UNITS: Final = {"ms": 1e-3, "s": 1.0, "m": 60.0, "h": 3600.0, "d": 86400.0}
_SIZE_UNITS: Final = {
    "B": 1,
    "kB": 10**3,
    "MB": 10**6,
    "GB": 10**9,
    "TB": 10**12,
    "KiB": 2**10,
    "MiB": 2**20,
    "GiB": 2**30,
    "TiB": 2**40,
}


def parse_duration(text: str) -> float:
    """Parse `500ms`, `15s`, `2m`, `1h30m` or `1d` to seconds; raises ValueError."""
    if not re.fullmatch(r"(\d+(\.\d+)?(ms|s|m|h|d))+", text):
        raise ValueError(text)
    seconds = sum(
        float(n) * _DURATION_UNITS[u] for n, _, u in re.findall(r"(\d+(\.\d+)?)(ms|s|m|h|d)", text)
    )
    if not 0 < seconds < 1e9:  # noqa: PLR2004 - some 30 years; the point is only to refuse nonsense
        raise ValueError(text)
    return seconds


def parse_size(text: str) -> int:
    """Parse `512MiB`, `2GiB` or `10GB` to bytes; raises ValueError."""
    match = re.fullmatch(r"(\d+(?:\.\d+)?)([kMGT]?B|[KMGT]iB)", text)
    if match is None:
        raise ValueError(text)
    return int(float(match[1]) * _SIZE_UNITS[match[2]])


Duration = Annotated[float, Parsed(parse_duration, "a duration such as 15s, 500ms or 1h30m")]
Size = Annotated[int, Parsed(parse_size, "a size such as 512MiB or 2GiB")]
Ratio = Annotated[float, Range(0.0, 1.0)]
Positive = Annotated[float, Range(1e-12)]
Count = Annotated[int, Range(0)]


class Problems(Exception):
    """Everything wrong with one file."""

    def __init__(self, errors: list[ConfigError]) -> None:
        self.errors = errors
        super().__init__("\n".join(map(str, errors)))


def read(path: Path | str, model: type[T], *, text: str | None = None) -> T:
    """Read one YAML file as `model`; raises Problems with every mistake found.

    Relative paths in fields of type Path are taken from the file's folder. `text` stands for the file's content in tests.
    """
    return Document(path, text=text).build(model)


class Document:
    """One parsed YAML file that remembers where each value stood."""

    def __init__(self, path: Path | str, *, text: str | None = None) -> None:
        self.path = Path(path)
        self.name = str(path)
        self.errors: list[ConfigError] = []
        self._merged: dict[int, list[tuple[yaml.Node, yaml.Node]]] = {}
        self._merging: list[yaml.Node] = []
        self.root = self._compose(text)

    def _compose(self, text: str | None) -> yaml.Node | None:
        try:
            if text is None:
                raw = self.path.read_bytes()
                if len(raw) > _MAX_BYTES:
                    raise Problems([ConfigError(f"larger than {_MAX_BYTES} bytes", file=self.name)])
                text = raw.decode("utf-8")
            return yaml.compose(text, Loader=_LOADER)
        except OSError as error:
            raise Problems(
                [ConfigError(f"cannot be read: {error.strerror or error}", file=self.name)]
            ) from None
        except UnicodeDecodeError as error:
            raise Problems(
                [ConfigError(f"is not UTF-8 (byte {error.start})", file=self.name)]
            ) from None
        except yaml.MarkedYAMLError as error:
            # At the end of the text the mark lies a line behind it.
            line = (
                min(error.problem_mark.line + 1, (text or "").rstrip("\n").count("\n") + 1)
                if error.problem_mark
                else 0
            )
            raise Problems(
                [
                    ConfigError(
                        f"is not YAML: {error.problem or error.context}", file=self.name, line=line
                    )
                ]
            ) from None
        except (yaml.YAMLError, RecursionError, ValueError) as error:
            first = (str(error) or type(error).__name__).splitlines()[0]
            raise Problems([ConfigError(f"is not YAML: {first}", file=self.name)]) from None

    def build(self, model: type[T]) -> T:
        """Build `model` from the whole file; raises Problems."""
        try:
            value = self.convert(self.root, model, "")
        except RecursionError:  # an alias that holds itself
            self.fail(None, "", "is nested too deeply")
        if self.errors:
            raise Problems(self.errors)
        return typing.cast("T", value)

    def node(self, key: str) -> yaml.Node | None:
        """Return what stands at a key such as `a.b[0].c`, or at the nearest key above it that is there."""
        found = self.root
        for name, index in re.findall(r"([^.\[\]]+)|\[(\d+)\]", key):
            inner: yaml.Node | None = None
            if index and isinstance(found, yaml.SequenceNode) and int(index) < len(found.value):
                inner = found.value[int(index)]
            elif name and isinstance(found, yaml.MappingNode):
                inner = next((value for one, value in found.value if one.value == name), None)
            if inner is None:
                break
            found = inner
        return found

    def fail(self, node: yaml.Node | None, key: str, message: str) -> None:
        """Note a mistake at a node and go on, so that one run shows all of them."""
        line = node.start_mark.line + 1 if node is not None else 1
        self.errors.append(ConfigError(message, file=self.name, line=line, key=key))

    def convert(self, node: yaml.Node | None, kind: Any, key: str) -> Any:  # noqa: ANN401, PLR0911, RUF100
        """Build a value of type `kind` from a node; notes mistakes in `errors` and returns None for them."""
        marks: tuple[Any, ...] = ()
        if kind is str or kind is int or kind is float:  # nearly everything an inventory holds
            return self._scalar(node, kind, None, marks, key)
        if typing.get_origin(kind) is Annotated:
            kind, *rest = typing.get_args(kind)
            marks = tuple(rest)
        origin = typing.get_origin(kind)
        if origin in (Union, types.UnionType):
            return self._union(node, kind, marks, key)
        if kind is yaml.Node:  # kept as it stands: another model reads it once it is known which
            return node
        if kind is Any:
            return self.plain(node)
        if dataclasses.is_dataclass(kind):
            return self._model(node, typing.cast("type", kind), key)
        if origin in (list, tuple):
            return self._sequence(node, origin, typing.get_args(kind)[0], key)
        if origin is dict:
            key_kind, item = typing.get_args(kind)
            return self._mapping(node, key_kind, item, key)
        return self._scalar(node, kind, origin, marks, key)

    def _union(self, node: yaml.Node | None, kind: Any, marks: tuple[Any, ...], key: str) -> Any:  # noqa: ANN401, RUF100
        members = typing.get_args(kind)
        if types.NoneType in members and is_null(node):
            return None
        # The first member of the node's shape decides; so `Path | NetBox` takes a scalar or a mapping.
        for member in members:
            if member is not types.NoneType and _fits(node, member):
                return self.convert(node, Annotated[(member, *marks)] if marks else member, key)
        last = next(member for member in members if member is not types.NoneType)
        return self.convert(node, Annotated[(last, *marks)] if marks else last, key)

    def _model(self, node: yaml.Node | None, model: type, key: str) -> Any:  # noqa: ANN401, RUF100
        hints = _hints(model)
        fields = _fields(model)
        rest = next((f for f in dataclasses.fields(model) if "rest" in f.metadata), None)
        found: dict[str, Any] = {}
        others: dict[str, str] = {}
        before = len(self.errors)
        if not (isinstance(node, yaml.MappingNode) or is_null(node)):
            self.fail(node, key, f"expected a mapping with the keys {', '.join(fields)}")
            return None
        lines: dict[str, yaml.Node] = {}
        for key_node, value_node in self.pairs(node) if isinstance(node, yaml.MappingNode) else ():
            name = str(key_node.value)
            path = f"{key}.{name}" if key else name
            if name not in fields and rest is not None and rest.metadata["rest"](name):
                others[name] = self.convert(value_node, str, path)
            elif name not in fields:
                self.fail(key_node, path, "unknown key" + nearest(name, fields))
            elif name in lines:
                self.fail(
                    key_node, path, f"given twice (first in line {lines[name].start_mark.line + 1})"
                )
            else:
                lines[name] = value_node
                found[name] = self.convert(value_node, hints[name], path)
        for name in fields:
            if name not in lines and _is_required(fields[name]):
                path = f"{key}.{name}" if key else name
                self.fail(node, path, f"missing; expected {describe(hints[name])}")
        if len(self.errors) > before:
            return None
        if rest is not None:
            found[rest.name] = others
        return self._made(node, model, found, lines, key)

    def _made(
        self,
        node: yaml.Node | None,
        model: type,
        found: Mapping[str, Any],
        lines: Mapping[str, yaml.Node],
        key: str,
    ) -> Any:  # noqa: ANN401, RUF100
        """Make the model, whose own checks may find a mistake at the line of one of its fields."""
        try:
            return model(**found)
        except (
            ValueError
        ) as error:  # a model's own check, in its __post_init__: "field: message" or "message"
            name, _, message = str(error).partition(": ")
            at = _descend(lines, name) if message else None
            path = ".".join(part for part in (key, name if message else "") if part)
            self.fail(at or node, path, message or str(error))
            return None

    def pairs(self, node: yaml.MappingNode) -> list[tuple[yaml.Node, yaml.Node]]:
        """Return a mapping's pairs with those it takes from others by YAML's merge key `<<`; its own win, then the first."""
        if not any(key.tag == _MERGE for key, _ in node.value):
            return typing.cast("list[tuple[yaml.Node, yaml.Node]]", node.value)
        if id(node) not in self._merged:
            self._merging.append(node)  # kept, so that no other node gets its id
            self._merged[id(node)] = []  # what a mapping that merges itself finds
            own = [pair for pair in node.value if pair[0].tag != _MERGE]
            taken: dict[str, tuple[yaml.Node, yaml.Node]] = {}
            for _, source in (pair for pair in node.value if pair[0].tag == _MERGE):
                for one in source.value if isinstance(source, yaml.SequenceNode) else (source,):
                    if isinstance(one, yaml.MappingNode):
                        for pair in self.pairs(one):
                            taken.setdefault(pair[0].value, pair)
                    else:
                        self.fail(one, "<<", "expected a mapping to merge")
            names = {key.value for key, _ in own}
            self._merged[id(node)] = [
                pair for name, pair in taken.items() if name not in names
            ] + own
        return self._merged[id(node)]

    def _sequence(self, node: yaml.Node | None, origin: Any, item: Any, key: str) -> Any:  # noqa: ANN401, RUF100
        if not isinstance(node, yaml.SequenceNode):
            self.fail(node, key, f"expected a list of {describe(item)}")
            return None
        return origin(
            [self.convert(child, item, f"{key}[{n}]") for n, child in enumerate(node.value)]
        )

    def _mapping(self, node: yaml.Node | None, key_kind: Any, item: Any, key: str) -> Any:  # noqa: ANN401, RUF100
        if is_null(node):
            return {}
        if not isinstance(node, yaml.MappingNode):
            self.fail(node, key, f"expected a mapping to {describe(item)}")
            return None
        found: dict[Any, Any] = {}
        for key_node, value_node in node.value:
            name = self.convert(key_node, key_kind, key)
            path = f"{key}.{name}" if key else str(name)
            if name in found:
                self.fail(key_node, path, "given twice")
            found[name] = self.convert(value_node, item, path)
        return found

    def _scalar(
        self,
        node: yaml.Node | None,
        kind: Any,
        origin: Any,
        marks: tuple[Any, ...],
        key: str,
    ) -> Any:  # noqa: ANN401, RUF100
        if not isinstance(node, yaml.ScalarNode):
            self.fail(node, key, _expected(kind, marks))
            return None
        text = node.value
        try:
            value = _parse_scalar(node, kind, origin, marks, self.path.parent)
        except (ValueError, OverflowError):
            shown = text if len(text) <= 60 else text[:57] + "…"  # noqa: PLR2004
            near = nearest(text, typing.get_args(kind)) if origin is Literal else ""
            self.fail(node, key, f"{_expected(kind, marks)}, got {shown!r}{near}")
            return None
        for mark in marks:
            if isinstance(mark, Range) and not mark.least <= value <= mark.most:
                self.fail(node, key, f"{_expected(kind, marks)}, got {text}")
        return value

    def plain(self, node: yaml.Node | None) -> Any:  # noqa: ANN401, RUF100
        """Return a node as plain Python data, for the parts of a file that another model reads later."""
        if node is None:
            return None
        return (
            _LOADER("").construct_document(node)
            if not isinstance(node, yaml.ScalarNode)
            else _plain_scalar(node)
        )


def _expected(kind: Any, marks: tuple[Any, ...]) -> str:  # noqa: ANN401, RUF100
    """Say what a scalar should have been; only when it is wrong, for an inventory has a million of them."""
    return f"expected {describe(Annotated[(kind, *marks)] if marks else kind)}"


def _parse_scalar(  # noqa: C901, PLR0911
    node: yaml.ScalarNode,
    kind: Any,
    origin: Any,
    marks: tuple[Any, ...],
    folder: Path,
) -> Any:  # noqa: ANN401, RUF100
    text = node.value
    for mark in marks:
        if isinstance(mark, Parsed):
            return mark.parse(text)
    if origin is Literal:
        for choice in typing.get_args(kind):
            if str(choice) == text:
                return choice
        raise ValueError(text)
    if kind is bool:
        return (
            {"true": True, "false": False}[text.lower()]
            if text.lower() in ("true", "false")
            else _refuse(text)
        )
    if kind in (int, float):
        return _number(text, kind)
    if kind is Path:
        return folder / Path(text).expanduser() if text else _refuse(text)
    if kind is dt.date:
        return dt.date.fromisoformat(text)
    if kind is str:
        return _refuse(text) if is_null(node) else text
    message = f"no rule for {kind!r}"
    raise TypeError(message)


def _number(text: str, kind: type) -> float:
    value: float = kind(text.replace("_", "")) if re.match(r"[-+.\d]", text) else _refuse(text)
    return value if abs(value) < float("inf") else _refuse(text)


def _refuse(text: str) -> Any:  # noqa: ANN401, RUF100
    raise ValueError(text)


def _plain_scalar(node: yaml.ScalarNode) -> Any:  # noqa: ANN401, RUF100
    return yaml.load(yaml.serialize(node), Loader=_LOADER)  # noqa: S506 - the safe loader, in C where it is built


def is_null(node: yaml.Node | None) -> bool:
    """Return whether nothing stands there, or YAML's null."""
    return node is None or (
        isinstance(node, yaml.ScalarNode) and node.tag == "tag:yaml.org,2002:null"
    )


def _fits(node: yaml.Node | None, kind: Any) -> bool:  # noqa: ANN401, RUF100
    """Tell whether a node has the shape of a type, which is all a union is decided by."""
    if typing.get_origin(kind) is Annotated:
        kind = typing.get_args(kind)[0]
    origin = typing.get_origin(kind)
    if dataclasses.is_dataclass(kind) or origin is dict:
        return isinstance(node, yaml.MappingNode)
    if origin in (list, tuple):
        return isinstance(node, yaml.SequenceNode)
    if kind is bool:
        return isinstance(node, yaml.ScalarNode) and node.value.lower() in ("true", "false")
    if kind in (int, float):
        return (
            isinstance(node, yaml.ScalarNode)
            and re.fullmatch(r"[-+]?[\d.][\d._eE+-]*", node.value) is not None
        )
    return isinstance(node, yaml.ScalarNode)


def _descend(lines: Mapping[str, yaml.Node], path: str) -> yaml.Node | None:
    """Find the node a model's own check means: `field`, or an item of it and its key, as in `readings[3].unit`."""
    first, *steps = re.findall(r"\w+", path) or [""]
    node = lines.get(first)
    for step in steps:
        if isinstance(node, yaml.SequenceNode) and step.isdigit() and int(step) < len(node.value):
            node = node.value[int(step)]
        elif isinstance(node, yaml.MappingNode):
            node = next((value for key, value in node.value if key.value == step), node)
    return node


_FIELDS: Final[dict[type, dict[str, dataclasses.Field[Any]]]] = {}


def _fields(model: type) -> Mapping[str, dataclasses.Field[Any]]:
    if model not in _FIELDS:
        _FIELDS[model] = {
            f.name: f for f in dataclasses.fields(model) if f.init and "rest" not in f.metadata
        }
    return _FIELDS[model]


def _is_required(spec: dataclasses.Field[Any]) -> bool:
    return spec.default is dataclasses.MISSING and spec.default_factory is dataclasses.MISSING


_HINTS: Final[dict[type, dict[str, Any]]] = {}


def _hints(model: type) -> Mapping[str, Any]:
    if model not in _HINTS:
        _HINTS[model] = typing.get_type_hints(model, include_extras=True)
    return _HINTS[model]


def nearest(name: str, known: Iterable[Any]) -> str:
    """Say which known name was probably meant, or which there are: the end of an error line."""
    import difflib  # noqa: PLC0415 - only when something is wrong: 1 MB that a running agent does without

    names = [str(one) for one in known]
    close = difflib.get_close_matches(name, names, n=1, cutoff=0.5)
    if close:
        return f"; did you mean {close[0]}?"
    listed = ", ".join(names[:_LISTED]) or "(none)"
    return f"; expected one of {listed}" + (
        f" and {len(names) - _LISTED} more" if len(names) > _LISTED else ""
    )


_SCALARS: Final = {
    str: "a text",
    int: "a whole number",
    float: "a number",
    bool: "true or false",
    Path: "a path",
    dt.date: "a date such as 2024-12-31",
}


def describe(kind: Any) -> str:  # noqa: ANN401, PLR0911, RUF100
    """Say in words what a type accepts, for error lines and the generated sample config."""
    if typing.get_origin(kind) is Annotated:
        kind, *marks = typing.get_args(kind)
        for mark in marks:
            if isinstance(mark, Parsed):
                return mark.expected
        words = describe(kind)
        for mark in marks:
            if isinstance(mark, Range):
                words += f" of at least {mark.least:g}" if mark.least > float("-inf") else ""
                words += f" and at most {mark.most:g}" if mark.most < float("inf") else ""
        return words
    origin, args = typing.get_origin(kind), typing.get_args(kind)
    if origin is Literal:
        return "one of " + ", ".join(map(str, args))
    if origin in (Union, types.UnionType):
        return " or ".join(describe(a) for a in args if a is not types.NoneType)
    if origin in (list, tuple):
        return f"a list of {describe(args[0])}"
    if origin is dict or dataclasses.is_dataclass(kind):
        return "a mapping"
    return _SCALARS.get(kind, "a value")
