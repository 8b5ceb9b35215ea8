"""The real agent against a service: sessions end at a reload and at exit; no secret is shown."""

from __future__ import annotations

import asyncio
import signal
import sys
from pathlib import Path

from tests.collectors.power.redfish.services import (
    PASSWORD,
    Service,
    account_files,
    certificates,
    serving,
)
from tests.collectors.power.redfish.test_faults import server
from tests.support import HANGS, ROOT, free_port, get, until

HUBGAUGE = (sys.executable, "-m", "agent.cli")
POWER = 'dc_node_power_watts{hub="guian",site="s",row="",rack="",node="n1",source="redfish"} 500'


def write_config(
    folder: Path, service: Service, port: int, timing: str = "interval: 1s\ntimeout: 900ms"
) -> Path:
    """Write an agent's config that reads the service as one node."""
    section = (
        account_files(folder)
        + f'ca_file: ca.pem\n{timing}\ndevices: [{{address: "{service.origin}", node: n1}}]\n'
    )
    lines = "".join(f"    {line}\n" for line in section.splitlines())
    file = folder / "config.yaml"
    file.write_text(
        f"hub: guian\nsite: s\nstate_dir: {folder}/state\ncollectors:\n  redfish:\n{lines}"
        f'outputs:\n  http: {{listen: "127.0.0.1:{port}"}}\n'
    )
    return file


async def test_sessions_end_with_the_agent_and_its_config(tmp_path: Path) -> None:
    """A reload ends the old session first, SIGTERM ends the last, and no output has a secret."""
    port = free_port()
    board = f"http://127.0.0.1:{port}"
    async with serving(Service(server()), certificates(tmp_path)) as service:
        config = write_config(tmp_path, service, port)
        agent = await asyncio.create_subprocess_exec(
            *HUBGAUGE,
            "run",
            "--config",
            config,
            cwd=ROOT,
            stdout=asyncio.subprocess.PIPE,
            stderr=asyncio.subprocess.STDOUT,
        )
        try:
            await until(
                lambda: len([one for one in service.asked if one.endswith("ThermalMetrics")]) > 1
            )
            assert list(service.sessions) == ["token-1"]
            page = ""
            async with asyncio.timeout(HANGS):
                while POWER not in page:  # a round may be late
                    page = (await asyncio.to_thread(get, f"{board}/metrics")).decode()
            agent.send_signal(signal.SIGHUP)
            await until(lambda: list(service.sessions) == ["token-2"])
        finally:
            agent.send_signal(signal.SIGTERM)
            said = (await asyncio.wait_for(agent.communicate(), HANGS))[0].decode()
        assert not service.sessions
        assert service.made == 2
    assert not [word for word in (PASSWORD, "token-") if word in said + page]


async def test_one_round_to_the_screen_ends_its_session(tmp_path: Path) -> None:
    """`hubgauge collect` logs in, reads, and logs out."""
    async with serving(Service(server()), certificates(tmp_path)) as service:
        config = write_config(tmp_path, service, free_port(), "timeout: 20s")
        command = await asyncio.create_subprocess_exec(
            *HUBGAUGE,
            "collect",
            "--config",
            config,
            "--format",
            "prometheus",
            cwd=ROOT,
            stdout=asyncio.subprocess.PIPE,
            stderr=asyncio.subprocess.STDOUT,
        )
        said = (await asyncio.wait_for(command.communicate(), HANGS))[0].decode()
        assert "dc_node_up{" in said
        assert service.made == 1
        assert not service.sessions
