"""The table of a hub's dashboard that says where each figure comes from."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

from agent.hubs.model import WHOLE_HUB, Fact, Hub, Registry
from agent.hubs.units import UNITS, show
from agent.targets.wording import OPERATORS
from dashboards.language import Language, Stated, Text, said
from dashboards.panels import Maker

HEADLINE: Final = (
    "racks_in_service",
    "pue",
    "accelerators",
    "compute_flops",
    "renewable_energy_factor",
    "rack_occupancy",
)
"""KPIs that a reader looks for first. If a hub stated nothing about one, the table says so."""


def provenance(make: Maker, registry: Registry, hub: Hub) -> str:
    """Write the facts as a Markdown table, and what the hub stated nothing about."""
    heads = (
        Text("Figure"),
        Text("Stated"),
        Text("Due"),
        Text("Source"),
        Text("Left open"),
    )
    lines = ["| " + " | ".join(make.say(head) for head in heads) + " |", "|---" * len(heads) + "|"]
    lines += [_row(fact, make.language) for fact in hub.facts]
    if hub.policy:
        lines += [
            "",
            make.say(Text("National policy, not stated by the hub:")),
            "",
            *lines[:2],
        ]
        lines += [_row(fact, make.language) for fact in hub.policy]
    stated = {fact.kpi.key for fact in hub.facts if fact.scope == WHOLE_HUB}
    silent = [said(registry.kpis[key].name, make.language) for key in HEADLINE if key not in stated]
    if silent:
        start = make.say(Text("**No target stated** for the whole hub: "))
        lines += ["", start + make.say(Text(", ")).join(silent)]
    return "\n".join(lines)


def _row(fact: Fact, language: Language) -> str:
    parts: dict[str, str | Text | Stated] = {"value": _value(fact), "kpi": fact.kpi.name}
    figure = Text("**{value}** {kpi}", parts)
    if fact.derived:
        figure = Text("**{value}** {kpi} (derived by us)", parts)
    due = fact.deadline.text if fact.deadline else Text("none stated")
    source = Text(
        "{publisher}, {date}",
        {"publisher": fact.source.publisher, "date": fact.source.date.text},
    )
    cells = (figure, fact.text, due, source, fact.open)
    told = (" ".join(said(cell, language).split()).replace("|", "\\|") for cell in cells)
    return "| " + " | ".join(told) + " |"


def _value(fact: Fact) -> Text:
    if fact.value is None:
        return Text("rising")
    compared = fact.kind != "observation" and UNITS[fact.unit].base != "yes"
    sign = f"{OPERATORS[fact.op]} " if compared else ""
    figure: dict[str, str | Stated] = {"sign": sign, "figure": Figure(fact.value, fact.unit)}
    if fact.at_least and not sign:
        return Text("over {figure}", figure)
    return Text("{sign}{figure}", figure)


@dataclass(frozen=True, slots=True)
class Figure:
    """A value with its unit, in any language."""

    value: float
    unit: str

    def get(self, language: str, /) -> str:
        """Return the value in the unit's own scale for the language."""
        return show(self.value, self.unit, language)
