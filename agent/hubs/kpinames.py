"""The KPIs that hub files may speak of: the packaged ones, a file's own, and narrowed ones.

A file narrows a KPI by a label (`kpi: round_trip`, `labels: {peer: guangzhou}`). The narrowed KPI
has a key of its own, `round_trip_guangzhou`, which other files may use as well.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from typing import Final

from agent.hubs.entries import KpiNameEntry
from agent.hubs.hubfile import HubFile
from agent.hubs.model import Kpi, called
from agent.hubs.text import Text
from agent.messages.catalogue import words
from collectors.strict import nearest

REGISTERED_ONLY: Final = Text.written(lambda language: words(language)("kpi.registered_only"))


class KpiNames:
    """Collects the KPIs of all files and notes what does not fit."""

    def __init__(self, packaged: Mapping[str, Kpi]) -> None:
        self._known = dict(packaged)
        self.peers: dict[str, Text] = {}
        """What the files call peers, by the label of their series."""

    def all(self) -> dict[str, Kpi]:
        """Return every KPI by key; a narrowed one stands behind the one it narrows."""
        plain = [kpi for kpi in self._known.values() if not kpi.of]
        narrowed = [kpi for kpi in self._known.values() if kpi.of]
        return {
            each.key: each
            for kpi in plain
            for each in (kpi, *(one for one in narrowed if one.of == kpi.key))
        }

    def add_peers(self, file: HubFile) -> None:
        """Take a file's names of peers, before any KPI is narrowed to one.

        Several hubs may have a peer in common, under one name.
        """
        for peer, name in file.entry.peers.items():
            known = called(self.peers, peer)
            if known not in ("", peer):
                file.fail(
                    f"{peer} is {known!r} already, but for upper and lower case", "peers", peer
                )
            elif self.peers.setdefault(peer, name.text()) != name.text():
                file.fail(f"{peer} exists already", "peers", peer)

    def add(self, file: HubFile) -> None:
        """Take a file's own KPIs, and its names for narrowed ones."""
        for n, own in enumerate(file.entry.kpis):
            if own.key in self._known:
                file.fail(f"{own.key} exists already", "kpis", n, "key")
            else:
                self._known[own.key] = Kpi(
                    key=own.key,
                    unit=own.unit,
                    name=own.name.text(),
                    measured=REGISTERED_ONLY if own.measured is None else own.measured.text(),
                    stock=own.stock,
                )
        for n, entry in enumerate(file.entry.kpi_names):
            kpi = self._narrow(file, entry.kpi, entry.labels, "kpi_names", n)
            if kpi is not None:
                self._known[kpi.key] = self._named(kpi, entry)

    def add_narrowed(self, file: HubFile) -> None:
        """Take the KPIs that a file's facts narrow."""
        for n, fact in enumerate(file.entry.facts):
            if fact.labels:
                self._narrow(file, fact.kpi, fact.labels, "facts", n)

    def find(self, key: str, labels: Mapping[str, str]) -> Kpi | None:
        """Return the KPI that a fact speaks of; None where `add_narrowed` has noted a mistake."""
        kpi = self._known.get(key)
        if kpi is None or not labels:
            return kpi
        try:
            return self._known.get(kpi.narrowed(next(iter(labels.values()))).key)
        except ValueError:
            return None

    def fail_unknown(self, file: HubFile, key: str, *where: str | int) -> None:
        """Note that a key is no KPI's."""
        file.fail(f"unknown{nearest(key, self._known)}", *where, "kpi")

    @staticmethod
    def _named(kpi: Kpi, entry: KpiNameEntry) -> Kpi:
        measured = kpi.measured if entry.measured is None else entry.measured.text()
        return replace(kpi, name=entry.name.text(), measured=measured)

    def _narrow(
        self, file: HubFile, key: str, labels: Mapping[str, str], *where: str | int
    ) -> Kpi | None:
        """Return the narrowed KPI, made if need be; None where something is wrong."""
        kpi = self._known.get(key)
        if kpi is None:
            self.fail_unknown(file, key, *where)
            return None
        try:
            made = _made(kpi, labels, self.peers)
            known = self._known.setdefault(made.key, made)
            _refuse_another(known, made)
        except _DoesNotFitError as error:
            file.fail(str(error), *where, "labels", *error.keys)
            return None
        return known


class _DoesNotFitError(Exception):
    """Labels that do not fit; `keys` is where among them."""

    def __init__(self, message: str, *keys: str) -> None:
        super().__init__(message)
        self.keys = keys


def _made(kpi: Kpi, labels: Mapping[str, str], peers: Mapping[str, Text]) -> Kpi:
    """Return a KPI narrowed by labels; one of a peer says what people call that."""
    if kpi.labelled is None:
        raise _DoesNotFitError(f"{kpi.key} has no labels")
    wanted = kpi.labelled.label
    wrong = next((name for name in labels if name != wanted), None)
    if wrong is not None:
        raise _DoesNotFitError(f"{kpi.key} takes the label {wanted}, not {wrong}", wrong)
    if wanted not in labels:
        raise _DoesNotFitError(f"{kpi.key} takes the label {wanted}")
    try:
        value = labels[wanted]
        return kpi.narrowed(value, peers.get(called(peers, value)) if wanted == "peer" else None)
    except ValueError:
        raise _DoesNotFitError("needs a letter a to z or a digit", wanted) from None


def _refuse_another(known: Kpi, made: Kpi) -> None:
    """Refuse a narrowed KPI whose key another KPI has: both would be one series."""
    if known.label is None or made.label is None or known.of != made.of:
        raise _DoesNotFitError(f"{made.key} exists already")
    if known.label.value.casefold() != made.label.value.casefold():
        message = f"{made.key} is {known.label.value!r} already; both would be one series"
        raise _DoesNotFitError(message, made.label.name)
