"""The generated rules and alerts at a whole hub, 27 584 racks, on a real Prometheus: how long each group takes of its interval."""

from __future__ import annotations

import json
import threading
import time
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Final

from agent.hubs.loader import load_registry
from collectors.base import Metric
from collectors.catalogue import agent, facility, rack, site
from dashboards import rule_files
from tests.support import binary, free_port, get, running, wait_for

RACKS: Final = 27_584
SITES: Final = 12
INTERVAL: Final = 60
ROUNDS: Final = 3
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


def series() -> Iterator[str]:
    """Yield the page's lines, family by family."""
    places = [
        ("kunming", f"site-{n % SITES}", f"R{n // 40:03d}", f"rack-{n:05d}") for n in range(RACKS)
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


def _family(metric: Metric, values: Iterator[tuple[tuple[str, ...], float]]) -> Iterator[str]:
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


def main() -> list[tuple[str, float, str]]:
    """Print each group's evaluation time; return rows of (what, value, unit) for the summary."""
    page = "".join(series()).encode()
    count = page.count(b"\n") - page.count(b"# TYPE")
    server, port = serve(page), free_port()
    url = f"http://127.0.0.1:{port}"
    with TemporaryDirectory() as name:
        folder = Path(name)
        rule_files.write(folder, load_registry())
        target = {
            "targets": [f"127.0.0.1:{server.server_address[1]}"],
            "labels": {"hub": "kunming", "instance": "gateway"},
        }
        scrape = {
            "job_name": "hubgauge",
            "honor_labels": True,
            "scrape_timeout": f"{INTERVAL * 5 // 6}s",
            "static_configs": [target],
        }
        timing = {"scrape_interval": f"{INTERVAL}s", "evaluation_interval": f"{INTERVAL}s"}
        config = {
            "global": timing,
            "rule_files": ["rules.yml", "alerts.yml"],
            "scrape_configs": [scrape],
        }
        (folder / "prometheus.yml").write_text(json.dumps(config))
        command = [
            binary("prometheus"),
            f"--config.file={folder / 'prometheus.yml'}",
            f"--storage.tsdb.path={folder / 'data'}",
            f"--web.listen-address=127.0.0.1:{port}",
        ]
        with running(command, log=folder / "log", ready=f"{url}/-/ready"):
            wait_for(lambda: _value(url, "count(dc_rack_info)") == RACKS, what="the racks")
            taken: dict[str, list[float]] = {}
            for _ in range(ROUNDS):
                time.sleep(INTERVAL)
                for group in json.loads(get(f"{url}/api/v1/rules"))["data"]["groups"]:
                    taken.setdefault(group["name"], []).append(group["evaluationTime"])
            scraped = _value(url, "scrape_duration_seconds")
    server.shutdown()
    print(
        f"rules and alerts over {count} series of {RACKS} racks, seconds an evaluation (the longest of {ROUNDS}; interval {INTERVAL} s)"
    )
    worst = {group: max(times) for group, times in taken.items()}
    for group, seconds in sorted(worst.items(), key=lambda item: -item[1]):
        print(f"  {group:<34} {seconds:8.3f}")
    print(
        f"  {'all, one after the other':<34} {sum(worst.values()):8.3f}   the scrape itself {scraped:.1f} s"
    )
    return [
        (
            "rules at a whole hub: the longest group of its interval",
            max(worst.values()) / INTERVAL,
            "x",
        )
    ]


def _value(url: str, expr: str) -> float:
    result = json.loads(get(f"{url}/api/v1/query?query={expr}"))["data"]["result"]
    return float(result[0]["value"][1]) if result else 0.0
