"""Write the file of an operator's own hub: key, name, time zone and targets in a few lines.

`hubgauge hubs new` asks for what its options do not say. The file is checked together with all
others before it is written, and an existing file is never overwritten.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Final

import yaml

from agent.hubs.units import UNITS
from agent.hubs.writing import check_file, write_file
from collectors.base import ConfigError

_TARGET: Final = re.compile(
    r"(?P<kpi>[a-z][a-z0-9_]*)\s*(?P<op><=|>=|=|≤|≥)\s*(?P<value>-?\d+(?:\.\d+)?)"
    r"(?:\s*(?P<unit>(?!\s*by\s)\S.*?))?(?:\s+by\s+(?P<deadline>\d{4}-\d{2}-\d{2}))?"
)
_OPERATORS: Final = {"≤": "<=", "≥": ">="}
FORM: Final = "KPI <= VALUE [UNIT] [by YYYY-MM-DD], such as: pue <= 1.3 by 2027-12-31"


@dataclass(frozen=True, slots=True, kw_only=True)
class NewHub:
    """What a new hub's file says; `targets` are written in the form of `FORM`."""

    key: str
    name: str
    timezone: str
    targets: Sequence[str] = ()


def asked(known: NewHub, ask: Callable[[str], str]) -> NewHub:
    """Ask for what was not given and return the complete hub; raises ConfigError for a bad target.

    `ask` shows one question and returns the answer.
    """
    targets = list(known.targets)
    name = known.name or ask(f"name [{known.key}]: ") or known.key
    timezone = known.timezone or ask("time zone, such as Europe/Paris: ")
    while not known.targets and (line := ask(f"a target ({FORM}), or nothing: ")):
        _target(line)  # refuse a bad one before the next question
        targets.append(line)
    return NewHub(key=known.key, name=name, timezone=timezone, targets=targets)


def add(new: NewHub, hubs_dir: Path, *, dry_run: bool = False) -> tuple[Path, str]:
    """Check a new hub against all that is registered, and write its file.

    Returns the file's path and text. Raises Problems or ConfigError, and writes nothing, if it does
    not fit or its file is there already.
    """
    entry: dict[str, object] = {"key": new.key, "name": new.name, "timezone": new.timezone}
    if new.targets:
        entry["facts"] = [_target(one) for one in new.targets]
    text = yaml.safe_dump(entry, sort_keys=False, allow_unicode=True, width=100)
    path = hubs_dir / f"{new.key}.yaml"
    if path.exists():
        raise ConfigError(f"{path} is there already; edit it, or take another key")
    check_file(path, text)
    if not dry_run:
        write_file(path, text)
    return path, text


def _target(line: str) -> dict[str, object]:
    match = _TARGET.fullmatch(line.strip())
    if match is None:
        raise ConfigError(f"{line!r}: expected {FORM}")
    unit = match["unit"] or ""
    if unit and unit not in UNITS:
        raise ConfigError(f"{line!r}: no such unit; expected one of {', '.join(UNITS)}")
    fact: dict[str, object] = {
        "kpi": match["kpi"],
        "op": _OPERATORS.get(match["op"], match["op"]),
        "value": float(match["value"]) if "." in match["value"] else int(match["value"]),
    }
    if unit:
        fact["unit"] = unit
    if match["deadline"]:
        fact["deadline"] = match["deadline"]
    return fact
