"""Make the registry of the hub files, and note what does not fit, at the line that says it."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace

from agent.hubs.entries import (
    ExtensionEntry,
    FactEntry,
    HubEntry,
    PolicyFile,
    SourceEntry,
)
from agent.hubs.hubfile import HubFile
from agent.hubs.kpinames import KpiNames
from agent.hubs.model import WHOLE_HUB, Alternative, Fact, Hub, Kpi, Registry, Source
from agent.hubs.text import Text
from agent.hubs.units import UNITS, to_base
from collectors.strict import nearest


@dataclass(slots=True)
class _Draft:
    """A hub while its files are put together."""

    entry: HubEntry
    file: HubFile
    scopes: dict[str, Text] = field(default_factory=dict)
    sites: list[str] = field(default_factory=list)
    facts: list[Fact] = field(default_factory=list)
    policy: list[str] = field(default_factory=list)


class Assembly:
    """Puts the files together and notes what does not fit, at the line that says it."""

    def __init__(self, kpis: KpiNames, policies: PolicyFile, files: Sequence[HubFile]) -> None:
        self._kpis = kpis
        self._policies = policies
        self._files = files
        self._drafts: dict[str, _Draft] = {}
        self._ids: dict[str, str] = {}

    def registry(self) -> Registry:
        """Return all hubs, parents before children.

        Mistakes are noted in the files' documents; where there are any, the registry is not to be
        used.
        """
        for file in self._files:
            self._kpis.add(file)
            if isinstance(file.entry, HubEntry):
                self._new_hub(file, file.entry)
        for file in self._files:
            self._kpis.add_narrowed(file)
            self._scopes(file)
        for file in self._files:
            self._facts(file)
        for draft in self._drafts.values():
            self._parents(draft)
        for file in self._files:
            self._milestones(file)
        hubs = {draft.entry.key: self._hub(draft) for draft in self._drafts.values()}
        in_order = sorted(hubs.items(), key=lambda item: _rank(hubs, item[0]))
        return Registry(hubs=dict(in_order), kpis=self._kpis.all())

    def _new_hub(self, file: HubFile, entry: HubEntry) -> None:
        other = self._drafts.get(entry.key)
        if other is None:
            self._drafts[entry.key] = _Draft(entry, file)
            return
        file.fail(
            f"{entry.key} is described in {other.file.name}; to add to it, write"
            f" extends: {entry.key}",
            "key",
        )

    def _draft(self, file: HubFile) -> _Draft | None:
        entry = file.entry
        if isinstance(entry, HubEntry):
            draft = self._drafts.get(entry.key)
            return draft if draft is not None and draft.file is file else None
        return self._drafts.get(entry.extends)

    def _scopes(self, file: HubFile) -> None:
        entry = file.entry
        draft = self._draft(file)
        if draft is None:
            if isinstance(entry, ExtensionEntry):
                file.fail(f"no such hub{nearest(entry.extends, self._drafts)}", "extends")
            return
        for scope, text in entry.scopes.items():
            if scope == WHOLE_HUB:
                file.fail("is the hub as a whole", "scopes", scope)
            elif scope in draft.scopes:
                file.fail("exists already", "scopes", scope)
            else:
                draft.scopes[scope] = text
        draft.sites += entry.sites
        for n, policy in enumerate(entry.policy):
            if policy not in self._policies.policies:
                message = f"no such policy{nearest(policy, self._policies.policies)}"
                file.fail(message, "policy", n)
            elif policy not in draft.policy:
                draft.policy.append(policy)

    def _facts(self, file: HubFile) -> None:
        draft = self._draft(file)
        if draft is None:
            return
        for n, entry in enumerate(file.entry.facts):
            if entry.id in self._ids:
                file.fail(f"{entry.id} is taken (in {self._ids[entry.id]})", "facts", n, "id")
                continue
            self._ids[entry.id] = f"{file.name}:{file.line('facts', n, 'id')}"
            kpi = self._sound_kpi(file, n, entry, draft)
            if kpi is not None:
                draft.facts.append(_fact(entry, draft.entry, kpi, file.entry.sources))

    def _sound_kpi(self, file: HubFile, n: int, entry: FactEntry, draft: _Draft) -> Kpi | None:
        """Return the KPI of a fact that fits what else is known; None where it does not."""
        before = len(file.document.errors)
        if entry.source not in file.entry.sources:
            known = nearest(entry.source, file.entry.sources)
            file.fail(f"no such source in this file{known}", "facts", n, "source")
        if entry.scope != WHOLE_HUB and entry.scope not in draft.scopes:
            known = nearest(entry.scope, (WHOLE_HUB, *draft.scopes))
            file.fail(f"not among the hub's scopes{known}", "facts", n, "scope")
        kpi = self._kpis.find(entry.kpi, entry.labels)
        if kpi is None and not entry.labels:
            self._kpis.fail_unknown(file, entry.kpi, "facts", n)
        if kpi is not None and entry.unit is not None and not _fits(entry.unit, kpi):
            file.fail(
                f"{kpi.key} is counted in {kpi.unit}, which {entry.unit} cannot be turned into",
                "facts",
                n,
                "unit",
            )
        return kpi if len(file.document.errors) == before else None

    def _parents(self, draft: _Draft) -> None:
        parent, seen = draft.entry.parent, {draft.entry.key}
        while parent:
            if parent in seen:
                draft.file.fail(f"{draft.entry.key} would be above itself", "parent")
                return
            if parent not in self._drafts:
                if parent == draft.entry.parent:  # else the file that names it tells of it
                    draft.file.fail(f"no such hub{nearest(parent, self._drafts)}", "parent")
                return
            seen.add(parent)
            parent = self._drafts[parent].entry.parent

    def _milestones(self, file: HubFile) -> None:
        for n, entry in enumerate(file.entry.facts):
            goal = entry.milestone_of
            if goal and goal not in self._ids:
                message = f"no such fact{nearest(goal, self._ids)}"
                file.fail(message, "facts", n, "milestone_of")
            elif goal == entry.id:
                file.fail("a fact cannot lead to itself", "facts", n, "milestone_of")

    def _hub(self, draft: _Draft) -> Hub:
        entry = draft.entry
        return Hub(
            key=entry.key,
            name=entry.name,
            parent=entry.parent,
            timezone=entry.timezone,
            scopes=draft.scopes,
            sites=tuple(dict.fromkeys(draft.sites)),
            latitude=entry.location.latitude if entry.location else None,
            longitude=entry.location.longitude if entry.location else None,
            facts=tuple(sorted(draft.facts, key=lambda fact: fact.number or 10**6)),
            policy=tuple(self._policy(draft)),
        )

    def _policy(self, draft: _Draft) -> Iterator[Fact]:
        """Yield the figures of the policies that a hub's files asked for."""
        for key in draft.policy:
            policy = self._policies.policies[key]
            for entry in policy.facts:
                kpi = self._kpis.find(entry.kpi, entry.labels)
                if kpi is None:
                    raise LookupError(entry.kpi)
                fact = _fact(entry, draft.entry, kpi, self._policies.sources)
                yield replace(fact, policy=policy.name.en)


def _fits(unit: str, kpi: Kpi) -> bool:
    return UNITS[unit].base == UNITS[kpi.unit].base


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
