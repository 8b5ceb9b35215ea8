"""A whole agent of which a collector never yields."""

from __future__ import annotations

import sys
from pathlib import Path

from tests.support import HANGS, ROOT, free_port, get, running, wait_for

PLUGIN = """
from collectors.base import Schedule

class Endless:
    name, device = "endless", ""
    schedule = Schedule(interval=1.0, timeout=0.5)

    async def collect(self):
        while True:
            pass
"""
AGENT = """
import sys, agent.loading, agent.in_force
from plugged import Endless
from agent.cli import main

load_all = agent.in_force.load_all

def with_plugin(*args, **options):
    import dataclasses
    loaded = load_all(*args, **options)
    return dataclasses.replace(loaded, collectors=[*loaded.collectors, Endless()])

agent.in_force.load_all = with_plugin
sys.exit(main())
"""


def test_a_whole_agent_serves_again_after_its_collector_stood_still(tmp_path: Path) -> None:
    """The page says that it fails and what others read; the log names it once; SIGTERM ends all."""
    (tmp_path / "plugged.py").write_text(PLUGIN)
    (tmp_path / "run.py").write_text(AGENT)
    port = free_port()
    config = tmp_path / "config.yaml"
    config.write_text(
        f"hub: guian\nstate_dir: {tmp_path / 'state'}\n"
        "collectors:\n  host: {interval: 1s}\n"
        f'outputs:\n  http: {{listen: "127.0.0.1:{port}"}}\n'
    )
    log = tmp_path / "agent.log"
    with running(
        [sys.executable, tmp_path / "run.py", "run", "--config", config],
        log=log,
        ready=f"http://127.0.0.1:{port}/-/ready",
        cwd=ROOT,
        env={"PYTHONPATH": f"{ROOT}:{tmp_path}", "PATH": "/usr/bin:/bin"},
    ) as process:
        fails = 'hubgauge_collector_success{collector="endless",device=""} 0'

        def shown() -> bool:
            page = get(f"http://127.0.0.1:{port}/metrics").decode()
            return fails in page and "node_uname_info" in page

        wait_for(shown, what="both collectors on the page")
        process.terminate()
        assert process.wait(HANGS) == 0
    assert log.read_text().count("endless: kept all others waiting: never yielded") == 1
