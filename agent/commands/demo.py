"""`hubgauge demo`: a simulated site, an agent, a database and the board, all on this machine; Ctrl-C leaves nothing behind."""

from __future__ import annotations

import argparse
import asyncio
import contextlib
import platform
import shutil
import signal
import socket
import sys
import tempfile
import urllib.error
import urllib.request
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Final

from collectors.base import HubgaugeError

if TYPE_CHECKING:
    from agent.children import Child

_BOARD_PORT: Final = 9717
_VICTORIA_PORT: Final = 8428
_PROMETHEUS_PORT: Final = 9090
_PATIENCE: Final = 60.0
_MONTHS: Final = 13.0
_PDU_DAYS: Final = 32.0
_HUBGAUGE: Final = (sys.executable, "-m", "agent.cli")


def configure(parser: argparse.ArgumentParser) -> None:
    """Add the command's options."""
    parser.add_argument(
        "--hub", default="guian", metavar="H", help="a key of the registry (default: %(default)s)"
    )
    parser.add_argument(
        "--racks",
        type=int,
        default=24,
        metavar="N",
        help="how many racks, two PDUs each (default: %(default)s)",
    )
    parser.add_argument(
        "--seed",
        type=int,
        default=1,
        metavar="S",
        help="the same seed gives the same site (default: %(default)s)",
    )
    parser.add_argument(
        "--listen",
        default="127.0.0.1",
        metavar="ADDRESS",
        help="where the board listens (default: %(default)s)",
    )
    parser.add_argument(
        "--port",
        type=int,
        default=_BOARD_PORT,
        metavar="P",
        help="the board's port (default: %(default)s)",
    )
    parser.add_argument(
        "--interval",
        default="5s",
        metavar="T",
        help="how often devices are read (default: %(default)s)",
    )
    parser.add_argument(
        "--make", action="append", default=[], metavar="PROFILE[,…]", help="as of `simulate`"
    )
    parser.add_argument(
        "--fault",
        action="append",
        default=[],
        metavar="DEVICE=FAULT[:N][@S[-S]]",
        help="as of `simulate`",
    )
    parser.add_argument(
        "--months",
        type=float,
        default=_MONTHS,
        metavar="M",
        help="how much simulated past (default: %(default)s)",
    )
    parser.add_argument(
        "--state-dir",
        type=Path,
        metavar="DIR",
        help="keep everything here instead of in a temporary folder",
    )
    parser.add_argument(
        "--no-database", action="store_true", help="without VictoriaMetrics and Prometheus"
    )
    parser.add_argument("--open", action="store_true", help="open the board in a browser")
    parser.add_argument("--seconds", type=float, metavar="N", help="end by itself")


def run(args: argparse.Namespace) -> int:
    """Run until Ctrl-C, SIGTERM or a child's death; everything started is ended and removed again."""
    return asyncio.run(_run(args))


async def _run(args: argparse.Namespace) -> int:
    """Turn signals into the end of one task, and clean up whatever it had come to."""
    folder = args.state_dir or Path(tempfile.mkdtemp(prefix="hubgauge-demo-"))
    demo = Demo(args, folder)
    task = asyncio.ensure_future(demo.run())
    loop = asyncio.get_running_loop()
    for number in (signal.SIGINT, signal.SIGTERM):
        loop.add_signal_handler(number, task.cancel)
    try:
        return await task
    except asyncio.CancelledError:
        return 0
    except HubgaugeError as error:
        sys.stderr.write(f"{error}\n")
        return 1
    finally:
        for number in (signal.SIGINT, signal.SIGTERM):
            loop.add_signal_handler(number, lambda: None)  # the children are being ended already
        await demo.end()
        if args.state_dir is None:
            shutil.rmtree(folder, ignore_errors=True)


def _say(line: str) -> None:
    with contextlib.suppress(BrokenPipeError):
        sys.stdout.write(line + "\n")
        sys.stdout.flush()


@dataclass
class Demo:
    """The parts of one demo and how they find each other."""

    args: argparse.Namespace
    folder: Path
    children: list[Child] = field(default_factory=list)
    shown: list[tuple[str, str]] = field(default_factory=list)

    async def run(self) -> int:
        """Start all parts, say where to look, and wait."""
        args = self.args
        for name in ("logs", "dashboards", "rules"):
            (self.folder / name).mkdir(parents=True, exist_ok=True)
        port = free_port(args.listen, args.port)
        if port != args.port and args.port:
            _say(f"port {args.port} is taken: the board is on {port}")
        host = "127.0.0.1" if args.listen in ("0.0.0.0", "::") else args.listen  # noqa: S104 - only compared with
        board = f"http://{f'[{host}]' if ':' in host else host}:{port}"
        database = await self._start_database()
        simulator = await self._start_simulator(f"{args.listen}:{port}", database)
        await self._import_past()
        agent = await self._start("agent", *_HUBGAUGE, "run", "--config", self.config)
        await self._until_answers(agent, f"{board}/")
        self.shown = [("board", f"{board}/"), ("metrics", f"{board}/metrics"), *self.shown]
        await self._build_dashboards()
        await self._start_prometheus(board)
        self._introduce()
        if args.open:
            import webbrowser  # noqa: PLC0415 - seldom

            webbrowser.open(f"{board}/")
        return await self._watch(vital=(agent, simulator))

    async def end(self) -> None:
        """End the children, the agent first: it still hands on what it has."""
        for child in sorted(self.children, key=lambda child: child.name != "agent"):
            await child.end()

    @property
    def config(self) -> Path:
        """The agent's config, written by the simulator."""
        return self.folder / "agent" / "config.yaml"

    @property
    def past(self) -> Path:
        """The simulated past, as CSV."""
        return self.folder / "past.csv"

    async def _start(self, name: str, *command: str | Path) -> Child:
        from agent.children import Child  # noqa: PLC0415 - not for help

        child = await Child.start(name, command, self.folder / "logs" / f"{name}.log")
        self.children.append(child)
        return child

    async def _once(self, name: str, *command: str | Path) -> str:
        """Run a program to its end; returns an empty text, or one line that says why it failed."""
        child = await self._start(name, *command)
        how = await child.ended()
        self.children.remove(child)
        return "" if child.succeeded else how

    async def _start_database(self) -> str:
        """Start VictoriaMetrics; returns its URL, or an empty text without it."""
        if self.args.no_database:
            return ""
        program = shutil.which("victoria-metrics") or shutil.which("victoria-metrics-prod")
        if program is None:
            _say(
                "VictoriaMetrics is not installed (apt install victoria-metrics): going on without a database"
            )
            return ""
        port = free_port("127.0.0.1", _VICTORIA_PORT)
        url = f"http://127.0.0.1:{port}"
        child = await self._start(
            "victoria-metrics",
            program,
            f"-storageDataPath={self.folder / 'victoria-metrics'}",
            f"-httpListenAddr=127.0.0.1:{port}",
            "-retentionPeriod=13",
            "-dedup.minScrapeInterval=1ms",
            "-search.latencyOffset=1s",
            "-memory.allowedBytes=256MB",
            "-loggerLevel=WARN",
        )
        try:
            await self._until_answers(child, f"{url}/health")
        except HubgaugeError as error:
            _say(f"going on without a database: {error}")
            await child.end()
            self.children.remove(child)
            return ""
        self.shown += [
            ("VictoriaMetrics", f"{url}/vmui"),
            ("its PromQL API", f"{url}/api/v1/query"),
        ]
        return url

    async def _start_simulator(self, listen: str, database: str) -> Child:
        args = self.args
        child = await self._start(
            "simulator",
            *_HUBGAUGE,
            "simulate",
            "--hub",
            args.hub,
            "--racks",
            str(args.racks),
            "--seed",
            str(args.seed),
            "--write-config",
            self.config.parent,
            "--agent-listen",
            listen,
            "--state-dir",
            self.folder / "state",
            "--host",
            "--chips",
            "--interval",
            args.interval,
            "--influxdb",
            database,
            "--write-history",
            self.past,
            "--months",
            str(args.months),
            "--pdu-days",
            str(_PDU_DAYS),
            *(word for fault in args.fault for word in ("--fault", fault)),
            *(word for make in args.make for word in ("--make", make)),
        )
        await child.said("ready", timeout=_PATIENCE)
        return child

    async def _import_past(self) -> None:
        """Hand the ledger the simulated past, so that PUE has windows to be told of; the demo goes on without it."""
        from agent.config import load  # noqa: PLC0415 - not for help

        site = load(self.config).file.site
        command = (*_HUBGAUGE, "ledger", "import", "--config", self.config, "--site", site)
        for path, interval in (
            (self.past, "1h"),
            (self.past.with_stem(f"{self.past.stem}-recent"), "5m"),
        ):
            if not path.exists():  # in the first minutes of an hour
                continue
            failed = await self._once("ledger-import", *command, "--interval", interval, path)
            if failed:
                _say(f"going on without {path.name}: {failed}")

    async def _build_dashboards(self) -> None:
        """Generate what belongs into Grafana and Prometheus; the demo goes on without it."""
        folder = self.folder / "dashboards"
        failed = await self._once("dashboards", *_HUBGAUGE, "dashboards", "build", "--out", folder)
        if failed:
            _say(f"going on without dashboards: {failed}")
        else:
            self.shown.append(("Grafana dashboards", str(folder)))
        failed = await self._once(
            "rules", *_HUBGAUGE, "rules", "build", "--out", self.folder / "rules"
        )
        if failed:
            _say(f"going on without rules: {failed}")

    async def _start_prometheus(self, board: str) -> None:
        program = None if self.args.no_database else shutil.which("prometheus")
        if program is None:
            return
        from agent.config import load  # noqa: PLC0415 - not for help

        file = load(self.config).file
        config = self.folder / "prometheus.yml"
        config.write_text(
            prometheus_config(board, file.hub, file.site, self.folder / "rules"), encoding="utf-8"
        )
        port = free_port("127.0.0.1", _PROMETHEUS_PORT)
        url = f"http://127.0.0.1:{port}"
        child = await self._start(
            "prometheus",
            program,
            f"--config.file={config}",
            f"--storage.tsdb.path={self.folder / 'prometheus'}",
            f"--web.listen-address=127.0.0.1:{port}",
            "--log.level=warn",
        )
        try:
            await self._until_answers(child, f"{url}/-/ready")
        except HubgaugeError as error:
            _say(f"going on without Prometheus: {error}")
            await child.end()
            self.children.remove(child)
        else:
            self.shown.append(("Prometheus", f"{url}/alerts"))

    async def _until_answers(self, child: Child, url: str) -> None:
        """Wait until a URL answers; raises HubgaugeError when the child ends before, or it takes too long."""
        try:
            async with asyncio.timeout(_PATIENCE):
                while not await asyncio.to_thread(_answers, url):
                    if not child.running:
                        raise HubgaugeError(await child.ended())
                    await asyncio.sleep(0.1)
        except TimeoutError:
            raise HubgaugeError(
                f"{child.name} does not answer at {url}: {child.last_line()}"
            ) from None

    def _introduce(self) -> None:
        racks = self.args.racks
        _say(
            f"\nSIMULATED: the site, its {racks} racks, {2 * racks} PDUs, its meters and chips, and the past year of energy. "
            f"Real: the kernel metrics of this machine ({platform.node()}).\n"
        )
        for what, where in (
            *self.shown,
            ("config, inventory", str(self.config.parent)),
            ("logs", str(self.folder / "logs")),
        ):
            _say(f"  {what:<20}{where}")
        kept = "" if self.args.state_dir else f" and removes {self.folder}"
        _say(f"\nCtrl-C ends it all{kept}.")

    async def _watch(self, vital: tuple[Child, ...]) -> int:
        """Report children that end by themselves; the demo is over when a vital one does, or at its time."""
        waits = {asyncio.ensure_future(child.ended()): child for child in self.children}
        try:
            async with asyncio.timeout(self.args.seconds):
                while waits:
                    done, _ = await asyncio.wait(waits, return_when=asyncio.FIRST_COMPLETED)
                    for task in done:
                        child = waits.pop(task)
                        _say(task.result())
                        if child in vital:
                            return 1
        except TimeoutError:
            pass
        finally:
            for task in waits:
                task.cancel()
        return 0


def prometheus_config(board: str, hub: str, site: str, rules: Path) -> str:
    """Return a Prometheus config that scrapes the agent as a deployment would: its own hub and site labels win."""
    return (
        "global: {scrape_interval: 5s, evaluation_interval: 5s}\n"
        f"rule_files: ['{rules}/rules*.yml', '{rules}/alerts*.yml']\n"
        "scrape_configs:\n"
        "  - job_name: hubgauge\n    honor_labels: true\n    static_configs:\n"
        f"      - targets: ['{board.removeprefix('http://')}']\n"
        f"        labels: {{hub: '{hub}', site: '{site}', instance: '{platform.node()}'}}\n"
    )


def free_port(host: str, wanted: int) -> int:
    """Return the wanted port where it is free, else one that is; raises HubgaugeError where the address cannot be used."""
    for port in (wanted, 0):
        family = socket.AF_INET6 if ":" in host else socket.AF_INET
        with socket.socket(family) as probe:
            probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            try:
                probe.bind((host, port))
            except OSError as error:
                reason = error.strerror or str(error)
                continue
            found: int = probe.getsockname()[1]
            return found
    raise HubgaugeError(f"cannot listen on {host}: {reason}")


def _answers(url: str) -> bool:
    try:
        with urllib.request.urlopen(url, timeout=2) as reply:  # noqa: S310 - our own, http
            return bool(reply.status == 200)  # noqa: PLR2004 - OK
    except (urllib.error.URLError, OSError, ValueError):
        return False
