"""Since when each device is silent, kept across restarts in a small file of its own.

The file is written when something has changed, at most once a minute; in between only its time is set, so that after a restart a
device which answered until the end is known to be silent since then and not since the agent was last told of anything.
"""

from __future__ import annotations

import json
import logging
import os
import time
from collections.abc import Callable, Container
from pathlib import Path
from typing import Final, NamedTuple

log = logging.getLogger(__name__)

VERSION: Final = 1
SAVE_SECONDS: Final = 60.0

Key = tuple[str, str, str]
"""Site, kind and name of a device."""


class State(NamedTuple):
    """Whether a device has ever answered, and since when it does not; None while it does."""

    seen: bool
    since: float | None


class Presence:
    """What is remembered of every device. Belongs to the event loop, but for `save`, which may run on a thread."""

    def __init__(self, path: Path, *, clock: Callable[[], float] = time.time) -> None:
        self._path, self._clock = path, clock
        self._states: dict[Key, State] = {}
        self._known_until: float | None = None
        self._dirty = False
        self._next = 0.0
        self._warned = False
        self._load()

    def _load(self) -> None:
        try:
            data = json.loads(self._path.read_bytes())
            self._known_until = self._path.stat().st_mtime
            if data["version"] == VERSION:
                self._states = {
                    (str(site), str(kind), str(name)): State(
                        bool(seen), None if since is None else float(since)
                    )
                    for site, kind, name, seen, since in data["devices"]
                }
        except FileNotFoundError:
            return
        except (OSError, ValueError, KeyError, TypeError) as error:
            log.warning("%s: cannot be used: %s; devices are silent from now on", self._path, error)

    def answers(self, key: Key) -> None:
        """Note that a device answers."""
        self._set(key, State(seen=True, since=None))

    def silent(self, key: Key) -> State:
        """Note that a device does not answer, and return since when."""
        now = self._clock()
        known = self._states.get(key)
        if known is None:
            state = State(seen=False, since=now)
        elif known.since is not None:
            return known
        else:
            # It answered when it was last heard of: in this run just now, before a restart when the file was last touched.
            state = State(
                seen=True, since=now if self._known_until is None else min(now, self._known_until)
            )
        self._set(key, state)
        return state

    def _set(self, key: Key, state: State) -> None:
        if self._states.get(key) != state:
            self._states[key] = state
            self._dirty = True

    def settle(self, keys: Container[Key]) -> None:
        """Forget all devices but these; what comes from now on happens in this run."""
        kept = {key: state for key, state in self._states.items() if key in keys}
        self._dirty = self._dirty or len(kept) != len(self._states)
        self._states = kept
        self._known_until = None

    def due(self) -> bool:
        """Tell whether the file should be written or touched."""
        return time.monotonic() >= self._next

    def save(self) -> None:
        """Write the file where something has changed, else set its time; what cannot be written is tried again."""
        self._next = time.monotonic() + SAVE_SECONDS
        dirty, self._dirty = self._dirty, False
        try:
            if dirty or not self._path.exists():
                rows = [
                    [*key, state.seen, state.since] for key, state in list(self._states.items())
                ]
                part = self._path.with_suffix(".part")
                part.write_text(
                    json.dumps({"version": VERSION, "devices": rows}, ensure_ascii=False), "utf-8"
                )
                part.replace(self._path)
            else:
                os.utime(self._path)
            self._warned = False
        except OSError as error:
            self._dirty = True
            if not self._warned:
                self._warned = True
                log.warning("%s: cannot be written: %s", self._path, error.strerror or error)
