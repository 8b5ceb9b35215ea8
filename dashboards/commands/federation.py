"""`hubgauge federation build --out D`: Prometheus configs for each hub and for the one above them.

A third set of configs is for hubs that push to the Prometheus above instead of being scraped.
"""

from __future__ import annotations

import argparse
import sys
from pathlib import Path

from agent.hubs.configured import known_hubs
from collectors.base import ConfigError
from collectors.strict import nearest
from dashboards import federation, federation_plan


def configure(parser: argparse.ArgumentParser) -> None:
    """Add the command's options."""
    actions = parser.add_subparsers(dest="action", metavar="ACTION", required=True)
    build = actions.add_parser(
        "build", help="write one folder of configs for each hub, and the folder `global`"
    )
    build.add_argument(
        "--out", required=True, type=Path, metavar="D", help="the folder to write to"
    )
    build.add_argument(
        "--plan",
        type=Path,
        metavar="F",
        help="a file with the addresses of each hub's gateways and Prometheus; "
        "without it, example names are used",
    )
    build.add_argument("--hubs-dir", type=Path, metavar="D", help="a folder of more hub files")
    build.add_argument("--config", type=Path, metavar="F", help="a config file, with its hubs")


def run(args: argparse.Namespace) -> int:
    """Write the files, and print the path of each; raises Problems and ConfigError."""
    plan = _plan(args)
    for path in federation.write(args.out, plan):
        sys.stdout.write(f"{path}\n")
    return 0


def _plan(args: argparse.Namespace) -> federation_plan.Plan:
    """Return the plan of a file, or an example of the hubs that are known.

    Who names a config or a folder of hubs has a plan held against these hubs.
    """
    if args.plan is None:
        return federation_plan.example(known_hubs(args.config, args.hubs_dir))
    plan = federation_plan.load_plan(args.plan)
    if args.config is not None or args.hubs_dir is not None:
        known = known_hubs(args.config, args.hubs_dir).hubs
        for hub in plan.hubs:
            if hub not in known:
                raise ConfigError(
                    f"no such hub{nearest(hub, known)}", file=str(args.plan), key=f"hubs.{hub}"
                )
    return plan
