"""CPU of a pushed sample: the InfluxDB sink, remote write 1.0 and 2.0, and Prometheus' agent mode.

All push the same series: 10 metrics of each rack, with 4 labels and those of a push. The figures
of hubgauge include rendering, the synced spool and the request. Prometheus in agent mode scrapes
the same series from a page, keeps them in its log and writes them to the same database by remote
write 1.0. Its figure includes reading the page; what reading devices costs hubgauge is measured by
other benches. A stand-in takes 2.0, which VictoriaMetrics does not speak.
"""

from __future__ import annotations

import argparse
import json
import subprocess
import sys
import tempfile
import time
from contextlib import ExitStack
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

import psutil

from bench import Row
from bench.push import FIELDS, LABELS, labels_of, numbers
from collectors.base import Batch, Metric
from collectors.batch import Columns, columns_of
from tests.support import binary, free_port, get, running

ROWS_A_BATCH = 10
WAYS = ("influxdb", "1.0", "2.0")
SENT = "prometheus_remote_storage_samples_total"
LOOK = 1.0
"""Seconds between two looks at Prometheus' own page: each of them costs it some milliseconds."""
KEPT = "prometheus_agent_samples_appended_total"


def push(way: str, url: str, rows: int, rounds: int) -> float:
    """Push by one of hubgauge's sinks until all is stored; returns CPU seconds."""
    from prometheus_client import CollectorRegistry

    from agent.sinks.base import Surroundings
    from agent.sinks.influx import KIND as LINES
    from agent.sinks.influx import Influx
    from agent.sinks.remote.config import Protocol, RemoteWrite
    from agent.sinks.remote.kind import KIND

    tags = {"job": "hubgauge", "instance": "gateway-1", "hub": "guian", "site": "huawei-guian-1"}
    start = time.time()
    batches = _batches(rows)
    with tempfile.TemporaryDirectory() as state:
        around = Surroundings(state_dir=Path(state), tags=tags, registry=CollectorRegistry())
        if way == "influxdb":
            sink = LINES.build(Influx(url=url, org="hub", bucket="hub"), around)
        else:
            to = f"{url}/api/v1/write"
            protocol: Protocol = "2.0" if way == "2.0" else "1.0"
            sink = KIND.build(RemoteWrite(url=to, protocol=protocol), around)
        sink.start()
        cpu = 0.0
        for turn in range(rounds + 1):
            if turn == 1:  # the first round makes the templates
                while sink.spool.state().waiting:
                    time.sleep(0.02)
                cpu = time.process_time()
            for device, (layout, values) in batches:
                sink.accept(
                    Batch(
                        collector="bench",
                        device=device,
                        time=start + turn,
                        lifetime=30,
                        columns=(layout, values),
                    )
                )
            time.sleep(0.3)
        while (state_now := sink.spool.state()).waiting:
            time.sleep(0.02)
        used = time.process_time() - cpu
        assert state_now.sent == rows * (rounds + 1) * len(FIELDS), state_now
        sink.stop(5)
    return used


def _batches(rows: int) -> list[tuple[str, Columns]]:
    metrics = [
        Metric(
            namespace="bench", subsystem="remote", name=name, type="gauge", help="-", labels=LABELS
        )
        for name in FIELDS
    ]
    values = numbers(rows)
    made: list[tuple[str, Columns]] = []
    for begin in range(0, rows, ROWS_A_BATCH):
        readings = [
            (metric.series(*labels_of(index)), value)
            for index in range(begin, min(rows, begin + ROWS_A_BATCH))
            for metric, value in zip(metrics, values[index], strict=True)
        ]
        made.append((str(begin), columns_of(readings)))
    return made


def page(rows: int) -> bytes:
    """Return the same series as a page to be scraped."""
    lines = []
    for field, name in enumerate(FIELDS):
        lines.append(f"# TYPE bench_remote_{name} gauge")
        for index, row in enumerate(numbers(rows)):
            labels = ",".join(
                f'{label}="{value}"' for label, value in zip(LABELS, labels_of(index), strict=True)
            )
            lines.append(f"bench_remote_{name}{{{labels}}} {row[field]}")
    return "\n".join([*lines, ""]).encode()


def stand_in(port: int, rows: int) -> None:
    """Serve the page, and take every write as a database of 2.0 does."""
    body = page(rows)

    class Handler(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"

        def do_GET(self) -> None:
            """Serve the page."""
            self.send_response(200)
            self.send_header("Content-Type", "text/plain; version=0.0.4")
            self.send_header("Content-Length", str(len(body)))
            self.end_headers()
            self.wfile.write(body)

        def do_POST(self) -> None:
            """Take a write."""
            self.rfile.read(int(self.headers["Content-Length"]))
            self.send_response(204)
            self.send_header("X-Prometheus-Remote-Write-Samples-Written", "1000000000")
            self.end_headers()

        def log_message(self, *_: object) -> None:
            """Say nothing."""

    ThreadingHTTPServer(("127.0.0.1", port), Handler).serve_forever()


def prometheus(folder: Path, source: str, url: str, samples: int, rounds: int) -> float:
    """Let Prometheus' agent mode scrape for some rounds, and write if there is a URL.

    Returns CPU seconds a sample.
    """
    port = free_port()
    config = folder / "agent.yml"
    write = f'remote_write: [{{url: "{url}/api/v1/write"}}]\n' if url else ""
    counter = SENT if url else KEPT
    config.write_text(
        "global: {scrape_interval: 1s, external_labels: {hub: guian, site: huawei-guian-1}}\n"
        "scrape_configs: [{job_name: hubgauge, static_configs: [{targets: ["
        f'"{source}"]}}]}}]\n{write}'
    )
    command = [
        binary("prometheus"),
        f"--config.file={config}",
        "--enable-feature=agent",
        f"--storage.agent.path={folder / ('agent' if url else 'scraper')}",
        f"--web.listen-address=127.0.0.1:{port}",
    ]
    with running(
        command, log=folder / "agent.log", ready=f"http://127.0.0.1:{port}/-/ready"
    ) as process:
        watched = psutil.Process(process.pid)

        def sent() -> float:
            lines = get(f"http://127.0.0.1:{port}/metrics").decode().splitlines()
            return sum(float(line.split()[-1]) for line in lines if line.startswith(counter))

        def cpu() -> float:
            return sum(watched.cpu_times()[:2])

        while sent() < 2 * samples:  # the first scrape makes the series
            time.sleep(LOOK)
        before, began = sent(), cpu()
        while sent() < before + 2 * samples * rounds:
            time.sleep(LOOK)
        return (cpu() - began) / (sent() - before)


def measure(rows: int, rounds: int) -> dict[str, float]:
    """Run every way; returns CPU microseconds a sample."""
    found: dict[str, float] = {}
    samples = rows * len(FIELDS)
    with tempfile.TemporaryDirectory() as scratch, ExitStack() as stack:
        folder = Path(scratch)
        url, source = (f"127.0.0.1:{free_port()}" for _ in range(2))
        database = [
            binary("victoria-metrics"),
            f"-storageDataPath={scratch}/vm",
            f"-httpListenAddr={url}",
        ]
        stack.enter_context(running(database, log=folder / "vm.log", ready=f"http://{url}/health"))
        us = [sys.executable, "-m", "bench.remote", "--rows", str(rows)]
        stack.enter_context(
            running(
                [*us, "--serve", source.rpartition(":")[2]],
                log=folder / "stand-in.log",
                ready=f"http://{source}/",
            )
        )
        for way in WAYS:
            to = f"http://{source if way == '2.0' else url}"
            command = [*us, "--rounds", str(rounds), "--way", way, "--url", to]
            ran = subprocess.run(command, check=True, capture_output=True, text=True)
            found[way] = json.loads(ran.stdout) / samples / rounds * 1e6
        found["prometheus"] = prometheus(folder, source, f"http://{url}", samples, rounds) * 1e6
        found["scrape"] = prometheus(folder, source, "", samples, rounds) * 1e6
    return found


def main(*, smoke: bool = False) -> list[Row]:
    """Print CPU a sample; return the rows of the summary."""
    found = measure(50, 1) if smoke else measure(5_000, 5)
    print("push, CPU us a sample: 10 samples a rack, 8 labels")
    print(f"  hubgauge, InfluxDB's line protocol {found['influxdb']:8.2f}")
    print(f"  hubgauge, remote write 1.0         {found['1.0']:8.2f}")
    print(f"  hubgauge, remote write 2.0         {found['2.0']:8.2f}")
    print(f"  Prometheus in agent mode           {found['prometheus']:8.2f}")
    print(f"    of it without writing            {found['scrape']:8.2f}")
    return [
        Row(what=f"push, CPU a sample: {name}", value=round(found[way], 2), unit="us")
        for way, name in (
            ("influxdb", "hubgauge, line protocol"),
            ("1.0", "hubgauge, remote write 1.0"),
            ("2.0", "hubgauge, remote write 2.0"),
            ("prometheus", "Prometheus in agent mode, its scrape included"),
            ("scrape", "Prometheus in agent mode, its scrape alone"),
        )
    ]


def one_way() -> None:
    """Run one way only in this process, or the stand-in."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0] if __doc__ else None)
    parser.add_argument("--rows", type=int, required=True)
    parser.add_argument("--rounds", type=int, default=1)
    parser.add_argument("--way", choices=WAYS)
    parser.add_argument("--url")
    parser.add_argument("--serve", type=int, metavar="PORT")
    arguments = parser.parse_args()
    if arguments.serve is not None:
        stand_in(arguments.serve, arguments.rows)
    else:
        print(json.dumps(push(arguments.way, arguments.url, arguments.rows, arguments.rounds)))


if __name__ == "__main__":
    one_way()
