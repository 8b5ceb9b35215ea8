"""Polling SNMP devices, 10 objects each, from one real snmpd: the collector beside snmp_exporter.

Both make samples of what they read, and each is charged its own CPU only. snmp_exporter is asked as
Prometheus asks it: one request a device, on kept connections.
"""

from __future__ import annotations

import asyncio
import http.client
import json
import subprocess
import sys
import tempfile
import time
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any, Final

from agent import config as config_module
from bench import Row
from bench.agents import cpu
from collectors.base import Collector
from tests.support import binary, free_port, running, wait_for

OIDS: Final = tuple(
    f"1.3.6.1.2.1.{tail}"
    for tail in [
        "1.3.0",
        "1.7.0",
        "2.1.0",
        "4.3.0",
        "4.9.0",
        "4.10.0",
        "6.5.0",
        "6.6.0",
        "7.1.0",
        "7.4.0",
    ]
)
ROUNDS: Final = 80
DEVICES: Final = 64
CONNECTIONS: Final = 16
_PROFILE: Final = """\
protocol: snmp
title: Ten objects
kind: pdu
source: SNMPv2-MIB
match: {sys_object_id: [1.3.6.1.4.1.99999]}
readings:
"""


def collectors(port: int, folder: Path) -> list[Collector]:
    """Make a collector a device, each of the same snmpd, with a profile of ten objects."""
    readings = "".join(
        f"  - {{metric: dc_pdu_outlet_power_watts, oid: {oid}, unit: W,"
        f' labels: {{outlet: "{n}"}}}}\n'
        for n, oid in enumerate(OIDS)
    )
    profiles = folder / "profiles"  # nothing but profiles may be in it
    profiles.mkdir()
    (profiles / "bench-ten.yaml").write_text(_PROFILE + readings)
    devices = "".join(
        f'      - {{address: "127.0.0.1:{port}", pdu: P{n}, profile: bench-ten}}\n'
        for n in range(DEVICES)
    )
    config = folder / "config.yaml"
    config.write_text(
        "hub: guian\nsite: bench\ncollectors:\n  snmp:\n"
        f"    profiles_dir: {profiles}\n    devices:\n{devices}"
    )
    loaded = config_module.load(config)
    built = loaded.build_collectors(loaded.context({}))
    return [one for section in built for one in section.collectors]


async def poll(port: int, folder: Path, rounds: int) -> tuple[float, float, float]:
    """Poll by the collector; returns CPU seconds, wall seconds and samples a poll."""
    made: list[Any] = collectors(port, folder)
    await asyncio.gather(*(one.collect() for one in made))  # discovery is not what is measured
    used, began, samples = time.process_time(), time.monotonic(), 0
    for _ in range(rounds):
        for readings in await asyncio.gather(*(one.collect() for one in made)):
            samples += len(readings)
    polls = rounds * DEVICES
    return (time.process_time() - used) / polls, (time.monotonic() - began) / polls, samples / polls


def scrape(port: int, target: int, count: int) -> int:
    """Scrape snmp_exporter `count` times on one connection; return the last answer's samples."""
    connection = http.client.HTTPConnection("127.0.0.1", port, timeout=60)
    body = b""
    for _ in range(count):
        connection.request("GET", f"/snmp?target=127.0.0.1:{target}&module=bench")
        answer = connection.getresponse()
        body = answer.read()
        assert answer.status == 200, body
    connection.close()
    return sum(1 for line in body.splitlines() if not line.startswith(b"#"))


def exporter_config() -> str:
    """Write snmp_exporter's module of the same ten objects (JSON is YAML)."""
    metrics = [
        {"name": f"bench_{n}", "oid": oid.removesuffix(".0"), "type": "gauge", "help": "-"}
        for n, oid in enumerate(OIDS)
    ]
    return json.dumps(
        {
            "bench": {
                "get": list(OIDS),
                "metrics": metrics,
                "version": 2,
                "auth": {"community": "public"},
            }
        }
    )


def main(*, smoke: bool = False) -> list[Row]:
    """Print CPU a poll; return the row of the summary."""
    rounds = 2 if smoke else ROUNDS
    polls = rounds * DEVICES
    with tempfile.TemporaryDirectory() as scratch:
        folder = Path(scratch)
        agent_port, exporter_port = free_port(), free_port()
        (folder / "snmpd.conf").write_text(
            f"agentaddress udp:127.0.0.1:{agent_port}\nrocommunity public 127.0.0.1\n"
        )
        (folder / "snmp.yml").write_text(exporter_config())
        snmpd = [
            binary("snmpd"),
            "-f",
            "-Lf",
            f"{folder}/snmpd.log",
            "-C",
            "-c",
            f"{folder}/snmpd.conf",
            "-p",
            f"{folder}/pid",
        ]
        exporter = [
            binary("prometheus-snmp-exporter"),
            f"--config.file={folder}/snmp.yml",
            f"--web.listen-address=127.0.0.1:{exporter_port}",
        ]
        with (
            running(snmpd, log=folder / "log"),
            running(
                exporter, log=folder / "log2", ready=f"http://127.0.0.1:{exporter_port}/"
            ) as process,
        ):
            get = [binary("snmpget"), "-v2c", "-cpublic", "-t1", f"127.0.0.1:{agent_port}", *OIDS]
            wait_for(lambda: subprocess.run(get, capture_output=True, check=True), what="snmpd")
            # A process of its own, so that nothing the bench has imported is charged to it.
            here = [sys.executable, "-m", "bench.snmp", str(agent_port), scratch, str(rounds)]
            ours, wall, samples = json.loads(
                subprocess.run(here, capture_output=True, check=True).stdout
            )
            scrape(exporter_port, agent_port, 10)
            used, began = cpu(process.pid), time.monotonic()
            with ThreadPoolExecutor(CONNECTIONS) as pool:
                some = polls // CONNECTIONS
                peers = list(
                    pool.map(lambda _: scrape(exporter_port, agent_port, some), range(CONNECTIONS))
                )
            peer, peer_wall = (cpu(process.pid) - used) / polls, (time.monotonic() - began) / polls
    print(f"SNMP v2c, {len(OIDS)} objects a device, {polls} polls of {DEVICES} devices at once")
    print(
        f"  {'':<16} {'CPU us/poll':>12} {'polls/s/core':>13}"
        f" {'samples/poll':>13} {'polls/s here':>13}"
    )
    for name, used, made, seconds in (
        ("snmp_exporter", peer, peers[0], peer_wall),
        ("hubgauge", ours, samples, wall),
    ):
        print(f"  {name:<16} {used * 1e6:12.0f} {1 / used:13.0f} {made:13.0f} {1 / seconds:13.0f}")
    what = "SNMP devices a second and core: hubgauge / snmp_exporter"
    return [Row(what=what, value=peer / ours, unit="x")]


if __name__ == "__main__":
    port, folder, rounds = sys.argv[1:]
    print(json.dumps(asyncio.run(poll(int(port), Path(folder), int(rounds)))))
