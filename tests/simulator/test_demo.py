"""The demo as a user meets it: one command, a board that answers, and nothing left when it ends."""

from __future__ import annotations

import os
import re
import signal
import socket
import subprocess
import sys
from pathlib import Path

import pytest

from agent.children import Child
from agent.commands.demo_output import prometheus_config
from agent.commands.ports import free_port
from collectors.base import HubgaugeError
from tests.support import HANGS, get, wait_for
from tests.support import free_port as any_port
from tests.support.demo import demo, wait_until_ready


def descendants(pid: int) -> set[int]:
    """Every process below a process."""
    found: set[int] = set()
    for path in Path("/proc").glob("[0-9]*/stat"):
        try:
            text = path.read_text()
        except OSError:
            continue
        parent = int(text.rpartition(")")[2].split()[1])
        if parent == pid:
            child = int(path.parent.name)
            found |= {child} | descendants(child)
    return found


def alive(pids: set[int]) -> set[int]:
    """Those that still run; one that has ended and waits to be collected does not."""
    running = set()
    for pid in pids:
        try:
            state = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0]
        except OSError:
            continue
        if state != "Z":
            running.add(pid)
    return running


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
def test_the_demo_shows_a_board_and_leaves_nothing_behind(
    tmp_path: Path, number: signal.Signals
) -> None:
    """Board and metrics show simulated racks; after the signal no process or folder is left."""
    port = any_port()
    with demo(tmp_path, "--racks", "2", "--port", str(port), "--interval", "1s") as (process, log):
        said = wait_until_ready(process, log)
        assert "SIMULATED: the site, its 2 racks, 4 PDUs" in said
        assert f"http://127.0.0.1:{port}/" in said
        board = get(f"http://127.0.0.1:{port}/").decode()
        assert "simulated" in board.lower()

        def has_power() -> bool:
            page = get(f"http://127.0.0.1:{port}/metrics").decode()
            return (
                len(re.findall(r"^dc_pdu_power_watts\{", page, re.MULTILINE)) == 4
                and "dc_meter_power_watts{" in page
            )

        wait_for(has_power, what="readings of every PDU")
        children = descendants(process.pid)
        assert len(children) >= 2
        (folder,) = tmp_path.glob("hubgauge-demo-*")
        process.send_signal(number)
        assert process.wait(HANGS) == 0
        wait_for(lambda: not alive(children), what="the end of the children")
        assert not folder.exists()
        assert "Traceback" not in log.read_text()


def test_the_demo_goes_on_without_a_database(tmp_path: Path) -> None:
    """Without VictoriaMetrics it says how to install it, and shows the board all the same."""
    port = any_port()
    with demo(tmp_path, "--racks", "1", "--port", str(port), path=str(tmp_path)) as (process, log):
        said = wait_until_ready(process, log)
        assert "VictoriaMetrics is not installed (apt install victoria-metrics)" in said
        assert get(f"http://127.0.0.1:{port}/")


def test_a_child_that_dies_is_told_in_one_line_and_ends_the_demo(tmp_path: Path) -> None:
    """When the agent is killed, the demo says so, ends the rest and fails."""
    with demo(tmp_path, "--racks", "1", "--port", str(any_port()), "--no-database") as (
        process,
        log,
    ):
        wait_until_ready(process, log)
        children = descendants(process.pid)
        agent = next(
            pid
            for pid in children
            if b"run" in Path(f"/proc/{pid}/cmdline").read_bytes().split(b"\0")
        )
        os.kill(agent, signal.SIGKILL)
        assert process.wait(HANGS) == 1
        assert "agent was ended by SIGKILL" in log.read_text()
        wait_for(lambda: not alive(children), what="the end of the children")


def test_children_end_with_a_demo_that_is_killed(tmp_path: Path) -> None:
    """Even SIGKILL leaves no process: the kernel tells the children that their parent is gone."""
    with demo(tmp_path, "--racks", "1", "--port", str(any_port()), "--no-database") as (
        process,
        log,
    ):
        wait_until_ready(process, log)
        children = descendants(process.pid)
        process.kill()
        process.wait(HANGS)
        wait_for(lambda: not alive(children), what="the end of the children")


def test_a_demo_that_cannot_start_says_why_and_leaves_nothing(tmp_path: Path) -> None:
    """A wrong hub is one line and status 1."""
    with demo(tmp_path, "--hub", "gotham", "--no-database", "--port", "0") as (process, log):
        assert process.wait(HANGS) == 1
        assert "--hub: not in the registry" in log.read_text()
        assert len(log.read_text().splitlines()) == 1
        assert not list(tmp_path.glob("hubgauge-demo-*"))


def test_a_demo_may_end_by_itself_and_keep_its_folder(tmp_path: Path) -> None:
    """With --seconds it ends with status 0; with --state-dir everything stays."""
    folder = tmp_path / "kept"
    options = (
        "--racks",
        "1",
        "--port",
        str(any_port()),
        "--no-database",
        "--seconds",
        "1",
        "--state-dir",
        str(folder),
    )
    with demo(tmp_path, *options) as (process, _):
        assert process.wait(HANGS) == 0
    assert (folder / "agent" / "config.yaml").exists()
    assert (folder / "state").is_dir()


def test_a_taken_port_is_given_way_to() -> None:
    """A taken port is replaced by a free one; an address of another machine is an error."""
    taken = any_port()
    with socket.create_server(("127.0.0.1", taken)):
        assert free_port("127.0.0.1", taken) not in (0, taken)
    assert free_port("127.0.0.1", taken) == taken
    with pytest.raises(HubgaugeError, match=r"cannot listen on 203\.0\.113\.1"):
        free_port("203.0.113.1", 9717)


def test_prometheus_takes_the_config_it_is_given(tmp_path: Path) -> None:
    """Promtool finds nothing wrong with it."""
    from tests.support import binary

    path = tmp_path / "prometheus.yml"
    path.write_text(
        prometheus_config(
            "http://127.0.0.1:9717", "guian", "huawei-guian-1-simulated", tmp_path / "rules"
        )
    )
    done = subprocess.run(
        [binary("promtool"), "check", "config", path], capture_output=True, text=True, check=False
    )
    assert done.returncode == 0, done.stderr


async def test_a_child_that_ignores_sigterm_is_killed(tmp_path: Path) -> None:
    """Patience has an end."""
    code = (
        "import signal, time; signal.signal(signal.SIGTERM, signal.SIG_IGN); "
        "print('deaf', flush=True); time.sleep(3600)"
    )
    child = await Child.start("deaf", [sys.executable, "-c", code], tmp_path / "log")
    await child.wait_for_line("deaf", seconds=HANGS)
    await child.stop(patience=0.3)
    assert not child.running
    assert not child.succeeded
    assert await child.wait() == "deaf was ended by SIGKILL: deaf"


async def test_a_child_that_ends_before_it_is_ready_is_not_waited_for(tmp_path: Path) -> None:
    """Its last line says why."""
    child = await Child.start(
        "brief",
        [sys.executable, "-c", "print('no such thing'); raise SystemExit(3)"],
        tmp_path / "log",
    )
    with pytest.raises(HubgaugeError, match="brief ended with status 3: no such thing"):
        await child.wait_for_line("ready", seconds=HANGS)
    with pytest.raises(HubgaugeError, match="ghost cannot be started: No such file"):
        await Child.start("ghost", [tmp_path / "ghost"], tmp_path / "log")
