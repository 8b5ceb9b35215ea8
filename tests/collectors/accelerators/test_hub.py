"""A hub's chips and compute, from the agents on its nodes to the recording rules of a real
Prometheus.
"""

from __future__ import annotations

import asyncio
import contextlib
import json
import sys
import threading
import urllib.parse
from collections.abc import Iterator
from pathlib import Path

from agent.hubs.loader import load_registry
from dashboards import rule_files
from simulator.npu_exporter import NpuExporters
from simulator.site import build_site
from tests.support import ROOT, binary, free_port, get, running, wait_for

FP16 = 70e12  # of a 310P3


@contextlib.contextmanager
def served(exporters: NpuExporters) -> Iterator[None]:
    """Run the exporters on an event loop in a thread."""
    loop = asyncio.new_event_loop()
    thread = threading.Thread(target=loop.run_forever, daemon=True)
    thread.start()
    asyncio.run_coroutine_threadsafe(exporters.start(), loop).result(10)
    try:
        yield
    finally:
        asyncio.run_coroutine_threadsafe(exporters.stop(), loop).result(10)
        loop.call_soon_threadsafe(loop.stop)
        thread.join(10)
        loop.close()


def write_config(folder: Path, name: str, port: int, sections: list[dict[str, str]]) -> Path:
    """Write an agent's config: JSON is YAML."""
    config = {
        "hub": "liangya",
        "site": "s1",
        "row": "A",
        "rack": "A04",
        "node": name,
        "state_dir": str(folder / name),
        "collectors": {"accelerators": {"interval": "1s", "exporters": sections}},
        "outputs": {"http": {"listen": f"127.0.0.1:{port}"}},
    }
    path = folder / f"{name}.yaml"
    path.write_text(json.dumps(config))
    return path


def test_a_hubs_chips_and_compute_are_measured(tmp_path: Path) -> None:
    """Two node agents and a third that sees one of the nodes as well: every chip counts once, and
    all compute is added up.
    """
    exporters = NpuExporters(build_site("liangya", 4))
    first, second = list(exporters.nodes)[:2]
    rule_files.write(tmp_path, load_registry())
    ports = {name: free_port() for name in (first, second, "gateway")}
    prometheus_port = free_port()
    prometheus = f"http://127.0.0.1:{prometheus_port}"
    (tmp_path / "prometheus.yml").write_text(
        json.dumps(
            {
                "global": {"scrape_interval": "1s", "evaluation_interval": "1s"},
                "rule_files": ["rules.yml"],
                "scrape_configs": [
                    {
                        "job_name": "hubgauge",
                        "honor_labels": True,
                        "static_configs": [
                            {
                                "targets": [f"127.0.0.1:{port}"],
                                "labels": {"hub": "liangya", "site": "s1", "instance": name},
                            }
                            for name, port in ports.items()
                        ],
                    }
                ],
            }
        )
    )

    def recorded(kpi: str) -> dict[str, float]:
        query = urllib.parse.urlencode({"query": f'hub:dc_kpi:value{{kpi="{kpi}",hub="liangya"}}'})
        found = json.loads(get(f"{prometheus}/api/v1/query?{query}"))["data"]["result"]
        return {series["metric"]["scope"]: float(series["value"][1]) for series in found}

    with served(exporters), contextlib.ExitStack() as stack:
        for name, port in ports.items():
            node = first if name == "gateway" else name
            exporter = {
                "url": exporters.urls[node],
                "profile": "ascend-npu-exporter",
                "node": node,
                "rack": "A04",
            }
            config = write_config(tmp_path, name, port, [exporter])
            stack.enter_context(
                running(
                    [sys.executable, "-m", "agent.cli", "run", "--config", config],
                    log=tmp_path / f"{name}.log",
                    ready=f"http://127.0.0.1:{port}/-/ready",
                    cwd=ROOT,
                )
            )
        stack.enter_context(
            running(
                [
                    binary("prometheus"),
                    f"--config.file={tmp_path}/prometheus.yml",
                    f"--storage.tsdb.path={tmp_path}/tsdb",
                    f"--web.listen-address=127.0.0.1:{prometheus_port}",
                ],
                log=tmp_path / "prometheus.log",
                ready=f"{prometheus}/-/ready",
            )
        )
        wait_for(
            lambda: recorded("compute_flops") == {"hub": 16 * FP16},
            what="the compute of two nodes",
        )
        assert recorded("accelerators") == recorded("accelerators_huawei") == {"hub": 16.0}
        page = get(f"http://127.0.0.1:{ports[first]}/metrics").decode()
        assert 'hubgauge_collector_success{collector="accelerators"' in page
