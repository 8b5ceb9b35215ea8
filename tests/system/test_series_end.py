"""The whole agent and a real Prometheus: what ends is told, so that nothing stays as it was."""

from __future__ import annotations

import signal
import time
from pathlib import Path

from tests.agent.sinks.receivers import Prometheus
from tests.support import HANGS, free_port, wait_for
from tests.system.running_agent import agent, write_config

LOAD = (
    "collectors:\n  prometheus:"
    " {collectors: [{collector: 'tests.system.load:Load', options: {series: 3}, interval: 1s}]}\n"
)
OTHER = "collectors:\n  host: {interval: 15s}\n"


def test_series_end_with_a_reload_and_with_the_agent(tmp_path: Path) -> None:
    """A collector that a reload removes, and at last every series of the agent, is stale in
    Prometheus at once, where it would be shown for five minutes more.
    """
    base = Prometheus(tmp_path)
    port = free_port()
    outputs = f'  remote_write: {{url: "{base.write_url}"}}\n'

    def found(selector: str) -> int:
        """Return how many series an instant query shows now."""
        return len(base.ask(selector, time.time()))

    with base.up():
        config = write_config(tmp_path, LOAD, port=port, outputs=outputs)
        with agent(config, port) as process:
            wait_for(lambda: found("load_test_rounds") == 3, what="the first samples")
            write_config(tmp_path, OTHER, port=port, outputs=outputs)
            process.send_signal(signal.SIGHUP)
            wait_for(lambda: found("node_load1"), what="what the reload added")
            wait_for(lambda: found("load_test_rounds") == 0, what="the end of what it removed")
            assert found("node_load1") == 1
            process.terminate()
            assert process.wait(HANGS) == 0
        assert found('{job="hubgauge"}') == 0
        assert base.ask("count(last_over_time(load_test_rounds[1h]))", time.time())
