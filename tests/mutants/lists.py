"""The planted faults: lists of one-line changes, each with the tests that must fail because of it.

`tests/mutants/*.yaml` are lists of entries with five keys:

* `file`: the file to change, from the root of the project;
* `find`: a piece of its text that occurs exactly once;
* `replace`: what the piece becomes;
* `tests`: the tests that must fail then (files, folders or `file::test`), one text or a list;
* `why`: what would go wrong for a user if nobody noticed.
"""

from __future__ import annotations

import ast
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Final

import yaml

from tests.support import ROOT

FOLDER: Final = Path(__file__).resolve().parent
KEYS: Final = frozenset({"file", "find", "replace", "tests", "why"})


@dataclass(frozen=True, slots=True, kw_only=True)
class Mutant:
    """One planted fault."""

    name: str
    file: str
    find: str
    replace: str
    tests: tuple[str, ...]
    why: str


def load(names: Sequence[str] = ()) -> list[Mutant]:
    """Return the faults of every list, or those whose name or file contains one of the names.

    Raises:
        ValueError: an entry lacks a key or has one that is not known.
    """
    found = []
    for path in sorted(FOLDER.glob("*.yaml")):
        for number, entry in enumerate(yaml.safe_load(path.read_text("utf-8")) or (), 1):
            name = f"{path.stem}:{number}"
            if not isinstance(entry, dict) or set(entry) != KEYS:
                raise ValueError(f"{name}: expected the keys {', '.join(sorted(KEYS))}")
            tests = entry["tests"]
            found.append(
                Mutant(
                    name=name,
                    file=str(entry["file"]),
                    find=str(entry["find"]),
                    replace=str(entry["replace"]),
                    tests=(tests,) if isinstance(tests, str) else tuple(map(str, tests)),
                    why=str(entry["why"]),
                )
            )
    if not names:
        return found
    return [one for one in found if any(word in f"{one.name} {one.file}" for word in names)]


def stale(mutant: Mutant, root: Path = ROOT) -> str | None:
    """Return why a fault can no longer be planted or judged; None where it can."""
    path = root / mutant.file
    if not path.is_file():
        return f"{mutant.name}: no such file: {mutant.file}"
    count = path.read_text("utf-8").count(mutant.find)
    if count != 1:
        return f"{mutant.name}: {mutant.find!r} occurs {count} times in {mutant.file}"
    if mutant.find == mutant.replace:
        return f"{mutant.name}: changes nothing"
    if not mutant.tests:
        return f"{mutant.name}: names no test"
    missing = [test for test in mutant.tests if not exists(test, root)]
    return f"{mutant.name}: no such test: {missing[0]}" if missing else None


def exists(test: str, root: Path = ROOT) -> bool:
    """Tell whether a file, a folder or `file::test` (parameters aside) is there."""
    path, _, inner = test.partition("::")
    if not (root / path).exists():
        return False
    if not inner:
        return True
    body: Sequence[ast.stmt] = ast.parse((root / path).read_text("utf-8")).body
    for name in inner.partition("[")[0].split("::"):
        named = [
            one
            for one in body
            if isinstance(one, ast.FunctionDef | ast.AsyncFunctionDef | ast.ClassDef)
            and one.name == name
        ]
        if not named:
            return False
        body = named[0].body
    return True
