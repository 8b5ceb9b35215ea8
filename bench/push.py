"""CPU of a push to VictoriaMetrics: influxdb-client with Points, its ready text, and the sink.

A row has 4 labels and 10 fields. The sink's share includes everything: rendering, compressing, the
synced spool, the request, deleting. It sends two tags more (job, instance), as the product does.
Each runs in a process of its own.
"""

from __future__ import annotations

import argparse
import json
import random
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable
from pathlib import Path

from bench import Row
from tests.support import binary, free_port, get, running

FIELDS = (
    "power_watts",
    "used_units",
    "height_units",
    "power_capacity_watts",
    "utilization_ratio",
    "failover_load_ratio",
    "inlet_temperature_celsius",
    "humidity_ratio",
    "stranded_power_watts",
    "feed_capacity_watts",
)
LABELS = ("hub", "site", "row", "rack")


def labels_of(index: int) -> tuple[str, str, str, str]:
    """Return the label values of a rack."""
    return ("guian", "huawei-guian-1", f"R{index % 40:02d}", f"A{index:05d}")


def numbers(rows: int) -> list[list[float]]:
    """Return readings as meters give them: a few digits."""
    source = random.Random(1)
    return [[round(source.uniform(0, 9000), 1) for _ in FIELDS] for _ in range(rows)]


def push_points(url: str, rows: int, rounds: int) -> tuple[float, float]:
    """Push by influxdb-client's batching API with Points; returns CPU and wall seconds."""
    from influxdb_client import InfluxDBClient, Point, WriteOptions

    client = InfluxDBClient(url=url, token="", org="hub", enable_gzip=True)
    values, start = numbers(rows), time.time()
    cpu, wall = time.process_time(), time.monotonic()
    with client.write_api(write_options=WriteOptions(batch_size=5000, flush_interval=1000)) as api:
        for turn in range(rounds + 1):
            if turn == 1:
                cpu, wall = time.process_time(), time.monotonic()
            stamp = round((start + turn) * 1000)
            for index in range(rows):
                point = Point("bench_points").time(stamp, "ms")
                for name, value in zip(LABELS, labels_of(index), strict=True):
                    point.tag(name, value)
                for name, number in zip(FIELDS, values[index], strict=True):
                    point.field(name, number)
                api.write("hub", record=point)
    return time.process_time() - cpu, time.monotonic() - wall


def push_text(url: str, rows: int, rounds: int) -> tuple[float, float]:
    """Push ready text by influxdb-client's synchronous API; returns CPU and wall seconds."""
    from influxdb_client import InfluxDBClient
    from influxdb_client.client.write_api import SYNCHRONOUS

    client = InfluxDBClient(url=url, token="", org="hub", enable_gzip=True)
    values, stamp = numbers(rows), round(time.time() * 1000)
    lines = [
        "bench_text,"
        + ",".join(f"{name}={value}" for name, value in zip(LABELS, labels_of(index), strict=True))
        + " "
        + ",".join(f"{name}={number}" for name, number in zip(FIELDS, values[index], strict=True))
        + f" {stamp}"
        for index in range(rows)
    ]
    cpu, wall = time.process_time(), time.monotonic()
    with client.write_api(write_options=SYNCHRONOUS) as api:
        for _ in range(rounds):
            for begin in range(0, rows, 5000):
                api.write(
                    "hub", record="\n".join(lines[begin : begin + 5000]), write_precision="ms"
                )
    return time.process_time() - cpu, time.monotonic() - wall


def push_sink(url: str, rows: int, rounds: int, rows_a_batch: int = 10) -> tuple[float, float]:
    """Push by hubgauge's sink and spool until all is stored; returns CPU and wall seconds."""
    from prometheus_client import CollectorRegistry

    from agent.sinks.base import Surroundings
    from agent.sinks.influx import KIND, Influx
    from collectors.base import Batch, Metric
    from collectors.batch import NOTHING, columns_of

    metrics = [
        Metric(
            namespace="bench", subsystem="sink", name=name, type="gauge", help="-", labels=LABELS
        )
        for name in FIELDS
    ]
    series = [[metric.series(*labels_of(index)) for metric in metrics] for index in range(rows)]
    values, start = numbers(rows), time.time()
    readings = [list(zip(some, got, strict=True)) for some, got in zip(series, values, strict=True)]
    with tempfile.TemporaryDirectory() as state:
        tags = {
            "job": "hubgauge",
            "instance": "gateway-1",
            "hub": "guian",
            "site": "huawei-guian-1",
        }
        sink = KIND.build(
            Influx(url=url, org="hub", bucket="hub"),
            Surroundings(state_dir=Path(state), tags=tags, registry=CollectorRegistry()),
        )
        sink.start()
        batches = [
            (str(begin), [one for row in readings[begin : begin + rows_a_batch] for one in row])
            for begin in range(0, rows, rows_a_batch)
        ]
        layouts = dict.fromkeys((device for device, _ in batches), NOTHING)
        for turn in range(rounds + 1):
            if turn == 1:  # the first round makes the templates
                while sink.spool.state().waiting:
                    time.sleep(0.02)
                cpu, wall = time.process_time(), time.monotonic()
            for device, some in batches:
                columns = columns_of(some, layouts[device])  # as the runner takes a round
                layouts[device] = columns[0]
                sink.accept(
                    Batch(
                        collector="bench",
                        device=device,
                        time=start + turn,
                        lifetime=30,
                        columns=columns,
                    )
                )
            time.sleep(0.3)
        while (state_now := sink.spool.state()).waiting:
            time.sleep(0.02)
        used = time.process_time() - cpu, time.monotonic() - wall
        assert state_now.sent == rows * (rounds + 1) * len(FIELDS), state_now
        sink.stop(5)
    return used


WAYS: dict[str, Callable[[str, int, int], tuple[float, float]]] = {
    "points": push_points,
    "text": push_text,
    "sink": push_sink,
}


def measure(rows: int = 20_000, rounds: int = 5) -> dict[str, float]:
    """Run every way against one VictoriaMetrics; returns CPU microseconds a row.

    `points_over_sink` is how often cheaper the sink is than Points.
    """
    with tempfile.TemporaryDirectory() as scratch:
        url = f"http://127.0.0.1:{free_port()}"
        command = [
            binary("victoria-metrics"),
            f"-storageDataPath={scratch}/vm",
            f"-httpListenAddr={url[7:]}",
        ]
        with running(command, log=Path(scratch) / "log", ready=f"{url}/health"):
            result = {}
            for way in WAYS:
                ran = subprocess.run(
                    [
                        sys.executable,
                        "-m",
                        "bench.push",
                        "--way",
                        way,
                        "--url",
                        url,
                        "--rows",
                        str(rows),
                        "--rounds",
                        str(rounds),
                    ],
                    check=True,
                    capture_output=True,
                    text=True,
                )
                result[f"{way}_us_per_row"] = round(
                    json.loads(ran.stdout)[0] / rows / rounds * 1e6, 2
                )
            get(f"{url}/internal/force_flush")
            stored = get(f"{url}/api/v1/series/count").decode()
    result["points_over_sink"] = round(result["points_us_per_row"] / result["sink_us_per_row"], 2)
    assert json.loads(stored)["data"][0] >= rows * len(FIELDS), stored
    return result


def main(*, smoke: bool = False) -> list[Row]:
    """Print CPU a row; return the row of the summary."""
    found = measure(200, 1) if smoke else measure()
    print("push to VictoriaMetrics, rows of 10 fields and 4 labels, CPU us a row")
    print(f"  influxdb-client, Points            {found['points_us_per_row']:8.2f}")
    print(f"  influxdb-client, ready text        {found['text_us_per_row']:8.2f}")
    print(f"  hubgauge, synced spool included    {found['sink_us_per_row']:8.2f}")
    what = "push, CPU a row: influxdb-client with Points / hubgauge"
    return [Row(what=what, value=found["points_over_sink"], unit="x")]


def one_way() -> None:
    """Run one way only, in this process, against a database that is there."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0] if __doc__ else None)
    parser.add_argument("--rows", type=int, required=True)
    parser.add_argument("--rounds", type=int, required=True)
    parser.add_argument("--way", choices=WAYS, required=True)
    parser.add_argument("--url", required=True)
    arguments = parser.parse_args()
    print(json.dumps(WAYS[arguments.way](arguments.url, arguments.rows, arguments.rounds)))


if __name__ == "__main__":
    one_way()
