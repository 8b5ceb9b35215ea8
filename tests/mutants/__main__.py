"""`make mutants`: plant each fault of the lists in a copy of the project; its tests must fail.

`python -m tests.mutants [NAME…] [--jobs N] [--limit N]`. A NAME is a part of an entry's name
(`list:number`) or of its file. Exit status 1 where a fault lived through its tests, where an entry
no longer matches, or where the tests fail without any fault. The working tree is never changed.
"""

from __future__ import annotations

import argparse
import os
import shutil
import subprocess
import sys
import tempfile
import time
from collections import Counter
from collections.abc import Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from pathlib import Path
from queue import SimpleQueue
from typing import Final

from tests.mutants.lists import Mutant, load, stale
from tests.support import RECORDINGS, ROOT

TIMEOUT: Final = 900
"""Seconds for the tests of one fault. A fault that makes them hang is noticed, too."""
KILLED, LIVED, BROKEN = "killed", "LIVED", "BROKEN"


def main() -> int:
    """Try the faults and print a line for each that was not noticed, and how many were."""
    parser = argparse.ArgumentParser(prog="python -m tests.mutants", description=__doc__)
    parser.add_argument("names", nargs="*", metavar="NAME")
    parser.add_argument("--jobs", type=int, default=os.cpu_count() or 1, metavar="N")
    parser.add_argument("--limit", type=int, metavar="N", help="try only the first N")
    args = parser.parse_args()
    mutants = load(args.names)[: args.limit]
    if args.names and not mutants:
        parser.error(f"no entry matches {' '.join(args.names)}")
    rotten = [reason for one in mutants if (reason := stale(one))]
    for reason in rotten:
        say(f"{BROKEN}  {reason}")
    able = [one for one in mutants if not stale(one)]
    return 1 if judge(able, args.jobs) or rotten else 0


def say(text: str) -> None:
    """Print at once: a run takes long."""
    sys.stdout.write(text + "\n")
    sys.stdout.flush()


def judge(mutants: Sequence[Mutant], jobs: int) -> int:
    """Try every fault, so many at a time; return how many were not killed."""
    if not mutants:
        return 0
    free: SimpleQueue[Path] = SimpleQueue()
    with copies(max(1, min(jobs, len(mutants)))) as folders:
        for folder in folders:
            free.put(folder)
        named = list(dict.fromkeys(test for one in mutants for test in one.tests))
        code, output = run(folders[0], named)
        if code:
            say(f"{BROKEN}  the tests fail without any fault:\n{tail(output)}")
            return len(mutants)

        def attempt(mutant: Mutant) -> str:
            folder = free.get()
            try:
                return verdict(mutant, folder)
            finally:
                free.put(folder)

        with ThreadPoolExecutor(len(folders)) as pool:
            count = Counter(pool.map(attempt, mutants))
    say(f"{len(mutants)} faults: {', '.join(f'{count[one]} {one}' for one in sorted(count))}")
    return len(mutants) - count[KILLED]


def verdict(mutant: Mutant, folder: Path) -> str:
    """Plant a fault in a copy, run its tests there, take it out again, and say what came of it."""
    path = folder / mutant.file
    text = path.read_text("utf-8")
    began = time.monotonic()
    path.write_text(text.replace(mutant.find, mutant.replace), "utf-8")
    try:
        code, output = run(folder, mutant.tests)
    finally:
        path.write_text(text, "utf-8")
    # pytest: 0 all passed, 1 some failed, 2 not imported, 4 and 5 nothing to run.
    found = {0: LIVED, 1: KILLED, 2: KILLED}.get(code, BROKEN)
    say(f"{found:<7} {time.monotonic() - began:5.0f} s  {mutant.name}  {mutant.file}")
    if found == LIVED:
        say(f"    {mutant.find!r} -> {mutant.replace!r}\n    {mutant.why}")
    if found == BROKEN:
        say(tail(output))
    return found


def run(folder: Path, tests: Sequence[str]) -> tuple[int, str]:
    """Run tests in a copy; return pytest's exit status and what it wrote."""
    command = [sys.executable, "-m", "pytest", "-x", "-q", "-p", "no:randomly"]
    environment = os.environ | {
        "PYTHONPATH": str(folder),  # before the editable install of the working tree
        "PYTHONDONTWRITEBYTECODE": "1",
        "TESTS_RECORDINGS": str(RECORDINGS),
    }
    try:
        done = subprocess.run(
            [*command, "-p", "no:cacheprovider", *tests],
            cwd=folder,
            env=environment,
            capture_output=True,
            text=True,
            errors="replace",
            timeout=TIMEOUT,
            check=False,
        )
    except subprocess.TimeoutExpired:
        return 1, "timed out"
    return done.returncode, done.stdout + done.stderr


def tail(output: str) -> str:
    """Return the last lines of what pytest wrote, indented."""
    return "\n".join(f"    {line}" for line in output.splitlines()[-15:])


@contextmanager
def copies(count: int) -> Iterator[list[Path]]:
    """Make copies of the working tree as it stands, of all files that Git knows or would add."""
    listed = subprocess.run(
        ["git", "ls-files", "-z", "--cached", "--others", "--exclude-standard"],
        cwd=ROOT,
        capture_output=True,
        check=True,
    ).stdout
    names = [os.fsdecode(name) for name in listed.split(b"\0") if name]
    with tempfile.TemporaryDirectory(prefix="mutants-") as scratch:
        made = []
        for number in range(count):
            folder = Path(scratch) / str(number)
            for name in names:
                if (ROOT / name).is_file():
                    target = folder / name
                    target.parent.mkdir(parents=True, exist_ok=True)
                    shutil.copy2(ROOT / name, target)
            for built in ("dashboards/preview/node_modules", "dashboards/preview/dist"):
                if (ROOT / built).exists():
                    (folder / built).symlink_to(ROOT / built)
            made.append(folder)
        yield made


if __name__ == "__main__":
    sys.exit(main())
