"""A spool whose file was cut short or flipped: it always starts, and what is lost is counted."""

from __future__ import annotations

import os
import random
import shutil
from pathlib import Path

import pytest

from agent.sinks.spool import Spool
from tests.agent.sinks.spools import FORM, is_on_disk
from tests.support import wait_for

FLIPS = int(os.environ.get("TESTS_FLIPS", "100"))
CUTS = int(os.environ.get("TESTS_CUTS", "60"))
ROWS, EACH = 60, 10


def lines_of(index: int) -> bytes:
    """Return lines that differ from row to row and do not compress to nothing."""
    source = random.Random(index)
    return b"".join(
        b"node,cpu=%d v=%r %d\n" % (part, source.random(), index) for part in range(EACH)
    )


@pytest.fixture(scope="module", params=["in_log", "in_file", "both"])
def spooled(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Make a spool as a killed process leaves it: its rows in the write-ahead log, in the file, or
    some in each.
    """
    folder, left = (
        tmp_path_factory.mktemp(request.param),
        tmp_path_factory.mktemp(f"{request.param}-left"),
    )
    made = Spool(folder / "s.db", pack=FORM.pack, max_bytes=2**26)
    made.start()
    for index in range(ROWS):
        made.put(float(index), lines_of(index), EACH)
        made.write_now()
        if request.param != "in_log" and index == (
            ROWS - 1 if request.param == "in_file" else ROWS // 2
        ):
            made.disk.store.connection.execute("PRAGMA wal_checkpoint(TRUNCATE)").fetchall()
    for file in folder.iterdir():
        shutil.copy(file, left)
    made.close(2.0)
    return left


def reopened(left: Path, folder: Path, name: str, change: object) -> tuple[Spool, list[bytes]]:
    """Change one file of a copy, open it, and return what it held."""
    shutil.rmtree(folder, ignore_errors=True)
    shutil.copytree(left, folder)
    file = folder / name
    content = bytearray(file.read_bytes())
    file.write_bytes(change(content))
    made = Spool(folder / "s.db", pack=FORM.pack, max_bytes=2**26, window=0.001)
    made.start()
    made.put(1e6, b"after v=1.0 1\n", 1)  # and it goes on working
    wait_for(lambda: is_on_disk(made))
    lines: list[bytes] = []
    while True:
        chunks = made.oldest(2**20)
        if not chunks and not made.state().waiting:
            break
        lines += [line for chunk in chunks for line in FORM.parts(chunk.payload)]
        made.done(chunks)
    made.close(2.0)
    return made, lines


def check(made: Spool, lines: list[bytes]) -> int:
    """Assert that nothing is invented, doubled or uncounted; returns the samples lost."""
    state = made.state()
    whole = {
        line for index in range(ROWS) for line in lines_of(index).splitlines(keepends=True)
    } | {b"after v=1.0 1\n"}
    assert len(lines) == len(set(lines))
    assert set(lines) <= whole
    assert b"after v=1.0 1\n" in lines
    lost = ROWS * EACH + 1 - len(lines)
    assert state.dropped == ({"corrupt": lost} if lost else {})
    assert state.sent == len(lines)
    assert state.collected + state.recovered == state.sent + lost
    return lost


def files_of(left: Path) -> list[str]:
    return [
        name
        for name in ("s.db", "s.db-wal")
        if (left / name).exists() and (left / name).stat().st_size
    ]


def test_cut_short(spooled: Path, tmp_path: Path) -> None:
    """Cut at any byte, it starts, gives back what is left, and counts what is gone."""
    source = random.Random(3)
    for name in files_of(spooled):
        size = (spooled / name).stat().st_size
        places = {
            size - 1,
            size - 4096,
            0,
            1,
            100,
            4095,
            4096,
            *(source.randrange(size) for _ in range(CUTS // 6)),
        }
        for place in sorted(place for place in places if 0 <= place < size):
            check(
                *reopened(
                    spooled, tmp_path / "cut", name, lambda content, place=place: content[:place]
                )
            )


def test_flipped(spooled: Path, tmp_path: Path) -> None:
    """Whatever bit is flipped, it starts, nothing false comes out of it, and hardly more than the
    row hit is lost.
    """
    source = random.Random(5)
    losses = []
    for name in files_of(spooled):
        for _ in range(FLIPS // 6):
            place, bit = source.randrange((spooled / name).stat().st_size), source.randrange(8)

            def flip(content: bytearray, place: int = place, bit: int = bit) -> bytearray:
                content[place] ^= 1 << bit
                return content

            losses.append(check(*reopened(spooled, tmp_path / "flip", name, flip)))
    print(f"{len(losses)} flips, samples lost by each: {sorted(losses)}")
    assert sum(loss > 0 for loss in losses) < len(losses)


def test_junk(spooled: Path, tmp_path: Path) -> None:
    """A file of something else altogether is set aside, and the spool goes on empty."""
    made, lines = reopened(
        spooled, tmp_path / "junk", "s.db", lambda _: b"no database at all " * 1000
    )
    lost = check(made, lines)
    assert (tmp_path / "junk" / "s.damaged").exists() or not lost
