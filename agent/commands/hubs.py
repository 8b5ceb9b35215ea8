"""`hubgauge hubs [HUB]`: the scoreboard, every hub against what it publicly stated.

Without further options it judges by published observations alone. With `--agent` it shows how a
running agent judges. With `--prometheus` it judges by the hubs' own values in a database.

`hubs observe` and `hubs new` write hub files: see `agent.commands.hub_entries`.
"""

from __future__ import annotations

import argparse
import datetime as dt
import json
import shutil
import sys
import time
import urllib.error
import urllib.request
from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path
from typing import Final
from zoneinfo import ZoneInfo

from agent.commands import hub_entries
from agent.hubs import observe
from agent.hubs.configured import known_hubs, shown_hubs
from agent.hubs.model import Registry
from agent.messages.catalogue import words
from agent.messages.terminal import add_language
from agent.targets.federation import judged_by, simulated_hubs
from agent.targets.model import Evidence, Key
from agent.targets.scoreboard import scoreboard
from agent.targets.serialise import board_json, from_json
from agent.targets.table import history, render
from agent.targets.views import HubView
from collectors.address import http_url
from collectors.base import ConfigError, HubgaugeError
from collectors.strict import nearest

_TIMEOUT: Final = 10.0
_MAX_REPLY: Final = 16 * 2**20
NOON: Final = 12
"""Hour of the day for `--at`."""


def configure(parser: argparse.ArgumentParser) -> None:
    """Add the command's options."""
    parser.add_argument(
        "words",
        nargs="*",
        metavar="HUB",
        help="one hub (default: all); or: observe HUB KPI VALUE; or: new HUB",
    )
    parser.add_argument("--json", action="store_true", help="print the scoreboard as JSON")
    parser.add_argument(
        "--at",
        metavar="DATE",
        help="judge at noon of a day, such as 2025-01-01, by what was published until then",
    )
    add_language(parser, "the table")
    parser.add_argument(
        "--hubs-dir", type=Path, metavar="DIR", help="a folder of more hub files, as in the config"
    )
    parser.add_argument(
        "--config",
        type=Path,
        metavar="F",
        help="a config file, with its hubs and hubs_dir; `show_others: false` lists the own one "
        "with those above it",
    )
    parser.add_argument(
        "--agent",
        metavar="URL",
        help="show what a running agent measures, such as http://127.0.0.1:9717",
    )
    parser.add_argument(
        "--prometheus",
        metavar="URL",
        help="judge by the values a Prometheus or VictoriaMetrics has of every hub",
    )
    parser.add_argument(
        "--history",
        action="store_true",
        help="list every registered observation instead, the oldest first",
    )
    hub_entries.configure(parser)


def run(args: argparse.Namespace) -> int:
    """Print the scoreboard, or register an observation."""
    if args.words[:1] == ["observe"]:
        return hub_entries.observe_figure(args)
    if args.words[:1] == ["new"]:
        return hub_entries.new_hub(args)
    if len(args.words) > 1:
        raise ConfigError(
            f"{' '.join(args.words)}: expected one hub, observe HUB KPI VALUE, or new HUB"
        )
    args.hub = "".join(args.words)
    if args.history:
        return _history(args)
    if args.agent:
        for option in ("at", "hubs_dir", "config", "prometheus"):
            if getattr(args, option):
                raise ConfigError(
                    f"--{option.replace('_', '-')}: an agent judges now, by its own hub files;"
                    " leave out one of them"
                )
        board, simulated = _ask(args.agent)
        board = _chosen(board, args.hub)
    else:
        board, simulated = _judge(args)
    if args.json:
        rows = [{"simulated": row["hub"] in simulated} | row for row in board_json(board)]
        sys.stdout.write(json.dumps(rows, ensure_ascii=False, indent=2) + "\n")
    else:
        if simulated & {hub.hub for hub in board}:
            sys.stdout.write(words(args.language)("cli.simulated") + "\n\n")
        sys.stdout.write(render(board, args.language, shutil.get_terminal_size((100, 24)).columns))
    return 0


def _history(args: argparse.Namespace) -> int:
    registry = _registry(args)
    facts = observe.observed(registry, [args.hub] if args.hub else registry.hubs)
    if args.json:
        rows = [
            {
                "hub": fact.hub,
                "kpi": fact.kpi.key,
                "scope": fact.scope,
                "value": fact.value,
                "at_least": fact.at_least,
                "stated": fact.stated.text,
                "publisher": fact.source.publisher[args.language],
                "published": fact.source.date.text,
                "id": fact.id,
            }
            for fact in facts
        ]
        sys.stdout.write(json.dumps(rows, ensure_ascii=False, indent=2) + "\n")
    else:
        sys.stdout.write(history(facts, args.language))
    return 0


def _registry(args: argparse.Namespace) -> Registry:
    """Return the hubs to list: one that is asked for by name need only be known."""
    registry = (known_hubs if args.hub else shown_hubs)(args.config, args.hubs_dir)
    if args.hub:
        _known(args.hub, registry.hubs)
    return registry


def _judge(args: argparse.Namespace) -> tuple[list[HubView], frozenset[str]]:
    """Return the scoreboard, and the hubs whose values are simulated."""
    registry = _registry(args)
    measured: Mapping[Key, Sequence[Evidence]] = {}
    simulated: frozenset[str] = frozenset()
    if args.prometheus:
        if args.at:
            raise ConfigError(
                "--at: a database is asked for what is measured now; leave out one of them"
            )
        measured = judged_by(registry, args.prometheus)
        simulated = simulated_hubs(registry, args.prometheus)
    board: list[HubView] = []
    for key, hub in registry.hubs.items():
        if not args.hub or key == args.hub:
            board += scoreboard(registry, measured, _moment(args.at, hub.timezone), [key])
    return board, simulated


def _moment(day: str | None, timezone: str) -> float:
    """Return noon of a day at a hub, so that it is that day whatever zone the terminal is in."""
    if day is None:
        return time.time()

    try:
        return dt.datetime.combine(
            dt.date.fromisoformat(day), dt.time(NOON), ZoneInfo(timezone)
        ).timestamp()
    except ValueError:
        raise ConfigError(f"--at: expected a day such as 2025-01-01, got {day!r}") from None


def _known(hub: str, hubs: Iterable[str]) -> None:
    keys = sorted(hubs)
    if hub not in keys:
        raise ConfigError(f"{hub}: no such hub{nearest(hub, keys)}")


def _chosen(board: list[HubView], hub: str) -> list[HubView]:
    if not hub:
        return board
    _known(hub, (item.hub for item in board))
    return [item for item in board if item.hub == hub]


def _ask(agent: str) -> tuple[list[HubView], frozenset[str]]:
    """GET the scoreboard of a running agent, and the hubs whose values are simulated."""
    url = agent.rstrip("/") + "/api/hubs"
    if http_url(url) is None:
        raise ConfigError(f"--agent: expected http://… or https://…, got {agent!r}")
    try:
        with urllib.request.urlopen(url, timeout=_TIMEOUT) as reply:  # noqa: S310 - HTTP, see above
            board = json.loads(reply.read(_MAX_REPLY))
            simulated = reply.headers.get("hubgauge-simulated") == "true"
    except urllib.error.HTTPError as error:
        raise HubgaugeError(f"{url}: {error.code} {error.reason}") from None
    except (OSError, ValueError) as error:
        raise HubgaugeError(f"{url}: {getattr(error, 'reason', None) or error}") from None
    rows = board.get("hubs") if isinstance(board, dict) else board
    if not isinstance(rows, list):
        rows = [None]
    try:
        found = [from_json(row) for row in rows]
    except ValueError:
        raise HubgaugeError(
            f"{url}: the answer is not a scoreboard of this version; is that a hubgauge agent?"
        ) from None
    return found, frozenset(hub.hub for hub in found if simulated)
