"""`hubgauge ledger imports`, `undo`, `backup` and `restore`: lists imports, and takes them back."""

from __future__ import annotations

import datetime as dt
import sqlite3
import time
from pathlib import Path

from agent.commands.ledger_import import user_name
from agent.commands.ledger_of_site import open_ledger
from agent.inventory.model import Inventory, Site
from agent.ledger.imports.undo import undo_import
from agent.ledger.readonly import open_readonly
from agent.ledger.store.backup import copy_ledger, restore_ledger
from agent.messages.said import tell
from agent.pue.pue import Pue
from collectors.base import HubgaugeError


def list_imports(path: Path, inventory: Inventory, site: Site) -> None:
    """Write a line for each import of a site, the first one first."""
    ledger = open_readonly(path, inventory, time.time)
    try:
        with ledger.reader.read() as tables:
            batches = tables.import_batches.of_site(site.site)
            undone = tables.import_undo.undone()
    finally:
        ledger.close()
    for one in batches:
        first, last = _text(one.first, site), _text(one.last, site)
        back = ""
        if one.number in undone:
            at, user = undone[one.number]
            back = f"  taken back {_text(at, site)} by {user}"
        tell(
            f"{one.number}  {_text(one.time, site)}  {one.user}  {one.file}  {one.meters} meters,"
            f" {one.hours} hours changed, {first} to {last}  sha256 {one.sha256}{back}"
        )


def undo(number: int, path: Path, inventory: Inventory, site: Site) -> int:
    """Undo an import, and sum its hours again; returns the exit status."""
    ledger = open_ledger(path, inventory)
    try:
        batch = undo_import(ledger.store, number, site.site, ledger.retention, user_name())
        Pue(ledger, inventory).sum_up()
    finally:
        ledger.close()
    tell(
        f"import {number} ({batch.file}) taken back: {batch.hours} hours of {batch.meters} meters,"
        f" {_text(batch.first, site)} to {_text(batch.last, site)}"
    )
    return 0


def copy(action: str, path: Path, file: Path) -> int:
    """Do `backup` or `restore`; raises HubgaugeError if that fails."""
    try:
        if action == "backup":
            copy_ledger(path, file)
            tell(f"{path} copied to {file}")
            return 0
        if not file.exists():
            raise HubgaugeError(f"{file}: no such file")
        path.parent.mkdir(mode=0o750, parents=True, exist_ok=True)
        kept = restore_ledger(file, path)
    except sqlite3.Error as error:
        raise HubgaugeError(f"{file}: {action} failed: {error}") from None
    except OSError as error:
        raise HubgaugeError(f"{file}: {error.strerror or error}") from None
    was = f"; what was there before is {kept}" if kept is not None else ""
    tell(f"{file} restored to {path}{was}")
    return 0


def _text(moment: int, site: Site) -> str:
    return f"{dt.datetime.fromtimestamp(moment / 1000, site.zone):%Y-%m-%d %H:%M}"
