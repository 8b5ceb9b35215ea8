"""The config file with the environment: `${SITE}` in its values, and `HUBGAUGE_*` over them.

So one file serves many machines. `${NAME}` is the variable's value. `${NAME:-text}` is `text` where
the variable is not set. `$${` stands for `${` itself. `HUBGAUGE_SITE` takes the place of `site`. A
variable of that form that takes no key's place is a mistake: a misspelt one would change nothing.
A variable is no place for a secret: others can read it, and a mistake in a value is shown.
"""

from __future__ import annotations

import os
import re
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import Final

import yaml

from agent.device_folder import lists_in
from collectors.base import ConfigError
from collectors.paths import is_regular
from collectors.strict import Document, is_null, nearest
from collectors.strict.scalars import parse_scalar

OVERRIDES: Final[Mapping[str, str]] = {
    "HUBGAUGE_HUB": "hub",
    "HUBGAUGE_SITE": "site",
    "HUBGAUGE_ROW": "row",
    "HUBGAUGE_RACK": "rack",
    "HUBGAUGE_NODE": "node",
    "HUBGAUGE_STATE_DIR": "state_dir",
    "HUBGAUGE_INVENTORY": "inventory",
    "HUBGAUGE_HUBS_DIR": "hubs_dir",
    "HUBGAUGE_DEVICES_DIR": "devices_dir",
    "HUBGAUGE_SHARD": "shard",
    "HUBGAUGE_LOG_LEVEL": "log_level",
    "HUBGAUGE_HTTP_LISTEN": "outputs.http.listen",
    "HUBGAUGE_HTTP_PUBLIC_URL": "outputs.http.public_url",
}
"""Variables that take the place of a key of the file."""
PREFIX: Final = "HUBGAUGE_"
_LINKS: Final = re.compile(
    r"(\w+_)?(SERVICE_HOST|SERVICE_PORT(_\w+)?|ENV_\w+"
    r"|PORT(_\d+_(TCP|UDP|SCTP)(_(PROTO|PORT|ADDR))?)?)"
)
"""What Kubernetes tells of services by their names, in the form of Docker's links: a service
`hubgauge` has `HUBGAUGE_PORT`. Source: kubernetes.io, concepts/services-networking/service.
Docker tells the linked container's own variables as well (`HUBGAUGE_ENV_X`), and its name there
(`HUBGAUGE_NAME` is `/web/hubgauge`). Source: docs.docker.com, engine/network/links."""
_LINKED_NAME: Final = re.compile(r"(\w+_)?NAME=/[^/]+/[^/]+")
_FIELD: Final = re.compile(r"\$(\$?)\{([A-Za-z_][A-Za-z0-9_]*)(?::-([^}]*))?\}")
_TEXT: Final = "tag:yaml.org,2002:str"
_MAP: Final = "tag:yaml.org,2002:map"


def open_config(
    path: Path | str, *, text: str | None = None, environ: Mapping[str, str] = os.environ
) -> Document:
    """Parse a config file and fill in the environment.

    Notes each variable that is not set, and each override that there is none of.

    Raises Problems for a file that is no YAML.
    """
    document = Document(path, text=text)
    named = {name for node in _scalars(document.root, set()) for name in _names(node.value)}
    fill(document, environ)
    for variable, key in OVERRIDES.items():
        if variable in environ and isinstance(document.root, yaml.MappingNode):
            _put(document.root, key.split("."), environ[variable])
    unknown = [
        variable
        for variable in sorted(environ)
        if variable.startswith(PREFIX)
        and variable not in OVERRIDES
        and variable not in named
        and not _is_link(variable.removeprefix(PREFIX), environ[variable])
    ]
    if unknown:
        _note_unknown(document, unknown)
    return document


def _is_link(rest: str, value: str) -> bool:
    """Tell whether a variable is told of a service or of a linked container by its name."""
    return bool(_LINKS.fullmatch(rest) or _LINKED_NAME.fullmatch(f"{rest}={value}"))


def _names(text: str) -> Iterator[str]:
    """Yield the variables that a text names."""
    return (found[2] for found in _FIELD.finditer(text))


def _named_by_devices(document: Document) -> set[str]:
    """Return the variables that the files of `devices_dir` name; what cannot be read names none."""
    node = document.node("devices_dir")
    if not isinstance(node, yaml.ScalarNode):
        return set()
    try:
        folder = parse_scalar(node.value, Path, document.path.parent, null=is_null(node))
        texts = [
            path.read_text("utf-8", errors="replace")
            for path in lists_in(folder)
            if is_regular(path)
        ]
    except (OSError, ValueError):  # told where the files are read
        return set()
    return {name for text in texts for name in _names(text)}


def _note_unknown(document: Document, unknown: Sequence[str]) -> None:
    """Note these overrides that there is none of, but for what a file of devices names."""
    named = _named_by_devices(document)
    for variable in unknown:
        if variable in named:
            continue
        rest = variable.removeprefix(PREFIX)
        # Without what all begin with, which would make any name near to any other.
        known = [one.removeprefix(PREFIX) for one in OVERRIDES]
        close = nearest(rest, known, listed=False).removeprefix("; did you mean ").rstrip("?")
        if close:
            said = f"no such override; did you mean {PREFIX}{close}?"
        else:
            said = f"no such override; expected one of {', '.join(OVERRIDES)}"
        document.errors.append(ConfigError(said, key=variable))


def fill(document: Document, environ: Mapping[str, str]) -> None:
    """Fill the environment in where a value names it; notes each variable that is not set."""
    for node in _scalars(document.root, set()):
        if "${" in node.value:
            node.value = _filled(document, node, environ)


def _scalars(node: yaml.Node | None, seen: set[int]) -> Iterator[yaml.ScalarNode]:
    """Yield the values below a node, each once: an alias is the same node."""
    if node is None or id(node) in seen:
        return
    seen.add(id(node))
    if isinstance(node, yaml.ScalarNode):
        yield node
    elif isinstance(node, yaml.SequenceNode):
        for one in node.value:
            yield from _scalars(one, seen)
    elif isinstance(node, yaml.MappingNode):
        for _, value in node.value:
            yield from _scalars(value, seen)


def _filled(document: Document, node: yaml.ScalarNode, environ: Mapping[str, str]) -> str:
    """Return a value with its variables filled in; notes those that are not set."""

    def value(found: re.Match[str]) -> str:
        escaped, name, other = found.groups()
        if escaped:
            return found[0][1:]
        if name in environ:
            return environ[name]
        if other is None:
            message = f"the environment has no {name}; ${{{name}:-text}} needs none"
            document.fail(node, "", message)
        return other or ""

    return _FIELD.sub(value, str(node.value))


def _put(node: yaml.MappingNode, key: list[str], text: str) -> None:
    """Put a text under a key, in the place of what stands there."""
    first, *rest = key
    mark = node.start_mark
    value: yaml.Node = yaml.ScalarNode(_TEXT, text, mark, mark)
    pair = next((pair for pair in node.value if pair[0].value == first), None)
    if rest:
        inner = pair[1] if pair is not None else None
        value = (
            inner if isinstance(inner, yaml.MappingNode) else yaml.MappingNode(_MAP, [], mark, mark)
        )
        assert isinstance(value, yaml.MappingNode)
        _put(value, rest, text)
    named = pair[0] if pair is not None else yaml.ScalarNode(_TEXT, first, mark, mark)
    others = [one for one in node.value if one is not pair]
    node.value = [*others, (named, value)]
