"""`hubgauge maintenance`: windows in which nobody is called for racks that are worked on."""

from __future__ import annotations

import argparse
import datetime as dt
import sys
import time
from pathlib import Path

from agent.commands.output import cannot_be_written
from agent.config import load as load_config
from agent.inventory.maintenance import FILE, Window, load, save
from agent.loading import inventory_of
from agent.messages.catalogue import Words, words
from agent.messages.terminal import add_language
from collectors.base import ConfigError
from collectors.strict import nearest, parse_duration


def configure(parser: argparse.ArgumentParser) -> None:
    """Add the command's actions and options."""
    actions = parser.add_subparsers(dest="action", metavar="ACTION", required=True)
    adding = actions.add_parser("add", help="begin a window, or plan one")
    ending = actions.add_parser("end", help="end the windows of a rack, a row or a site now")
    listing = actions.add_parser("list", help="list the windows that are not over")
    for one in (adding, ending, listing):
        one.add_argument(
            "--config", type=Path, required=True, metavar="F", help="the agent's config file"
        )
        add_language(one, "the answer")
    for one in (adding, ending):
        one.add_argument("--rack", default="", metavar="R", help="the rack")
        one.add_argument("--row", default="", metavar="W", help="a row; also needs --site")
        one.add_argument("--site", default="", metavar="S", help="the site")
    adding.add_argument(
        "--from", dest="since", metavar="T", help="2026-12-01T08:00+08:00 (default: now)"
    )
    length = adding.add_mutually_exclusive_group(required=True)
    length.add_argument("--for", dest="length", metavar="D", help="how long, such as 2h or 90m")
    length.add_argument("--until", metavar="T", help="2026-12-01T12:00+08:00")
    adding.add_argument("--why", required=True, metavar="TEXT", help="the reason; pages show it")


def run(args: argparse.Namespace) -> int:
    """Add, end or list windows; returns 1 where there is nothing to end."""
    w = words(args.language)
    config = load_config(args.config)
    folder, now = config.file.state_dir, time.time()
    windows = [one for one in load(folder) if one.ends > now]
    if args.action == "list":
        sys.stdout.writelines(f"{_told(one, now, w)}\n" for one in windows)
        return 0
    if args.action == "add":
        inventory = inventory_of(config)
        if args.rack and inventory is not None and args.rack not in inventory.all_racks:
            raise ConfigError(
                f"{args.rack}: no such rack{nearest(args.rack, inventory.all_racks)}", key="--rack"
            )
        kept = [*windows, _window(args, now)]
        told = _told(kept[-1], now, w)
    else:
        kept = [one for one in windows if not _is_of(one, args)]
        told = w("maintenance.ended", count=str(len(windows) - len(kept)))
    try:
        folder.mkdir(parents=True, exist_ok=True)
        save(folder, kept)
    except OSError as error:
        raise cannot_be_written(error, folder / FILE, "state_dir") from None
    sys.stdout.write(f"{told}\n")
    return 0 if args.action == "add" or len(kept) < len(windows) else 1


def _window(args: argparse.Namespace, now: float) -> Window:
    try:
        since = args.since or _iso(now)
        until = args.until
        if until is None:
            begins = dt.datetime.fromisoformat(since)
            until = (begins + dt.timedelta(seconds=_length(args.length))).isoformat("T", "seconds")
        return Window(
            site=args.site, row=args.row, rack=args.rack, since=since, until=until, why=args.why
        )
    except ValueError as error:
        raise ConfigError(str(error), key="maintenance") from None


def _length(text: str) -> float:
    try:
        return parse_duration(text)
    except ValueError:
        raise ValueError(f"--for: expected a duration such as 2h or 90m, got {text!r}") from None


def _is_of(one: Window, args: argparse.Namespace) -> bool:
    return (one.rack, one.row, one.site or args.site) == (args.rack, args.row, args.site)


def _told(one: Window, now: float, w: Words) -> str:
    return w(
        "maintenance.said",
        place=one.place,
        state=w("maintenance.now" if one.begins <= now else "maintenance.planned"),
        since=one.since,
        until=one.until,
        why=one.why,
    )


def _iso(seconds: float) -> str:
    return dt.datetime.fromtimestamp(seconds).astimezone().isoformat("T", "seconds")
