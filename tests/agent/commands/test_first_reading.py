"""An imported meter is there from its first reading, also where a silence follows it."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from agent.cli import main
from tests.support.ledger import SITE


def test_a_silence_after_the_first_row_is_not_covered(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """65 kW at the utility, 57.5 kW at the UPS, of which fans behind it take 7.5: PUE 1.30.

    The fans are read at 00:00, and each two minutes from 02:00 on. Without them IT would be 57.5 kW
    for two hours, and PUE 1.13.
    """
    (tmp_path / "inventory.yaml").write_text(
        f"sites: [{{site: {SITE}, timezone: Asia/Shanghai}}]\n"
        "meters:\n- {meter: main, point: utility}\n- {meter: ups, point: ups_output}\n"
        "- {meter: fans, point: cooling, behind: ups}\n"
    )
    config = tmp_path / "hubgauge.yaml"
    config.write_text(f"hub: guian\nsite: {SITE}\nstate_dir: state\ninventory: inventory.yaml\n")
    lines = ["time,meter,power_w"]
    for minute in range(0, 242, 2):
        at = f"2025-03-01T{minute // 60:02}:{minute % 60:02}:00"
        lines += [f"{at},main,65000", f"{at},ups,57500"]
        lines += [f"{at},fans,7500"] if not 0 < minute < 120 else []
    file = tmp_path / "power.csv"
    file.write_text("\n".join(lines) + "\n")
    where = ["--config", str(config), "--site", SITE]
    assert main(["ledger", "import", *where, str(file)]) == 0

    def shown(start: str, end: str) -> tuple[float | None, float]:
        capsys.readouterr()
        period = ["--from", f"2025-03-01T{start}", "--to", f"2025-03-01T{end}"]
        main(["ledger", "show", *where, *period, "--json"])
        told = json.loads(capsys.readouterr().out)
        return told["pue"], told["coverage"]

    assert shown("00:00", "02:00") == (None, 0.0)
    assert shown("02:00", "04:00") == (pytest.approx(1.3), pytest.approx(1.0))
