"""Register an observation: a figure that somebody published, with who published it and when.

Each observation becomes one small file in the operator's `hubs_dir`, named after the hub, the KPI
and the day. It adds to the hub as any file with `extends:` does. No file is ever rewritten, so an
observation can be reviewed, corrected and taken back by itself.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import yaml

from agent.hubs.assembly import NOTHING_OPEN
from agent.hubs.loader import load_registry
from agent.hubs.model import UNDATED, WHOLE_HUB, Fact, Hub, Kpi, Period, Registry, parse_period
from agent.hubs.text import Text, in_each_language
from agent.hubs.units import UNITS, show, to_base
from agent.hubs.writing import check_file, write_file
from agent.messages.catalogue import words
from collectors.base import ConfigError
from collectors.strict import nearest


@dataclass(frozen=True, slots=True, kw_only=True)
class Observation:
    """A published figure as it is typed in, in `unit`, or in the KPI's own where that is empty."""

    hub: str
    kpi: str
    value: float
    date: str
    publisher: Text
    about: Text
    unit: str = ""
    scope: str = WHOLE_HUB
    at_least: bool = False
    published: str = ""
    """The day it was published, where that is not the day it speaks of."""
    note: Text = field(default=NOTHING_OPEN)


def add(observation: Observation, hubs_dir: Path, *, dry_run: bool = False) -> tuple[Path, str]:
    """Check an observation against all that is registered, and write its file.

    Returns the file's path and text. Raises Problems or ConfigError, and writes nothing, if it does
    not fit or is registered already.
    """
    registry = load_registry(hubs_dir if hubs_dir.exists() else None)
    hub, kpi = (
        _known("hub", observation.hub, registry.hubs),
        _known("KPI", observation.kpi, registry.kpis),
    )
    period = _period(observation.date)
    _refuse_twice(observation, registry.hubs[hub].facts, period, registry.kpis[kpi])
    name = "-".join(
        (
            hub,
            *kpi.split("_"),
            *([] if observation.scope == WHOLE_HUB else [observation.scope]),
            _stem(period),
        )
    )
    text = _text(observation, name, registry.hubs[hub], registry.kpis[kpi])
    path = hubs_dir / f"{name}.yaml"
    check_file(path, text)
    if not dry_run:
        write_file(path, text)
    return path, text


def observed(registry: Registry, hubs: Iterable[str]) -> list[Fact]:
    """Return all registered observations of some hubs, by hub, KPI and scope, oldest first."""
    wanted = set(hubs)
    found = [
        fact
        for fact in registry.facts()
        if fact.hub in wanted and fact.kind != "target" and fact.value is not None
    ]
    order = {key: n for n, key in enumerate(registry.hubs)}
    return sorted(
        found, key=lambda fact: (order[fact.hub], fact.kpi.key, fact.scope, fact.stated.last)
    )


def _known(what: str, key: str, known: Iterable[str]) -> str:
    keys = sorted(known)
    if key not in keys:
        raise ConfigError(f"{key}: no such {what}{nearest(key, keys)}")
    return key


def _period(text: str) -> Period:
    try:
        period = parse_period(text)
    except ValueError:
        period = UNDATED
    if period == UNDATED:
        raise ConfigError(
            "--date: expected a day, month or year such as 2025-03-31, 2025-03, 2025 or"
            f" end of 2025, got {text!r}"
        )
    return period


def _refuse_twice(
    observation: Observation, facts: Iterable[Fact], period: Period, kpi: Kpi
) -> None:
    for fact in facts:
        if (fact.kpi.key, fact.scope, fact.stated.last) == (
            kpi.key,
            observation.scope,
            period.last,
        ) and fact.kind != "target":
            shown = "" if fact.value is None else f" {show(fact.value, fact.unit, 'en')},"
            raise ConfigError(
                f"{kpi.key} of {period.text} is registered already:"
                f"{shown} {fact.source.label} ({fact.id})"
            )


def _stem(period: Period) -> str:
    return period.text.removeprefix("end of ")


def _text(observation: Observation, name: str, hub: Hub, kpi: Kpi) -> str:
    unit = observation.unit or kpi.unit
    claim = in_each_language(lambda language: _claim(observation, unit, hub, kpi, language))
    fact: dict[str, Any] = {"id": name, "kind": "observation", "kpi": kpi.key}
    if observation.scope != WHOLE_HUB:
        fact["scope"] = observation.scope
    fact |= {"value": observation.value, "unit": unit}
    if observation.at_least:
        fact["at_least"] = True
    fact |= {
        "stated": observation.date,
        "source": "publication",
        "text": claim,
        "open": observation.note.in_each_language(),
        "confidence": "medium",
    }
    document = {
        "extends": hub.key,
        "sources": {
            "publication": {
                "publisher": observation.publisher.in_each_language(),
                "date": observation.published or observation.date.removeprefix("end of "),
                "about": observation.about.in_each_language(),
            }
        },
        "facts": [fact],
    }
    return yaml.safe_dump(document, allow_unicode=True, sort_keys=False, width=120)


def _claim(observation: Observation, unit: str, hub: Hub, kpi: Kpi, language: str) -> str:
    """Return the claim in one language: KPI, hub and value.

    An unknown unit is left out here; `check_file` then refuses the file.
    """
    w = words(language)
    value = f"{observation.value}"
    if unit in UNITS:
        value = show(to_base(observation.value, unit), unit, language)
    if observation.at_least:
        value = w("target.over", value=value)
    return w("registered.claim", kpi=w.pick(kpi.name), hub=w.pick(hub.name), value=value)
