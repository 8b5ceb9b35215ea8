"""Fault 9: a disk that fails under the spool."""

from __future__ import annotations

import subprocess
import time
from pathlib import Path

from tests.agent.sinks import driver
from tests.agent.sinks.peers import drained
from tests.faults.databases import Base
from tests.faults.outages import pushing
from tests.support import binary, wait_for


def bad_disk(base: Base, folder: Path, seconds: float) -> str:
    """Have each read, write and sync of the spool fail with EIO for so long, then mend it.

    The pusher neither ends nor loses anything: what it collects meanwhile waits in memory.
    """
    library, sign, journal = folder / "bad_disk.so", folder / "bad", folder / "journal"
    source = Path(__file__).with_name("bad_disk.c")
    command = [binary("gcc"), "-shared", "-fPIC", "-O1", "-o", library, source, "-ldl"]
    subprocess.run(command, check=True)
    state = folder / "state"
    state.mkdir()
    more = {"LD_PRELOAD": str(library), "BAD_DISK": str(sign)}
    with pushing(folder, base, state=state, url="http://127.0.0.1:1", more=more):
        wait_for(lambda: driver.synced_times(journal), what="a synced batch")
        sign.touch()
        before = pushed(journal)
        wait_for(lambda: pushed(journal) > before + 5 + 20 * seconds, what="batches to be pushed")
        failed_at = len(driver.synced_times(journal))
        during = pushed(journal)
        assert failed_at < during, "nothing waited: the disk did not fail"
        sign.unlink()
        mended = time.monotonic()
        wait_for(
            lambda: len(driver.synced_times(journal)) >= during, what="all of it to be on disk"
        )
        spent = time.monotonic() - mended
    with base.up(), base.sink(base.url, state) as made:
        drained(made)
        assert not made.spool.state().dropped
        known = driver.synced_times(journal)

        def rows() -> dict[str, list[tuple[int, float]]]:
            return base.rows("driver", "value", "part")

        def there() -> bool:
            found = rows()
            return len(found) == driver.SERIES and all(
                set(known) <= {moment for moment, _ in pairs} for pairs in found.values()
            )

        wait_for(there, what="every synced batch")
        found = rows()
    for pairs in found.values():
        assert len(pairs) == len({moment for moment, _ in pairs})
    waited = (during - failed_at) * driver.SERIES
    return (
        f"EIO for {seconds:g} s: {waited:,} samples waited in memory, on disk again {spent:.1f} s"
        f" after; {len(known) * driver.SERIES:,} samples: 0 lost, 0 doubled"
    )


def pushed(journal: Path) -> int:
    """Return how many batches were handed over."""
    return sum(line.startswith("a ") for line in journal.read_text().splitlines())
