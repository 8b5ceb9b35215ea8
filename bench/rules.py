"""The generated rules and alerts at a whole hub, 27 584 racks, on a real Prometheus.

It measures how long each group takes of its interval, and the CPU time of scrapes and evaluations
together. The CPU time is meaningful on a busy machine as well. An interval passes before the first
scrape.
"""

from __future__ import annotations

import json
import threading
import time
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Final

from agent.hubs.loader import load_registry
from bench import Row
from bench.agents import cpu
from collectors.base import Metric
from collectors.catalogue import agent, facility, rack, site
from dashboards import rule_files
from tests.support import binary, free_port, get, running, wait_for

RACKS: Final = 27_584
SITES: Final = 12


@dataclass(frozen=True, slots=True, kw_only=True)
class Size:
    """How many racks, how often in seconds their rules are evaluated, and how many times."""

    racks: int = RACKS
    interval: int = 60
    rounds: int = 2


TINY: Final = Size(racks=50, interval=2, rounds=1)
_PER_RACK: Final = (
    rack.RACK_HEIGHT,
    rack.RACK_USED,
    rack.RACK_POWER_CAPACITY,
    rack.RACK_FAILOVER_LOAD,
    rack.RACK_STRANDED,
    rack.RACK_INLET_TEMPERATURE,
    rack.RACK_HUMIDITY,
)
_PER_PDU: Final = (facility.PDU_POWER, facility.PDU_ENERGY, facility.PDU_UP)
_PER_PHASE: Final = (
    facility.PDU_PHASE_CURRENT,
    facility.PDU_PHASE_VOLTAGE,
    facility.PDU_PHASE_POWER,
)


def series(racks: int) -> Iterator[str]:
    """Yield the page's lines, family by family."""
    places = [
        ("kunming", f"site-{n % SITES}", f"R{n // 40:03d}", f"rack-{n:05d}") for n in range(racks)
    ]
    for metric in _PER_RACK:
        yield from _family(metric, ((place, 0.4 + n % 50 / 100) for n, place in enumerate(places)))
    yield from _family(rack.RACK_INFO, (((*place, "in_service"), 1) for place in places))
    yield from _family(
        rack.RACK_UTILIZATION,
        (
            ((*p, kind), 0.3 + n % 70 / 100)
            for n, p in enumerate(places)
            for kind in ("space", "power")
        ),
    )
    yield from _family(
        rack.RACK_POWER,
        (((*p, feed), 2000 + n % 900) for n, p in enumerate(places) for feed in "AB"),
    )
    pdus = [(*place, f"{place[3]}-{feed}", feed) for place in places for feed in "AB"]
    for metric in _PER_PDU:
        value = (lambda _: 1.0) if metric is facility.PDU_UP else (lambda n: 2000.0 + n % 900)
        yield from _family(metric, ((pdu, value(n)) for n, pdu in enumerate(pdus)))
    for metric in _PER_PHASE:
        yield from _family(
            metric,
            (
                ((*pdu, phase), 10 + n % 7)
                for n, pdu in enumerate(pdus)
                for phase in ("L1", "L2", "L3")
            ),
        )
    yield from _family(agent.COLLECTOR_SUCCESS, ((("snmp", pdu[4]), 1) for pdu in pdus))
    names = [f"site-{n}" for n in range(SITES)]
    yield from _family(
        site.SITE_INFO, ((("kunming", name, "in_service", name), 1) for name in names)
    )
    yield from _family(
        site.SITE_PUE,
        (
            (("kunming", name, "2", window), 1.3)
            for name in names
            for window in ("1h", "1d", "12mo")
        ),
    )


def _family(metric: Metric, values: Iterable[tuple[tuple[str, ...], float]]) -> Iterator[str]:
    yield f"# TYPE {metric.full_name} {metric.type}\n"
    for labels, value in values:
        pairs = ",".join(
            f'{name}="{text}"' for name, text in zip(metric.labels, labels, strict=True)
        )
        yield f"{metric.full_name}{{{pairs}}} {value:g}\n"


def serve(page: bytes) -> ThreadingHTTPServer:
    """Serve one page on loopback."""

    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            self.send_response(200)
            self.send_header("Content-Type", "text/plain; version=0.0.4")
            self.send_header("Content-Length", str(len(page)))
            self.end_headers()
            self.wfile.write(page)

        def log_message(self, *_: object) -> None:
            pass

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    return server


def config_of(size: Size, address: str) -> dict[str, object]:
    """Make Prometheus's config: one gateway, scraped and evaluated every so often."""
    target = {"targets": [address], "labels": {"hub": "kunming", "instance": "gateway"}}
    scrape = {
        "job_name": "hubgauge",
        "honor_labels": True,
        "scrape_timeout": f"{max(1, size.interval * 5 // 6)}s",
        "static_configs": [target],
    }
    timing = {
        "scrape_interval": f"{size.interval}s",
        "evaluation_interval": f"{size.interval}s",
    }
    return {
        "global": timing,
        "rule_files": ["rules.yml", "alerts.yml"],
        "scrape_configs": [scrape],
    }


@dataclass(frozen=True, slots=True, kw_only=True)
class Taken:
    """What Prometheus took, in seconds."""

    groups: dict[str, float]
    """The longest evaluation of each group."""
    scrape: float
    cores: float
    """CPU time of scrapes and evaluations, in each second."""


def measure(size: Size, folder: Path, address: str) -> Taken:
    """Have Prometheus scrape and evaluate, and return what it took."""
    port = free_port()
    url = f"http://127.0.0.1:{port}"
    rule_files.write(folder, load_registry())
    (folder / "prometheus.yml").write_text(json.dumps(config_of(size, address)))
    command = [
        binary("prometheus"),
        f"--config.file={folder / 'prometheus.yml'}",
        f"--storage.tsdb.path={folder / 'data'}",
        f"--web.listen-address=127.0.0.1:{port}",
    ]
    with running(command, log=folder / "log", ready=f"{url}/-/ready") as server:
        wait_for(lambda: _value(url, "count(dc_rack_info)") == size.racks, what="the racks")
        taken: dict[str, list[float]] = {}
        used, began = cpu(server.pid), time.monotonic()
        for _ in range(size.rounds):
            time.sleep(size.interval)
            for group in json.loads(get(f"{url}/api/v1/rules"))["data"]["groups"]:
                taken.setdefault(group["name"], []).append(group["evaluationTime"])
        cores = (cpu(server.pid) - used) / (time.monotonic() - began)
        scraped = _value(url, "scrape_duration_seconds")
    worst = {group: max(times) for group, times in taken.items()}
    return Taken(groups=worst, scrape=scraped, cores=cores)


def main(*, smoke: bool = False) -> list[Row]:
    """Print each group's evaluation time; return the row of the summary."""
    size = TINY if smoke else Size()
    page = "".join(series(size.racks)).encode()
    count = page.count(b"\n") - page.count(b"# TYPE")
    server = serve(page)
    with TemporaryDirectory() as name:
        found = measure(size, Path(name), f"127.0.0.1:{server.server_address[1]}")
    server.shutdown()
    print(f"rules and alerts over {count} series of {size.racks} racks, seconds an evaluation")
    print(f"(the longest of {size.rounds}; interval {size.interval} s)")
    worst = found.groups
    for group, seconds in sorted(worst.items(), key=lambda item: -item[1]):
        print(f"  {group:<34} {seconds:8.3f}")
    print(f"  {'all, one after the other':<34} {sum(worst.values()):8.3f}")
    print(f"  {'the scrape itself':<34} {found.scrape:8.3f}")
    print(f"  {'cores, all of it':<34} {found.cores:8.3f}")
    share = max(worst.values()) / size.interval
    return [Row(what="rules at a whole hub: the longest group of its interval", value=share)]


def _value(url: str, expr: str) -> float:
    result = json.loads(get(f"{url}/api/v1/query?query={expr}"))["data"]["result"]
    return float(result[0]["value"][1]) if result else 0.0
