"""A series ends while a fault lasts: by remote write its database is told so all the same.

A whole agent reads a collector that fails from some moment on. Its series must be ended by a marker
that is dated within two intervals of their last sample; after `kill -9`, of the agent's next start.
Nothing else ends.
"""

from __future__ import annotations

import json
import subprocess
import time
import urllib.parse
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, field
from itertools import pairwise
from pathlib import Path
from typing import Any, Final

from prometheus_client import CollectorRegistry

from agent.sinks.base import Surroundings
from agent.sinks.pushed_series import Pushed, pushed_of
from agent.sinks.remote.config import RemoteWrite
from agent.sinks.remote.kind import KIND
from collectors.base import Batch, Metric
from tests.agent.sinks.peers import Scripted, Wire, drained, started
from tests.faults.answers import Front
from tests.faults.databases import Base, RemotePrometheus, RemoteVictoria
from tests.support import HANGS, free_port, get, wait_for
from tests.system.running_agent import agent, write_config

SERIES: Final = 5
INTERVAL: Final = 2.0
LONGEST: Final = 120.0
"""Seconds behind a last sample in which its end is looked for."""
STEP: Final = 0.05
"""Seconds between the moments at which a database is asked what it shows."""
NAME: Final = "load_test_rounds"
NUMBERS: Final = {str(n) for n in range(SERIES)}
ROUNDS: Final = Metric(
    namespace="load", subsystem="test", name="rounds", type="gauge", help="Rounds.", labels=("n",)
)
TAGS: Final = {"job": "hubgauge", "instance": "node-1", "hub": "guian", "site": "test-site"}


@dataclass(kw_only=True)
class Trial:
    """An agent, its database, and what stands between them."""

    base: Base
    folder: Path
    wire: Wire
    front: Front
    url: str
    port: int = field(default_factory=free_port)
    began: float = 0.0
    """When the agent was ready that is to tell of the end, if that is another one."""
    parts: ExitStack = field(default_factory=ExitStack)
    database: ExitStack = field(default_factory=ExitStack)
    process: subprocess.Popen[bytes] | None = None

    def start(self) -> None:
        """Start the agent."""
        load = (
            f"{{collector: 'tests.system.load:Load', interval: {INTERVAL:g}s,"
            f" options: {{series: {SERIES}, fails: {self.folder}/fails}}}}"
        )
        config = write_config(
            self.folder,
            f"collectors:\n  host: {{interval: {INTERVAL:g}s}}\n"
            f"  prometheus: {{collectors: [{load}]}}\n",
            port=self.port,
            outputs=f'  remote_write: {{url: "{self.url}/api/v1/write", timeout: 1s}}\n',
        )
        self.process = self.parts.enter_context(agent(config, self.port))

    def fail(self) -> None:
        """Let the collector fail from now on."""
        (self.folder / "fails").touch()

    def failing(self) -> None:
        """Let the collector fail, and wait until the agent itself has noted the end."""
        self.fail()
        wait_for(lambda: not self._is_pushed(), timeout=HANGS, what="the end to be noticed")

    def _is_pushed(self) -> bool:
        """Whether the agent's own file has the series among those that it pushes."""
        lines = (self.folder / "state" / "pushed-series").read_bytes().splitlines()
        told = [one for line in lines for one in _noted(line)]
        return not told or len(told[-1].layout) > 0


def frozen(trial: Trial) -> None:
    """The database stands still meanwhile."""
    with trial.base.frozen():
        trial.failing()


def away(trial: Trial) -> None:
    """The database is away, and the agent is ended midway and started again."""
    trial.database.close()
    trial.failing()
    trial.parts.close()
    trial.start()
    trial.database.enter_context(trial.base.up())


def lost_answers(trial: Trial) -> None:
    """The database's answers are lost after the write, then it ends and comes back."""
    trial.wire.fault = "lose_answer"
    trial.wire.cut()
    trial.failing()
    trial.base.end()
    trial.database.close()
    trial.wire.fault = "none"
    trial.wire.cut()
    trial.database.enter_context(trial.base.up())


def refused(trial: Trial) -> None:
    """Each request is refused meanwhile."""
    trial.front.refuse(503, "", HANGS)
    trial.failing()
    trial.front.seconds = 0.0


def poisoned(trial: Trial) -> None:
    """One of the series is refused in each request, for the database has a later sample of it."""
    around = Surroundings(state_dir=trial.folder / "other", tags=TAGS, registry=CollectorRegistry())
    around.state_dir.mkdir()
    later = Batch(
        collector="c",
        device="",
        time=time.time() + 600,
        lifetime=60.0,
        readings=[(ROUNDS.series("0"), 1.0)],
    )
    made = KIND.build(RemoteWrite(url=f"{trial.base.url}/api/v1/write"), around)
    with started(made):
        made.accept(later)
        drained(made)
    trial.failing()


def killed(trial: Trial) -> None:
    """The agent is killed before it has noticed, and started again."""
    trial.fail()
    assert trial.process is not None
    trial.process.kill()
    trial.process.wait(HANGS)
    trial.parts.close()
    trial.start()
    trial.began = time.time()


Fault = Callable[[Trial], None]


@contextmanager
def tried(base: Base, folder: Path, *, refusing: bool) -> Iterator[Trial]:
    """Run a database and an agent that writes to it, until the block ends."""
    with ExitStack() as whole:
        wire = whole.enter_context(Wire(base.port).up())
        front, server = Front(base), Scripted()
        front.refuse(503, "1", 0.0)
        server.answer = front
        url = whole.enter_context(server.up()).url if refusing else wire.url
        trial = Trial(base=base, folder=folder, wire=wire, front=front, url=url)
        whole.callback(trial.database.close)
        whole.callback(trial.parts.close)
        trial.database.enter_context(base.up())
        trial.start()
        wait_for(lambda: len(_kept(base)) == SERIES, what="the first samples")
        yield trial


def told(fault: Fault) -> Callable[[Base, Path, float], str]:
    """Return what lets a series end under a fault, checks its markers and returns a figure."""

    def run(base: Base, folder: Path, seconds: float) -> str:
        spoilt = {"0"} if fault is poisoned else set()
        with tried(base, folder, refusing=fault is refused) as trial:
            fault(trial)
            wait_for(lambda: _ends(base).keys() >= NUMBERS - spoilt, what="each end")
            kept, ends = _kept(base), _ends(base)
        longest = max(ends[n] - max(kept[n][-1][0], trial.began) for n in NUMBERS - spoilt)
        longest /= INTERVAL
        for n in NUMBERS - spoilt:
            values = [value for _, value in kept[n]]
            assert all(after in (before + 1, 1) for before, after in pairwise([0, *values])), values
        assert seconds < 10 or longest <= 2, longest
        return f"an end is told {longest:.2f} intervals after the last sample at most"

    run.__name__ = f"an_end_{fault.__name__}"
    return run


def _noted(line: bytes) -> list[Pushed]:
    """Return what a line says of the load; nothing if it is of another source, or half written."""
    try:
        one = pushed_of(line)
    except ValueError:
        return []
    return [one] if "Load" in "".join(one.source) else []


def _kept(base: Base) -> dict[str, list[tuple[float, float]]]:
    """Return times and values of each series, without markers."""
    if isinstance(base, RemotePrometheus):
        return {
            one["metric"]["n"]: [(float(at), float(value)) for at, value in one["values"]]
            for one in base.raw(NAME)
        }
    return {n: [pair for pair in pairs if pair[1] is not None] for n, pairs in _exported(base)}


def _ends(base: Base) -> dict[str, float]:
    """Return when each series ends that has a marker behind its last sample."""
    if isinstance(base, RemotePrometheus):
        return {
            n: seen
            for n, kept in _kept(base).items()
            if (seen := _last_shown(base, n, kept[-1][0])) is not None
        }
    return {n: pairs[-1][0] for n, pairs in _exported(base) if pairs[-1][1] is None}


def _last_shown(base: Base, n: str, last: float) -> float | None:
    """Return until when Prometheus shows the last sample of a series; None if it still does.

    Without a marker it would show it for five minutes.
    """
    until = min(time.time(), last + LONGEST)
    if until < last:  # a sample of a time to come
        return None
    words = urllib.parse.urlencode(
        {"query": f'{NAME}{{n="{n}"}}', "start": last, "end": until, "step": STEP}
    )
    (found,) = json.loads(get(f"{base.url}/api/v1/query_range?{words}"))["data"]["result"]
    seen = float(found["values"][-1][0]) + STEP
    return seen if seen < until else None


def _exported(base: Base) -> list[tuple[str, list[tuple[float, Any]]]]:
    assert isinstance(base, RemoteVictoria)
    rows: list[Any] = base.export(f'{{__name__="{NAME}"}}')
    return [
        (
            row["metric"]["n"],
            sorted(zip([at / 1000 for at in row["timestamps"]], row["values"], strict=True)),
        )
        for row in rows
    ]
