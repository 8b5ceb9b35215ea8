"""`hubgauge hubs observe` and `hubgauge hubs new` write into a folder of hub files.

`hubs observe HUB KPI VALUE --date … --publisher …` registers a figure that somebody published.
`hubs new HUB` writes a hub of one's own.
"""

from __future__ import annotations

import argparse
import dataclasses
import sys

from agent.hubs import newhub, observe
from agent.hubs.assembly import NOTHING_OPEN
from agent.hubs.configured import hubs_folder
from agent.hubs.text import Text
from collectors.base import ConfigError


def configure(parser: argparse.ArgumentParser) -> None:
    """Add the options of both."""
    group = parser.add_argument_group(
        "observe", "register a published figure: observe HUB KPI VALUE"
    )
    group.add_argument(
        "--date", metavar="DAY", help="the day, month or year that the figure is for"
    )
    group.add_argument(
        "--published",
        metavar="DAY",
        default="",
        help="the day on which it was published, if that is another day",
    )
    group.add_argument("--unit", default="", help="the unit of VALUE (default: that of the KPI)")
    group.add_argument(
        "--over", action="store_true", help="the source says `over`: the figure is a lower bound"
    )
    group.add_argument(
        "--scope", default="hub", help="a named group of the hub's sites (default: the whole hub)"
    )
    for name, what in (
        ("publisher", "who published it"),
        ("about", "what the publication is about"),
        ("note", "what it leaves open"),
    ):
        group.add_argument(f"--{name}", default="", help=f"{what}, in English")
        group.add_argument(
            f"--{name}-zh",
            default="",
            help=f"{what}, in Chinese (default: the English text)",
        )
    parser.add_argument(
        "--dry-run",
        action="store_true",
        help="observe and new: print the file instead of writing it",
    )
    new = parser.add_argument_group("new", "write a hub of one's own: new HUB --hubs-dir DIR")
    new.add_argument("--name", default="", help="the hub's name; a terminal asks for it if missing")
    new.add_argument(
        "--timezone",
        default="",
        help="such as Europe/Paris; a terminal asks for it if missing",
        metavar="ZONE",
    )
    new.add_argument(
        "--target",
        action="append",
        default=[],
        metavar="TARGET",
        help=f"{newhub.FORM}, such as {' or '.join(newhub.EXAMPLES)}; repeatable",
    )


def new_hub(args: argparse.Namespace) -> int:
    """Write a hub of one's own. On a terminal, ask for what is missing.

    Raises ConfigError for what is missing otherwise.
    """
    key, *more = args.words[1:] or [""]
    hubs_dir = hubs_folder(args.config, args.hubs_dir)
    if not key or more or hubs_dir is None:
        raise ConfigError("expected new HUB --hubs-dir DIR")
    wanted = newhub.NewHub(key=key, name=args.name, timezone=args.timezone, targets=args.target)
    if sys.stdin.isatty():
        asker = newhub.Asker(ask=input, tell=_tell, language=args.language)
        wanted = newhub.asked(wanted, hubs_dir, asker)
    elif not wanted.timezone:
        raise ConfigError("--timezone: missing; expected a time zone such as Europe/Paris")
    wanted = dataclasses.replace(wanted, name=wanted.name or wanted.key)
    path, text = newhub.add(wanted, hubs_dir, dry_run=args.dry_run)
    sys.stdout.write(text if args.dry_run else f"{path}\n")
    return 0


def _tell(line: str) -> None:
    sys.stderr.write(f"{line}\n")


def observe_figure(args: argparse.Namespace) -> int:
    """Register a figure that somebody published; raises ConfigError for what is missing."""
    try:
        _, hub, kpi, figure = args.words
        value = float(figure)
    except ValueError:
        raise ConfigError(
            f"{' '.join(args.words)}: expected observe HUB KPI VALUE, the value a number"
        ) from None
    hubs_dir = hubs_folder(args.config, args.hubs_dir)
    for option in ("date", "publisher"):
        if not getattr(args, option):
            raise ConfigError(f"--{option}: missing")
    if hubs_dir is None:
        raise ConfigError("--hubs-dir: missing")

    def both(name: str, default: Text) -> Text:
        english = getattr(args, name)
        return Text(en=english, zh=getattr(args, f"{name}_zh") or english) if english else default

    nobody = Text(en="-", zh="-")
    publisher = both("publisher", nobody)
    path, text = observe.add(
        observe.Observation(
            hub=hub,
            kpi=kpi,
            value=value,
            unit=args.unit,
            scope=args.scope,
            date=args.date,
            published=args.published,
            publisher=publisher,
            about=both("about", publisher),
            at_least=args.over,
            note=both("note", NOTHING_OPEN),
        ),
        hubs_dir,
        dry_run=args.dry_run,
    )
    sys.stdout.write(text if args.dry_run else f"{path}\n")
    return 0
