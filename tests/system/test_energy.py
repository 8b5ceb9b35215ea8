"""One afternoon of a simulated site: the ledger's PUE and what PromQL makes of the same registers
are one number.
"""

from __future__ import annotations

import asyncio
import contextlib
import datetime as dt
import json
import re
import subprocess
import sys
import urllib.parse
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from zoneinfo import ZoneInfo

import pytest
from prometheus_client import CollectorRegistry

from agent.ledger.ledger import Ledger
from agent.loading import Loaded, load_all
from agent.sinks.base import Surroundings
from agent.sinks.sender import SpooledSink
from collectors.base import Batch, Collector
from simulator.config import Wanted, write_config
from simulator.simulator import Simulator
from simulator.site import build_site
from tests.support import HANGS, ROOT, binary, free_port, get, running, wait_for

NOON = dt.datetime.now(ZoneInfo("Asia/Shanghai")).replace(
    hour=12, minute=0, second=0, microsecond=0
) - dt.timedelta(days=1)
START = NOON.timestamp()
HOURS = 2
END = START + HOURS * 3600
STEP = 60
FACILITY = 'sum(increase(dc_meter_energy_joules_total{point=~"utility|renewable"}[2h]))'
SUN = 'sum(increase(dc_meter_energy_joules_total{point="renewable"}[2h]))'
IT = "sum(increase(dc_pdu_energy_joules_total[2h]))"


@dataclass(frozen=True)
class Afternoon:
    """What became of the same readings: the ledger's answer, both databases, and the truth."""

    shown: dict[str, float]
    servers: dict[str, str]
    truth: float


async def read(
    simulator: Simulator, loaded: Loaded, clock: list[float], consumers: list[object]
) -> dict[str, list[str]]:
    """Read every device once a simulated minute, hand the batches on, and return the registers as
    text by family.
    """
    pages: dict[str, list[str]] = {}
    try:
        for moment in range(round(START) - 10 * STEP, round(END) + 10 * STEP, STEP):
            clock[0] = float(moment)
            for batch in await asyncio.gather(
                *(once(collector, clock[0]) for collector in loaded.collectors)
            ):
                for consumer in consumers:
                    consumer.accept(batch)
                for series, value in batch.readings:
                    if series.metric.full_name in (
                        "dc_meter_energy_joules_total",
                        "dc_pdu_energy_joules_total",
                    ):
                        pages.setdefault(series.metric.full_name, []).append(
                            f"{series.prefix}{value!r} {moment}\n"
                        )
    finally:
        for collector in loaded.collectors:
            await collector.aclose()
        await simulator.stop()
    return pages


async def once(collector: Collector, now: float) -> Batch:
    readings = await collector.collect()
    return Batch(
        collector=collector.name,
        device=collector.device,
        time=now,
        lifetime=2.5 * STEP,
        readings=list(readings),
    )


@pytest.fixture(scope="module")
def afternoon(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Afternoon]:
    """Read the site's devices by their protocols through two hours, into ledger and databases."""
    folder = tmp_path_factory.mktemp("afternoon")
    clock = [START - 10 * STEP]
    simulator = Simulator(build_site("guian", 4), clock=lambda: clock[0])
    port = free_port()
    url = f"http://127.0.0.1:{port}"
    with contextlib.ExitStack() as stack:
        command = [
            binary("victoria-metrics"),
            f"-storageDataPath={folder}/victoria",
            f"-httpListenAddr=127.0.0.1:{port}",
        ]
        stack.enter_context(running(command, log=folder / "victoria.log", ready=f"{url}/health"))
        pages, site = asyncio.run(into(folder, simulator, clock, url))
        get(f"{url}/internal/force_flush")
        prometheus = stack.enter_context(backfilled(folder, pages))
        command = [
            sys.executable,
            "-m",
            "agent.cli",
            "ledger",
            "show",
            "--config",
            folder / "site" / "config.yaml",
            "--site",
            site,
            "--from",
            NOON.isoformat(),
            "--to",
            (NOON + dt.timedelta(hours=HOURS)).isoformat(),
            "--json",
        ]
        done = subprocess.run(
            command, cwd=ROOT, check=True, capture_output=True, text=True, timeout=300
        )
        yield Afternoon(
            shown=json.loads(done.stdout),
            servers={"prometheus": prometheus, "victoriametrics": url},
            truth=simulator.model.pue(START, END),
        )


async def into(
    folder: Path, simulator: Simulator, clock: list[float], url: str
) -> tuple[dict[str, list[str]], str]:
    """Have the config written by the simulator itself, and read by ledger and sink as the agent
    makes them.
    """
    await simulator.start()  # for its addresses
    config = write_config(simulator, folder / "site", Wanted(influxdb=url))
    text = config.read_text("utf-8")  # a busy machine makes devices late
    config.write_text(
        re.sub(r"(timeout:) [13]s$", rf"\1 {HANGS:.0f}s", text, flags=re.MULTILINE), "utf-8"
    )
    loaded = load_all(config)
    registry = CollectorRegistry()
    state = folder / "site" / "state"
    state.mkdir()
    ledger = Ledger(state / "ledger.db", inventory=loaded.inventory, clock=lambda: clock[0])
    (section,) = loaded.config.outputs.sinks
    tags = {"job": "hubgauge", "instance": "n"}
    sink = section.kind.build(
        section.config, Surroundings(state_dir=state, tags=tags, registry=registry)
    )
    assert isinstance(sink, SpooledSink)
    sink.start()
    try:
        pages = await read(simulator, loaded, clock, [ledger, sink])
        await asyncio.to_thread(wait_for, lambda: all_sent(sink), what="the push")
    finally:
        await asyncio.to_thread(sink.stop, 5)
        await asyncio.to_thread(ledger.close, 5)
    return pages, loaded.config.file.site


def all_sent(sink: SpooledSink) -> bool:
    state = sink.spool.state()
    return 0 < state.collected == state.sent


@contextlib.contextmanager
def backfilled(folder: Path, pages: dict[str, list[str]]) -> Iterator[str]:
    """Run a Prometheus on blocks that promtool made of the page's text; yields its URL."""
    text = "".join(
        f"# TYPE {name.removesuffix('_total')} counter\n{''.join(lines)}"
        for name, lines in pages.items()
    )
    (folder / "past.om").write_text(text + "# EOF\n")
    command = [
        binary("promtool"),
        "tsdb",
        "create-blocks-from",
        "openmetrics",
        folder / "past.om",
        folder / "prometheus",
    ]
    subprocess.run(command, check=True, capture_output=True, timeout=300)
    (folder / "prometheus.yml").write_text("{}")
    port = free_port()
    command = [
        binary("prometheus"),
        f"--config.file={folder}/prometheus.yml",
        f"--storage.tsdb.path={folder}/prometheus",
        f"--web.listen-address=127.0.0.1:{port}",
    ]
    url = f"http://127.0.0.1:{port}"
    with running(command, log=folder / "prometheus.log", ready=f"{url}/-/ready"):
        yield url


def number(url: str, expr: str) -> float:
    asked = urllib.parse.urlencode({"query": expr, "time": f"{END:.0f}"})
    ((_, value),) = (
        one["value"] for one in json.loads(get(f"{url}/api/v1/query?{asked}"))["data"]["result"]
    )
    return float(value)


@pytest.mark.parametrize("name", ["prometheus", "victoriametrics"])
def test_promql_and_the_ledger_give_one_pue(afternoon: Afternoon, name: str) -> None:
    """Energy over energy of the same registers and hours: within 1 %, which is what a register of
    0.1 kWh leaves open.
    """
    url, shown = afternoon.servers[name], afternoon.shown
    facility, it, sun = (number(url, expr) / 3.6e6 for expr in (FACILITY, IT, SUN))
    assert facility == pytest.approx(shown["facility_kwh"], rel=0.01)
    assert it == pytest.approx(shown["it_kwh"], rel=0.01)
    assert facility / it == pytest.approx(shown["pue"], rel=0.01)
    assert sun / facility == pytest.approx(shown["renewable_energy_ratio"], rel=0.01)


def test_the_ledger_gives_the_true_pue(afternoon: Afternoon) -> None:
    """Both hours are covered whole, the sun is part of what comes in, and the PUE is that of the
    model.
    """
    shown = afternoon.shown
    assert (shown["state"], shown["coverage"], shown["category"]) == ("valid", 1.0, 2)
    assert shown["pue"] == pytest.approx(afternoon.truth, rel=0.01)
    assert 0.03 < shown["renewable_energy_ratio"] < 0.3
