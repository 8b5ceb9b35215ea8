"""Rules of an operator's own: Prometheus's rule files in a folder, merged with the generated ones.

A file has `groups:`, as Prometheus reads them, and may have `tests:`, as promtool reads them. A
name that a generated rule has already is refused: two rules of one name would be one series or one
alert of two meanings.
"""

from __future__ import annotations

import shutil
import subprocess
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Final, get_args

from collectors.base import ConfigError, HubgaugeError
from collectors.strict import Document, Problems
from dashboards.alerts.base import Severity

Json = dict[str, Any]
SUFFIXES: Final = (".yaml", ".yml")
_KNOWN: Final = ("groups", "tests")


@dataclass(frozen=True, slots=True, kw_only=True)
class OwnRules:
    """Groups of rules, and their tests."""

    groups: Sequence[Json] = ()
    tests: Sequence[Json] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Taken:
    """The names of generated groups and rules; those of an operator's own are added later."""

    groups: set[str] = field(default_factory=set)
    rules: set[str] = field(default_factory=set)

    @classmethod
    def by(cls, groups: Sequence[Mapping[str, Any]]) -> Taken:
        """Return the names of generated groups and of their rules."""
        rules = (rule for group in groups for rule in group["rules"])
        return cls(
            groups={group["name"] for group in groups},
            rules={str(rule.get("alert") or rule.get("record")) for rule in rules},
        )


def read_rules(folder: Path, taken: Taken) -> OwnRules:
    """Read every file of a folder, in order of names; raises Problems with every mistake."""
    if not folder.is_dir():
        raise ConfigError("no such folder", file=str(folder), key="rules_dir")
    groups: list[Json] = []
    tests: list[Json] = []
    errors: list[ConfigError] = []
    mine: set[str] = set()
    for path in sorted(one for one in folder.iterdir() if one.suffix in SUFFIXES):
        try:
            document = Document(path)
        except Problems as problems:
            errors += problems.errors
            continue
        for key, message in _mistakes(document.plain(), taken, mine):
            document.fail(document.node(key), key, message)
        errors += document.errors
        if not document.errors:
            found = document.plain()
            groups += found.get("groups") or []
            tests += found.get("tests") or []
    if errors:
        raise Problems(errors)
    return OwnRules(groups=groups, tests=tests)


def _mistakes(found: object, taken: Taken, mine: set[str]) -> Iterator[tuple[str, str]]:
    """Yield the mistakes in a file: the key of each, and what was expected."""
    if not isinstance(found, dict) or not set(found) <= set(_KNOWN):
        yield "", "expected a mapping with groups, and tests if there are some"
        return
    groups = found.get("groups") or []
    if not isinstance(groups, list) or not isinstance(found.get("tests") or [], list):
        yield "groups", "expected lists of groups and of tests"
        return
    for n, group in enumerate(groups):
        key = f"groups[{n}]"
        rules = group.get("rules") if isinstance(group, dict) else None
        if not isinstance(rules, list) or not isinstance(group.get("name"), str):
            yield key, "expected a group with a name and a list of rules"
            continue
        if group["name"] in taken.groups:
            yield f"{key}.name", f"{group['name']} is the name of another group"
        taken.groups.add(group["name"])
        for m, rule in enumerate(rules):
            for message in _of_rule(rule, taken, mine):
                yield f"{key}.rules[{m}]", message


def _of_rule(rule: object, taken: Taken, mine: set[str]) -> Iterator[str]:
    """Yield what is wrong with one rule."""
    if not isinstance(rule, dict) or ("alert" in rule) == ("record" in rule):
        yield "expected a rule with either alert or record"
        return
    name = str(rule.get("alert") or rule.get("record"))
    if name in taken.rules and name not in mine:
        yield f"{name} is a generated rule; take another name"
    taken.rules.add(name)
    mine.add(name)
    if not str(rule.get("expr") or "").strip():
        yield f"{name} needs an expr"
    if "alert" in rule:
        labels, texts = rule.get("labels") or {}, rule.get("annotations") or {}
        severities = get_args(Severity)
        if not isinstance(labels, dict) or labels.get("severity") not in severities:
            yield f"{name} needs labels with a severity: {', '.join(severities)}"
        if not isinstance(texts, dict) or not texts.get("summary"):
            yield f"{name} needs annotations with a summary: the message that people get"


def check_rules(out: Path, files: Sequence[str], tests: str) -> bool:
    """Let promtool check files of rules, and one of tests, in a folder.

    Returns False if promtool is not installed. Raises HubgaugeError with its output if it finds a
    mistake.
    """
    program = shutil.which("promtool")
    if program is None:
        return False
    for command in (("check", "rules", *files), ("test", "rules", tests)):
        done = subprocess.run(
            [program, *command], cwd=out, capture_output=True, text=True, check=False
        )
        if done.returncode:
            raise HubgaugeError(f"promtool: {(done.stdout + done.stderr).strip()}")
    return True
