"""Load the hub registry: the packaged hubs, and those in the operator's `hubs_dir`.

One YAML file describes one hub (`key: …`) or adds to one that another file describes (`extends: …`): later observations, a
policy, the names of site groups. All mistakes of all files are told at once, one line each with file and line. The least file::

    key: north
    name: {en: North campus, zh: 北园区}
    timezone: Asia/Shanghai
    sources:
      annual-report:
        publisher: {en: Our annual report, zh: 本公司年报}
        date: 2026-03-31
        about: {en: the year 2025, zh: 2025 年度}
    facts:
      - id: north-pue
        kind: target
        kpi: pue
        op: "<="
        value: 1.3
        deadline: 2027-12-31
        stated: 2026-03-31
        source: annual-report
        text: {en: The campus is to run at a PUE of 1.3 from 2027., zh: 园区 2027 年 PUE 降至 1.3。}
        open: {en: Whether new halls count from their first day., zh: 新机房是否自投用起计入。}
        confidence: high
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Final

import yaml

from agent.hubs.entries import ExtensionEntry, FactEntry, HubEntry, KpiFile, PolicyFile, SourceEntry
from agent.hubs.model import WHOLE_HUB, Alternative, Fact, Hub, Kpi, Registry, Source, Text
from agent.hubs.units import UNITS, to_base
from collectors.base import ConfigError
from collectors.strict import Document, Problems, nearest

PACKAGED: Final = Path(__file__).parent
_NOT_HUBS: Final = ("kpis.yaml", "policy.yaml")
SUFFIXES: Final = (".yaml", ".yml")

Entry = HubEntry | ExtensionEntry


@dataclass(frozen=True, slots=True)
class _File:
    document: Document
    entry: Entry


@dataclass(slots=True)
class _Draft:
    """A hub while its files are put together."""

    entry: HubEntry
    file: _File
    scopes: dict[str, Text] = field(default_factory=dict)
    facts: list[Fact] = field(default_factory=list)
    policy: list[str] = field(default_factory=list)


def load_registry(hubs_dir: Path | None = None) -> Registry:
    """Load every hub; raises Problems with all mistakes in the operator's files."""
    kpis = {kpi.key: kpi for kpi in Document(PACKAGED / "kpis.yaml").build(KpiFile).kpis}
    policies = Document(PACKAGED / "policy.yaml").build(PolicyFile)
    files = [_open(path) for path in sorted(PACKAGED.glob("*.yaml")) if path.name not in _NOT_HUBS]
    errors: list[ConfigError] = []
    for path in _own_files(hubs_dir):
        try:
            files.append(_open(path))
        except Problems as problems:
            errors += problems.errors
    registry = _Assembly(kpis, policies, files).registry()
    errors += [error for file in files for error in file.document.errors]
    if errors:
        raise Problems(sorted(errors, key=lambda error: (error.file, error.line)))
    return registry


def _own_files(hubs_dir: Path | None) -> list[Path]:
    if hubs_dir is None:
        return []
    try:
        return sorted(
            path
            for path in hubs_dir.iterdir()
            if path.suffix in SUFFIXES and not path.name.startswith(".")
        )
    except OSError as error:
        raise Problems(
            [ConfigError(f"cannot be read: {error.strerror}", file=str(hubs_dir))]
        ) from None


def _open(path: Path) -> _File:
    document = Document(path)
    extends = _at(document.root, "extends") is not None
    return _File(document, document.build(ExtensionEntry) if extends else document.build(HubEntry))


def _at(node: yaml.Node | None, *keys: str | int) -> yaml.Node | None:
    """Return the node under a chain of keys and indexes, for the line of a mistake; None where there is none."""
    for key in keys:
        if isinstance(key, int):
            node = (
                node.value[key]
                if isinstance(node, yaml.SequenceNode) and key < len(node.value)
                else None
            )
        else:
            pairs = node.value if isinstance(node, yaml.MappingNode) else ()
            node = next((value for name, value in pairs if name.value == key), None)
    return node


class _Assembly:
    """Puts the files together and notes what does not fit, at the line that says it."""

    def __init__(self, kpis: dict[str, Kpi], policies: PolicyFile, files: list[_File]) -> None:
        self.kpis = kpis
        self.policies = policies
        self.files = files
        self.drafts: dict[str, _Draft] = {}
        self.ids: dict[str, str] = {}

    def registry(self) -> Registry:
        """Return all hubs, parents before children; where files are wrong, the registry is not to be used."""
        for file in self.files:
            self._own_kpis(file)
            if isinstance(file.entry, HubEntry):
                self._new_hub(file, file.entry)
        for file in self.files:
            self._scopes(file)
        for file in self.files:
            self._facts(file)
        for draft in self.drafts.values():
            self._parents(draft)
        for file in self.files:
            self._milestones(file)
        hubs = {draft.entry.key: self._hub(draft) for draft in self.drafts.values()}
        return Registry(
            hubs=dict(sorted(hubs.items(), key=lambda item: _rank(hubs, item[0]))), kpis=self.kpis
        )

    def _own_kpis(self, file: _File) -> None:
        for n, entry in enumerate(file.entry.kpis):
            if entry.key in self.kpis:
                file.document.fail(
                    _at(file.document.root, "kpis", n, "key"),
                    f"kpis[{n}].key",
                    f"{entry.key} exists already",
                )
            else:
                self.kpis[entry.key] = Kpi(
                    key=entry.key,
                    unit=entry.unit,
                    name=entry.name,
                    measured=entry.measured,
                    stock=entry.stock,
                )

    def _new_hub(self, file: _File, entry: HubEntry) -> None:
        other = self.drafts.get(entry.key)
        if other is None:
            self.drafts[entry.key] = _Draft(entry, file)
            return
        message = f"{entry.key} is described in {other.file.document.name}; to add to it, write extends: {entry.key}"
        file.document.fail(_at(file.document.root, "key"), "key", message)

    def _draft(self, file: _File) -> _Draft | None:
        entry = file.entry
        if isinstance(entry, HubEntry):
            draft = self.drafts.get(entry.key)
            return draft if draft is not None and draft.file is file else None
        return self.drafts.get(entry.extends)

    def _scopes(self, file: _File) -> None:
        root, entry = file.document.root, file.entry
        draft = self._draft(file)
        if draft is None:
            if isinstance(entry, ExtensionEntry):
                message = f"no such hub{nearest(entry.extends, self.drafts)}"
                file.document.fail(_at(root, "extends"), "extends", message)
            return
        for scope, text in entry.scopes.items():
            if scope == WHOLE_HUB or scope in draft.scopes:
                taken = "is the hub as a whole" if scope == WHOLE_HUB else "exists already"
                file.document.fail(_at(root, "scopes", scope), f"scopes.{scope}", taken)
            else:
                draft.scopes[scope] = text
        for n, policy in enumerate(entry.policy):
            if policy not in self.policies.policies:
                message = f"no such policy{nearest(policy, self.policies.policies)}"
                file.document.fail(_at(root, "policy", n), f"policy[{n}]", message)
            elif policy not in draft.policy:
                draft.policy.append(policy)

    def _facts(self, file: _File) -> None:
        draft = self._draft(file)
        if draft is None:
            return
        for n, entry in enumerate(file.entry.facts):
            where = f"{file.document.name}:{_line(_at(file.document.root, 'facts', n, 'id'))}"
            if entry.id in self.ids:
                self._fail_fact(file, n, "id", f"{entry.id} is taken (in {self.ids[entry.id]})")
                continue
            self.ids[entry.id] = where
            if self._fact_is_sound(file, n, entry, draft):
                draft.facts.append(
                    _fact(entry, draft.entry, self.kpis[entry.kpi], file.entry.sources)
                )

    def _fact_is_sound(self, file: _File, n: int, entry: FactEntry, draft: _Draft) -> bool:
        before = len(file.document.errors)
        if entry.source not in file.entry.sources:
            self._fail_fact(
                file,
                n,
                "source",
                f"no such source in this file{nearest(entry.source, file.entry.sources)}",
            )
        if entry.scope != WHOLE_HUB and entry.scope not in draft.scopes:
            known = nearest(entry.scope, (WHOLE_HUB, *draft.scopes))
            self._fail_fact(file, n, "scope", f"not among the hub's scopes{known}")
        kpi = self.kpis.get(entry.kpi)
        if kpi is None:
            self._fail_fact(file, n, "kpi", f"unknown{nearest(entry.kpi, self.kpis)}")
        elif entry.unit is not None and UNITS[entry.unit].base != UNITS[kpi.unit].base:
            self._fail_fact(
                file,
                n,
                "unit",
                f"{kpi.key} is counted in {kpi.unit}, which {entry.unit} cannot be turned into",
            )
        return len(file.document.errors) == before

    def _parents(self, draft: _Draft) -> None:
        parent, seen = draft.entry.parent, {draft.entry.key}
        document = draft.file.document
        while parent:
            if parent in seen:
                document.fail(
                    _at(document.root, "parent"),
                    "parent",
                    f"{draft.entry.key} would be above itself",
                )
                return
            if parent not in self.drafts:
                if parent == draft.entry.parent:  # else it is told where it stands
                    message = f"no such hub{nearest(parent, self.drafts)}"
                    document.fail(_at(document.root, "parent"), "parent", message)
                return
            seen.add(parent)
            parent = self.drafts[parent].entry.parent

    def _milestones(self, file: _File) -> None:
        for n, entry in enumerate(file.entry.facts):
            goal = entry.milestone_of
            if goal and goal not in self.ids:
                self._fail_fact(file, n, "milestone_of", f"no such fact{nearest(goal, self.ids)}")
            elif goal == entry.id:
                self._fail_fact(file, n, "milestone_of", "a fact cannot lead to itself")

    def _fail_fact(self, file: _File, n: int, key: str, message: str) -> None:
        file.document.fail(_at(file.document.root, "facts", n, key), f"facts[{n}].{key}", message)

    def _hub(self, draft: _Draft) -> Hub:
        entry = draft.entry
        policy = [
            replace(
                _fact(fact, entry, self.kpis[fact.kpi], self.policies.sources),
                policy=self.policies.policies[key].name.en,
            )
            for key in draft.policy
            for fact in self.policies.policies[key].facts
        ]
        return Hub(
            key=entry.key,
            name=entry.name,
            parent=entry.parent,
            timezone=entry.timezone,
            scopes=draft.scopes,
            latitude=entry.location.latitude if entry.location else None,
            longitude=entry.location.longitude if entry.location else None,
            facts=tuple(sorted(draft.facts, key=lambda fact: fact.number or 10**6)),
            policy=tuple(policy),
        )


def _line(node: yaml.Node | None) -> int:
    return node.start_mark.line + 1 if node is not None else 0


def _rank(hubs: Mapping[str, Hub], key: str) -> tuple[str, ...]:
    """Order hubs as a tree read from the top: each after its parent, siblings by key."""
    path: list[str] = []
    while key in hubs and key not in path:
        path.append(key)
        key = hubs[key].parent
    return tuple(reversed(path))


def _fact(entry: FactEntry, hub: HubEntry, kpi: Kpi, sources: Mapping[str, SourceEntry]) -> Fact:
    unit = entry.unit or kpi.unit
    source = sources[entry.source]
    return Fact(
        id=entry.id,
        hub=hub.key,
        timezone=hub.timezone,
        number=entry.number,
        kind=entry.kind,
        kpi=kpi,
        scope=entry.scope,
        op=entry.op,
        value=None if entry.value is None else to_base(entry.value, unit),
        unit=unit,
        at_least=entry.at_least,
        deadline=entry.deadline,
        stated=entry.stated,
        source=Source(publisher=source.publisher, date=source.date, about=source.about),
        text=entry.text,
        open=entry.open,
        measured=entry.measured or kpi.measured,
        confidence=entry.confidence,
        derived=entry.derived,
        milestone_of=entry.milestone_of,
        alternatives=tuple(
            Alternative(value=to_base(a.value, unit), text=a.text) for a in entry.alternatives
        ),
    )


def hub_keys(hubs_dir: Path | None = None) -> list[str]:
    """Return the keys a config may name; cheap without a `hubs_dir`: packaged files are named after their hub.

    Raises Problems with all mistakes in the operator's files.
    """
    if hubs_dir is not None:
        return sorted(load_registry(hubs_dir).hubs)
    return sorted(path.stem for path in PACKAGED.glob("*.yaml") if path.name not in _NOT_HUBS)
