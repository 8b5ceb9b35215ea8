"""The figures of a period as lines of text: PUE, its coverage and energies, and other factors."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterator
from typing import Final

from agent.inventory.model import Site
from agent.ledger.energy import JOULES_PER_KWH
from agent.messages.catalogue import Words
from agent.messages.notes import note_text
from agent.pue.model import PueResult
from agent.targets.columns import padded_to

_LABEL: Final = 13
"""Columns that a label takes on the terminal."""


def kwh(joules: float) -> str:
    """Return energy in kilowatt-hours."""
    return f"{joules / JOULES_PER_KWH:.3f}"


def figures(result: PueResult, site: Site, w: Words) -> Iterator[str]:
    """Yield the lines about the PUE of a period."""
    start, end = (
        f"{dt.datetime.fromtimestamp(time, site.zone):%Y-%m-%d %H:%M %Z}"
        for time in (result.start, result.end)
    )
    yield w("ledger.period", site=site.name or site.site, start=start, end=end)
    yield _line(w, "pue", _pue(result, w))
    yield _line(w, "coverage", f"{result.coverage:.1%}")
    yield _line(w, "uncertainty", _uncertainty(result, w))
    yield _line(w, "facility", f"{kwh(result.facility_joules)} kWh")
    yield _line(w, "it", f"{kwh(result.it_joules)} kWh")
    if result.renewable_ratio is not None:
        share = f"{result.renewable_ratio:.1%}"
        yield _line(w, "renewable", w("ledger.renewable.said", share=share))
    yield from _beside(result, w)
    for note in result.notes:
        yield w("ledger.note", note=note_text(note, w))


def _line(w: Words, label: str, text: str) -> str:
    return padded_to(w(f"ledger.{label}"), _LABEL) + text


def _pue(result: PueResult, w: Words) -> str:
    state = w.of("ledger.state", result.state)
    kind = w("ledger.unmetered")
    if result.category:
        point = w.of("ledger.point", result.it_point or "")
        kind = w("ledger.category", category=result.category, point=point)
    return w(
        "ledger.pue.said",
        value=w("ledger.no_value") if result.pue is None else f"{result.pue:.3f}",
        state=w("ledger.interim", state=state) if result.interim else state,
        kind=kind,
        edition=result.edition,
    )


def _uncertainty(result: PueResult, w: Words) -> str:
    if result.uncertainty is None:
        return w("ledger.unknown")
    return w("ledger.uncertainty.said", share=f"{result.uncertainty:.2%}")


def _beside(result: PueResult, w: Words) -> Iterator[str]:
    """Yield the other factors, the grade, and the overhead by subsystem."""
    basis = w.of("overhead.basis", result.carbon_basis)
    units = {"erf": "", "cue": w("ledger.cue.unit", basis=basis), "wue": " l/kWh"}
    for factor in result.factors:
        if factor.per_kwh is not None:
            yield padded_to(factor.name.upper(), _LABEL) + w(
                "ledger.factor",
                value=f"{factor.per_kwh:.3f}{units[factor.name]}",
                standard=factor.standard,
                coverage=f"{factor.coverage:.1%}",
            )
    if result.grade is not None:
        grade = w("ledger.grade.of", grade=result.grade) if result.grade else w("ledger.grade.none")
        when = "ledger.grade.interim" if result.interim else "ledger.grade.said"
        yield _line(w, "grade", w(when, grade=grade))
    for one in result.overheads:
        coverage = f"{one.coverage:.1%}"
        said = w("ledger.overhead.coverage", coverage=coverage)
        if one.partial_pue is not None:
            said = w("ledger.overhead.partial", pue=f"{one.partial_pue:.3f}", coverage=coverage)
        energy = w("ledger.overhead", energy=kwh(one.joules), said=said)
        yield padded_to(w.of("ledger.subsystem", one.subsystem), _LABEL) + energy
