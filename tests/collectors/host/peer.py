"""The real node_exporter and its pages."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path

from prometheus_client.parser import text_string_to_metric_families

from tests.support import binary, free_port, get, running

Labels = frozenset[tuple[str, str]]


@dataclass
class Family:
    """A family of a page: its type, and its samples by name and labels."""

    type: str
    samples: dict[tuple[str, Labels], float] = field(default_factory=dict)

    @property
    def label_names(self) -> set[frozenset[str]]:
        """Return the sets of label names that occur; an empty label is no label to Prometheus."""
        return {frozenset(name for name, _ in labels) for _, labels in self.samples}


def families_of(page: str) -> dict[str, Family]:
    """Parse a page."""
    found = {}
    for parsed in text_string_to_metric_families(page):
        family = Family(parsed.type)
        for sample in parsed.samples:
            labels = frozenset((name, value) for name, value in sample.labels.items() if value)
            family.samples[sample.name, labels] = sample.value
        found[parsed.name] = family
    return found


@contextmanager
def node_exporter(log: Path, *options: str) -> Iterator[str]:
    """Run the real one; gives its URL."""
    address = f"127.0.0.1:{free_port()}"
    url = f"http://{address}/metrics"
    command = [
        binary("prometheus-node-exporter"),
        f"--web.listen-address={address}",
        "--web.disable-exporter-metrics",
        *options,
    ]
    with running(command, log=log, ready=f"http://{address}/"):
        yield url


def peer_page(url: str) -> dict[str, Family]:
    """Scrape it, without what it says of itself."""
    page = families_of(get(url).decode())
    return {
        name: family
        for name, family in page.items()
        if not name.startswith(("node_scrape_", "node_exporter_"))
    }
