"""`hubgauge devices identify https://ADDRESS` shows a service, its readings and the requests."""

from __future__ import annotations

import argparse
import asyncio
import json
from pathlib import Path

import pytest

from agent.commands import devices
from tests.collectors.power.redfish.services import Service, account_files, certificates, serving
from tests.support import ROOT

CASES = ROOT / "tests" / "cases" / "redfish"


async def identify(folder: Path, service: Service, *options: str) -> int:
    """Run the command as the shell would, beside the service."""
    parser = argparse.ArgumentParser()
    devices.configure(parser)
    account_files(folder)
    files = ("--username-file", f"{folder}/username", "--password-file", f"{folder}/password")
    return await asyncio.to_thread(
        devices.run, parser.parse_args(["identify", service.origin, *files, *options])
    )


@pytest.mark.parametrize(
    ("case", "lines"),
    [
        (
            "new-schemas",
            [
                "reads       Main (it has Backplane as well: --id)",
                "dc_node_energy_joules_total{…} J = 4821.25 kWh",
            ],
        ),
        ("rack-pdu", ["reads       1", "dc_pdu_power_watts{…} 5210.5 W", "Dropped: 2 null"]),
    ],
)
async def test_it_tells_what_a_service_has(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], case: str, lines: list[str]
) -> None:
    """A service is identified as a node or a PDU, with units, and the session is ended."""
    made = certificates(tmp_path)
    async with serving(
        Service(json.loads((CASES / case / "service.json").read_text())), made
    ) as service:
        assert await identify(tmp_path, service, "--ca-file", str(made.ca)) == 0
        assert not service.sessions
    said = capsys.readouterr().out
    for line in lines:
        assert all(part in said for part in line.split("{…}"))
    assert "Redfish 1.20.1" in said


async def test_what_cannot_be_read_is_one_line(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """An untrusted certificate exits with status 1, plain HTTP without allow_http with status 2."""
    async with serving(Service({}), certificates(tmp_path)) as service:
        assert await identify(tmp_path, service) == 1
        assert "TLS: unable to get local issuer certificate\n" in capsys.readouterr().err
        service.origin = "http" + service.origin.removeprefix("https")
        assert await identify(tmp_path, service) == 2
        assert capsys.readouterr().err.count("\n") == 1
