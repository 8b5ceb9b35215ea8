"""Promtool, run on rule files that a test has built."""

from __future__ import annotations

import re
import subprocess
from collections.abc import Iterator
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


def cases_by_subject(built: Path, folder: Path) -> list[str]:
    """Write the cases of each alert, and those of the KPI rules, each with the rules it needs;
    returns the files of the cases.
    """
    groups = [
        group
        for name in ("rules.yml", "alerts.yml")
        for group in yaml.safe_load((built / name).read_text("utf-8"))["groups"]
    ]
    content = yaml.safe_load((built / "tests.yml").read_text("utf-8"))
    by_subject: dict[str, list[dict[str, Any]]] = {}
    for case in content["tests"]:
        asked = case.get("alert_rule_test")
        by_subject.setdefault(asked[0]["alertname"] if asked else "", []).append(case)
    for subject, cases in by_subject.items():
        wanted = {subject} | {
            name
            for case in cases
            for query in case.get("promql_expr_test", ())
            for name in metric_names(query["expr"])
        }
        rules = {"groups": needed(groups, wanted)}
        (folder / f"rules{subject}.yml").write_text(yaml.safe_dump(rules), "utf-8")
        tests = content | {"rule_files": [f"rules{subject}.yml"], "tests": cases}
        (folder / f"tests{subject}.yml").write_text(yaml.safe_dump(tests), "utf-8")
    return [f"tests{subject}.yml" for subject in by_subject]


def needed(groups: list[dict[str, Any]], names: set[str]) -> list[dict[str, Any]]:
    """Return the groups with the rules that make these names, and what those read in turn."""
    rules = [rule for group in groups for rule in group["rules"]]
    wanted = set[str]()
    while names - wanted:
        wanted |= names
        names = {
            read
            for rule in rules
            if (rule.get("record") or rule["alert"]) in wanted
            for read in metric_names(rule["expr"])
        }
    kept = [
        group
        | {
            "rules": [
                one for one in group["rules"] if (one.get("record") or one["alert"]) in wanted
            ]
        }
        for group in groups
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
