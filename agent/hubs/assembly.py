"""Build the registry from the hub files; each mistake is noted with its line."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Final

from agent.hubs.entries import (
    ExtensionEntry,
    FactEntry,
    HubEntry,
    PolicyFile,
    SourceEntry,
)
from agent.hubs.hubfile import HubFile
from agent.hubs.kpinames import KpiNames
from agent.hubs.model import (
    UNDATED,
    WHOLE_HUB,
    Alternative,
    Fact,
    Hub,
    Kpi,
    Registry,
    Source,
    key_part,
)
from agent.hubs.text import Text
from agent.hubs.units import UNITS, show, to_base
from agent.messages.catalogue import DEFAULT, words
from collectors.strict import nearest

OWN_TEXT: Final = Text.written(lambda language: words(language)("own.text"))
OWN_ABOUT: Final = Text.written(lambda language: words(language)("own.about"))
NOTHING_OPEN: Final = Text.written(lambda language: words(language)("registered.nothing_open"))


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
    """Checks the hub files against each other, and builds the registry from them."""

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
            self._kpis.add_peers(file)
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
        return Registry(hubs=dict(in_order), kpis=self._kpis.all(), peers=self._kpis.peers)

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
                draft.scopes[scope] = text.text()
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
        for n, written in enumerate(file.entry.facts):
            entry = replace(written, id=written.id or _own_id(draft.entry.key, written))
            if entry.id in self._ids:
                other = self._ids[entry.id]
                if written.id:
                    file.fail(f"{entry.id} is taken (in {other})", "facts", n, "id")
                else:
                    file.fail(f"{entry.id} is taken (in {other}); give it an id", "facts", n, "id")
                continue
            self._ids[entry.id] = f"{file.name}:{file.line('facts', n)}"
            kpi = self._sound_kpi(file, n, entry, draft)
            if kpi is not None:
                draft.facts.append(_fact(entry, draft.entry, kpi, file.entry.sources))

    def _sound_kpi(self, file: HubFile, n: int, entry: FactEntry, draft: _Draft) -> Kpi | None:
        """Return a fact's KPI; None, with the mistakes noted, where the fact cannot be used.

        Its source, scope, KPI and labels must exist. Its unit must be one of the KPI, and its value
        within the KPI's bounds.
        """
        before = len(file.document.errors)
        if entry.source and entry.source not in file.entry.sources:
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
        if kpi is not None and len(file.document.errors) == before:
            _refuse_beyond_bounds(file, n, entry, kpi)
        return kpi if len(file.document.errors) == before else None

    def _parents(self, draft: _Draft) -> None:
        parent, seen = draft.entry.parent, {draft.entry.key}
        while parent:
            if parent in seen:
                draft.file.fail(f"{draft.entry.key} would be its own ancestor", "parent")
                return
            if parent not in self._drafts:
                if parent == draft.entry.parent:  # else it is noted at the hub that names it
                    draft.file.fail(f"no such hub{nearest(parent, self._drafts)}", "parent")
                return
            seen.add(parent)
            parent = self._drafts[parent].entry.parent

    def _milestones(self, file: HubFile) -> None:
        draft = self._draft(file)
        for n, entry in enumerate(file.entry.facts) if draft is not None else ():
            goal = entry.milestone_of
            if goal and goal not in self._ids:
                message = f"no such fact{nearest(goal, self._ids)}"
                file.fail(message, "facts", n, "milestone_of")
            elif (
                goal and draft is not None and goal == (entry.id or _own_id(draft.entry.key, entry))
            ):
                file.fail("a fact cannot be its own milestone", "facts", n, "milestone_of")

    def _hub(self, draft: _Draft) -> Hub:
        entry = draft.entry
        return Hub(
            key=entry.key,
            name=entry.name.text(),
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
                yield replace(fact, policy=policy.name.text().en)


def _fits(unit: str, kpi: Kpi) -> bool:
    return UNITS[unit].base == UNITS[kpi.unit].base


def _rank(hubs: Mapping[str, Hub], key: str) -> tuple[str, ...]:
    """Order hubs as a tree read from the top: each after its parent, siblings by key."""
    path: list[str] = []
    while key in hubs and key not in path:
        path.append(key)
        key = hubs[key].parent
    return tuple(reversed(path))


def _own_id(hub: str, entry: FactEntry) -> str:
    """Return the id of a fact whose file states none: `north-pue`, `north-round-trip-paris`."""
    labels = [key_part(value).replace("_", "-") for value in entry.labels.values()]
    scope = "" if entry.scope == WHOLE_HUB else entry.scope
    parts = (hub, entry.kpi.replace("_", "-"), *labels, scope)
    return "-".join(part for part in parts if part)


def _refuse_beyond_bounds(file: HubFile, n: int, entry: FactEntry, kpi: Kpi) -> None:
    """Refuse a figure that its KPI cannot have, such as a PUE of 0.9."""
    if entry.value is None:
        return
    unit = entry.unit or kpi.unit
    value = to_base(entry.value, unit)
    low = value < kpi.least
    high = kpi.most is not None and value > kpi.most
    bound = kpi.least if low else kpi.most
    if (low or high) and bound is not None:
        name, shown = kpi.name.en, show(bound, unit, DEFAULT)
        if low:
            file.fail(f"{name} is at least {shown}, got {entry.value:g}", "facts", n, "value")
        else:
            file.fail(f"{name} is at most {shown}, got {entry.value:g}", "facts", n, "value")


def _fact(entry: FactEntry, hub: HubEntry, kpi: Kpi, sources: Mapping[str, SourceEntry]) -> Fact:
    unit = entry.unit or kpi.unit
    source = _source(sources[entry.source]) if entry.source else _operator(hub)
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
        source=source,
        text=OWN_TEXT if entry.text is None else entry.text.text(),
        open=NOTHING_OPEN if entry.open is None else entry.open.text(),
        measured=kpi.measured if entry.measured is None else entry.measured.text(),
        confidence=entry.confidence,
        derived=entry.derived,
        milestone_of=entry.milestone_of,
        alternatives=tuple(
            Alternative(value=to_base(a.value, unit), text=a.text.text())
            for a in entry.alternatives
        ),
    )


def _source(entry: SourceEntry) -> Source:
    return Source(publisher=entry.publisher.text(), date=entry.date, about=entry.about.text())


def _operator(hub: HubEntry) -> Source:
    """Return the source of a figure that operators set for their own hub."""
    return Source(publisher=hub.name.text(), date=UNDATED, about=OWN_ABOUT)
