"""What the tests of the host collectors share: a tree of files read as a machine, and readings
shown as a page.
"""

from __future__ import annotations

import asyncio
import errno
import inspect
import json
import os
from collections.abc import Callable, Iterable
from pathlib import Path
from typing import Any

from collectors.base import CollectError, Collector, Context, NoData, Place, Reading
from collectors.host import KIND
from collectors.host.statfs import StatfsPool
from collectors.strict import read
from tests.support import HANGS, ROOT

CASES = ROOT / "tests" / "cases" / "host"
NOW = 1_790_000_123.5
TRIES = 20
"""How often a moment is looked for in which what is read twice stands still: mounts, disks,
interfaces and modules of others come and go meanwhile.
"""


def in_a_chroot() -> bool:
    """Tell whether the mounts of process 1, which are the machine's, are not those of this root."""
    return " / " not in Path("/proc/self/mounts").read_text()


def context_of(tree: Path) -> Context:
    """Return a context that reads a tree of files in place of the machine."""
    return Context(
        place=Place(hub="test"),
        node="n1",
        proc=tree / "proc",
        sys=tree / "sys",
        rootfs=tree / "rootfs",
        wall_clock=lambda: NOW,
    )


def collectors_of(tree: Path) -> list[Collector]:
    """Make the collectors of a case, all but the one that asks the kernel itself."""
    config = tree / "config.yaml"
    section = read(config, KIND.Config) if config.exists() else KIND.Config()
    made = list(KIND.build(section, context_of(tree)))
    for collector in made:
        if collector.name == "filesystem":
            collector._pool = StatfsPool(HANGS, statvfs=fake_statvfs(tree))
    return [collector for collector in made if collector.name != "timex"]


def fake_statvfs(tree: Path) -> Callable[[bytes], os.statvfs_result]:
    """Answer for mount points as `statvfs.json` says: six figures, or the name of an error."""
    path = tree / "statvfs.json"
    answers: dict[str, Any] = json.loads(path.read_text()) if path.exists() else {}

    def statvfs(asked: bytes) -> os.statvfs_result:
        point = os.fsdecode(asked).removeprefix(str(tree / "rootfs"))
        answer = answers.get(point, answers.get("*", "ENOENT"))
        if isinstance(answer, str):
            raise OSError(getattr(errno, answer), answer)
        block, blocks, free, available, files, files_free = answer
        return os.statvfs_result(
            (block, block, blocks, free, available, files, files_free, files_free, 0, 255)
        )

    return statvfs


def collect(collector: Collector) -> list[Reading]:
    """Run one collector once, whichever kind it is."""
    found = collector.collect()
    return list(asyncio.run(_wait(found)) if inspect.isawaitable(found) else found)


async def _wait(found: Any) -> Iterable[Reading]:
    return await found


def close(collectors: Iterable[Collector]) -> None:
    """End what collectors hold."""
    for collector in collectors:
        if hasattr(collector, "close"):
            collector.close()
        if hasattr(collector, "_files") and hasattr(collector._files, "close"):
            collector._files.close()


def page_of(collectors: Iterable[Collector]) -> str:
    """Run collectors once and show what they read by name,
    with what failed as comments at the end.
    """
    readings: list[Reading] = []
    failures = []
    for collector in collectors:
        try:
            readings += collect(collector)
        except NoData:
            continue
        except CollectError as error:
            failures.append(f"# {collector.name}: {type(error).__name__}: {error}\n")
        problems = getattr(collector, "problems", {})
        failures += [
            f"# {collector.name}: {name}: {problem}\n" for name, problem in problems.items()
        ]
    return render(readings) + "".join(failures)


def render(readings: Iterable[Reading]) -> str:
    """Show readings in the text format, families and samples in the order of their names."""
    families: dict[tuple[str, str, str], list[str]] = {}
    for series, value in readings:
        metric = series.metric
        text = repr(int(value)) if value == int(value) else repr(value)
        families.setdefault((metric.full_name, metric.type, metric.help), []).append(
            f"{series.prefix}{text}\n"
        )
    return "".join(
        f"# HELP {name} {help_text}\n# TYPE {name} {kind}\n{''.join(sorted(lines))}"
        for (name, kind, help_text), lines in sorted(families.items())
    )
