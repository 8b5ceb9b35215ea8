"""Units of systemd, asked of a real one beside node_exporter."""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import psutil
import pytest

from collectors.host.systemd import STATES, parse
from tests.collectors.host.peer import families_of, peer_page
from tests.support import binary, free_port, running, wait_for

# A service manager must be process 1. Nothing that it writes leaves its name spaces: its root and
# the kernel's settings are read-only, and what it must write to is in memory.
CLOSED = """
set -e
mount --make-rprivate /
for folder in /tmp /run /var/tmp /var/log /var/lib/systemd; do mount -t tmpfs tmpfs $folder; done
mount -o remount,bind,ro /
mount --bind /proc/sys /proc/sys
mount -o remount,bind,ro /proc/sys
if touch /etc/.written 2>/dev/null; then exit 1; fi
if echo 1 2>/dev/null > /proc/sys/vm/drop_caches; then exit 1; fi
"""
START = """
mkdir -p /run/systemd/system
unit() { printf "[Unit]\\nDefaultDependencies=no\\n$2" > /run/systemd/system/$1; }
unit stays.service '[Service]\\nType=oneshot\\nRemainAfterExit=yes\\nExecStart=/bin/true\\n'
unit fails.service '[Service]\\nExecStart=/bin/false\\n'
unit restarts.service 'StartLimitIntervalSec=1h\\nStartLimitBurst=3\\n[Service]
ExecStart=/bin/false\\nRestart=on-failure\\nRestartSec=1ms\\n'
unit case.target 'Wants=stays.service fails.service restarts.service absent.service\\n'
exec env container=lxc /lib/systemd/systemd --system --unit=case.target --show-status=no
"""


@contextmanager
def systemd(log: Path) -> Iterator[list[str]]:
    """Run systemd in name spaces of its own; yields the words that run a program beside it."""
    binary("systemctl")
    command = [binary("unshare"), "-pmfuiC", "--mount-proc", "--kill-child", "bash", "-c"]
    if subprocess.run([*command, CLOSED], check=False, capture_output=True).returncode:
        pytest.skip("a service manager needs root, name spaces, and a root that is a mount")
    with running([*command, CLOSED + START], log=log) as process:
        outside = psutil.Process(process.pid)
        wait_for(outside.children, what="process 1 of the name space")
        inside = [binary("nsenter"), "-t", str(outside.children()[0].pid), "-m", "-p"]

        def settled() -> bool:
            asked = [*inside, "systemctl", "show", "--property=ActiveState", "--value"]
            units = ("case.target", "fails.service", "restarts.service")
            said = subprocess.run([*asked, *units], check=False, capture_output=True, text=True)
            return said.stdout.split() == ["active", "failed", "failed"]

        try:
            wait_for(settled, what="systemd to have tried all units")
            yield inside
        finally:
            outside.children()[0].kill()  # nothing else ends process 1, and all others with it


def test_node_exporter_tells_the_same_of_a_real_systemd(tmp_path: Path) -> None:
    """Each service has the same state and type there; one fails, one stays, one was restarted."""
    with systemd(tmp_path / "systemd.log") as inside:
        program = Path(sys.executable).with_name("hubgauge")
        config = "hub: guian\nsite: s1\ncollectors: {host: {systemd: {enabled: true}}}\n"
        page = subprocess.run(
            [*inside, program, "collect", "--format", "prometheus", "--config", "-"],
            input=config,
            check=False,
            capture_output=True,
            text=True,
        )
        listen = f"127.0.0.1:{free_port()}"
        exporter = [*inside, binary("prometheus-node-exporter"), f"--web.listen-address={listen}"]
        exporter += [
            "--collector.disable-defaults",
            "--collector.systemd",
            "--collector.systemd.private",
        ]
        exporter += ["--collector.systemd.unit-include=.+[.]service"]
        exporter += ["--collector.systemd.enable-restarts-metrics"]
        with running(exporter, log=tmp_path / "peer.log", ready=f"http://{listen}/metrics"):
            theirs = peer_page(f"http://{listen}/metrics")
    ours = families_of(page.stdout)
    assert ours["node_systemd_unit_state"], page.stderr
    for name in ("node_systemd_unit_state", "node_systemd_service_restart"):
        assert ours[name] == theirs[name]
    now = {
        dict(labels)["name"]: (dict(labels)["state"], dict(labels).get("type"))
        for (_, labels), value in ours["node_systemd_unit_state"].samples.items()
        if value == 1
    }
    assert now["stays.service"] == ("active", "oneshot")
    assert now["fails.service"] == ("failed", "simple")
    assert "absent.service" not in now
    restarts = ours["node_systemd_service_restart"].samples
    # Three starts in an hour are allowed, and the first is none of systemd's own.
    assert (
        restarts["node_systemd_service_restart_total", frozenset({("name", "restarts.service")})]
        >= 2
    )


RECORDED = """\
Type=oneshot
NRestarts=0
Id=stays.service
LoadState=loaded
ActiveState=active

Type=
NRestarts=0
Id=absent.service
LoadState=not-found
ActiveState=inactive

Id=syslog.socket
LoadState=loaded
ActiveState=inactive
"""


def test_what_systemctl_prints() -> None:
    """A unit that is known by its name alone is left out; a socket has no type and no restarts."""
    found = list(parse(RECORDED))
    assert [unit["Id"] for unit in found] == ["stays.service", "syslog.socket"]
    assert (found[0]["Type"], found[0]["NRestarts"]) == ("oneshot", "0")
    assert "Type" not in found[1]
    assert found[0]["ActiveState"] in STATES
