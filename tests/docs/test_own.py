"""Every command of the page on a hub of one's own, in order, in one shell."""

from __future__ import annotations

import json
import re
import threading
from pathlib import Path

from tests.docs.shell import commands, run
from tests.support import ROOT, binary, free_ports, wait_for
from tests.support.chats import TOKEN, Vendors, vendors

PAGE = ROOT / "docs" / "own.md"
ROBOT = "https://qyapi.weixin.qq.com/cgi-bin/webhook/send?key=KEY"
END = "kill $(cat"
"""How the page's last command begins."""
PROGRAMS = ("curl", "snmptrap", "promtool", "amtool", "prometheus", "prometheus-alertmanager")
ASHRAE = 27
"""The upper end of the inlet's recommended range in degrees Celsius (TC 9.9)."""


def messages(found: Vendors) -> list[str]:
    """Return what the group has been told so far."""
    return [message["markdown"]["content"] for message in found.taken.get("robot", [])]


def of(alert: str, found: Vendors) -> str:
    """Return the first message of an alert; empty as long as there is none."""
    return next((text for text in messages(found) if f"lyon-1 {alert}" in text), "")


def look_at_the_group(found: Vendors, seen: Path) -> None:
    """Do what the reader does before the end: wait until the group has both messages."""
    try:
        wait_for(
            lambda: of("RackHot", found) and of("WaterDetected", found),
            what="both messages",
        )
    finally:
        seen.touch()


def test_a_stranger_gets_from_nothing_to_a_statement(tmp_path: Path) -> None:
    """A hub in Lyon: its promise, its limit, its PDU, a leak, its messages, a tenant's month.

    The month is 1000 kWh of 13 000 at the utility and 10 000 of IT: PUE is 1.3, so the carbon by
    location is 1000 x 1.3 x 0.05 = 65 kg.
    """
    for program in PROGRAMS:
        binary(program)
    script = "\n".join(commands(PAGE))
    # Ports of its own, so that another test or another agent is not in the way.
    first = free_ports(40)
    script = re.sub(r"\b161([12]\d)\b", lambda found: str(first - 10 + int(found[1])), script)
    seen = tmp_path / "seen"
    before, end = script.rsplit(END, 1)
    script = f"{before}until [ -e {seen} ]; do sleep 0.2; done\n{END}{end}"
    with vendors() as found:
        assert ROBOT in script
        script = script.replace(ROBOT, f"{found.url}/robot?key={TOKEN}")
        threading.Thread(target=look_at_the_group, args=(found, seen), daemon=True).start()
        said = run(script, tmp_path)
    hot, wet = of("RackHot", found), of("WaterDetected", found)
    assert found.refused == []
    assert "leak-1 of lyon-1" in wet
    assert re.search(r"warning lyon lyon-1 RackHot", hot)
    assert "24 °C" in hot
    assert "/sites/lyon-1/racks/R1" in hot
    (breathes,) = re.findall(r"Rack R1 of lyon-1 breathes ([\d.]+) °C", hot)
    assert 24 < float(breathes) < ASHRAE  # nobody would be told by the limit of other sites
    (read,) = re.findall(r"^dc_rack_inlet_temperature_celsius{.*} (\S+)", said, re.MULTILINE)
    assert 24 < float(read) < ASHRAE
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
