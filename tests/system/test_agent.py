"""The agent as a process: started, scraped, reloaded, told what is wrong, and ended."""

from __future__ import annotations

import json
import re
import signal
import subprocess
from pathlib import Path
from typing import Any

import pytest

from tests.support import HANGS, binary, free_port, get, running, wait_for
from tests.system.running_agent import agent, hubgauge, metrics, write_config

BAD = {
    "unknown key": (
        "collectors: {}\nsites: x\n",
        r"config\.yaml:6: sites: unknown key; did you mean site\?",
    ),
    "bad duration": (
        "collectors:\n  host: {interval: 15}\n",
        r"config\.yaml:6: collectors\.host\.interval: expected a duration such as 15s",
    ),
    "missing file": (
        "inventory: none.yaml\n",
        r"config\.yaml:5: inventory: no such file: .*none\.yaml",
    ),
    "unknown collector": (
        "collectors: {snmpp: {}}\n",
        r"config\.yaml:5: collectors\.snmpp: unknown collector; did you mean snmp\?",
    ),
    "missing secret": (
        (
            "collectors:\n  snmp:\n    devices:\n    -"
            " {address: 127.0.0.1, pdu: A,\n       community_file: none}\n"
        ),
        (
            r"config\.yaml:9: collectors\.snmp\.devices\[0\]\.community_file:"
            r" .*none: cannot be read: No such file or directory"
        ),
    ),
    "not yaml": ("collectors: [\n", r"config\.yaml:\d+: is not YAML: "),
    "class not there": (
        "collectors:\n  prometheus: {collectors: [{collector: 'no_such:Thing'}]}\n",
        (
            r"config\.yaml:6: collectors\.prometheus:"
            r" 'no_such:Thing' cannot be made: ModuleNotFoundError"
        ),
    ),
}


@pytest.mark.parametrize("name", BAD)
def test_a_bad_config_is_exit_2_and_one_clear_line(tmp_path: Path, name: str) -> None:
    """Both `check` and `run` name file, line, key and what was expected, and start nothing."""
    text, expected = BAD[name]
    config = write_config(tmp_path, text)
    for command in (("check", config), ("run", "--config", config)):
        result = hubgauge(*command)
        assert result.returncode == 2, result.stderr
        assert re.search(expected, result.stderr), result.stderr
        assert len(result.stderr.splitlines()) == 1


def test_an_unknown_hub_is_named_with_those_there_are(tmp_path: Path) -> None:
    """The hub must be one of the registry."""
    config = write_config(tmp_path)
    config.write_text(config.read_text().replace("guian", "guiann"))
    result = hubgauge("check", config)
    assert result.returncode == 2
    assert "config.yaml:1: hub: not in the registry" in result.stderr
    assert "guian" in result.stderr


def test_collect_prints_one_round_in_three_forms(tmp_path: Path) -> None:
    """The same series names as exposition text, as line protocol and as JSON; a summary else."""
    config = write_config(tmp_path)
    text = hubgauge("collect", "--config", config, "--format", "prometheus")
    assert text.returncode == 0, text.stderr
    names = {
        line.partition(" ")[0].partition("{")[0]
        for line in text.stdout.splitlines()
        if not line.startswith("#")
    }
    listed = json.loads(hubgauge("collect", "--config", config, "--format", "json").stdout)
    assert {one["name"] for one in listed} == names
    influx = hubgauge("collect", "--config", config, "--format", "influx").stdout
    found = set()
    for line in influx.splitlines():
        key, fields, stamp = re.split(r"(?<!\\) ", line)
        assert stamp.isdigit()
        assert "job=hubgauge" in key
        found |= {
            key.partition(",")[0] + "_" + field.partition("=")[0] for field in fields.split(",")
        }
    assert found == names
    assert "node_load1" in names
    told = hubgauge("collect", "--config", config).stdout.splitlines()
    rows = {line.split()[0]: line.split()[1:] for line in told[1:-2]}
    assert rows["load"][:3] == ["1", "1", "3"], "the three averages of proc_loadavg(5)"
    assert all(read == of for read, of, *_ in rows.values())
    assert "--format prometheus" in told[-1]


def test_a_real_prometheus_scrapes_the_agent(tmp_path: Path) -> None:
    """A real Prometheus takes every sample, and promtool finds nothing in our page that
    node_exporter's names do not bring.
    """
    port, prometheus_port = free_port(), free_port()
    config = write_config(tmp_path, port=port)
    scrape = {
        "job_name": "hubgauge",
        "honor_labels": True,
        "static_configs": [{"targets": [f"127.0.0.1:{port}"]}],
    }
    (tmp_path / "prometheus.yml").write_text(
        json.dumps({"global": {"scrape_interval": "1s"}, "scrape_configs": [scrape]})
    )
    server = [
        binary("prometheus"),
        f"--config.file={tmp_path}/prometheus.yml",
        f"--storage.tsdb.path={tmp_path}/tsdb",
        f"--web.listen-address=127.0.0.1:{prometheus_port}",
    ]
    url = f"http://127.0.0.1:{prometheus_port}/api/v1"

    def query(expression: str) -> list[Any]:
        from urllib.parse import quote

        found: list[Any] = json.loads(get(f"{url}/query?query={quote(expression)}"))["data"][
            "result"
        ]
        return found

    with (
        agent(config, port),
        running(
            server, log=tmp_path / "p.log", ready=f"http://127.0.0.1:{prometheus_port}/-/ready"
        ),
    ):
        wait_for(
            lambda: len(query("node_load1")) == 1 and len(query("count_over_time(up[1m]) > 2")),
            what="three scrapes",
        )
        target = json.loads(get(f"{url}/targets"))["data"]["activeTargets"][0]
        assert (target["health"], target["lastError"]) == ("up", "")
        # Every scrape was whole: the server counts what it could not take.
        (scraped,) = query("scrape_samples_scraped")
        page = [line for line in metrics(port).splitlines() if not line.startswith("#")]
        assert abs(int(scraped["value"][1]) - len(page)) < 20
        for name in ("duplicate_timestamp", "out_of_order", "out_of_bounds"):
            own = get(f"http://127.0.0.1:{prometheus_port}/metrics").decode()
            assert re.search(
                rf"^prometheus_target_scrapes_sample_{name}_total 0$", own, re.MULTILINE
            )
        lint = subprocess.run(
            [binary("promtool"), "check", "metrics"],
            input=metrics(port),
            capture_output=True,
            text=True,
            check=False,
        )
    assert lint.returncode in (0, 3), lint.stderr
    # node_exporter's own names are not all to promtool's taste; ours must be.
    ours = [
        line for line in (lint.stdout + lint.stderr).splitlines() if not line.startswith("node_")
    ]
    assert ours == []


def test_reload_takes_a_good_file_and_keeps_the_old_config_for_a_bad_one(tmp_path: Path) -> None:
    """By SIGHUP and by POST; a device or collector taken away is gone from the page at once."""
    port = free_port()
    config = write_config(tmp_path, port=port)
    good = config.read_text()
    with agent(config, port) as process:
        assert "node_load1" in metrics(port)
        config.write_text(good.replace("interval: 15s", "interval: 15s, disable: [load]"))
        process.send_signal(signal.SIGHUP)
        wait_for(lambda: "node_load1" not in metrics(port))
        assert "node_cpu_seconds_total" in metrics(port)
        config.write_text(good.replace("interval: 15s", "interval: soon"))
        process.send_signal(signal.SIGHUP)
        wait_for(
            lambda: "hubgauge_config_last_reload_successful 0.0" in metrics(port),
            what="the refused reload to show",
        )
        assert "node_cpu_seconds_total" in metrics(port)
        log = (tmp_path / "agent.log").read_text()
        assert (
            log.count(
                "collectors.host.interval: expected a duration such as 15s, 500ms or 1h30m, got"
                " 'soon'; the old config stays"
            )
            == 1
        )


def test_sigterm_ends_it(tmp_path: Path) -> None:
    """SIGTERM ends it with status 0, also while it collects and its database is not there."""
    port = free_port()
    outputs = f'  influxdb: {{url: "http://127.0.0.1:{free_port()}"}}\n'
    config = write_config(
        tmp_path, "collectors:\n  host: {interval: 200ms}\n", port=port, outputs=outputs
    )
    with agent(config, port) as process:
        wait_for(lambda: "hubgauge_sink_up{" in metrics(port), what="a push that fails")
        process.terminate()
        assert process.wait(HANGS) == 0


def test_a_taken_port_is_one_line(tmp_path: Path) -> None:
    """The address that cannot be had is named."""
    port = free_port()
    config = write_config(tmp_path, port=port)
    with agent(config, port):
        second = hubgauge("run", "--config", config)
    assert second.returncode == 1
    last = second.stderr.splitlines()[-1]
    assert last.endswith(f"outputs.http.listen: 127.0.0.1:{port}: Address already in use")


def test_the_page_of_a_host_has_rates(tmp_path: Path) -> None:
    """An agent with no more than `host: {}` tells how busy each processor is."""
    port = free_port()
    config = write_config(tmp_path, "collectors:\n  host: {interval: 1s}\n", port=port)

    def told() -> list[float | None]:
        answer = json.loads(get(f"http://127.0.0.1:{port}/api/host"))
        return [one["busy_ratio"] for one in answer["cores"]]

    with agent(config, port):
        wait_for(lambda: told() and None not in told())
        assert all(0 <= (share or 0.0) <= 1 for share in told())
        assert b"Processors" in get(f"http://127.0.0.1:{port}/host")
