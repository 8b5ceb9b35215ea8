"""Simulated sites, the agents that read them, and the databases behind the dashboards."""

from __future__ import annotations

import asyncio
import contextlib
import json
import subprocess
import sys
import threading
import time
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from simulator.config import Wanted, write_config
from simulator.history import write_history, write_recent
from simulator.npu_exporter import NpuExporters
from simulator.simulator import Simulator
from simulator.site import Site
from tests.support import HANGS, ROOT

HUBGAUGE = (sys.executable, "-m", "agent.cli")


PAST_HOURS = 15


@dataclass(frozen=True)
class Servers:
    """Where the two databases answer, and the agents' folders by hub."""

    prometheus: str
    victoriametrics: str


@contextlib.contextmanager
def simulated(sites: list[Site]) -> Iterator[dict[str, Simulator]]:
    """Run the devices of all sites on an event loop in a thread of its own."""
    loop = asyncio.new_event_loop()
    thread = threading.Thread(target=loop.run_forever, daemon=True)
    thread.start()

    async def start() -> dict[str, Simulator]:
        made = {site.hub: Simulator(site, controllers=2) for site in sites}
        for simulator in made.values():
            simulator.chips = NpuExporters(simulator.site)
            await simulator.start()
        return made

    async def stop(made: dict[str, Simulator]) -> None:
        for simulator in made.values():
            await simulator.stop()

    made = asyncio.run_coroutine_threadsafe(start(), loop).result(HANGS)
    try:
        yield made
    finally:
        asyncio.run_coroutine_threadsafe(stop(made), loop).result(HANGS)
        loop.call_soon_threadsafe(loop.stop)
        thread.join(10)
        loop.close()


def write_agent(folder: Path, simulator: Simulator, port: int, database: str) -> Path:
    """Write the config of an agent that reads a site, this machine's kernel, and what is plugged
    in.
    """
    site = simulator.site
    config = write_config(
        simulator,
        folder,
        Wanted(
            listen=f"127.0.0.1:{port}",
            influxdb=database,
            interval="3s",
            state_dir=folder / "state",
            host=True,
        ),
    )
    plugged = (
        f"[{{collector: 'tests.system.unread:Unread', options:"
        f" {{hub: {site.hub}, site: {site.key}}}, interval: 3s}}]"
    )
    text = config.read_text()
    text = text.replace(
        "collectors:\n",
        f"node: node-{site.hub}\ncollectors:\n  prometheus: {{collectors: {plugged}}}\n",
        1,
    )
    config.write_text(text.replace("  host: {}", "  host: {interval: 5s}"))
    return config


def import_past(folder: Path, config: Path, simulator: Simulator) -> None:
    """Hand the ledger some hours, so that PUE and its counters are there from the first round
    on.
    """
    now = time.time()
    past, recent = folder / "past.csv", folder / "recent.csv"
    write_history(simulator.model, past, now - PAST_HOURS * 3600, now)
    write_recent(simulator.model, recent, now)
    for path, interval in ((past, "1h"), (recent, "5m")):
        command = [
            *HUBGAUGE,
            "ledger",
            "import",
            "--config",
            config,
            "--site",
            simulator.site.key,
            "--interval",
            interval,
            "--interval-values",  # those of a morning's sun only rise
            path,
        ]
        subprocess.run(command, cwd=ROOT, check=True, capture_output=True, timeout=300)


def prometheus_config(agents: dict[str, tuple[str, int]]) -> str:
    """Return a Prometheus config that scrapes each agent as a deployment would."""
    targets = [
        {
            "targets": [f"127.0.0.1:{port}"],
            "labels": {"hub": hub, "site": site, "instance": f"node-{hub}"},
        }
        for hub, (site, port) in agents.items()
    ]
    return json.dumps(
        {
            "global": {"scrape_interval": "2s", "evaluation_interval": "5s"},
            "rule_files": ["rules.yml", "alerts.yml"],
            "scrape_configs": [
                {"job_name": "hubgauge", "honor_labels": True, "static_configs": targets}
            ],
        }
    )
