"""The processes of `hubgauge demo`: simulator, agent, database and Prometheus."""

from __future__ import annotations

import shutil
import sys
import webbrowser
from collections.abc import Sequence
from dataclasses import dataclass
from ipaddress import ip_address
from pathlib import Path
from typing import Final

from agent.children import Child
from agent.commands.demo_output import Place, introduce, prometheus_config, say
from agent.commands.demo_programs import READY_SECONDS, Programs
from agent.commands.ports import free_port
from agent.config import load

_VICTORIA_PORT: Final = 8428
_PROMETHEUS_PORT: Final = 9090
_PDU_DAYS: Final = 32.0
_HUBGAUGE: Final = (sys.executable, "-m", "agent.cli")
_SIMULATE: Final = ("simulate", "--host", "--chips", "--whole-hub")


@dataclass(frozen=True, slots=True, kw_only=True)
class DemoOptions:
    """The options of the demo; `seconds` is None for a demo that runs until somebody ends it."""

    hub: str
    racks: int
    seed: int
    makes: Sequence[str]
    faults: Sequence[str]
    months: float
    listen: str
    port: int
    interval: str
    open_browser: bool
    database: bool
    seconds: float | None


class Demo:
    """One demo: its options, its folder, and the programs of which it is made."""

    def __init__(self, options: DemoOptions, folder: Path, *, temporary: bool) -> None:
        self._options = options
        self._folder = folder
        self._temporary = temporary
        self._programs = Programs(folder / "logs")
        self._places: list[Place] = []
        self._config = folder / "agent" / "config.yaml"  # the simulator writes it
        self._history = folder / "past.csv"

    async def run(self) -> int:
        """Start all parts, print where to look, and wait; returns the exit status."""
        options = self._options
        for name in ("logs", "dashboards", "rules"):
            (self._folder / name).mkdir(parents=True, exist_ok=True)
        port = free_port(options.listen, options.port)
        if port != options.port and options.port:
            say(f"port {options.port} is taken: the board is on {port}")
        board = f"http://{_reachable(options.listen)}:{port}"
        database = await self._start_database()
        simulator = await self._start_simulator(f"{options.listen}:{port}", database)
        await self._import_history()
        agent = await self._programs.start("agent", *_HUBGAUGE, "run", "--config", self._config)
        await self._programs.wait_until_answers(agent, f"{board}/")
        here = [Place("board", f"{board}/"), Place("metrics", f"{board}/metrics")]
        self._places = here + self._places
        await self._build_dashboards()
        await self._start_prometheus(board)
        self._places.append(Place("config, inventory", str(self._config.parent)))
        self._places.append(Place("logs", str(self._folder / "logs")))
        introduce(
            options.racks, options.months, self._places, self._folder if self._temporary else None
        )
        if options.open_browser:
            webbrowser.open(f"{board}/")
        return await self._programs.watch((agent, simulator), options.seconds)

    async def stop(self) -> None:
        """End the programs: the agent first, because it still pushes what it has."""
        await self._programs.stop(first="agent")

    async def _start_database(self) -> str:
        """Start VictoriaMetrics; returns its URL, or an empty text if it is not there."""
        if not self._options.database:
            return ""
        program = shutil.which("victoria-metrics") or shutil.which("victoria-metrics-prod")
        if program is None:
            say(
                "VictoriaMetrics is not installed (apt install victoria-metrics): "
                "continuing without a database"
            )
            return ""
        port = free_port("127.0.0.1", _VICTORIA_PORT)
        url = f"http://127.0.0.1:{port}"
        started = await self._programs.start_server(
            "victoria-metrics",
            program,
            f"{url}/health",
            f"-storageDataPath={self._folder / 'victoria-metrics'}",
            f"-httpListenAddr=127.0.0.1:{port}",
            "-retentionPeriod=13",
            "-dedup.minScrapeInterval=1ms",
            "-search.latencyOffset=1s",
            "-memory.allowedBytes=256MB",
            "-loggerLevel=WARN",
        )
        if not started:
            return ""
        self._places.append(Place("VictoriaMetrics", f"{url}/vmui"))
        self._places.append(Place("its PromQL API", f"{url}/api/v1/query"))
        return url

    async def _start_simulator(self, agent_listen: str, database: str) -> Child:
        """Start the simulated site, which writes the agent's config and the simulated past."""
        options = self._options
        named: dict[str, str | Path] = {
            "--hub": options.hub,
            "--racks": str(options.racks),
            "--seed": str(options.seed),
            "--write-config": self._config.parent,
            "--agent-listen": agent_listen,
            "--state-dir": self._folder / "state",
            "--interval": options.interval,
            "--influxdb": database,
            "--history": database,
            "--write-history": self._history,
            "--months": str(options.months),
            "--pdu-days": str(_PDU_DAYS),
        }
        words = [word for pair in named.items() for word in pair]
        words += [word for fault in options.faults for word in ("--fault", fault)]
        words += [word for make in options.makes for word in ("--make", make)]
        child = await self._programs.start("simulator", *_HUBGAUGE, *_SIMULATE, *words)
        await child.wait_for_line("ready", seconds=READY_SECONDS)
        return child

    async def _import_history(self) -> None:
        """Import the simulated past into the ledger, so that PUE has full windows.

        The demo continues if that fails.
        """
        site = load(self._config).file.site
        command = (
            *(*_HUBGAUGE, "ledger", "import", "--config", self._config, "--site", site),
            "--interval-values",  # the solar energy of a morning only rises, as a register does
        )
        recent = self._history.with_stem(f"{self._history.stem}-recent")
        for path, interval in ((self._history, "1h"), (recent, "5m")):
            if not path.exists():  # there is no recent past in the first minutes of an hour
                continue
            failed = await self._programs.run_to_end(
                "ledger-import", *command, "--interval", interval, path
            )
            if failed:
                say(f"continuing without {path.name}: {failed}")

    async def _build_dashboards(self) -> None:
        """Build the files for Grafana and Prometheus; the demo continues if that fails."""
        folder = self._folder / "dashboards"
        failed = await self._programs.run_to_end(
            "dashboards", *_HUBGAUGE, "dashboards", "build", "--out", folder
        )
        if failed:
            say(f"continuing without dashboards: {failed}")
        else:
            self._places.append(Place("Grafana dashboards", str(folder)))
        failed = await self._programs.run_to_end(
            "rules", *_HUBGAUGE, "rules", "build", "--out", self._folder / "rules"
        )
        if failed:
            say(f"continuing without rules: {failed}")

    async def _start_prometheus(self, board: str) -> None:
        program = shutil.which("prometheus") if self._options.database else None
        if program is None:
            return
        file = load(self._config).file
        config = self._folder / "prometheus.yml"
        text = prometheus_config(board, file.hub, file.site, self._folder / "rules")
        config.write_text(text, encoding="utf-8")
        port = free_port("127.0.0.1", _PROMETHEUS_PORT)
        url = f"http://127.0.0.1:{port}"
        started = await self._programs.start_server(
            "prometheus",
            program,
            f"{url}/-/ready",
            f"--config.file={config}",
            f"--storage.tsdb.path={self._folder / 'prometheus'}",
            f"--web.listen-address=127.0.0.1:{port}",
            "--log.level=warn",
        )
        if started:
            self._places.append(Place("Prometheus", f"{url}/alerts"))


def _reachable(listen: str) -> str:
    """Return the host under which this machine reaches a server that listens at an address."""
    try:
        address = ip_address(listen)
    except ValueError:  # a name
        return listen
    if address.is_unspecified:
        return "127.0.0.1"
    return f"[{listen}]" if ":" in listen else listen
