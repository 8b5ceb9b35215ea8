"""Every command of the tutorial, in order, in one shell."""

from __future__ import annotations

import json
import re
from pathlib import Path

from tests.docs.shell import commands, run
from tests.support import ROOT, binary, free_ports

PAGES = [ROOT / "docs" / "tutorial.md", ROOT / "docs" / "zh" / "tutorial.md"]


def test_both_languages_have_the_same_commands() -> None:
    """The Chinese tutorial gives the commands of the English one, to the letter."""
    english, chinese = map(commands, PAGES)
    assert english == chinese
    assert len(english) > 8


def test_the_tutorial_works_as_it_stands(tmp_path: Path) -> None:
    """A newcomer who types what the page says has a rack with two feeds,
    a meter and a PUE of 1.2.
    """
    binary("curl")  # its loops would wait for ever without it
    script = "\n".join(commands(PAGES[0]))
    # Ports of its own, so that another test or another agent is not in the way.
    # The simulator takes more than the page names.
    first = free_ports(30)
    script = re.sub(r"\b1610(\d)\b", lambda found: str(first + int(found[1])), script)
    script = script.replace("127.0.0.1:9718", f"127.0.0.1:{first + 9}")
    said = run(script, tmp_path)
    watts = re.findall(r'^dc_rack_power_watts{.*feed="([AB])".*} (\S+)$', said, re.MULTILINE)
    assert sorted(feed for feed, _ in watts) == ["A", "B"]
    assert all(float(value) > 100 for _, value in watts)
    assert re.search(r'^dc_meter_power_watts{.*meter="main".*} \d', said, re.MULTILINE)
    assert "1.200" in said
    hub = json.loads((tmp_path / "acme.json").read_text("utf-8"))
    assert "acme-pue" in json.dumps(hub)
    assert list((tmp_path / "dashboards").glob("hubgauge-hub-acme*.json"))
    assert (tmp_path / "rules" / "rules.yml").exists()
