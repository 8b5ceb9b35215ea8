"""One agent with everything wrong at once: each fault is one clear line, and all else goes on."""

from __future__ import annotations

import os
import re
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

import pytest
import yaml

from tests.support import ROOT, free_port, running, wait_for
from tests.system.running_agent import HUBGAUGE, agent, metrics


@contextmanager
def small_disk(folder: Path) -> Iterator[Path]:
    """A file system of 2 MB that something else has filled."""
    if os.geteuid() != 0:
        pytest.skip("only root may mount")
    folder.mkdir()
    subprocess.run(["mount", "-t", "tmpfs", "-o", "size=2m", "tmpfs", folder], check=True)
    try:
        yield folder
    finally:
        subprocess.run(["umount", "-l", folder], check=True)


def fill(path: Path) -> None:
    """Write until the disk is full."""
    with suppress(OSError), path.open("wb", buffering=0) as file:
        while True:
            file.write(b"x" * 4096)


def value(page: str, series: str) -> float | None:
    match = re.search(rf"^{re.escape(series)} (\S+)$", page, re.MULTILINE)
    return float(match[1]) if match else None


# The agent's own deadline comes first only where the machine is too busy for the collector's.
SILENCE = r"no (answer \(unreachable, or the community is wrong\)|result within 4 s)"
LINES = (
    rf"snmp A01-A: {SILENCE}",
    r"snmp A01-B: ",
    rf"snmp A02-A: {SILENCE}",
    r"modbus cooling-1: ",
    r"spool.*(full|space)",
)


def changed_config(simulated: Path, state: Path, port: int) -> Path:
    """Take the simulator's config; give one PDU a wrong community, and a database that is away."""
    config = yaml.safe_load((simulated / "config.yaml").read_text())
    (simulated / "wrong").write_text("not-the-community\n")
    (simulated / "wrong").chmod(0o600)
    config["state_dir"] = str(state)
    config["collectors"]["snmp"] |= {"interval": "4s", "timeout": "4s"}
    config["collectors"]["modbus"] |= {
        "interval": "1s",
        "timeout": "1s",
        "request_timeout": "400ms",
    }
    for device in config["collectors"]["snmp"]["devices"]:
        if device.get("pdu") == "A02-A":
            device["community_file"] = "wrong"
    config["outputs"] = {
        "http": {"listen": f"127.0.0.1:{port}"},
        "influxdb": {"url": f"http://127.0.0.1:{free_port()}", "spool": {"max_bytes": "64MiB"}},
    }
    changed = simulated / "changed.yaml"
    changed.write_text(yaml.safe_dump(config))
    return changed


def wrong(page: str) -> list[str]:
    """Return what the page does not show as it should: who answers, who does not, what is known."""
    success = 'hubgauge_collector_success{{collector="snmp",device="{}"}}'
    healthy = 'hubgauge_spool_healthy{sink="influxdb"}'
    found = [] if value(page, healthy) == 0 else [healthy]
    for device in ("A01-A", "A01-B", "A02-A"):
        if value(page, success.format(device)) != 0:
            found.append(f"{device} does not fail")
        if re.search(rf'^dc_pdu_power_watts\{{.*pdu="{device}"', page, re.MULTILINE):
            found.append(f"{device} has power")
    for device in ("A02-B", "A03-A", "A03-B"):
        if value(page, success.format(device)) != 1:
            found.append(f"{device} fails")
        power = rf'^dc_pdu_power_watts\{{.*pdu="{device}".*\}} [1-9]'
        if not re.search(power, page, re.MULTILINE):
            found.append(f"{device} has no power")
    patterns = (
        r'^dc_meter_up\{.*meter="cooling-1".*\} 0',
        r'^dc_meter_power_watts\{.*meter="utility-1".*\} [1-9]',
        r'^dc_rack_power_watts\{.*rack="A02".*feed="B"',
    )
    found += [pattern for pattern in patterns if not re.search(pattern, page, re.MULTILINE)]
    # A rack with one silent feed has no load. The power of its live feed shows all the same.
    if re.search(r'^dc_rack_utilization_ratio\{.*rack="A02".*kind="power"', page, re.MULTILINE):
        found.append("A02 has a load")
    return found


def test_every_fault_is_a_line_and_costs_nobody_else(tmp_path: Path) -> None:
    """Silence, garbage, a wrong community and a full disk are one line each; the rest is read."""
    simulated = tmp_path / "site"
    faults = ["--fault", "A01-A=silent", "--fault", "A01-B=garbage", "--fault", "cooling-1=silent"]
    site = ["--hub", "guian", "--racks", "3", "--write-config", simulated]
    port = free_port()
    with (
        small_disk(tmp_path / "state") as state,
        running([*HUBGAUGE, "simulate", *site, *faults], log=tmp_path / "simulator.log", cwd=ROOT),
    ):
        wait_for(lambda: "ready" in (tmp_path / "simulator.log").read_text(), what="the simulator")
        log = simulated / "agent.log"
        with agent(changed_config(simulated, state, port), port) as process:
            fill(state / "filler")
            for line in LINES:
                wait_for(lambda line=line: re.search(line, log.read_text()), what=line)
            seen: list[str] = []

            def right() -> bool:
                seen[:] = [metrics(port)]
                return not wrong(seen[0])

            try:
                wait_for(right, what="the page")
            finally:
                print(wrong(seen[0]))
            assert process.poll() is None
        told = log.read_text()
        for device in ("snmp A01-A", "snmp A01-B", "snmp A02-A", "modbus cooling-1"):
            assert len(re.findall(rf" WARNING {device}: ", told)) == 1, told
        assert "not-the-community" not in told + seen[0]
