"""What an agent does not load: memory is the price of imports.

What is left out is there for whoever asks for it.
"""

from __future__ import annotations

import json
import ssl
import subprocess
import sys
import urllib.request
from collections.abc import Collection
from pathlib import Path
from typing import Final

import pytest

from agent.settings import Tls
from tests.support import ROOT, free_port, running, unmeasured, wait_for
from tests.system.running_agent import HUBGAUGE, write_config

_ROUND: Final = """
import agent.commands.run
import asyncio, sys
from pathlib import Path
from agent.app import App
app = App(Path(sys.argv[1]))
app.prepare()
async def main():
    app._start_push()
    await app.start_web()
    await app.runner.run_once()
asyncio.run(main())
print(*sys.modules)
"""
"""A round of an agent with the config of its argument, and the modules that it has then."""
_DEFERRED: Final = (
    "ssl",
    "hashlib",
    "hmac",
    "asyncio.sslproto",
    "prometheus_client",
    "uvicorn",
    "influxdb_client",
    "influxdb_client.client",
    "influxdb_client.domain",
    "influxdb_client.service",
)


def run(program: str, *words: object) -> str:
    done = subprocess.run(
        [sys.executable, "-c", program, *map(str, words)],
        cwd=ROOT,
        env=unmeasured(),
        capture_output=True,
        text=True,
        check=False,
        timeout=300,
    )
    assert done.returncode == 0, done.stderr
    return done.stdout


def loaded(config: Path) -> Collection[str]:
    return set(run(_ROUND, config).split())


def within(modules: Collection[str], *packages: str) -> Collection[str]:
    """The modules inside of packages; a package itself may be there without its `__init__`."""
    return {one for one in modules if one.startswith(tuple(f"{name}." for name in packages))}


def test_a_node_agent_loads_only_what_it_uses(tmp_path: Path) -> None:
    """Neither the libraries of gateways, dashboards and pushes, nor TLS, servers or click."""
    modules = loaded(write_config(tmp_path))
    tops = {name.partition(".")[0] for name in modules}
    assert (
        sorted(
            tops
            & {
                "_hashlib",
                "_ssl",
                "aiohttp",
                "bcrypt",
                "click",
                "dashboards",
                "difflib",
                "grafanalib",
                "gufo",
                "jinja2",
                "numpy",
                "pymodbus",
                "sqlite3",
                "urllib3",
                "wsgiref",
            }
        )
        == []
    )
    assert "http.server" not in modules
    packages = [name for name in _DEFERRED if name.startswith("influxdb_client.")]
    assert within(modules, "influxdb_client") <= set(packages)


def test_a_push_loads_what_sends_a_request(tmp_path: Path) -> None:
    """None of the hundreds of modules for what InfluxDB can be asked, nor what these stand on."""
    outputs = f'  influxdb: {{url: "http://127.0.0.1:{free_port()}"}}\n'
    modules = loaded(write_config(tmp_path, outputs=outputs))
    assert "influxdb_client._sync.api_client" in modules
    assert not within(modules, "influxdb_client.domain", "reactivex", "dateutil")
    services = within(modules, "influxdb_client.service")
    assert {name.rpartition(".")[2] for name in services} <= {
        "_base_service",
        "signin_service",
        "signout_service",
    }


@pytest.mark.parametrize("name", _DEFERRED)
def test_what_is_deferred_is_there_as_ever(name: str) -> None:
    """A plant's own collector finds each name in it, by the usual import."""
    plain = run(f"import json, {name} as it\nprint(json.dumps(dir(it)))")
    program = (
        "import agent.commands.run, agent.web.server\n"
        f"import json, sys, {name} as it\n"
        "names = json.loads(sys.argv[1])\n"
        "print(json.dumps([name for name in names if not hasattr(it, name)]))"
    )
    assert json.loads(plain)
    assert json.loads(run(program, plain)) == []


@pytest.mark.parametrize(
    "name",
    [
        "influxdb_client.client._base",
        "influxdb_client.client.influxdb_client",
        "influxdb_client.client.util.multiprocessing_helper",
        "influxdb_client.client.write_api",
        "influxdb_client.domain.bucket",
        "prometheus_client.exposition",
        "uvicorn.main",
    ],
)
def test_any_module_of_a_package_may_be_imported_first(name: str) -> None:
    """Also one that needs the package itself, which needs it in turn."""
    program = (
        "import agent.commands.run, agent.web.server, agent.sinks.delivery\n"
        f"import importlib, sys, {name} as it\n"
        f"assert sys.modules['{name}'] is it is importlib.import_module('{name}')\n"
        f"assert it.__spec__.origin == it.__file__ == it.__spec__.loader.path\n"
        "from influxdb_client import InfluxDBClient\n"
        "import influxdb_client.client.write_api as writes\n"
        "made = InfluxDBClient('http://127.0.0.1', '').write_api()\n"
        "assert type(made) is writes.WriteApi\n"
        "made.close()\n"
    )
    run(program)


def test_a_library_that_keeps_its_client_elsewhere_is_loaded_as_a_whole() -> None:
    """What a later version may do. Requests are then sent by the class that it has itself."""
    program = (
        "import sys, agent.commands.run\n"
        "class Elsewhere:\n"
        "    def find_spec(self, name, path=None, target=None):\n"
        "        if name == 'influxdb_client._sync.api_client' and not self.gone:\n"
        "            self.gone = True\n"
        "            raise ModuleNotFoundError(name)\n"
        "    gone = False\n"
        "sys.meta_path.insert(0, Elsewhere())\n"
        "import agent.sinks.delivery as it, influxdb_client\n"
        "assert 'Point' in vars(influxdb_client)\n"
        "assert issubclass(type(influxdb_client.InfluxDBClient('http://a', '').api_client),"
        " it.ApiClient)\n"
    )
    run(program)


def test_what_is_known_of_ssl_is_so() -> None:
    """Its numbers are told before it is loaded, and are the same then."""
    program = (
        "import agent.commands, sys, ssl\n"
        "known = [int(ssl.PROTOCOL_TLS_SERVER), int(ssl.CERT_NONE)]\n"
        "assert '_ssl' not in sys.modules\n"
        "ssl.create_default_context()\n"
        "assert known == [ssl.PROTOCOL_TLS_SERVER, ssl.CERT_NONE]\n"
    )
    run(program)


def test_an_agent_of_a_plant_has_the_whole_libraries() -> None:
    """By the names that stand in their documentation, after the agent has what it needs."""
    program = (
        "import agent.commands.run, agent.web.server, agent.sinks.delivery\n"
        "import prometheus_client\n"
        "assert callable(prometheus_client.exposition.generate_latest)\n"
        "assert callable(prometheus_client.process_collector.ProcessCollector)\n"
        "from prometheus_client import Counter, REGISTRY, start_http_server\n"
        "import agent.selfmetrics, uvicorn\n"
        "assert agent.selfmetrics.Counter is Counter and callable(uvicorn.run)\n"
        "from influxdb_client import InfluxDBClient, Point\n"
        "from influxdb_client.client.write_api import SYNCHRONOUS\n"
        "client = InfluxDBClient('http://127.0.0.1', 'token', org='org')\n"
        "assert isinstance(client.api_client, agent.sinks.delivery.ApiClient)\n"
        "assert client.write_api(SYNCHRONOUS) and client.query_api()\n"
        "assert Point('a').field('b', 1).to_line_protocol() == 'a b=1i'\n"
    )
    run(program)


def certificate(folder: Path) -> Tls:
    made = Tls(cert_file=folder / "cert.pem", key_file=folder / "key.pem")
    words = ("openssl", "req", "-x509", "-newkey", "rsa:2048", "-nodes", "-days", "2")
    words += ("-subj", "/CN=localhost", "-addext", "subjectAltName=DNS:localhost")
    files = ("-keyout", str(made.key_file), "-out", str(made.cert_file))
    subprocess.run([*words, *files], check=True, capture_output=True)
    return made


def test_an_agent_with_tls_has_it(tmp_path: Path) -> None:
    """As a process that loads TLS only because its config asks for it."""
    made, port = certificate(tmp_path), free_port()
    config = write_config(tmp_path)
    config.write_text(
        config.read_text().partition("outputs:")[0]
        + f'outputs:\n  http:\n    listen: "127.0.0.1:{port}"\n'
        f"    tls: {{cert_file: {made.cert_file}, key_file: {made.key_file}}}\n"
    )
    trust = ssl.create_default_context(cafile=str(made.cert_file))

    def page() -> str:
        url = f"https://localhost:{port}/metrics"
        with urllib.request.urlopen(url, context=trust) as reply:
            return str(reply.read().decode())

    def is_there() -> bool:
        try:
            return "node_load1 " in page()
        except OSError:
            return False

    with running([*HUBGAUGE, "run", "--config", config], log=tmp_path / "log", cwd=ROOT):
        wait_for(is_there, what="the page by TLS")
