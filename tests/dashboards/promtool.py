"""Promtool, run on rule files that a test has built."""

from __future__ import annotations

import re
import subprocess
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any, Final

import yaml

from tests.support import binary


def promtool(folder: Path, *arguments: str) -> subprocess.CompletedProcess[str]:
    """Run promtool in a folder; the caller looks at its exit status."""
    return subprocess.run(
        [binary("promtool"), *arguments],
        cwd=folder,
        capture_output=True,
        text=True,
        check=False,
        timeout=300,
    )


Groups = list[dict[str, Any]]
"""Rules by group, as a rule file has them."""


FROM_NOTHING: Final = re.compile(r"\b(?:absent\w*|vector|time)\s*\(")
"""What gives a value where nothing is stored."""


def groups_of(built: Path) -> Groups:
    """Return the groups of both rule files of a folder."""
    return [
        group
        for name in ("rules.yml", "alerts.yml")
        for group in yaml.safe_load((built / name).read_text("utf-8"))["groups"]
    ]


def write_case(folder: Path, name: str, file: dict[str, Any], case: Any, groups: Groups) -> str:
    """Write one case of a file of tests beside the only rules it needs; returns its file."""
    (folder / f"rules-{name}.yml").write_text(yaml.safe_dump({"groups": groups}), "utf-8")
    content = file | {"rule_files": [f"rules-{name}.yml"], "tests": [case]}
    (folder / f"case-{name}.yml").write_text(yaml.safe_dump(content), "utf-8")
    return f"case-{name}.yml"


def reached(groups: Groups, *cases: dict[str, Any]) -> Groups:
    """Return the groups with the rules that read what the cases give, themselves or through others.

    The other rules have nothing to read: whatever is asked, they add nothing to it. Those that give
    something without reading anything stay.
    """
    reads = {
        rule["expr"]: set(metric_names(rule["expr"])) for group in groups for rule in group["rules"]
    }
    given = {one["series"].partition("{")[0] for case in cases for one in case["input_series"]}
    known = set[str]()
    while given - known:
        known |= given
        given = {
            name_of(rule)
            for group in groups
            for rule in group["rules"]
            if known & reads[rule["expr"]]
        }
    return _kept(
        groups,
        lambda rule: bool(known & reads[rule["expr"]] or FROM_NOTHING.search(rule["expr"])),
    )


def needed(groups: Groups, names: set[str]) -> Groups:
    """Return the groups with the rules that make these names, and what those read in turn."""
    rules = [rule for group in groups for rule in group["rules"]]
    wanted = set[str]()
    while names - wanted:
        wanted |= names
        names = {
            read for rule in rules if name_of(rule) in wanted for read in metric_names(rule["expr"])
        }
    return _kept(groups, lambda rule: name_of(rule) in wanted)


def alone(groups: Groups, name: str) -> Groups:
    """Return the groups with the rules of one name, without those that they read."""
    return _kept(groups, lambda rule: name_of(rule) == name)


def name_of(rule: dict[str, Any]) -> str:
    """Return the series that a rule records, or the alert it is."""
    return str(rule.get("record") or rule["alert"])


def _kept(groups: Groups, wanted: Callable[[dict[str, Any]], bool]) -> Groups:
    kept = [
        group | {"rules": [rule for rule in group["rules"] if wanted(rule)]} for group in groups
    ]
    return [group for group in kept if group["rules"]]


_STRING: Final = re.compile(r'"(?:[^"\\]|\\.)*"')
_BRACES: Final = re.compile(r"\{[^{}]*\}")
_RANGE: Final = re.compile(r"\[[^\[\]]*\]")
_GROUPING: Final = re.compile(r"\b(?:by|without|on|ignoring|group_left|group_right)\s*\([^()]*\)")
_KEYWORDS: Final = frozenset(
    {
        "and",
        "or",
        "unless",
        "bool",
        "offset",
        "by",
        "without",
        "on",
        "ignoring",
        "group_left",
        "group_right",
        "inf",
        "nan",
        "time",
        "vector",
    }
)


def metric_names(expr: str) -> Iterator[str]:
    """Yield every metric name an expression reads, recorded series included."""
    bare = _RANGE.sub("", _BRACES.sub("", _STRING.sub("", expr)))
    bare = re.sub(r"\boffset\s+\w+", "", _GROUPING.sub("", bare))
    for match in re.finditer(r"(?<![\w.:$])[a-zA-Z_:][\w:]*", bare):
        if not bare[match.end() :].lstrip().startswith("(") and match[0].lower() not in _KEYWORDS:
            yield match[0]
