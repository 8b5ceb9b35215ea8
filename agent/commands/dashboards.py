"""`hubgauge dashboards build --out D` and `hubgauge dashboards verify --prometheus URL` or `--influxdb URL`."""

from __future__ import annotations

import argparse
import json
import sys
from collections import Counter
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING

from collectors.base import ConfigError

if TYPE_CHECKING:
    from dashboards.build import Built, Database
    from dashboards.language import Language
    from dashboards.verify import Result


def configure(parser: argparse.ArgumentParser) -> None:
    """Add the command's options."""
    actions = parser.add_subparsers(dest="action", metavar="ACTION", required=True)
    build = actions.add_parser("build", help="write the dashboards as JSON, a file each")
    build.add_argument(
        "--out", required=True, type=Path, metavar="D", help="the folder to write to"
    )
    build.add_argument(
        "--datasource",
        choices=("prometheus", "influxql"),
        default="prometheus",
        help="what the panels ask: a server of Prometheus's API, or InfluxDB; what InfluxQL cannot say is left out, and told on stderr",
    )
    verify = actions.add_parser(
        "verify",
        help="run every panel's query and list the empty ones; exit status 1 if there are any",
    )
    where = verify.add_mutually_exclusive_group(required=True)
    where.add_argument(
        "--prometheus",
        metavar="URL",
        help="a Prometheus or VictoriaMetrics, such as http://127.0.0.1:9090",
    )
    where.add_argument(
        "--influxdb",
        metavar="URL",
        help="an InfluxDB asked in InfluxQL, such as http://127.0.0.1:8086",
    )
    verify.add_argument(
        "--database", default="hubgauge", metavar="DB", help="of InfluxDB (default: %(default)s)"
    )
    verify.add_argument(
        "--dashboards",
        type=Path,
        metavar="D",
        help="a folder of built dashboards, instead of building them anew",
    )
    verify.add_argument(
        "--verbose", action="store_true", help="list the queries that returned data as well"
    )
    for action in (build, verify):
        action.add_argument("--language", choices=("en", "zh"), default="en")
        action.add_argument("--hubs-dir", type=Path, metavar="D", help="a folder of more hub files")


def run(args: argparse.Namespace) -> int:
    """Build or verify."""
    return _build(args) if args.action == "build" else _verify(args)


def _built(
    language: Language, hubs_dir: Path | None, database: Database = "prometheus"
) -> list[Built]:
    from agent.hubs.loader import load_registry  # noqa: PLC0415 - imported by the command that needs it

    try:
        from dashboards.build import build_all  # noqa: PLC0415
    except ModuleNotFoundError as error:
        if error.name != "grafanalib":
            raise
        raise ConfigError(
            "dashboards need grafanalib: pip install 'hubgauge[dashboards]'"
        ) from None
    return list(build_all(load_registry(hubs_dir), language, database))


def _build(args: argparse.Namespace) -> int:
    built = _built(args.language, args.hubs_dir, args.datasource)
    from dashboards.build import write  # noqa: PLC0415

    for path in write(args.out, built):
        sys.stdout.write(f"{path}\n")
    for dashboard in built:
        for line in dashboard.left_out:
            sys.stderr.write(f"left out: {line}\n")
    return 0


def _verify(args: argparse.Namespace) -> int:
    from dashboards.verify import Dashboard, Server, verify  # noqa: PLC0415
    from dashboards.verify_influx import InfluxServer  # noqa: PLC0415

    url = args.prometheus or args.influxdb
    if not url.startswith(("http://", "https://")):
        raise ConfigError(
            "expected http://… or https://…",
            key="--prometheus" if args.prometheus else "--influxdb",
        )
    built = _built(args.language, args.hubs_dir, "prometheus" if args.prometheus else "influxql")
    dashboards = [Dashboard(json=item.json, excuses=item.excuses) for item in built]
    if args.dashboards:
        excuses = {item.uid: item.excuses for item in built}
        read = [
            json.loads(path.read_text("utf-8")) for path in sorted(args.dashboards.glob("*.json"))
        ]
        dashboards = [Dashboard(json=item, excuses=excuses.get(item["uid"], {})) for item in read]
    results = verify(
        dashboards, Server(url) if args.prometheus else InfluxServer(url, args.database)
    )
    return _report(results, len(dashboards), verbose=args.verbose)


def _report(results: Sequence[Result], dashboards: int, *, verbose: bool) -> int:
    """Print what shows nothing, each with its query, and the excuses, gathered by reason; returns the exit status."""
    excused: dict[tuple[str, str], dict[str, None]] = {}
    for result in results:
        if result.outcome == "excused":
            excused.setdefault((result.query.dashboard, result.detail), {})[result.query.panel] = (
                None
            )
        if result.outcome in ("empty", "failed") or verbose:
            sys.stdout.write(f"{result}\n")
    for (dashboard, reason), panels in excused.items():
        sys.stdout.write(f"excused: {dashboard}: {reason}: {_few(list(panels))}\n")
    counts = Counter(result.outcome for result in results)
    sys.stdout.write(
        f"{dashboards} dashboards, {len(results)} queries: {counts['data']} with data, {counts['excused']} excused, "
        f"{counts['empty']} empty, {counts['failed']} failed\n"
    )
    return 1 if counts["empty"] or counts["failed"] or not results else 0


def _few(names: Sequence[str], most: int = 6) -> str:
    """Write a list of names, the rest of a long one as a number."""
    return ", ".join(names[:most]) + (f" and {len(names) - most} more" if len(names) > most else "")
