"""A copy of an agent's state folder, for a command that must not change the folder."""

from __future__ import annotations

import shutil
import sqlite3
import sys
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Final

from agent import config
from agent.commands.ledger_of_site import LEDGER_FILE
from agent.ledger.store.backup import copy_ledger
from agent.messages.said import tell

_SMALL: Final = ("devices.json", "netbox.json")


@contextmanager
def copy_of_state(path: Path) -> Iterator[Path]:
    """Copy a config's state folder to a temporary one, which is deleted at the end.

    A file that cannot be read is left out, with a line on stderr.
    """
    folder = config.load(path).file.state_dir
    with tempfile.TemporaryDirectory(prefix="hubgauge-") as made:
        copy = Path(made)
        for name in _SMALL:
            try:
                shutil.copyfile(folder / name, copy / name)
            except FileNotFoundError:
                continue
            except OSError as error:
                tell(f"{folder / name}: not read: {error.strerror or error}", to=sys.stderr)
        if (folder / LEDGER_FILE).exists():
            try:
                copy_ledger(folder / LEDGER_FILE, copy / LEDGER_FILE)
            except sqlite3.Error as error:
                tell(f"{folder / LEDGER_FILE}: not read: {error}", to=sys.stderr)
        yield copy
