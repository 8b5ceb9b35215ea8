"""Carries the readable rows of a damaged spool over to a new file.

The damaged file is kept beside it as `NAME.damaged`. There are two passes. First the file is read
as SQLite sees it: from the front until a page cannot be read, then from the back. If rows are still
missing, an image is made that SQLite can open whatever happened to the first page or to the log's
checksums: a copy of the file, every page of the write-ahead log written over it, and the first page
of an empty spool in front. What is wrong in such an image does not matter, for each row must match
its own checksum.

The formats: https://www.sqlite.org/fileformat2.html (1.3 the header, 4 the write-ahead log).
"""

from __future__ import annotations

import os
import shutil
import sqlite3
import struct
from collections import Counter
from contextlib import closing, suppress
from pathlib import Path
from typing import Final

from agent.sinks.chunk import Chunk
from agent.sinks.files import keep_log, kept_log, log_of
from agent.sinks.rows import (
    INSERT,
    PAGE,
    SELECT,
    WAL_SHARE,
    chunk_of,
    connect,
    create_tables,
    primary_code,
    row_of,
)

_WAL_HEADER: Final = 32
_FRAME_HEADER: Final = 24
_ROWS_AT_ONCE: Final = 256
_INSERT: Final = INSERT.replace("INSERT", "INSERT OR IGNORE", 1)


def salvage(path: Path, base: int, expected: int) -> int:
    """Replace a damaged file by one with its readable rows after `base`, renumbered.

    `expected` is how many samples there should be; returns how many there are.
    """
    if not kept_log(path).exists():
        keep_log(path)
    path.touch(mode=0o600)
    renewed, image = path.with_suffix(".new"), path.with_suffix(".image")
    for leftover in (renewed, image):
        leftover.unlink(missing_ok=True)
    os.close(os.open(renewed, os.O_WRONLY | os.O_CREAT | os.O_CLOEXEC, 0o600))
    try:
        saved = _fill(renewed, path, image, base, expected)
    except BaseException:
        renewed.unlink(missing_ok=True)
        raise
    finally:
        image.unlink(missing_ok=True)
    path.replace(path.with_suffix(".damaged"))
    path.with_suffix(".damaged-wal").unlink(missing_ok=True)
    if kept_log(path).exists():
        kept_log(path).replace(path.with_suffix(".damaged-wal"))
    log_of(path).unlink(missing_ok=True)
    path.with_name(path.name + "-shm").unlink(missing_ok=True)
    renewed.replace(path)
    _sync_folder(path.parent)
    return saved


def _fill(renewed: Path, path: Path, image: Path, base: int, expected: int) -> int:
    """Write the readable rows of the damaged file to the new one; returns their samples."""
    with closing(connect(renewed)) as target:
        # No second copy of everything, and one sync at the end.
        for pragma in ("journal_mode=MEMORY", "synchronous=OFF"):
            target.execute(f"PRAGMA {pragma}").fetchall()
        create_tables(target)
        target.execute("BEGIN")
        whole = _carry_over(f"{path.as_uri()}?mode=ro", target, base)
        if not (whole and _samples(target) >= expected) and _has_room(path):
            _build_image(path, image, renewed)
            _carry_over(f"{image.as_uri()}?immutable=1", target, base)
        saved = _renumber(target, base)
        target.execute("COMMIT")
    with renewed.open("rb+") as file:
        os.fsync(file.fileno())
    return saved


def _sync_folder(folder: Path) -> None:
    descriptor = os.open(folder, os.O_RDONLY | os.O_DIRECTORY | os.O_CLOEXEC)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)


def _carry_over(uri: str, target: sqlite3.Connection, base: int) -> bool:
    """Copy the readable rows of a file; returns whether nothing stood in the way."""
    whole = True
    try:
        source = sqlite3.connect(uri, uri=True, isolation_level=None)
    except sqlite3.Error:
        return False
    with closing(source):
        for order in ("ASC", "DESC"):
            clean = _copy_rows(source, target, base, order)
            whole = whole and clean
            if clean:
                break
        with suppress(sqlite3.Error, UnicodeError, OverflowError):
            letters = source.execute("SELECT time, reason, line FROM dead_letter ORDER BY id")
            while rows := letters.fetchmany(_ROWS_AT_ONCE):
                target.executemany(
                    "INSERT OR IGNORE INTO dead_letter (time, reason, line) VALUES (?, ?, ?)", rows
                )
    return whole


def _copy_rows(
    source: sqlite3.Connection, target: sqlite3.Connection, base: int, order: str
) -> bool:
    clean = True
    try:
        for row in source.execute(f"{SELECT} ORDER BY id {order}"):
            chunk = chunk_of(row)
            if chunk is None:
                clean = False
            elif chunk.id > base:
                _insert(target, chunk)
    except sqlite3.Error as error:
        if primary_code(error) == sqlite3.SQLITE_FULL:
            raise
        return False
    except (UnicodeError, OverflowError):
        return False
    return clean


def _insert(target: sqlite3.Connection, chunk: Chunk) -> None:
    target.execute(_INSERT, row_of(chunk))


def _renumber(target: sqlite3.Connection, base: int) -> int:
    """Close the gaps in the ids, so that they count samples again.

    Returns the samples there are.
    """
    tail, last = base, base
    while row := target.execute(f"{SELECT} WHERE id > ? ORDER BY id LIMIT 1", (last,)).fetchone():
        chunk = chunk_of(row)
        if chunk is None:
            break
        last = chunk.id
        tail += chunk.samples
        if tail != chunk.id:
            target.execute("DELETE FROM batch WHERE id = ?", (chunk.id,))
            chunk.id = tail
            _insert(target, chunk)
    return tail - base


def _samples(target: sqlite3.Connection) -> int:
    return int(target.execute("SELECT coalesce(sum(samples), 0) FROM batch").fetchone()[0])


def _has_room(path: Path) -> bool:
    return shutil.disk_usage(path.parent).free > 2 * path.stat().st_size + WAL_SHARE


def _build_image(path: Path, image: Path, empty: Path) -> None:
    """Make a file that SQLite can open, of the damaged one, its log and a sound first page."""
    shutil.copyfile(path, image)
    with image.open("rb+") as file:
        if kept_log(path).exists():
            _lay_over(kept_log(path).read_bytes(), file.fileno())
        size = max(PAGE, file.seek(0, os.SEEK_END) // PAGE * PAGE)
        file.truncate(size)
        os.pwrite(file.fileno(), _first_page(empty, size // PAGE), 0)


def _lay_over(log: bytes, fd: int) -> None:
    """Write the pages of the log's last round over the file, in order, whatever their checksums."""
    frame = _FRAME_HEADER + PAGE
    heads = (16, _WAL_HEADER + 8, _WAL_HEADER + frame + 8)
    found = Counter(log[head : head + 8] for head in heads)
    salts = found.most_common(1)[0][0]  # the header's, unless that is what is damaged
    most = os.fstat(fd).st_size // PAGE + len(log) // frame + 1
    for start in range(_WAL_HEADER, len(log) - frame + 1, frame):
        (number,) = struct.unpack_from(">I", log, start)
        if log[start + 8 : start + 16] == salts and 0 < number <= most:
            os.pwrite(fd, log[start + _FRAME_HEADER : start + frame], (number - 1) * PAGE)


def _first_page(empty: Path, pages: int) -> bytes:
    """Return the first page of an empty spool, as of a file of so many pages, none free, no log."""
    scratch = empty.with_suffix(".first")
    scratch.unlink(missing_ok=True)
    try:
        with closing(connect(scratch)) as connection:
            create_tables(connection)
        page = bytearray(scratch.read_bytes()[:PAGE])
    finally:
        scratch.unlink(missing_ok=True)
    page[18:20] = b"\x01\x01"
    struct.pack_into(">III", page, 28, pages, 0, 0)
    page[92:96] = page[24:28]
    return bytes(page)
