"""`hubgauge devices draft ADDRESS --out F.yaml`: a profile to complete, for an unknown device."""

from __future__ import annotations

import argparse
import asyncio
import sys
from pathlib import Path

from agent.commands.devices.options import channel_to, device_of
from agent.commands.devices.show import printable
from agent.commands.output import write_text
from agent.messages.said import tell
from collectors.base import ConfigError
from collectors.facility.snmp import draft
from collectors.facility.snmp.makers import maker_name
from collectors.facility.snmp.recognise import Identity, is_private, maker_of
from collectors.facility.snmp.survey import SOFTWARE, Survey, readings, survey

_SHOWN = 40  # columns


def write(args: argparse.Namespace) -> int:
    """Write a draft of a device's profile; returns 1 if no object of it looks like a reading."""
    out: Path = args.out
    if out.exists() and not args.force:
        raise ConfigError("exists already; --force overwrites it", file=str(out), key="--out")
    found = asyncio.run(survey(channel_to(device_of(args), args.timeout)))
    show_identity(args.address, found.identity)
    show(found)
    text = draft.write(found)
    if not text:
        tell("no object of the device looks like a reading: no draft was written", to=sys.stderr)
        return 1
    write_text(out, text, "--out")
    tell(f"\n{out}: complete it with the maker's MIB, then")
    sys.stdout.write(f"  hubgauge devices identify {args.address} --profiles-dir {out.parent}\n")
    return 0


def show_identity(address: str, identity: Identity) -> None:
    """Print a device's description of itself and its sysObjectID, with the name of its maker."""
    name = maker_name(maker_of(identity.object_id))
    maker = f" ({name})" if name and is_private(identity.object_id) else ""
    sys.stdout.write(f"{address}\n")
    tell(
        f"  says        {printable(identity.description) or '(nothing)'}\n"
        f"  sysObjectID {printable(identity.object_id) or '(none)'}{maker}"
    )


def show(found: Survey) -> None:
    """Print a device's branches, and the tables that look like readings."""
    names = [f"{one} {maker_name(one)}".strip() for one in found.makers if one not in SOFTWARE]
    tell(f"  branches    {', '.join(names) or 'none of a maker'}\n\n")
    rows = [(table, one) for table, one in readings(found) if one.guess and one.guess.sure]
    more = sum(1 for _ in readings(found)) - len(rows)
    if rows:
        tell("Looks like electrical or climate readings:")
    for table, one in rows[:_SHOWN]:
        oid = f"{table.oid}.{one.number}" if table else one.number
        what = one.guess.what if one.guess else ""
        values = printable(", ".join(one.samples))
        tell(f"  {oid}  {one.rows} x {values}: {what}")
    if len(rows) > _SHOWN:
        tell(f"  and {len(rows) - _SHOWN} more")
    if more:
        tell(f"Further columns with numbers: {more}")
    if found.note:
        tell(f"Not all objects were looked at: the survey ended after {found.note}.")
