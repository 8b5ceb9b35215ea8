"""Names for the values of labels: points, subsystems, windows, reasons, hubs, promises.

A series has the short id. Legends, tables and alerts show the name, in the words of the board.
"""

from __future__ import annotations

import re
from collections.abc import Collection, Iterable, Mapping, Sequence
from functools import cache
from typing import Any, Final, get_args

from agent.hubs.model import WHOLE_HUB, Fact, Registry
from agent.messages.catalogue import words
from agent.targets.wording import limit_text
from collectors.accelerators.peaks import Precision
from collectors.catalogue.devices import Point
from dashboards.language import Language, Text, said
from dashboards.promql import PART

Names = Mapping[str, Mapping[str, str]]
"""By label: the name of each value."""

_FAMILIES: Final[Mapping[str, tuple[str, ...]]] = {
    "point": ("stage",),
    "boundary": ("stage",),
    "method": ("occupancy",),
    "subsystem": ("overhead.of",),
    "window": ("window",),
    "basis": ("overhead.basis",),
    "collector": ("collector",),
    "state": ("state.rack", "target.state"),
    "reason": ("mismatch", "reason", "rejected"),
    "kind": ("kind_of_device", "headroom.kind"),
    "event": ("register",),
}
"""By label: the prefixes of the board's messages for its values."""
_ONLY: Final[Mapping[str, Collection[str]]] = {
    "point": get_args(Point),
    "boundary": ("facility", "it", "renewable"),
}
"""Labels that have only some of the values for which there are messages."""
_ONE: Final[Mapping[str, Text]] = {
    "meter": Text("Meter"),
    "pdu": Text("PDU"),
    "ups": Text("UPS"),
    "node": Text("Node"),
    "cooling": Text("Cooling unit"),
    "sensor": Text("Sensor"),
    "ats": Text("Transfer switch"),
    "dcplant": Text("DC plant"),
    "generator": Text("Generator"),
    "device": Text("Device"),
    "redfish": Text("Node (Redfish)"),
    "ipmi": Text("Node (IPMI)"),
}
"""Kinds of devices in the singular, for sentences about one device."""
_MORE: Final[Mapping[str, Mapping[str, Text]]] = {
    "reason": {
        "quota": Text("spool full"),
        "corrupt": Text("damaged in the spool"),
        "dead_letter": Text("refused by the database"),
        "power": Text("power limit"),
        "thermal": Text("heat"),
        "hardware": Text("hardware"),
        "stood_still": Text("kept all others waiting"),
        "left_out": Text("left out for a while"),
    },
    "mode": {
        "user": Text("user", context="CPU"),
        "system": Text("system", context="CPU"),
        "nice": Text("nice", context="CPU"),
        "iowait": Text("iowait", context="CPU"),
        "irq": Text("irq", context="CPU"),
        "softirq": Text("softirq", context="CPU"),
        "steal": Text("steal", context="CPU"),
    },
    "scope": {WHOLE_HUB: Text("whole hub")},
    "source": {"rapl": Text("CPUs (RAPL)"), "hwmon": Text("kernel's sensors (hwmon)")},
    "kind": {"corrected": Text("corrected"), "uncorrected": Text("uncorrected")},
    "share": {
        "0.5": Text("median"),
        "0.9": Text("90th percentile"),
        "0.99": Text("99th percentile"),
    },
}
"""By label: names of values that the board has no message for."""
_SAME: Final[Mapping[str, Mapping[str, str]]] = {
    "op": {"<=": "≤", ">=": "≥"},
    "method": {"icmp": "ICMP", "tcp": "TCP", "stamp": "STAMP (RFC 8762)"},
    "source": {"redfish": "Redfish", "ipmi": "IPMI"},
    "precision": {name: name.upper() for name in get_args(Precision)},
    "tenth": {"00 %": "0 %"},
}
"""By label: names that are the same in every language. The tenth is `00 %` so that it sorts."""
_LABEL: Final = re.compile(r"\{\{(\w+)\}\}")
_SIGNS: Final = re.compile(r"[.*+?^${}()|\[\]\\/]")
"""Characters with a special meaning in a regular expression of JavaScript."""
_FIELD: Final = re.compile(r"\{\{ \$labels\.(\w+) \}\}")
_CHAIN: Final = re.compile(r"\{\{ if eq \$labels\.(\w+) .*?\{\{ end \}\}")
_CHOICE: Final = re.compile(r'if eq \$labels\.\w+ "([^"]*)" \}\}(.*?)\{\{')


@cache
def _of_words(language: Language) -> Names:
    w = words(language)
    keys = w.keys()
    found: dict[str, dict[str, str]] = {}
    for label, families in _FAMILIES.items():
        for family in families:
            start = f"{family}."
            values = [key[len(start) :] for key in keys if key.startswith(start)]
            found.setdefault(label, {}).update(
                {
                    value: w.of(family, value).strip()
                    for value in values
                    if "." not in value and value in _ONLY.get(label, values)
                }
            )
    for label, texts in _MORE.items():
        more = {value: text.of(language) for value, text in texts.items()}
        found[label] = {**more, **found.get(label, {})}
    for label, same in _SAME.items():
        found.setdefault(label, {}).update(same)
    found["named_source"] = {
        mark + value: mark + name
        for value, name in found["source"].items()
        for mark in ("", f"{PART} ")
    }
    return found


def names(language: Language, registry: Registry | None = None, *, hub: str = "") -> Names:
    """Return the names in one language; with a registry, of hubs, promises and KPIs as well.

    Promises are those of all hubs, or of one.
    """
    found = dict(_of_words(language))
    if registry is not None:
        hubs = [registry.hubs[hub]] if hub else registry.hubs.values()
        facts = [fact for one in hubs for fact in (*one.facts, *one.policy)]
        found |= {
            "hub": {key: said(one.name, language) for key, one in registry.hubs.items()},
            "kpi": {key: said(kpi.name, language) for key, kpi in registry.kpis.items()},
            "peer": {key: said(name, language) for key, name in registry.peers.items()},
            "target": {fact.id: _promise(fact, language) for fact in facts},
            "scope": {**found["scope"], **_scopes(registry, language)},
        }
    return found


def _scopes(registry: Registry, language: Language) -> dict[str, str]:
    """Return the names of the groups of sites that promises speak of."""
    return {
        key: said(name, language)
        for hub in registry.hubs.values()
        for key, name in hub.scopes.items()
    }


def names_in_alerts(language: Language, registry: Registry | None = None) -> Names:
    """Return the same names for sentences, with kinds of devices in the singular."""
    found = names(language, registry)
    one = {kind: text.of(language) for kind, text in _ONE.items()}
    return {**found, "kind": {**found["kind"], **one}}


def _promise(fact: Fact, language: Language) -> str:
    """Return the name of a promise: its KPI, and its limit if it has one."""
    return f"{said(fact.kpi.name, language)} {limit_text(fact, language)}".strip()


# ------------------------------------------------------------------ in Grafana


def renames(legends: Iterable[str], known: Names) -> list[dict[str, Any]]:
    """Return Grafana's transformations that write names for ids in the legends of a panel.

    Only the place of a label in its legend is renamed, so a site called `other` keeps its name.
    """
    found: dict[str, dict[str, Any]] = {}
    for legend in dict.fromkeys(legends):
        parts = _LABEL.split(legend)
        for at in range(1, len(parts), 2):
            for value, name in known.get(parts[at], {}).items():
                regex, pattern = _rename(parts, at, value, name)
                if name != value:
                    options = {"regex": regex, "renamePattern": pattern}
                    found[regex] = {"id": "renameByRegex", "options": options}
    return list(found.values())


def _rename(parts: Sequence[str], at: int, value: str, name: str) -> tuple[str, str]:
    """Return a regular expression for a legend with this value, and the legend with the name.

    `parts` are the texts between labels and, at odd places, the labels; `at` is the label's place.
    """
    regex, pattern, group = "", "", 0
    for index, part in enumerate(parts):
        if index == at:
            regex += _SIGNS.sub(r"\\\g<0>", value)
            pattern += name.replace("$", "$$")
        elif index % 2:
            group += 1
            regex += "(.*)"
            pattern += f"${group}"
        else:
            regex += _SIGNS.sub(r"\\\g<0>", part)
            pattern += part.replace("$", "$$")
    return regex, pattern


def mappings(label: str, known: Names) -> list[dict[str, Any]]:
    """Return Grafana's value mappings for the column of a label."""
    options = {
        value: {"text": name, "index": index}
        for index, (value, name) in enumerate(known.get(label, {}).items())
        if name != value
    }
    return [{"type": "value", "options": options}] if options else []


# ------------------------------------------------------------------ in alerts


def in_alert(text: str, known: Names) -> str:
    """Return an alert's text with names for ids, chosen when it is sent.

    A value without a name is written as it is.
    """

    def named(found: re.Match[str]) -> str:
        field, label = found[0], found[1]
        chain = " else ".join(
            f'if eq $labels.{label} "{value}" }}}}{name}{{{{'
            for value, name in known.get(label, {}).items()
            if name != value and "{{" not in name and '"' not in value
        )
        return f"{{{{ {chain} else }}}}{field}{{{{ end }}}}" if chain else field

    return _FIELD.sub(named, text)


def filled(text: str, labels: Mapping[str, str]) -> str:
    """Fill in the labels of an alert's text, and choose its names, as Prometheus does."""

    def chosen(found: re.Match[str]) -> str:
        value = labels.get(found[1], "")
        names: dict[str, str] = dict(_CHOICE.findall(found[0]))
        return names.get(value, value)

    return _FIELD.sub(lambda found: labels.get(found[1], ""), _CHAIN.sub(chosen, text))
