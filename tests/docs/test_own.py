"""Every command of the page on a hub of one's own, in order, in one shell."""

from __future__ import annotations

import json
import re
from pathlib import Path

from tests.docs.shell import commands, run
from tests.support import ROOT, binary, free_ports
from tests.support.chats import TOKEN, vendors

PAGE = ROOT / "docs" / "own.md"
ROBOT = "https://qyapi.weixin.qq.com/cgi-bin/webhook/send?key=KEY"


def test_a_stranger_gets_from_nothing_to_a_statement(tmp_path: Path) -> None:
    """A hub in Lyon: its promise, its limit, its PDU, a leak, a message, a tenant's month.

    The month is 1000 kWh of 13 000 at the utility and 10 000 of IT: PUE is 1.3, so the carbon by
    location is 1000 x 1.3 x 0.05 = 65 kg.
    """
    for program in ("curl", "snmptrap", "promtool", "amtool", "prometheus"):
        binary(program)
    script = "\n".join(commands(PAGE))
    # Ports of its own, so that another test or another agent is not in the way.
    first = free_ports(40)
    script = re.sub(r"\b161([12]\d)\b", lambda found: str(first - 10 + int(found[1])), script)
    with vendors() as found:
        assert ROBOT in script
        script = script.replace(ROBOT, f"{found.url}/robot?key={TOKEN}")
        said = run(script, tmp_path)
        (message,) = found.taken["robot"]
    assert "leak-1 of lyon-1" in message["markdown"]["content"]
    assert re.search(r'^dc_event_active{.*device="leak-1".*} 1', said, re.MULTILINE)
    assert 'lyon-1"} > 24 <= 32' in said
    assert "water_usage_effectiveness" in (tmp_path / "lyon.json").read_text("utf-8")
    stored = json.loads((tmp_path / "stored.json").read_text("utf-8"))["data"]["result"]
    assert [one["metric"]["rack"] for one in stored] == ["R1"]
    assert float(stored[0]["value"][1]) > 100
    stated = json.loads((tmp_path / "soie.json").read_text("utf-8"))
    assert (stated["kwh"], stated["pue"], stated["coverage"]) == (1000.0, 1.3, 1.0)
    assert {one["basis"]: one["kilograms"] for one in stated["carbon"]}["location"] == 65.0
    assert "Soierie SARL" in (tmp_path / "soie.html").read_text("utf-8")
