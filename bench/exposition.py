"""A whole hub's page: hubgauge's snapshot beside prometheus-client.

27 584 racks have 10 gauges each.
"""

from __future__ import annotations

import time
from collections.abc import Callable
from typing import Final

from prometheus_client import CollectorRegistry, Gauge, generate_latest

from agent.snapshot import Snapshot
from agent.web.exposition import pieces
from bench import Row
from collectors.base import Batch, Metric, Series
from collectors.batch import NOTHING, columns_of

RACKS: Final = 27_584
LABELS: Final = ("hub", "site", "row", "rack")
NAMES: Final = tuple(f"gauge_{n}" for n in range(10))


def places(count: int) -> list[tuple[str, str, str, str]]:
    """Return the label values of `count` racks."""
    return [("kunming", f"site-{n % 12}", f"R{n % 200:03d}", f"rack-{n:05d}") for n in range(count)]


def cpu_of(function: Callable[[], object], rounds: int) -> float:
    """Return the median CPU seconds of a call."""
    times = []
    for _ in range(rounds):
        began = time.process_time()
        function()
        times.append(time.process_time() - began)
    return sorted(times)[len(times) // 2]


def main(*, smoke: bool = False) -> list[Row]:
    """Print CPU seconds a page; return the rows of the summary."""
    racks = places(500 if smoke else RACKS)
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

    layouts = [NOTHING] * len(series)

    def collect() -> None:
        """Every value changes, as if each rack had been polled."""
        for n, row in enumerate(series):
            readings = [(one, n * 1.37 + shift) for one in row]
            columns = columns_of(readings, layouts[n])  # as the runner takes a round
            layouts[n] = columns[0]
            snapshot.update(
                Batch(collector="racks", device=str(n), time=0.0, lifetime=3600.0, columns=columns)
            )

    def page() -> bytes:
        return b"".join(pieces(snapshot))

    collect()
    page()  # the first scrape renders every line once
    updates, pages = [], []
    for _ in range(5):
        shift += 1.0
        updates.append(cpu_of(collect, 1))
        pages.append(cpu_of(page, 1))
    ours, update = sorted(pages)[2], sorted(updates)[2]
    unchanged = cpu_of(page, 5)
    samples = len(racks) * len(NAMES)
    assert abs(len(page()) - size) < size // 4, "the pages must be of one kind"
    print(f"exposition of {samples} samples ({size / 1e6:.1f} MB), CPU seconds")
    print(f"  {'':<34} {'values in':>10} {'page':>8} {'both':>8}")
    print(f"  {'prometheus-client':<34} {peer_update:10.3f} {peer:8.3f} {peer_update + peer:8.3f}")
    print(
        f"  {'hubgauge, every value changed':<34} {update:10.3f} {ours:8.3f} {update + ours:8.3f}"
    )
    print(f"  {'hubgauge, nothing changed':<34} {'':>10} {unchanged:8.3f}")
    both = (peer_update + peer) / (update + ours)
    beside = "prometheus-client / hubgauge"
    return [
        Row(what=f"exposition, a page: {beside}", value=peer / ours, unit="x"),
        Row(what=f"exposition, values in and a page: {beside}", value=both, unit="x"),
    ]
