"""Since when each device is silent, kept across restarts in a small file.

The file is written when something has changed, at most once a minute; otherwise only its time is
set. So after a restart, a device that answered until the end is known to be silent since then.
"""

from __future__ import annotations

import json
import logging
import os
import time
from collections.abc import Callable, Container
from pathlib import Path
from typing import Final, NamedTuple

from agent.ledger.clock import Steps

log = logging.getLogger(__name__)

VERSION: Final = 1
SAVE_SECONDS: Final = 60.0


class DeviceKey(NamedTuple):
    """What tells a device from all others of a hub."""

    site: str
    kind: str
    name: str


class Silence(NamedTuple):
    """Whether a device has ever answered, and since when it does not; None while it does."""

    seen: bool
    since: float | None


class SilenceFile:
    """Since when each device is silent, in memory and in the file.

    Only the event loop calls it, but `save` may run on a thread.
    """

    def __init__(
        self,
        path: Path,
        *,
        clock: Callable[[], float] = time.time,
        monotonic: Callable[[], float] = time.monotonic,
        steps: Steps | None = None,
    ) -> None:
        self._path, self._clock, self._monotonic = path, clock, monotonic
        self._steps = steps or Steps(clock)
        self._of_this_run: set[DeviceKey] = set()
        """Devices whose silence began in this run: a wrong clock has dated it."""
        self._devices: dict[DeviceKey, Silence] = {}
        self._last_run_end: float | None = None
        """When the run before was last heard of; None once the devices of this run are known."""
        self._heard: set[DeviceKey] = set()
        """Devices that answered in this run, while `_last_run_end` is needed."""
        self._changed = False
        self._next_save = 0.0
        self._warned = False
        self._load()

    def _load(self) -> None:
        try:
            data = json.loads(self._path.read_bytes())
            self._last_run_end = self._path.stat().st_mtime
            if data["version"] == VERSION:
                self._devices = {
                    DeviceKey(str(site), str(kind), str(name)): Silence(
                        bool(seen), None if since is None else float(since)
                    )
                    for site, kind, name, seen, since in data["devices"]
                }
        except FileNotFoundError:
            return
        except (OSError, ValueError, KeyError, TypeError) as error:
            log.warning("%s: cannot be used: %s; silences count from now on", self._path, error)

    def answered(self, key: DeviceKey) -> None:
        """Note that a device answers."""
        if self._last_run_end is not None:
            self._heard.add(key)
        self._of_this_run.discard(key)
        self._set(key, Silence(seen=True, since=None))

    def silent(self, key: DeviceKey) -> Silence:
        """Note that a device does not answer, and return since when."""
        now = self._clock()
        known = self._devices.get(key)
        if known is None:
            found = Silence(seen=False, since=now)
        elif known.since is not None:
            return known
        elif self._last_run_end is None or key in self._heard:
            found = Silence(seen=True, since=now)
        else:
            # It answered in the run before, until that run ended.
            found = Silence(seen=True, since=min(now, self._last_run_end))
        if found.since == now:
            self._of_this_run.add(key)
        self._set(key, found)
        return found

    def follow_clock(self) -> bool:
        """Follow a wall clock that has stepped, so that silences stay as old as they are.

        Returns whether it has. Those of earlier runs are dated by the clock of that time.
        """
        moved = self._steps.moved()
        if moved:
            for key in self._of_this_run & self._devices.keys():
                known = self._devices[key]
                if known.since is not None:
                    self._set(key, known._replace(since=known.since + moved))
        return bool(moved)

    def _set(self, key: DeviceKey, silence: Silence) -> None:
        if self._devices.get(key) != silence:
            self._devices[key] = silence
            self._changed = True

    def keep_only(self, keys: Container[DeviceKey]) -> None:
        """Forget all other devices, and the run before: all devices of this run are known now."""
        kept = {key: silence for key, silence in self._devices.items() if key in keys}
        self._changed = self._changed or len(kept) != len(self._devices)
        self._devices = kept
        self._last_run_end = None
        self._heard.clear()

    def save_is_due(self) -> bool:
        """Tell whether a minute has passed since the last save, or none was made."""
        return self._monotonic() >= self._next_save

    def save(self) -> None:
        """Write the file if something has changed, else set its time; a failure is tried again."""
        self._next_save = self._monotonic() + SAVE_SECONDS
        changed, self._changed = self._changed, False
        try:
            if changed or not self._path.exists():
                self._write()
            else:
                os.utime(self._path)
            self._warned = False
        except OSError as error:
            self._changed = True
            if not self._warned:
                self._warned = True
                log.warning("%s: cannot be written: %s", self._path, error.strerror or error)

    def _write(self) -> None:
        rows = [[*key, silence.seen, silence.since] for key, silence in list(self._devices.items())]
        part = self._path.with_suffix(".part")
        text = json.dumps({"version": VERSION, "devices": rows}, ensure_ascii=False)
        part.write_text(text, "utf-8")
        part.replace(self._path)
