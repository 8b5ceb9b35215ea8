"""The files of a spool, apart from what SQLite reads in them: how they are left for it to open.

A process may end while a damaged file is set aside, or leave a log that SQLite would delete. Both
are settled here, before SQLite sees the files.
"""

from __future__ import annotations

import os
import shutil
from pathlib import Path

from agent.sinks.rows import Damaged


def log_of(path: Path) -> Path:
    """Return where SQLite has the write-ahead log of a spool."""
    return path.with_name(path.name + "-wal")


def kept_log(path: Path) -> Path:
    """Return where a copy of the write-ahead log is put while a damaged spool is dealt with."""
    return path.with_suffix(".log")


def keep_log(path: Path) -> bool:
    """Copy the log before SQLite sees it: SQLite deletes what it finds damaged.

    Returns whether there is a copy, of now or of before.
    """
    log, kept = log_of(path), kept_log(path)
    if log.exists() and log.stat().st_size:
        shutil.copyfile(log, kept)
    return kept.exists()


def settle(path: Path) -> bool:
    """Leave a file for SQLite to open, an empty one where there is none.

    Returns whether a copy of the log is kept. Raises Damaged, or OSError.
    """
    renewed = path.with_suffix(".new")
    if renewed.exists():  # the process ended while it set a damaged file aside
        renewed.unlink() if path.exists() else renewed.replace(path)
    new = not (path.exists() and path.stat().st_size)
    kept = keep_log(path)
    if new and kept:
        raise Damaged("the file is empty, its log is not")  # SQLite would delete the log
    if new:
        os.close(os.open(path, os.O_WRONLY | os.O_CREAT | os.O_CLOEXEC, 0o600))
    return kept
