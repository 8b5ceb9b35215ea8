"""What a killed agent pushed is ended by the next one, unless it is pushed again."""

from __future__ import annotations

import asyncio
from pathlib import Path

import pytest

from agent.sinks import pushed_series
from agent.sinks.pushed_series import Pushed, PushedSeries, left_over, line_of, pushed_of
from collectors.base import Metric, Series
from collectors.batch import NOTHING, Layout
from tests.agent.sinks.answers import T0
from tests.agent.sinks.peers import POWER, Scripted
from tests.agent.sinks.test_presence import STALE, configured, of, seen
from tests.support import wait_for

NAME = "pushed-series"
TIMES = Metric(
    namespace="test", name="times", type="histogram", help="Times.", labels=("site", "path")
)


def pushed(device: str, *series: Series, patience: float = 0.2) -> Pushed:
    return Pushed(source=("c", device), patience=patience, layout=Layout(series))


def written(path: Path, *some: Pushed) -> None:
    """Leave a file as an agent does that is killed."""
    path.write_bytes(b"".join(map(line_of, some)))


def test_a_line_tells_all_that_a_marker_needs() -> None:
    """Names, labels, types and helps come back, those of a histogram's buckets as well."""
    bucket = TIMES.sample_series(
        "test_times_bucket", ("site", "path", "le"), ("s1", 'a"b\n', "+Inf")
    )
    back = pushed_of(line_of(pushed("d", POWER.series("A1"), POWER.series(""), bucket)))
    assert (back.source, back.patience) == (("c", "d"), 0.2)
    found = [
        (one.name, one.labels, one.values, one.metric.type, one.metric.help)
        for one in back.layout.series
    ]
    assert found == [
        ("test_rack_power_watts", ("rack",), ("A1",), "gauge", "-"),
        ("test_rack_power_watts", ("rack",), ("",), "gauge", "-"),
        ("test_times_bucket", bucket.labels, bucket.values, "histogram", "Times."),
    ]


def test_what_is_pushed_by_whoever_is_not_ended() -> None:
    """A series is the same one if its name and its labels are, in any order, without empty ones."""
    other = Metric(
        namespace="test",
        subsystem="rack",
        name="power_watts",
        type="gauge",
        help="another text",
        labels=("row", "rack"),
    )
    former = [pushed("d", POWER.series("A1"), POWER.series("A2")), pushed("e", POWER.series("A3"))]
    present = [Layout((other.series("", "A1"),)), Layout((other.series("R1", "A3"),))]
    endings = left_over(former, present, T0)
    assert [(one.device, [s.label("rack") for s in one.layout.series]) for one in endings] == [
        ("d", ["A2"]),
        ("e", ["A3"]),
    ]
    assert {one.time for one in endings} == {T0}


@pytest.mark.parametrize("cut", [1, 20])
def test_the_last_line_counts_and_a_cut_one_does_not(tmp_path: Path, cut: int) -> None:
    """A source that came, changed and ended; another one whose last line was not written whole."""
    path = tmp_path / NAME
    one, two = POWER.series("A1"), POWER.series("A2")
    written(path, pushed("d", one), pushed("e", one), pushed("e", two), pushed("e", one, two))
    path.write_bytes(path.read_bytes()[:-cut])
    file = PushedSeries(path)
    found = {p.source[1]: len(p.layout) for p in file.read().result(60)}
    assert found == {"d": 1, "e": 2 if cut == 1 else 1}
    file.note(Pushed(source=("c", "d"), patience=1.0, layout=NOTHING))
    file.note(pushed("f", one, two))
    file.close(60)
    again = PushedSeries(path)
    assert {p.source[1] for p in again.read().result(60)} == {"e", "f"}
    again.rewrite([])
    again.close(60)
    assert not path.exists()


@pytest.mark.parametrize(
    "odd",
    [
        b'["c", "x", 60.0, [[7, "gauge", "-", ["rack"], [["A"]]]]]\n',
        b'["c", "x", 60.0, [["a_b", "gauge", "-", ["rack"], [["A", "B"]]]]]\n',
        b'["c", "x", NaN, []]\n',
        b'["c", "x", Infinity, []]\n',
        b'["c", "x", -1.0, []]\n',
        b'["c", "x", 1' + b"0" * 400 + b", []]\n",
        b'{"c": 1}\n',
        b"7\n",
        b"[" * 100_000 + b"\n",
        b"\xff\n",
    ],
)
def test_a_line_that_is_whole_and_odd_is_none(tmp_path: Path, odd: bytes) -> None:
    """The source beside it is read, and whoever asked has an answer."""
    path = tmp_path / NAME
    path.write_bytes(odd + line_of(pushed("d", POWER.series("A1"))))
    file = PushedSeries(path)
    assert [one.source for one in file.read().result(60)] == [("c", "d")]
    file.close(60)
    with pytest.raises(ValueError, match=r"."):
        pushed_of(odd)


def test_a_fault_in_reading_is_an_empty_list_and_a_line_in_the_log(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    """Whoever waits for the answer would wait for ever."""

    def fault(_: bytes) -> Pushed:
        raise LookupError("a fault of the agent")

    monkeypatch.setattr(pushed_series, "pushed_of", fault)
    written(tmp_path / NAME, pushed("d", POWER.series("A1")))
    file = PushedSeries(tmp_path / NAME)
    assert file.read().result(60) == []
    file.close(60)
    assert "unexpected error" in caplog.text


def test_a_long_file_is_written_anew(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Lines that no longer count go, and what counts stays."""
    monkeypatch.setattr(pushed_series, "SPARE", 1000)
    file = PushedSeries(tmp_path / NAME)
    for number in range(100):
        file.note(pushed("d", POWER.series(f"A{number}")))
    wait_for(lambda: file.is_long)
    file.rewrite([pushed("d", POWER.series("A99"))])
    (found,) = file.read().result(60)
    assert found.layout.series[0].values == ("A99",)
    assert not file.is_long
    file.close(60)
    assert len((tmp_path / NAME).read_bytes().splitlines()) == 1


async def test_the_next_agent_ends_what_does_not_come_back(
    scripted: Scripted, tmp_path: Path
) -> None:
    """After a kill one device is there again, and one is not: only that one gets its marker.

    What is read each hour may still come. An agent that ends by itself leaves only that behind.
    """
    path = tmp_path / NAME
    slow = pushed("slow", POWER.series("S"), patience=3600.0)
    written(path, pushed("dead", POWER.series("A")), pushed("live", POWER.series("B")), slow)
    push = configured(tmp_path, scripted.url)
    push.accept(of("live", "B", "C", lifetime=3600.0))
    for turn in range(10_000):
        push.accept(of("live", "B", "C", when=T0 + 1 + turn, lifetime=3600.0))
        if STALE in seen(scripted).get("A", []):
            break
        await asyncio.sleep(0.05)
    found = seen(scripted)
    assert found["A"] == [STALE]
    assert STALE not in found["B"] + found["C"]
    assert "S" not in found
    await push.stop(4.0)
    assert path.read_bytes() == line_of(slow)


def test_a_disk_that_fails_is_told_once(tmp_path: Path, caplog: pytest.LogCaptureFixture) -> None:
    """It costs markers after a kill, and nothing else."""
    path = tmp_path / NAME
    path.mkdir()
    file = PushedSeries(path)
    assert file.read().result(60) == []
    for _ in range(3):
        file.note(pushed("d", POWER.series("A")))
    file.close(60)
    assert [one.levelname for one in caplog.records] == ["WARNING"]
