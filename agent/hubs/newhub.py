"""Write the file of an operator's own hub: key, name, time zone and targets in a few lines.

`hubgauge hubs new` asks for what its options do not say. The file is checked together with all
others before it is written, and an existing file is never overwritten.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Final

import yaml

from agent.hubs.model import key_part, parse_period
from agent.hubs.units import UNITS
from agent.hubs.writing import check_file, write_file
from agent.messages.catalogue import DEFAULT, words
from agent.messages.said import said_lines
from collectors.base import ConfigError
from collectors.strict import Problems

_TARGET: Final = re.compile(
    r"(?P<kpi>[a-z][a-z0-9_]*)"
    r"(?:\s*\{\s*(?P<label>[a-z][a-z0-9_]*)\s*="
    r"\s*(?P<quote>[\"']?)(?P<narrow>[^{}\"']+?)(?P=quote)\s*\})?"
    r"\s*(?P<op><=|>=|=|≤|≥)\s*(?P<value>-?\d+(?:\.\d+)?)"
    r"(?:\s*(?P<unit>(?!\s*by\b)\S.*?))?(?:\s+by\b\s*(?P<deadline>.*))?"
)
_OPERATORS: Final = {"≤": "<=", "≥": ">="}
FORM: Final = "KPI <= VALUE [UNIT] [by YYYY[-MM[-DD]]]"
_DATE: Final = re.compile(r"\d{4}(?:-\d{2}){0,2}")
EXAMPLES: Final = ("pue <= 1.3 by 2027-12-31", "round_trip{peer=paris} <= 20 ms")


@dataclass(frozen=True, slots=True, kw_only=True)
class NewHub:
    """What a new hub's file says; `targets` are written in the form of `FORM`."""

    key: str
    name: str
    timezone: str
    targets: Sequence[str] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Asker:
    """Asks on a terminal, in its language."""

    ask: Callable[[str], str]
    """Shows one question and returns the answer; raises EOFError at the end of the input."""
    tell: Callable[[str], object]
    """Shows why an answer is refused."""
    language: str = DEFAULT

    def answer(self, question: str, refuse: Callable[[str], object], **values: str) -> str:
        """Ask until an answer is not refused, and return it."""
        text = words(self.language)(question, **values)
        while True:
            try:
                answer = self.ask(text).strip()
            except EOFError:
                raise ConfigError("the input ended before all was answered") from None
            try:
                refuse(answer)
            except (ConfigError, Problems) as error:
                self.tell(self._why(error))
            else:
                return answer

    def _why(self, error: ConfigError | Problems) -> str:
        """Return the first mistake, without the place in a file that is not there yet."""
        first = error.errors[0] if isinstance(error, Problems) else error
        key = first.key.rpartition("].")[2]
        (line,) = said_lines(ConfigError(first.message, key=key), self.language)
        return line


def asked(known: NewHub, hubs_dir: Path, asker: Asker) -> NewHub:
    """Ask for what was not given and return the complete hub.

    An answer that cannot be is asked for again. Raises ConfigError or Problems for what was given
    and cannot be, before anything is asked.
    """
    _try(replace(known, name=known.name or known.key, timezone=known.timezone or "UTC"), hubs_dir)
    name = known.name or asker.answer("hubs.new.name", str, hub=known.key) or known.key
    made = replace(known, name=name)

    def zone(text: str) -> None:
        _try(replace(made, timezone=text, targets=()), hubs_dir)

    made = replace(made, timezone=known.timezone or asker.answer("hubs.new.timezone", zone))

    def target(text: str) -> None:
        if text:
            _try(replace(made, targets=[*made.targets, text]), hubs_dir)

    one, other = EXAMPLES
    shown = {"form": FORM, "one": one, "other": other}
    while not known.targets and (line := asker.answer("hubs.new.target", target, **shown)):
        made = replace(made, targets=[*made.targets, line])
    return made


def add(new: NewHub, hubs_dir: Path, *, dry_run: bool = False) -> tuple[Path, str]:
    """Check a new hub against all that is registered, and write its file.

    Returns the file's path and text. Raises Problems or ConfigError, and writes nothing, if it does
    not fit or its file is there already.
    """
    entry: dict[str, object] = {"key": new.key, "name": new.name, "timezone": new.timezone}
    if new.targets:
        entry["facts"] = _facts(new.key, new.targets)
    text = yaml.safe_dump(entry, sort_keys=False, allow_unicode=True, width=100)
    path = hubs_dir / f"{new.key}.yaml"
    if path.exists():
        raise ConfigError(f"{path} is there already; edit it, or take another key")
    check_file(path, text)
    if not dry_run:
        write_file(path, text)
    return path, text


def _try(new: NewHub, hubs_dir: Path) -> None:
    """Check a new hub as `add` does, and write nothing."""
    add(new, hubs_dir, dry_run=True)


def _facts(hub: str, lines: Sequence[str]) -> list[dict[str, object]]:
    """Return targets as a hub's file has them.

    Those of one KPI at several deadlines get ids: the file's reader could not tell them apart.
    """
    facts = [_target(line) for line in lines]
    for n, fact in enumerate(facts):
        if any(_due(fact) == _due(other) for other in facts[:n]):
            raise ConfigError(f"{lines[n]!r}: there is a target for this already, by the same day")
    same = Counter(_subject(fact) for fact in facts)
    return [
        {"id": "-".join((hub, *_subject(fact), str(fact["deadline"]))), **fact}
        if same[_subject(fact)] > 1 and "deadline" in fact
        else fact
        for fact in facts
    ]


def _due(fact: Mapping[str, object]) -> tuple[object, ...]:
    return *_subject(fact), fact.get("deadline")


def _subject(fact: Mapping[str, object]) -> tuple[str, ...]:
    """Return what a fact is about, as it stands in ids."""
    labels = fact.get("labels")
    values = labels.values() if isinstance(labels, dict) else ()
    return tuple(key_part(str(one)).replace("_", "-") for one in (fact["kpi"], *values))


def _target(line: str) -> dict[str, object]:
    match = _TARGET.fullmatch(line.strip())
    if match is None:
        one, other = EXAMPLES
        raise ConfigError(f"{line!r}: expected {FORM}, such as {one} or {other}")
    unit = match["unit"] or ""
    if unit and unit not in UNITS:
        raise ConfigError(f"{line!r}: no such unit; expected one of {', '.join(UNITS)}")
    fact: dict[str, object] = {
        "kpi": match["kpi"],
        "op": _OPERATORS.get(match["op"], match["op"]),
        "value": float(match["value"]) if "." in match["value"] else int(match["value"]),
    }
    if match["label"]:
        fact["labels"] = {match["label"]: match["narrow"]}
    if unit:
        fact["unit"] = unit
    if match["deadline"] is not None:
        fact["deadline"] = _deadline(line, match["deadline"])
    return fact


def _deadline(line: str, text: str) -> str:
    """Return the day a target is due, as a hub's file has it: of a month or a year its last day."""
    try:
        if _DATE.fullmatch(text):
            return parse_period(text).last.isoformat()
    except ValueError:  # such as month 13
        pass
    raise ConfigError(
        f"{line!r}: expected by and a day, month or year, such as by 2027-12-31 or by 2027"
        " (its last day)"
    )
