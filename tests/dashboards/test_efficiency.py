"""ITEUsv as promtool evaluates its rule: of a site of CPUs, and of none where chips do the work."""

from __future__ import annotations

import subprocess
from pathlib import Path

import yaml

from agent.hubs.loader import load_registry
from dashboards import rule_files
from tests.support import binary

RECORD = "site:dc_it_equipment_utilization:avg"


def busy(site: str, node: str, share: float) -> list[dict[str, str]]:
    """Return an hour of counters of a node with one CPU that is busy for a share of each minute."""
    labels = f'hub="h",site="{site}",instance="{node}",cpu="0"'
    return [
        {
            "series": f'node_cpu_seconds_total{{{labels},mode="idle"}}',
            "values": f"0+{60 * (1 - share):g}x60",
        },
        {
            "series": f'node_cpu_seconds_total{{{labels},mode="user"}}',
            "values": f"0+{60 * share:g}x60",
        },
    ]


def test_the_mean_of_a_site_s_nodes(tmp_path: Path) -> None:
    """Nodes at 20 % and 60 % make 0.4; a site with a chip has no value."""
    rule_files.write(tmp_path, load_registry())
    chip = (
        'dc_accelerator_info{hub="h",site="b",node="n3",'
        'accelerator="0",vendor="huawei",model="910"}'
    )
    case = {
        "interval": "1m",
        "input_series": [
            *busy("a", "n1", 0.2),
            *busy("a", "n2", 0.6),
            *busy("b", "n3", 0.9),
            {"series": chip, "values": "1x60"},
        ],
        "promql_expr_test": [
            {
                "expr": f"round({RECORD}, 1e-6)",
                "eval_time": "30m",
                "exp_samples": [{"labels": '{hub="h",site="a"}', "value": 0.4}],
            }
        ],
    }
    (tmp_path / "own.yml").write_text(
        yaml.safe_dump({"rule_files": ["rules.yml"], "tests": [case]})
    )
    found = subprocess.run(
        [binary("promtool"), "test", "rules", "own.yml"],
        cwd=tmp_path,
        capture_output=True,
        text=True,
        check=False,
        timeout=300,
    )
    assert found.returncode == 0, found.stdout + found.stderr
