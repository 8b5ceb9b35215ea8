"""What all panels of a dashboard share: language, hub, queries, links and bounds."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final

from agent.hubs.model import Registry
from collectors.catalogue.rack_limits import SiteLimits
from dashboards import uids
from dashboards.language import NO_DATA, Language, Text
from dashboards.naming import names, renames
from dashboards.panels.grafana import (
    DATASOURCE,
    Cell,
    Json,
    Modern,
    Query,
    cell,
    ref,
    steps_of,
)
from dashboards.signals.base import Signal

_WAYS: Final = (
    ("rack", uids.RACK, ("hub", "site", "row", "rack")),
    ("instance", uids.NODES, ("hub", "site", "instance")),
    ("meter", uids.METERS, ("hub", "site")),
    ("site", uids.SITE, ("hub", "site")),
    ("hub", "", ()),
)
"""Links of series: by label, the dashboard, and the labels that the link hands on. The nearest
place comes first."""


class Maker:
    """Makes panels from signals in one language: for all hubs, chosen by variables, or for one."""

    def __init__(
        self,
        language: Language,
        hub: str = "",
        *,
        uid: str = "",
        within: Sequence[str] = (),
        registry: Registry | None = None,
        limits: SiteLimits | None = None,
    ) -> None:
        self.language: Language = language
        self.hub = hub
        self.uid = uid
        self.within = ("hub",) if hub else tuple(within)
        """Labels of which the dashboard shows one value at a time, so that legends need not repeat
        them."""
        self.names = names(language, registry, hub=hub)
        self.limits = limits or SiteLimits()

    def say(self, text: Text) -> str:
        """Return a text in the maker's language."""
        return text.of(self.language)

    def under(self, signal: Signal) -> tuple[Sequence[Signal], list[Json]]:
        """Return the signal under the limits, and how its further queries have other thresholds."""
        made = signal.under(self.limits)
        return made, [
            {
                "matcher": {"id": "byFrameRefID", "options": ref(index)},
                "properties": [
                    {"id": "thresholds", "value": {"mode": "absolute", "steps": steps_of(one)}}
                ],
            }
            for index, one in enumerate(made)
            if index
        ]

    def way(self, uid: str) -> str:
        """Return the address of another dashboard that keeps time and data source."""
        return (
            f"/d/{uids.local(uid, self.language)}?${{__url_time_range}}&${{datasource:queryparam}}"
        )

    def modern(
        self,
        kind: str,
        signal: Signal,
        options: Json,
        *more: Signal,
        size: tuple[int, int],
        title: Text | None,
        custom: Json | None = None,
        instant: bool = False,
    ) -> Cell:
        """Return a panel of a type that grafanalib lacks, with its signals' unit and thresholds."""
        (signal, *apart), overrides = self.under(signal)
        more = (*apart, *more)
        color = (
            {"mode": "thresholds"}
            if signal.steps or signal.states or kind != "heatmap"
            else {"mode": "palette-classic"}
        )
        defaults = {
            "unit": signal.unit,
            "decimals": signal.decimals,
            "noValue": self.say(NO_DATA),
            "mappings": self.mappings(signal),
            "color": color,
            "custom": custom or {},
            "thresholds": {"mode": "absolute", "steps": steps_of(signal)},
            **self.bounds(signal),
            **self.ways(signal),
        }
        panel = Modern(
            **self.common(signal, *more, instant=instant, title=title),
            type=kind,
            options=options,
            defaults=defaults,
            overrides=overrides,
        )
        return cell(panel, *size, [signal, *more])

    def common(
        self,
        signal: Signal,
        *more: Signal,
        instant: bool = False,
        table: bool = False,
        title: Text | None = None,
        description: Text | None = None,
    ) -> Json:
        """Return what every panel has: title, description and a query a signal."""
        queries: list[Json] = [
            {
                "expr": item.panel(hub=self.hub),
                "legendFormat": self.legend(item) or "__auto",
                "refId": ref(index),
                "instant": instant,
                "format": "table" if table else "time_series",
                "signal": item,
            }
            for index, item in enumerate((signal, *more))
        ]
        targets = [Query(**query) for query in queries]
        text = description or signal.description
        return {
            "title": _capital(self.say(title or signal.name)),
            "description": self.say(text),
            "dataSource": DATASOURCE,
            "targets": targets,
            "transformations": renames((self.legend(item) for item in (signal, *more)), self.names),
            "maxDataPoints": None,
        }

    def legend(self, signal: Signal) -> str:
        """Return a series' name without the labels that are the same in the whole dashboard."""
        short = signal.legend
        for label in self.within:
            short = short.replace(f"{{{{{label}}}}}", "")
        return " ".join(short.split()) or signal.legend

    def ways(self, signal: Signal) -> Json:
        """Return the link of each series to the dashboard of the nearest place its legend names."""
        for label, uid, along in _WAYS:
            if (
                f"{{{{{label}}}}}" in signal.legend
                and uid != self.uid
                and (label != "hub" or not self.hub)
            ):
                leads = uid or uids.hub_uid("${__field.labels.hub:percentencode}")
                chosen = "".join(
                    f"&var-{name}=${{__field.labels.{name}:percentencode}}" for name in along
                )
                return {
                    "links": [
                        {"title": f"${{__field.labels.{label}}}", "url": self.way(leads) + chosen}
                    ]
                }
        return {}

    def mappings(self, signal: Signal) -> list[Json]:
        """Return the words and colours of a signal's states."""
        if not signal.states:
            return []
        options = {
            str(state.value): {"text": self.say(state.text), "color": state.color, "index": index}
            for index, state in enumerate(signal.states)
        }
        return [{"type": "value", "options": options}]

    def bounds(self, signal: Signal) -> Json:
        """Return the ends of a signal's scale."""
        return {"min": signal.least, "max": signal.most}


def _capital(title: str) -> str:
    """Write a name as the beginning of a line; a symbol such as pPUE stays."""
    return title if title[1:2].isupper() else title[:1].upper() + title[1:]
