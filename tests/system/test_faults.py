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
from tests.system.test_agent import HUBGAUGE, agent, metrics


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


def test_every_fault_is_a_line_and_costs_nobody_else(tmp_path: Path) -> None:
    """A silent PDU, one that answers garbage, one that knows another community, a silent meter, a full disk, no database."""
    simulated = tmp_path / "site"
    faults = ["--fault", "A01-A=silent", "--fault", "A01-B=garbage", "--fault", "cooling-1=silent"]
    simulator = [
        *HUBGAUGE,
        "simulate",
        "--hub",
        "guian",
        "--racks",
        "3",
        "--write-config",
        simulated,
        *faults,
    ]
    port = free_port()
    with (
        small_disk(tmp_path / "state") as state,
        running(simulator, log=tmp_path / "simulator.log", cwd=ROOT),
    ):
        wait_for(lambda: "ready" in (tmp_path / "simulator.log").read_text(), what="the simulator")
        config = yaml.safe_load((simulated / "config.yaml").read_text())
        (simulated / "wrong").write_text("not-the-community\n")
        (simulated / "wrong").chmod(0o600)
        config["state_dir"] = str(state)
        config["collectors"]["snmp"] |= {"interval": "2s", "timeout": "2s"}
        config["collectors"]["modbus"] |= {
            "interval": "1s",
            "timeout": "800ms",
            "request_timeout": "300ms",
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
        with agent(changed, port) as process:
            fill(state / "filler")

            def told() -> bool:
                log = (simulated / "agent.log").read_text()
                return all(
                    re.search(pattern, log)
                    for pattern in (
                        r"snmp A01-A: no answer \(unreachable, or the community or user is wrong\)",
                        r"snmp A01-B: ",
                        r"snmp A02-A: no answer",
                        r"modbus cooling-1: ",
                        r"spool.*(full|space)",
                    )
                )

            wait_for(told, what="a line for each fault")
            healthy = 'hubgauge_spool_healthy{sink="influxdb"}'
            wait_for(
                lambda: value(metrics(port), healthy) == 0,
                what="the spool's state on the page",
            )
            page = metrics(port)
            assert process.poll() is None
        log = (simulated / "agent.log").read_text()
        for device in ("snmp A01-A", "snmp A01-B", "snmp A02-A", "modbus cooling-1"):
            assert len(re.findall(rf" WARNING {device}: ", log)) == 1, log
        assert "not-the-community" not in log + page
        for device in ("A01-A", "A01-B", "A02-A"):
            assert (
                value(page, f'hubgauge_collector_success{{collector="snmp",device="{device}"}}')
                == 0
            )
            assert f'pdu="{device}"' not in "".join(
                line for line in page.splitlines() if line.startswith("dc_pdu_power_watts")
            )
        for device in ("A02-B", "A03-A", "A03-B"):
            assert (
                value(page, f'hubgauge_collector_success{{collector="snmp",device="{device}"}}')
                == 1
            )
            assert re.search(
                rf'^dc_pdu_power_watts\{{.*pdu="{device}".*\}} [1-9]', page, re.MULTILINE
            )
        assert re.search(r'^dc_meter_up\{.*meter="cooling-1".*\} 0', page, re.MULTILINE)
        assert re.search(
            r'^dc_meter_power_watts\{.*meter="utility-1".*\} [1-9]', page, re.MULTILINE
        )
        # A rack of which one feed is silent has no load; the live feed shows all the same.
        assert not re.search(
            r'^dc_rack_utilization_ratio\{.*rack="A02".*kind="power"', page, re.MULTILINE
        )
        assert re.search(r'^dc_rack_power_watts\{.*rack="A02".*feed="B"', page, re.MULTILINE)
