"""A whole hub's page, 27 584 racks with 10 gauges each: hubgauge's snapshot beside prometheus-client."""

from __future__ import annotations

import time
from typing import Final

from prometheus_client import CollectorRegistry, Gauge, generate_latest

from agent.snapshot import Snapshot
from agent.web.exposition import render
from collectors.base import Batch, Metric, Series

RACKS: Final = 27_584
LABELS: Final = ("hub", "site", "row", "rack")
NAMES: Final = tuple(f"gauge_{n}" for n in range(10))


def places() -> list[tuple[str, str, str, str]]:
    """Return the label values of every rack."""
    return [("kunming", f"site-{n % 12}", f"R{n % 200:03d}", f"rack-{n:05d}") for n in range(RACKS)]


def cpu_of(function: object, rounds: int) -> float:
    """Return the median CPU seconds of a call."""
    times = []
    for _ in range(rounds):
        began = time.process_time()
        function()  # type: ignore[operator]
        times.append(time.process_time() - began)
    return sorted(times)[len(times) // 2]


def main() -> list[tuple[str, float, str]]:
    """Print CPU seconds a page; return rows of (what, value, unit) for the summary."""
    racks = places()
    registry = CollectorRegistry()
    children = [Gauge(f"dc_rack_{name}", "A gauge.", LABELS, registry=registry) for name in NAMES]
    gauges = [[gauge.labels(*place) for gauge in children] for place in racks]

    def peer_collect() -> None:
        for n, row in enumerate(gauges):
            for gauge in row:
                gauge.set(n * 1.37 + shift)

    shift = 0.1
    peer_update = cpu_of(peer_collect, 3)
    peer = cpu_of(lambda: generate_latest(registry), 3)
    size = len(generate_latest(registry))

    snapshot = Snapshot()
    metrics = [
        Metric(
            namespace="dc",
            subsystem="rack",
            name=name,
            type="gauge",
            help="A gauge.",
            labels=LABELS,
        )
        for name in NAMES
    ]
    series: list[list[Series]] = [[metric.series(*place) for metric in metrics] for place in racks]

    def collect() -> None:
        """Every value changes, as if each rack had been polled."""
        for n, row in enumerate(series):
            readings = [(one, n * 1.37 + shift) for one in row]
            snapshot.update(
                Batch(
                    collector="racks", device=str(n), time=0.0, lifetime=3600.0, readings=readings
                )
            )

    def page() -> bytes:
        return "".join(render(snapshot)).encode()

    collect()
    page()  # the first scrape renders every line once
    updates, pages = [], []
    for _ in range(5):
        shift += 1.0
        updates.append(cpu_of(collect, 1))
        pages.append(cpu_of(page, 1))
    ours, update = sorted(pages)[2], sorted(updates)[2]
    unchanged = cpu_of(page, 5)
    samples = RACKS * len(NAMES)
    assert abs(len(page()) - size) < size // 4, "the pages must be of one kind"
    print(f"exposition of {samples} samples ({size / 1e6:.1f} MB), CPU seconds")
    print(f"  {'':<34} {'values in':>10} {'page':>8} {'both':>8}")
    print(f"  {'prometheus-client':<34} {peer_update:10.3f} {peer:8.3f} {peer_update + peer:8.3f}")
    print(
        f"  {'hubgauge, every value changed':<34} {update:10.3f} {ours:8.3f} {update + ours:8.3f}"
    )
    print(f"  {'hubgauge, nothing changed':<34} {'':>10} {unchanged:8.3f}")
    return [
        ("exposition, a page: prometheus-client / hubgauge", peer / ours, "x"),
        (
            "exposition, values in and a page: prometheus-client / hubgauge",
            (peer_update + peer) / (update + ours),
            "x",
        ),
    ]
