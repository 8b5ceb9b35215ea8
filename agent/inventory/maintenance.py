"""Maintenance windows: while people work on racks, nobody is called for them.

The windows stand in `maintenance.yaml` in the agent's `state_dir`. `hubgauge maintenance` writes
the file, and people may edit it. Racks in a window are measured as always. The board marks what
they need, and counts it apart.
"""

from __future__ import annotations

import contextlib
import datetime as dt
import logging
from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Final

import yaml

from collectors.strict import Problems, read

FILE: Final = "maintenance.yaml"
_LOG: Final = logging.getLogger(__name__)
_EXAMPLE: Final = "a time with its zone, such as 2026-12-01T08:00+08:00"


@dataclass(frozen=True, slots=True, kw_only=True)
class Window:
    """One window: a rack, a row of a site, or a whole site, from a time until another."""

    site: str = ""
    row: str = field(default="", metadata={"help": "with the site it is in"})
    rack: str = ""
    since: str = field(metadata={"help": _EXAMPLE})
    until: str = field(metadata={"help": _EXAMPLE})
    why: str

    def __post_init__(self) -> None:
        """Refuse a window of nothing, without a reason, or that ends before it begins."""
        if not (self.rack or self.site):
            raise ValueError("rack: missing; state a rack, a site, or a row with its site")
        if not self.why.strip():
            raise ValueError("why: must not be empty")
        if self.ends <= self.begins:
            raise ValueError(f"until: {self.until} is not after since, {self.since}")

    @property
    def begins(self) -> float:
        """When it begins, seconds since the epoch."""
        return _seconds("since", self.since)

    @property
    def ends(self) -> float:
        """When it ends, seconds since the epoch."""
        return _seconds("until", self.until)

    @property
    def place(self) -> str:
        """The rack, the row with its site, or the site, as people read it."""
        return self.rack or " ".join(filter(None, (self.site, self.row)))

    def covers(self, site: str, row: str, rack: str, now: float) -> bool:
        """Tell whether the window covers a rack at `now`, in seconds since the epoch."""
        if not self.begins <= now < self.ends or (self.site and self.site != site):
            return False
        return (not self.rack or self.rack == rack) and (not self.row or self.row == row)


@dataclass(frozen=True, slots=True, kw_only=True)
class Windows:
    """The file: every window, the past ones included."""

    windows: tuple[Window, ...] = ()


def _seconds(key: str, text: str) -> float:
    try:
        found = dt.datetime.fromisoformat(text)
    except ValueError:
        found = None
    if found is None or found.tzinfo is None:
        raise ValueError(f"{key}: expected {_EXAMPLE}, got {text!r}")
    return found.timestamp()


def load(state_dir: Path) -> Sequence[Window]:
    """Return the windows of a state folder, none where there is no file.

    Raises Problems for mistakes in the file.
    """
    path = state_dir / FILE
    return read(path, Windows).windows if path.exists() else ()


def save(state_dir: Path, windows: Sequence[Window]) -> None:
    """Write the windows, whole or not at all; raises OSError."""
    entries = [
        {
            key: value
            for key in ("site", "row", "rack", "since", "until", "why")
            if (value := getattr(one, key))
        }
        for one in windows
    ]
    text = yaml.safe_dump({"windows": entries}, allow_unicode=True, sort_keys=False)
    path = state_dir / FILE
    fresh = path.with_suffix(".new")
    fresh.write_text(text, "utf-8")
    fresh.replace(path)


class Kept:
    """The windows of a state folder, read again when the file has changed.

    A file with a mistake is logged once, and the windows of the last good file stay in force.
    """

    def __init__(self, state_dir: Path) -> None:
        self.folder: Final = state_dir
        self._stamp: tuple[int, int] | None = None
        self._windows: Sequence[Window] = ()

    def now(self) -> Sequence[Window]:
        """Return all windows of the last good file, past ones included; never raises."""
        stamp = None
        with contextlib.suppress(OSError):
            found = (self.folder / FILE).stat()
            stamp = (found.st_mtime_ns, found.st_size)
        if stamp != self._stamp:
            self._stamp = stamp
            try:
                self._windows = load(self.folder)
            except (Problems, OSError) as error:
                _LOG.warning("maintenance windows stay as they were: %s", error)
        return self._windows
