"""Limits that every Python file of the repository keeps."""

from __future__ import annotations

import ast
import io
import re
import tokenize
import tomllib
from collections.abc import Iterator
from itertools import chain
from pathlib import Path

import pytest

from tests.support import ROOT

FOLDERS = (
    "agent",
    "bench",
    "collectors",
    "dashboards",
    "deploy",
    "docs",
    "simulator",
    "tests",
    "tools",
)
FOREIGN = {"node_modules", "__pycache__"}
"""Folders of packages and of what is built."""
FILE, CLASS = 300, 200
"""Most lines of a file and of a class."""
SUPPRESSED = 42
"""Most rules suppressed on a line. A rule that does not fit a file is named in pyproject.toml."""


def files() -> Iterator[Path]:
    for path in chain.from_iterable((ROOT / name).rglob("*.py") for name in FOLDERS):
        if not FOREIGN & set(path.parts):
            yield path


def texts() -> dict[str, str]:
    return {str(path.relative_to(ROOT)): path.read_text("utf-8") for path in files()}


def too_long(name: str, text: str) -> Iterator[str]:
    """Tell what of a file is longer than the house allows."""
    lines = len(text.splitlines())
    if lines > FILE:
        yield f"{name} has {lines} lines"
    for node in ast.walk(ast.parse(text)):
        if isinstance(node, ast.ClassDef):
            lines = (node.end_lineno or node.lineno) - node.lineno + 1
            if lines > CLASS:
                yield f"{name}: class {node.name} has {lines} lines"


def comments(text: str) -> Iterator[str]:
    for token in tokenize.generate_tokens(io.StringIO(text).readline):
        if token.type == tokenize.COMMENT:
            yield token.string


def suppressed(text: str) -> int:
    """Count the comments that suppress a rule; the same words in a string suppress nothing."""
    return sum(len(re.findall(r"#\s*(?:noqa|type:\s*ignore)", one)) for one in comments(text))


def without_reason(text: str) -> list[str]:
    """Return the comments that suppress a rule and do not say why."""
    return [
        one
        for one in comments(text)
        if re.search(r"#\s*(?:noqa|type:\s*ignore)", one)
        and re.sub(r"#\s*(?:noqa(?::[\sA-Z\d,]+)?|type:\s*ignore(?:\[[^\]]*\])?)", "", one).strip(
            " -"
        )
        == ""
    ]


def test_no_file_and_no_class_is_too_long() -> None:
    """What is longer has a second subject, and a module of its own is due."""
    found = texts()
    assert {name.partition("/")[0] for name in found} >= {"agent", "collectors", "tests", "tools"}
    assert [told for name, text in found.items() for told in too_long(name, text)] == []


def test_few_rules_are_suppressed_where_nobody_looks() -> None:
    """A new one takes the place of another."""
    assert sum(map(suppressed, texts().values())) <= SUPPRESSED


def test_a_suppressed_rule_has_its_reason_behind_it() -> None:
    """Whoever meets it later need not find out whether it is still wanted."""
    found = {name: without_reason(text) for name, text in texts().items()}
    assert {name: bare for name, bare in found.items() if bare} == {}


@pytest.mark.parametrize(
    ("comment", "bare"),
    [
        ("# noqa: E1 - why", False),
        ("# type: ignore[x]  # why", False),
        ("# noqa: E1, E2", True),
        ("# type: ignore[x, y]", True),
    ],
)
def test_a_reason_is_words_behind_the_rule(comment: str, bare: bool) -> None:
    """The rule's own name is none."""
    assert bool(without_reason(f"a = 1  {comment}\n")) is bare


def test_no_line_is_too_long() -> None:
    """The linter knows the length of a line, and no folder is let off, not that of the tests."""
    ruff = tomllib.loads((ROOT / "pyproject.toml").read_text("utf-8"))["tool"]["ruff"]
    assert ruff["line-length"] == 100
    assert "E501" not in ruff["lint"]["ignore"]
    let_off = [name for name, rules in ruff["lint"]["per-file-ignores"].items() if "E501" in rules]
    assert let_off == []


@pytest.mark.parametrize(
    ("text", "told"),
    [
        ("x = 1\n" * 300, []),
        ("x = 1\n" * 301, ["f has 301 lines"]),
        ("class A:\n" + "    x = 1\n" * 199, []),
        ("class A:\n" + "    x = 1\n" * 200, ["f: class A has 201 lines"]),
    ],
    ids=["a file of 300", "a file of 301", "a class of 200", "a class of 201"],
)
def test_the_limit_itself_is_kept(text: str, told: list[str]) -> None:
    """300 lines are not too many, and 301 are."""
    assert list(too_long("f", text)) == told


def test_only_a_comment_suppresses() -> None:
    """Two on a line are two, and words in a string are none."""
    code = 'a = 1  # type: ignore[x] # noqa: E1 - why\nb = "# noqa"\nc = 1  # plain\n'
    assert suppressed(code) == 2
