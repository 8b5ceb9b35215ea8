"""Series that cover the catalogue for every hub of the registry, as a page at any moment.

Not a simulation: one plausible value a series, counters that rise, so that a query which returns
nothing is a wrong query.
"""

from __future__ import annotations

import itertools
import re
import threading
import time
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from functools import cached_property
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import NamedTuple

from agent.hubs.model import WHOLE_HUB, Hub, Registry
from agent.pue.model import PUE_STATES
from agent.sinks.lineprotocol import LineRenderer
from agent.targets import kpis
from agent.targets.model import STATES
from collectors.base import Batch, Metric, Series
from collectors.catalogue import all_metrics, site
from collectors.catalogue.limits import WINDOWS

START = time.time() - 86_400
TARGET_METRICS = (
    site.KPI_VALUE,
    site.KPI_COVERAGE,
    site.TARGET_VALUE,
    site.TARGET_DEADLINE,
    site.TARGET_INFO,
    site.TARGET_STATE,
    site.OBSERVATION_VALUE,
)
OPTIONS: Mapping[str, Sequence[str]] = {
    "row": ("A",),
    "rack": ("A01", "A02"),
    "feed": ("A", "B"),
    "kind": ("space", "power"),
    "bound": ("lower", "upper", "earliest", "expected", "latest"),
    "window": WINDOWS,
    "boundary": ("facility", "it", "renewable", "reused"),
    "share": ("0.5", "0.9"),
    "peer": ("guangzhou", "shenzhen", "hangzhou"),
    "vendor": ("huawei",),
    "precision": ("fp16", "fp32", "int8"),
    "mode": ("idle", "user", "iowait"),
    "fstype": ("ext4",),
    "mountpoint": ("/",),
    "method": ("racks", "units", "power"),
    "point": ("utility", "it_input"),
    "category": ("2",),
    "phase": ("1",),
    "source": ("redfish",),
}
BY_METRIC: Mapping[tuple[str, str], Sequence[str]] = {
    (site.SITE_PUE_STATE.full_name, "state"): PUE_STATES,
    ("dc_site_info", "state"): ("in_service", "under_construction"),
    ("dc_rack_info", "state"): ("in_service", "under_construction"),
}
VALUES = {"facility": 1200.0, "it": 1000.0}
WHOLE = {"dc_breaker_coverage_ratio"}
"""Shares that are 1: behind a breaker that is heard in part, no imbalance is known."""


class Sample(NamedTuple):
    """A series: its name, its labels as text, and its value."""

    name: str
    labels: str
    value: float | None
    """None for a counter, which rises by one a second from START on."""

    def at(self, now: float) -> float:
        """Return the value at a moment."""
        return now - START if self.value is None else self.value


class Catalogue:
    """Every series of the catalogue for every hub, made once and told at any moment."""

    def __init__(self, registry: Registry) -> None:
        self._samples = list(_samples(registry, ("n1",)))

    def page(self, now: float, *, computed: bool = True, stamped: bool = False) -> str:
        """Return every series with its value at a moment, labelled as a scrape would label it.

        Without `computed`, the values agents compute for KPIs are left out, so that only raw series
        can answer for them.
        """
        stamp = f" {now * 1000:.0f}" if stamped else ""
        return "".join(
            f"{sample.name}{{{sample.labels}}} {sample.at(now):.10g}{stamp}\n"
            for sample in self._samples
            if computed or sample.name != site.KPI_VALUE.full_name
        )

    def lines(self, now: float) -> bytes:
        """Return every series with its value at a moment as an agent pushes it."""
        return b"".join(
            renderer.render(
                Batch(
                    collector="all",
                    device="",
                    time=now,
                    lifetime=60,
                    readings=[(series, sample.at(now)) for series, sample in some],
                )
            )[0]
            for renderer, some in self._pushed
        )

    @cached_property
    def _pushed(self) -> list[tuple[LineRenderer, list[tuple[Series, Sample]]]]:
        by_name = {metric.full_name: metric for metric in all_metrics()}
        found: dict[tuple[tuple[str, str], ...], list[tuple[Series, Sample]]] = {}
        for sample in self._samples:
            name = sample.name
            metric = by_name.get(name) or by_name[re.sub("_(bucket|sum|count)$", "", name)]
            labels = dict(re.findall(r'(\w+)="([^"]*)"', sample.labels))
            own = tuple(label for label in labels if label in (*metric.labels, "le"))
            tags = tuple((label, text) for label, text in labels.items() if label not in own)
            series = metric.sample_series(name, own, tuple(labels[label] for label in own))
            found.setdefault(tags, []).append((series, sample))
        return [(LineRenderer(dict(tags)), some) for tags, some in found.items()]


def _samples(registry: Registry, instances: Sequence[str]) -> Iterator[Sample]:
    metrics = [metric for metric in all_metrics() if metric not in TARGET_METRICS]
    for hub in registry.hubs.values():
        for metric in metrics:
            yield from _of_metric(metric, hub, instances)
        yield from _of_targets(registry, hub)


def _of_metric(metric: Metric, hub: Hub, instances: Sequence[str]) -> Iterator[Sample]:
    def options(label: str) -> Sequence[str]:
        if label == "hub":
            return (hub.key,)
        if label == "site":
            return (f"{hub.key}-1",)
        if label == "scope":
            return tuple(hub.scopes) or ("some",)
        return BY_METRIC.get((metric.full_name, label)) or OPTIONS.get(label, (f"some-{label}",))

    target = () if metric.full_name.startswith("dc_") else ("hub", "site", "instance")
    names = (*metric.labels, *target)
    for values in itertools.product(
        *(instances if label == "instance" else options(label) for label in names)
    ):
        labels = dict(zip(names, values, strict=True))
        text = ",".join(f'{name}="{value}"' for name, value in labels.items())
        if metric.type == "histogram":
            for suffix, extra in (("_bucket", ',le="+Inf"'), ("_sum", ""), ("_count", "")):
                yield Sample(metric.full_name + suffix, text + extra, None)
        elif metric.type == "counter":
            yield Sample(metric.full_name, text, None)
        elif metric.full_name.endswith("_info") or "state" in labels:
            # Targets and PUEs are in one state at a time.
            yield Sample(
                metric.full_name,
                text,
                float(labels.get("state") in (None, "in_service", "under_construction", "valid")),
            )
        else:
            usual = 1.0 if metric.full_name in WHOLE else 0.5
            yield Sample(metric.full_name, text, VALUES.get(labels.get("boundary", ""), usual))


def _of_targets(registry: Registry, hub: Hub) -> Iterator[Sample]:
    for fact in (*hub.facts, *hub.policy):
        base = f'hub="{hub.key}",target="{fact.id}",kpi="{fact.kpi.key}",scope="{fact.scope}"'
        yield Sample(
            site.TARGET_INFO.full_name, f'{base},kind="{fact.kind}",source="s",stated="2024"', 1
        )
        yield Sample(site.OBSERVATION_VALUE.full_name, f'{base},stated="2024"', 1)
        if fact.value is not None:
            yield Sample(site.TARGET_VALUE.full_name, f'{base},op="{fact.op}"', fact.value)
            yield Sample(site.TARGET_DEADLINE.full_name, base, START + 9e7)
        for state in STATES:
            yield Sample(
                site.TARGET_STATE.full_name, f'{base},state="{state}"', float(state == "at_risk")
            )
    measured = {(key, WHOLE_HUB) for key in kpis.measured(registry.kpis.values())}
    for kpi_key, scope in sorted(
        measured | {(fact.kpi.key, fact.scope) for fact in (*hub.facts, *hub.policy)}
    ):
        for metric in (site.KPI_VALUE, site.KPI_COVERAGE):
            yield Sample(metric.full_name, f'hub="{hub.key}",kpi="{kpi_key}",scope="{scope}"', 1)


@contextmanager
def served(registry: Registry, *, computed: bool = True) -> Iterator[str]:
    """Serve the page on loopback; yields its address."""
    catalogue = Catalogue(registry)

    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            body = catalogue.page(time.time(), computed=computed).encode()
            self.send_response(200)
            self.send_header("Content-Type", "text/plain; version=0.0.4")
            self.end_headers()
            self.wfile.write(body)

        def log_message(self, *_: object) -> None:
            """Say nothing."""

    with ThreadingHTTPServer(("127.0.0.1", 0), Handler) as server:
        thread = threading.Thread(target=server.serve_forever, daemon=True)
        thread.start()
        try:
            yield f"127.0.0.1:{server.server_address[1]}"
        finally:
            server.shutdown()
            thread.join()
