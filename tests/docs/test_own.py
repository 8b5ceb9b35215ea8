"""Every command of the page on a hub of one's own, in order, in one shell."""

from __future__ import annotations

import json
import os
import re
import subprocess
import sys
from pathlib import Path

from tests.support import ROOT, binary, free_ports
from tests.support.chats import TOKEN, vendors

PAGE = ROOT / "docs" / "own.md"
SHELL = re.compile(r"^```sh\n(.*?)^```$", re.MULTILINE | re.DOTALL)
ROBOT = "https://qyapi.weixin.qq.com/cgi-bin/webhook/send?key=KEY"


def test_a_stranger_gets_from_nothing_to_a_statement(tmp_path: Path) -> None:
    """A hub in Lyon: its promise, its limit, its PDU, a leak, a message, a tenant's month.

    The month is 1000 kWh of 13 000 at the utility and 10 000 of IT: PUE is 1.3, so the carbon by
    location is 1000 x 1.3 x 0.05 = 65 kg.
    """
    for program in ("curl", "snmptrap", "promtool", "amtool"):
        binary(program)
    script = "set -euo pipefail\n" + "\n".join(SHELL.findall(PAGE.read_text("utf-8")))
    # Ports of its own, so that another test or another agent is not in the way.
    first = free_ports(10)
    script = re.sub(r"\b1611(\d)\b", lambda found: str(first + int(found[1])), script)
    path = f"{Path(sys.executable).parent}:{os.environ['PATH']}"
    with vendors() as found:
        assert ROBOT in script
        script = script.replace(ROBOT, f"{found.url}/robot?key={TOKEN}")
        done = subprocess.run(
            ["bash", "-c", script],
            cwd=tmp_path,
            env={**os.environ, "PATH": path, "PYTHONWARNINGS": "ignore"},
            capture_output=True,
            text=True,
            check=False,
            timeout=600,
        )
        log = tmp_path / "agent.log"
        assert done.returncode == 0, (
            done.stdout + done.stderr + (log.read_text() if log.exists() else "")
        )
        (message,) = found.taken["robot"]
    assert "leak-1 of lyon-1" in message["markdown"]["content"]
    assert re.search(r'^dc_event_active{.*device="leak-1".*} 1', done.stdout, re.MULTILINE)
    assert 'lyon-1"} > 24 <= 32' in done.stdout
    assert "water_usage_effectiveness" in (tmp_path / "lyon.json").read_text("utf-8")
    stated = json.loads((tmp_path / "soie.json").read_text("utf-8"))
    assert (stated["kwh"], stated["pue"], stated["coverage"]) == (1000.0, 1.3, 1.0)
    assert {one["basis"]: one["kilograms"] for one in stated["carbon"]}["location"] == 65.0
    assert "Soierie SARL" in (tmp_path / "soie.html").read_text("utf-8")
