"""`hubgauge rules build --out D`: rules, alerts, their tests, Alertmanager's config."""

from __future__ import annotations

import argparse
import sys
from dataclasses import dataclass, field
from pathlib import Path

from agent.environment import open_config
from agent.hubs.configured import read_own
from agent.hubs.loader import load_registry
from agent.hubs.model import Registry
from agent.messages.said import tell
from agent.receivers.model import AlertingSection
from agent.receivers.named import check_receivers
from agent.settings import Http
from collectors.catalogue.limits_section import LimitsSection
from collectors.strict import Problems
from dashboards.alerts.leads import Links, on_board
from dashboards.alerts.routes import untold
from dashboards.own_rules import check_rules
from dashboards.rule_files import ALERTS_FILE, OWN_TESTS, RULES, write


def configure(parser: argparse.ArgumentParser) -> None:
    """Add the command's options."""
    actions = parser.add_subparsers(dest="action", metavar="ACTION", required=True)
    build = actions.add_parser(
        "build", help="write rules.yml, alerts.yml, tests.yml and alertmanager.yml"
    )
    build.add_argument(
        "--out", required=True, type=Path, metavar="D", help="the folder to write to"
    )
    build.add_argument("--hubs-dir", type=Path, metavar="D", help="a folder of more hub files")
    build.add_argument(
        "--rules-dir",
        type=Path,
        metavar="D",
        help="a folder of rule files of one's own, to merge and to check by promtool",
    )
    build.add_argument(
        "--config",
        type=Path,
        metavar="F",
        help="a config file, with its limits, hubs, receivers and public_url",
    )
    build.add_argument(
        "--runbook",
        metavar="URL",
        help="the address of the runbook, with {language} where it has several; every alert links"
        " to it (default: that of the board, or docs/runbook.md)",
    )


@dataclass(frozen=True, slots=True, kw_only=True)
class _Own:
    """The parts of a config file that rules and alerts depend on."""

    limits: LimitsSection = field(default_factory=LimitsSection)
    alerting: AlertingSection = field(default_factory=AlertingSection)
    public_url: str = ""
    registry: Registry
    """The hubs that the config knows."""


def run(args: argparse.Namespace) -> int:
    """Write the files, and print the path of each."""
    if args.config is not None:
        own = _read(args.config, args.hubs_dir)
    else:
        own = _Own(registry=load_registry(args.hubs_dir))
    registry = own.registry
    links = on_board(own.public_url) if own.public_url else Links()
    if args.runbook is not None:
        links = Links(runbook=args.runbook, board=links.board)
    for severity, hubs in untold(registry, own.alerting).items():
        tell(f"no receiver gets the {severity} alerts of {', '.join(hubs)}", to=sys.stderr)
    rules_dir = args.rules_dir or own.alerting.rules_dir
    written = write(
        args.out,
        registry,
        links=links,
        limits=own.limits.by_site(),
        alerting=own.alerting,
        rules_dir=rules_dir,
    )
    if rules_dir is not None and not check_rules(args.out, (RULES, ALERTS_FILE), OWN_TESTS):
        tell("promtool is not installed: the rules are merged, and not checked", to=sys.stderr)
    for path in written:
        sys.stdout.write(f"{path}\n")
    return 0


def _read(config: Path, hubs_dir: Path | None) -> _Own:
    """Return the parts of a config file that the rules depend on; raises Problems.

    The other sections are not read: they need packages and secrets of the agent's own machine.
    """
    document = open_config(config)
    limits = document.section("limits", LimitsSection)
    alerting = document.section("alerting", AlertingSection)
    http = document.section("outputs.http", Http)
    try:
        own, registry = read_own(document, hubs_dir)
    except Problems as problems:  # in hub files
        raise Problems([*document.errors, *problems.errors]) from None
    check_receivers(document, alerting, registry.hubs)
    if document.errors:
        raise Problems(document.errors)
    return _Own(
        limits=limits or LimitsSection(),
        alerting=alerting or AlertingSection(),
        public_url=http.public_url if http is not None else "",
        registry=own.known(registry),
    )
