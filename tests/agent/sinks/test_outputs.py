"""Several outputs at once: each with its own spool and its own choice of series."""

from __future__ import annotations

import asyncio
import os
from pathlib import Path

import pytest
from prometheus_client import CollectorRegistry

from agent import config as config_module
from agent.push import Push
from agent.sinks.output import Filter, Output, Pick
from collectors.base import Batch, Metric
from collectors.strict import Problems
from tests.agent.sinks import wireformat
from tests.agent.sinks.answers import T0
from tests.agent.sinks.peers import Scripted
from tests.support import free_port, wait_for

LABELS = ("rack",)
POWER = Metric(
    namespace="dc", subsystem="rack", name="power_watts", type="gauge", help="-", labels=LABELS
)
LOAD = Metric(namespace="node", name="load1", type="gauge", help="-")
TAGS = {"hub": "guian", "site": "s1"}


def some(when: float = T0) -> Batch:
    readings = [(POWER.series("A1"), 1.0), (LOAD.series(), 2.0), (POWER.series("B1"), 3.0)]
    return Batch(collector="c", device="", time=when, lifetime=3600.0, readings=readings)


@pytest.mark.parametrize(
    ("keep", "drop", "left"),
    [
        ((), (), [1.0, 2.0, 3.0]),
        ((Pick(metric="dc_*"),), (), [1.0, 3.0]),
        ((), (Pick(metric="dc_*"),), [2.0]),
        ((Pick(metric="dc_*"),), (Pick(labels={"rack": "B*"}),), [1.0]),
        ((Pick(metric="node_load?"), Pick(labels={"rack": "A1"})), (), [1.0, 2.0]),
        ((Pick(labels={"rack": ""}),), (), [2.0]),
        ((Pick(labels={"site": "s1"}),), (), [1.0, 2.0, 3.0]),
        ((Pick(metric="dc"),), (), []),
        ((Pick(metric="dc_*", labels={"rack": "A*", "site": "s2"}),), (), []),
    ],
)
def test_what_goes_out(keep: tuple[Pick, ...], drop: tuple[Pick, ...], left: list[float]) -> None:
    """All that a rule of `keep` fits, less all that a rule of `drop` fits."""
    chosen = Filter(Output(keep=keep, drop=drop), TAGS)
    batch = some()
    found = chosen.batch(batch)
    assert (list(found.values) if found is not None else []) == left
    again = chosen.batch(batch)
    if found is not None and again is not None:
        assert again.layout is found.layout  # so that a sink's templates last
        assert (found.time, found.source) == (T0, ("c", ""))


def configured(folder: Path, outputs: str) -> Push:
    path = folder / "config.yaml"
    path.write_text(f"hub: guian\nsite: s1\nnode: n1\nstate_dir: {folder}\noutputs:\n{outputs}")
    return Push(config_module.load(path), state_dir=folder, registry=CollectorRegistry())


def values(database: Scripted) -> list[str]:
    """Return the names of the metrics that came, without the markers of the end."""
    return sorted(
        dict(one["labels"])["__name__"]
        for request in database.requests
        for one in wireformat.v1(request.body)
        if one["samples"][0][0] != 0x7FF0000000000002
    )


async def test_a_dead_output_holds_up_no_other(tmp_path: Path) -> None:
    """Of three, one is away: the others have their part, and its samples wait in its own spool."""
    first, second = Scripted(), Scripted()
    with first.up(), second.up():
        push = configured(
            tmp_path,
            "  remote_write:\n"
            f"  - {{name: site, url: '{first.url}/w', protocol: '1.0'}}\n"
            f"  - {{name: hub, url: '{second.url}/w', protocol: '1.0', keep: [{{metric: dc_*}}]}}\n"
            f"  - {{name: away, url: 'http://127.0.0.1:{free_port()}/w',"
            f" drop: [{{metric: dc_*}}]}}\n",
        )
        push.start()
        for turn in range(3):
            push.accept(some(T0 + turn))
        await asyncio.to_thread(
            wait_for, lambda: (len(values(first)), len(values(second))) == (9, 6)
        )
        await push.stop(4.0)
    assert set(values(second)) == {"dc_rack_power_watts"}
    spools = {name for name in os.listdir(tmp_path) if name.endswith(".db")}
    assert spools == {"spool-site.db", "spool-hub.db", "spool-away.db"}
    third = Scripted()
    with third.up():
        again = configured(
            tmp_path, f"  remote_write: {{name: away, url: '{third.url}/w', protocol: '1.0'}}\n"
        )
        again.start()
        await asyncio.to_thread(wait_for, lambda: len(values(third)) == 3)
        await again.stop(4.0)
    assert values(third) == ["node_load1"] * 3


@pytest.mark.parametrize(
    ("outputs", "line"),
    [
        (
            "  remote_write:\n  - {url: 'http://h/w'}\n  - {url: 'http://g/w'}\n",
            "8: outputs.remote_write[1].name: remote_write is the name of outputs.remote_write[0]",
        ),
        (
            (
                "  influxdb: {url: 'http://h', name: a}\n"
                "  remote_write: {url: 'http://g/w', name: a}\n"
            ),
            "7: outputs.remote_write.name: a is the name of outputs.influxdb: give each output",
        ),
        (
            "  influxdb: {url: 'http://h', name: ../a}\n",
            "6: outputs.influxdb.name: expected up to",
        ),
        ("  remote_write:\n  - {url: 'http://h/w'}\n  - {}\n", "8: outputs.remote_write[1].url"),
        ("  remote_write: []\n", "6: outputs.remote_write: expected one section or more"),
        (
            "  influxdb: {url: 'http://h', keep: [{metrics: a}]}\n",
            "6: outputs.influxdb.keep[0].metrics: unknown key; did you mean metric?",
        ),
        (
            "  influxdb:\n  - {url: 'http://h', token_file: nowhere}\n",
            "7: outputs.influxdb[0].token_file: no such file",
        ),
    ],
)
def test_a_bad_list_is_one_line(tmp_path: Path, outputs: str, line: str) -> None:
    """It says which of the list, and which key."""
    with pytest.raises(Problems) as caught:
        configured(tmp_path, outputs)
    assert f"config.yaml:{line}" in str(caught.value)
    assert len(caught.value.errors) == 1


@pytest.mark.parametrize("outputs", ["  influxdb: null\n", "  remote_write:\n"])
def test_null_leaves_an_output_out(tmp_path: Path, outputs: str) -> None:
    """As before."""
    configured(tmp_path, outputs)
