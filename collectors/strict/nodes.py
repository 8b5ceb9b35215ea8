"""YAML nodes: how a file becomes some, which remember their line, and what shape they have."""

from __future__ import annotations

import re
import sys
from collections.abc import Mapping
from functools import cache
from pathlib import Path
from typing import Any, Final

import yaml

from collectors.base import ConfigError
from collectors.strict.problems import Problems

LOADER: Final = yaml.CSafeLoader if yaml.__with_libyaml__ else yaml.SafeLoader
"""Both are safe; the one in C is ten times faster."""
MAX_BYTES: Final = 64 * 2**20
_NULL: Final = "tag:yaml.org,2002:null"


STANDARD_INPUT: Final = "-"
"""The name of a file that is read from standard input."""


@cache
def _standard_input() -> bytes:
    """Return what comes on standard input. It is there once, and a config is read several times."""
    return sys.stdin.buffer.read(MAX_BYTES + 1)


def compose(path: Path, name: str, text: str | None) -> yaml.Node | None:
    """Parse a file, or `text` in its place; None where it is empty. Raises Problems."""
    try:
        if text is None:
            raw = _standard_input() if name == STANDARD_INPUT else path.read_bytes()
            if len(raw) > MAX_BYTES:
                raise Problems([ConfigError(f"larger than {MAX_BYTES} bytes", file=name)])
            text = raw.decode("utf-8")
        return yaml.compose(text, Loader=LOADER)
    except OSError as error:
        reason = f"cannot be read: {error.strerror or error}"
        raise Problems([ConfigError(reason, file=name)]) from None
    except UnicodeDecodeError as error:
        line = error.object.count(b"\n", 0, error.start) + 1
        reason = f"is not UTF-8 (byte {error.start})"
        raise Problems([ConfigError(reason, file=name, line=line)]) from None
    except yaml.MarkedYAMLError as error:
        line = 0
        if error.problem_mark is not None:
            # A mistake at the end of the text is marked a line behind it.
            line = min(error.problem_mark.line, (text or "").rstrip("\n").count("\n")) + 1
        reason = f"is not YAML: {error.problem or error.context}"
        raise Problems([ConfigError(reason, file=name, line=line)]) from None
    except (yaml.YAMLError, RecursionError, ValueError) as error:
        first = (str(error) or type(error).__name__).splitlines()[0]
        line = line_of_character(error, text or "")
        raise Problems([ConfigError(f"is not YAML: {first}", file=name, line=line)]) from None


def line_of_character(error: Exception, text: str) -> int:
    """Return the line of the character that YAML does not allow; 0 for another mistake."""
    if not isinstance(error, yaml.reader.ReaderError) or not isinstance(error.character, int):
        return 0
    return text.count("\n", 0, max(0, text.find(chr(error.character)))) + 1


def is_null(node: yaml.Node | None) -> bool:
    """Return whether nothing stands there, or YAML's null."""
    return node is None or (isinstance(node, yaml.ScalarNode) and node.tag == _NULL)


def plain(node: yaml.Node | None) -> Any:
    """Return a node as plain Python data, for a part of a file that another model reads later."""
    if node is None:
        return None
    if isinstance(node, yaml.ScalarNode):
        return yaml.safe_load(yaml.serialize(node))
    return LOADER("").construct_document(node)


def find(root: yaml.Node | None, key: str) -> yaml.Node | None:
    """Return what stands at a key such as `a.b[0].c`, or at the nearest one above it."""
    found = root
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


def descend(values: Mapping[str, yaml.Node], path: str) -> yaml.Node | None:
    """Return the node that a model's own check names: `field`, or as in `readings[3].unit`."""
    first, *steps = re.findall(r"\w+", path) or [""]
    node = values.get(first)
    for step in steps:
        if isinstance(node, yaml.SequenceNode) and step.isdigit() and int(step) < len(node.value):
            node = node.value[int(step)]
        elif isinstance(node, yaml.MappingNode):
            node = next((value for key, value in node.value if key.value == step), node)
    return node
