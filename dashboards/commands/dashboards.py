"""`hubgauge dashboards build --out D` and `hubgauge dashboards verify`.

`verify` takes `--prometheus URL` or `--influxdb URL`.
"""

from __future__ import annotations

import argparse
import json
import sys
from collections import Counter
from collections.abc import Sequence
from pathlib import Path

from agent.environment import open_config
from agent.hubs.configured import read_own
from agent.hubs.loader import load_registry
from agent.hubs.model import Registry
from agent.messages.said import tell
from collectors.base import ConfigError
from collectors.catalogue.limits_section import LimitsSection
from collectors.catalogue.rack_limits import SiteLimits
from collectors.strict import Problems
from dashboards.language import LANGUAGES
from dashboards.verify import Dashboard, Result, Server, verify
from dashboards.verify_influx import InfluxServer

try:
    from dashboards.build import Built, build_all, write
    from dashboards.own_panels import own_dashboard
    from dashboards.templating import Database
except ModuleNotFoundError as error:
    if error.name != "grafanalib":
        raise
    raise ConfigError("dashboards need grafanalib: pip install 'hubgauge[dashboards]'") from None

_NAMED = 6
"""How many names of a long list are written; of the rest, only the number is."""


def configure(parser: argparse.ArgumentParser) -> None:
    """Add the command's options."""
    actions = parser.add_subparsers(dest="action", metavar="ACTION", required=True)
    build = actions.add_parser("build", help="write each dashboard to a JSON file")
    build.add_argument(
        "--out", required=True, type=Path, metavar="D", help="the folder to write to"
    )
    build.add_argument(
        "--datasource",
        choices=("prometheus", "influxql"),
        default="prometheus",
        help="what the panels query: a server with Prometheus's API, or InfluxDB; "
        "panels that InfluxQL cannot express are left out and named on stderr",
    )
    build.add_argument(
        "--panels-dir",
        type=Path,
        metavar="D",
        help="a folder of panels of one's own, as Grafana's JSON: one more dashboard",
    )
    check = actions.add_parser(
        "verify",
        help="run the query of every panel and list those that return nothing; "
        "exit status 1 if there are any",
    )
    _configure_verify(check)
    for action in (build, check):
        action.add_argument("--language", choices=LANGUAGES, default="en")
        action.add_argument("--hubs-dir", type=Path, metavar="D", help="a folder of more hub files")
        action.add_argument(
            "--config", type=Path, metavar="F", help="a config file, with its hubs and limits"
        )


def _configure_verify(check: argparse.ArgumentParser) -> None:
    where = check.add_mutually_exclusive_group(required=True)
    where.add_argument(
        "--prometheus",
        metavar="URL",
        help="a Prometheus or VictoriaMetrics, such as http://127.0.0.1:9090",
    )
    where.add_argument(
        "--influxdb",
        metavar="URL",
        help="an InfluxDB, queried in InfluxQL, such as http://127.0.0.1:8086",
    )
    check.add_argument(
        "--database",
        default="hubgauge",
        metavar="DB",
        help="the database in InfluxDB (default: %(default)s)",
    )
    check.add_argument(
        "--dashboards",
        type=Path,
        metavar="D",
        help="a folder of built dashboards; without it, they are built anew",
    )
    check.add_argument(
        "--verbose", action="store_true", help="list the queries that returned data as well"
    )


def run(args: argparse.Namespace) -> int:
    """Build or verify; returns the exit status. Raises ConfigError for a wrong option."""
    return _build(args) if args.action == "build" else _verify(args)


def _built(args: argparse.Namespace, database: Database) -> list[Built]:
    registry, limits = _own(args.config, args.hubs_dir)
    return list(build_all(registry, args.language, database, limits))


def _own(config: Path | None, hubs_dir: Path | None) -> tuple[Registry, SiteLimits]:
    """Return the hubs and the limits of a config, or all hubs and the standards' limits.

    Raises Problems with all mistakes in these parts of the config.
    """
    if config is None:
        return load_registry(hubs_dir), SiteLimits()
    document = open_config(config)
    limits = document.section("limits", LimitsSection)
    own, registry = read_own(document, hubs_dir)
    if document.errors:
        raise Problems(document.errors)
    return own.shown(registry), (limits or LimitsSection()).by_site()


def _build(args: argparse.Namespace) -> int:
    built = _built(args, args.datasource)
    if args.panels_dir is not None:
        if args.datasource != "prometheus":
            raise ConfigError("goes with --datasource prometheus", key="--panels-dir")
        built.append(own_dashboard(args.panels_dir, built, args.language))
    for path in write(args.out, built):
        sys.stdout.write(f"{path}\n")
    for dashboard in built:
        for line in dashboard.left_out:
            tell(f"left out: {line}", to=sys.stderr)
    return 0


def _verify(args: argparse.Namespace) -> int:
    url = args.prometheus or args.influxdb
    if not url.startswith(("http://", "https://")):
        raise ConfigError(
            "expected http://… or https://…",
            key="--prometheus" if args.prometheus else "--influxdb",
        )
    built = _built(args, "prometheus" if args.prometheus else "influxql")
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
    """Print each query that returned nothing, then the excused panels by reason, then the counts.

    Returns the exit status.
    """
    excused: dict[tuple[str, str], dict[str, None]] = {}
    for result in results:
        if result.outcome == "excused":
            panels = excused.setdefault((result.query.dashboard, result.detail), {})
            panels[result.query.panel] = None
        if result.outcome in ("empty", "failed") or verbose:
            tell(str(result))
    for (dashboard, reason), panels in excused.items():
        tell(f"excused: {dashboard}: {reason}: {_shortened(list(panels))}")
    counts = Counter(result.outcome for result in results)
    tell(
        f"{dashboards} dashboards, {len(results)} queries: "
        f"{counts['data']} with data, {counts['excused']} excused, "
        f"{counts['empty']} empty, {counts['failed']} failed"
    )
    return 1 if counts["empty"] or counts["failed"] or not results else 0


def _shortened(names: Sequence[str]) -> str:
    """Return the first names as a list, and the number of the others."""
    more = f" and {len(names) - _NAMED} more" if len(names) > _NAMED else ""
    return ", ".join(names[:_NAMED]) + more
