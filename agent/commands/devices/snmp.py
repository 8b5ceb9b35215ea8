"""`hubgauge devices identify ADDRESS`: an SNMP device, and what is read of it."""

from __future__ import annotations

import argparse
import sys
from collections import Counter
from dataclasses import replace
from typing import Final

from agent.commands.devices.draft import show, show_identity
from agent.commands.devices.options import channel_to, device_of
from agent.commands.devices.show import failed, show_dropped, show_readings, show_refused
from agent.messages.said import tell
from collectors.base import BadReply, Context, Place, Reading
from collectors.facility.snmp.channel import Channel
from collectors.facility.snmp.config import naming_of
from collectors.facility.snmp.detail import READ, Depth
from collectors.facility.snmp.discover import Found, Wanted, discover, find
from collectors.facility.snmp.library import Library
from collectors.facility.snmp.program import Plan
from collectors.facility.snmp.recognise import Identity
from collectors.facility.snmp.recognise import identify as ask
from collectors.facility.snmp.survey import survey
from collectors.facility.snmp.unread import Column, Unread, look

_SHOWN: Final = 60  # columns


async def identify(args: argparse.Namespace) -> int:
    """Identify a device and read it once; returns the exit status, 1 if nothing could be read."""
    device = device_of(args)
    library = Library(args.profiles_dir)
    library.heads()  # reports a mistake in the operator's own profiles before asking the device
    channel = channel_to(device, args.timeout)
    identity = await ask(channel)
    wanted = Wanted(naming=naming_of(device, Context(place=Place(hub=""), node="")))
    try:
        found = await find(channel, library, args.profile, wanted)
    except BadReply as error:
        return await _unknown(args, channel, error)
    profile, plan = found.profile, found.plan
    values, dropped = await channel.get(plan.oids), Counter(plan.dropped)
    readings = [*plan.decode(values, dropped), *plan.constants]
    _show(args.address, identity, found, channel)
    show_readings(readings)
    _show_plan(readings, plan, dropped)
    if not args.brief:
        await _show_details(channel, found, wanted)
        sys.stdout.flush()  # the rest takes a while
        _show_unread(await look(channel, profile, plan))
    return 0 if readings else 1


async def _unknown(args: argparse.Namespace, channel: Channel, error: BadReply) -> int:
    """Show how an unknown device describes itself, and which objects it has; returns 1."""
    found = await survey(channel)
    show_identity(args.address, found.identity)
    if not args.brief:
        show(found)
    failed(args.address, error)
    tell(_how(args.address), to=sys.stderr)
    return 1


def _how(address: str) -> str:
    return f"To begin a profile of it: hubgauge devices draft {address} --out F.yaml"


def _show(address: str, identity: Identity, found: Found, channel: Channel) -> None:
    profile = found.profile
    show_identity(address, identity)
    tell(
        f"  profile     {found.name}: {profile.title}; {profile.source}\n"
        + "".join(
            f"  not         {name}: it fits, and reads nothing here\n" for name in found.passed
        )
        + f"  request     at most {channel.max_oids} objects"
    )
    if profile.generic:
        tell(
            "  generic     no profile of a maker fits; what follows is of a standard MIB\n"
            f"              {_how(address)}"
        )
    sys.stdout.write("\n")


def _show_plan(readings: list[Reading], plan: Plan, dropped: Counter[str]) -> None:
    read = {series.metric.full_name for series, _ in readings}
    missing = dict.fromkeys(wanted.metric for wanted in plan.silent if wanted.metric not in read)
    if missing:
        tell("\nIn the profile, but not answered by this device:")
        sys.stdout.writelines(f"  {name}\n" for name in missing)
    show_refused(plan.refused)
    show_dropped(dropped)
    tell(f"\n{len(readings)} readings from {len(plan.oids)} objects")


async def _show_details(channel: Channel, found: Found, wanted: Wanted) -> None:
    """Show what each value of `detail` reads, unless all read the same."""
    plans = {
        detail: await discover(channel, found.profile, replace(wanted, depth=Depth(own=detail)))
        for detail in READ
    }
    if len({plan.oids for plan in plans.values()}) == 1:
        return
    tell("\nWhat each detail reads:")
    before: set[str] = set()
    for detail, plan in plans.items():
        series = [*plan.series(), *(one for one, _ in plan.constants)]
        metrics = dict.fromkeys(one.metric.full_name for one in series)
        more = [name for name in metrics if name not in before]
        before |= metrics.keys()
        tell(
            f"  {detail:<7} {len(series):>4} readings from {len(plan.oids)} objects:"
            f" {'also ' if before - set(more) else ''}{', '.join(more) or 'nothing more'}"
        )


def _show_unread(unread: Unread) -> None:
    if unread.left_out:
        tell("\nAnswered, and left out by the profile:")
        sys.stdout.writelines(
            f"  {_column(column)}: {reason}\n" for column, reason in unread.left_out
        )
    if unread.columns:
        tell("\nAnswered, and not read; thresholds and ratings are among them:")
        sys.stdout.writelines(f"  {_column(column)}\n" for column in unread.columns[:_SHOWN])
        if len(unread.columns) > _SHOWN:
            tell(f"  and {len(unread.columns) - _SHOWN} more")
    if not unread.left_out and not unread.columns:
        tell("\nNothing else there looks like a reading.")
    if unread.note:
        tell(f"\nNot all objects were looked at: the survey ended after {unread.note}.")


def _column(column: Column) -> str:
    row = f".{column.example}" if column.example else ""
    return (
        f"{column.oid}  {column.rows} x, {row} = {column.value}"
        if row
        else f"{column.oid} = {column.value}"
    )
