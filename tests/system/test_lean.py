"""What an agent does not load: memory is the price of imports.

What is left out is there for whoever asks for it.
"""

from __future__ import annotations

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
import agent.cli, agent.commands.run
import asyncio, sys
from pathlib import Path
from agent.app import App
from collectors.deferred import _Deferred
app = App(Path(sys.argv[1]))
app.prepare()
async def main():
    app._start_push()
    await app.start_web()
    app.runner.start()
    await app.runner.ready.wait()
    port = int(app.config.outputs.http.listen.rpartition(":")[2])
    reader, writer = await asyncio.open_connection("127.0.0.1", port)
    writer.write(b"GET /metrics HTTP/1.1\\r\\nHost: 127.0.0.1\\r\\n\\r\\n")
    assert b"200" in await reader.readline()
    await reader.readuntil(b"node_load1 ")
    writer.close()
    await app.runner.stop()
asyncio.run(main())
def is_loaded(module):
    deferred = getattr(vars(module).get("__getattr__"), "__self__", None)
    return not isinstance(deferred, _Deferred) or deferred.begun
print(*[name for name, module in sys.modules.items() if is_loaded(module)])
"""
"""An agent with the config of its argument, which is scraped once. Prints what it has loaded."""
_DEFERRED: Final = """
import agent.cli, agent.commands, sys
from collectors.deferred import _Deferred
for name, module in list(sys.modules.items()):
    if isinstance(getattr(vars(module).get("__getattr__"), "__self__", None), _Deferred):
        print(name)
"""
"""Prints what is deferred."""


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
    return {one for one in modules if one.startswith(tuple(f"{name}." for name in packages))}


def test_a_node_agent_loads_only_what_it_uses(tmp_path: Path) -> None:
    """Neither the libraries of gateways, dashboards and pushes, nor TLS, servers and archivers.

    It has run a round, its schedule has begun, and it has been scraped.
    """
    modules = loaded(write_config(tmp_path))
    assert "apscheduler.schedulers.asyncio" in modules
    unused = {
        *("aiohttp", "bcrypt", "dashboards", "difflib", "grafanalib", "gufo", "influxdb_client"),
        *("jinja2", "numpy", "psutil", "pymodbus", "sqlite3", "urllib3"),
        *("_hashlib", "_ssl", "asyncio.sslproto", "hashlib", "hmac", "ssl"),
        *("_bz2", "_lzma", "bz2", "csv", "email.message", "lzma", "tempfile", "zipfile"),
        *("click", "configparser", "email.utils", "http.server", "logging.config", "random"),
        *("apscheduler", "multiprocessing", "platform", "prometheus_client", "tzlocal", "uuid"),
        *("uvicorn", "wsgiref"),
    }
    assert sorted(unused & set(modules)) == []


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


def test_what_is_deferred_is_there_as_ever() -> None:
    """Whoever imports it finds each of its names, as in a program without an agent."""
    names = run(_DEFERRED).split()
    assert {"ssl", "asyncio.sslproto", "prometheus_client", "influxdb_client.domain"} <= {*names}
    plain = (
        "import importlib, json, sys\n"
        "print(json.dumps({name: dir(importlib.import_module(name)) for name in sys.argv[1:]}))"
    )
    deferred = (
        "import agent.cli, agent.commands.run, agent.web.server\n"
        "import importlib, json, sys\n"
        "for name, expected in json.loads(sys.argv[1]).items():\n"
        "    module = importlib.import_module(name)\n"
        "    missed = [one for one in expected if not hasattr(module, one)]\n"
        "    assert not missed, (name, missed)\n"
        "    for one in set(expected) & set(vars(module)):\n"
        "        assert vars(module)[one] is getattr(module, one), (name, one)\n"
    )
    run(deferred, run(plain, *names))


def test_what_loads_these_modules_by_the_way_still_works() -> None:
    """The shorter ways of importlib.metadata, argparse and logging, and of names in their place."""
    program = (
        "import agent.cli, agent.commands.run, agent.schedule\n"
        "import apscheduler, asyncio, importlib.metadata, logging.config, shutil, sys, uuid\n"
        "assert importlib.metadata.version('apscheduler') == apscheduler.version\n"
        "assert importlib.metadata.metadata('PyYAML')['Name'] == 'PyYAML'\n"
        "logging.config.dictConfig({'version': 1})\n"
        "assert {'bztar', 'xztar', 'zip'} <= {name for name, _ in shutil.get_archive_formats()}\n"
        "from apscheduler.executors.pool import ThreadPoolExecutor\n"
        "from apscheduler.schedulers.background import BackgroundScheduler\n"
        "scheduler = BackgroundScheduler(executors={'default': ThreadPoolExecutor(2)})\n"
        "scheduler.start()\n"
        "done = __import__('threading').Event()\n"
        "assert scheduler.add_job(done.set).id and done.wait(60)\n"
        "scheduler.shutdown()\n"
        "assert len({uuid.uuid4(), uuid.uuid4()}) == 2\n"
    )
    run(program)


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
    words += ("-subj", "/CN=node", "-addext", "subjectAltName=IP:127.0.0.1")
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
        url = f"https://127.0.0.1:{port}/metrics"
        with urllib.request.urlopen(url, context=trust) as reply:
            return str(reply.read().decode())

    def is_there() -> bool:
        try:
            return "node_load1 " in page()
        except OSError:
            return False

    with running([*HUBGAUGE, "run", "--config", config], log=tmp_path / "log", cwd=ROOT):
        wait_for(is_there, what="the page by TLS")
