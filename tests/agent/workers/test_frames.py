"""What a worker has read arrives in the agent as it was: series, values, texts."""

from __future__ import annotations

import json
import struct
from array import array
from typing import Any

import pytest

from agent.workers.decode import Decoder, Knows, Metrics, Pulse, Said, Told, Went
from agent.workers.encode import HEARD, LATE, WAITS, Encoder
from agent.workers.frames import BadFrame, FrameReader, Kind, frame
from collectors.base import Batch, Metric, Series
from collectors.batch import Layout
from collectors.catalogue.devices import METRICS
from collectors.catalogue.facility import PDU_POWER, PDU_UP
from collectors.series import NamedSeries

HISTOGRAM = Metric(
    namespace="t", subsystem="x", name="seconds", type="histogram", help="Time.", labels=("pdu",)
)


def power(pdu: str, feed: str = "A") -> Series:
    return PDU_POWER.series(
        *({"pdu": pdu, "feed": feed, "hub": "kunming"}.get(one, "") for one in PDU_POWER.labels)
    )


def batch(device: str, series: tuple[Series, ...], *values: float, layout: Any = None) -> Batch:
    return Batch(
        collector="snmp",
        device=device,
        time=1_700_000_000.25,
        lifetime=37.5,
        columns=(layout or Layout(series), array("d", values)),
    )


class Wire:
    """An encoder and a decoder, with each frame cut into pieces on its way."""

    def __init__(self, piece: int = 7) -> None:
        self.frames: list[bytes] = []
        self.encoder = Encoder(self.frames.append)
        known = Metrics()
        known.add(METRICS)
        self.decoder = Decoder(known)
        self._reader, self._piece = FrameReader(), piece

    def kinds(self) -> list[Kind]:
        return [Kind(one[4]) for one in self.frames]

    def told(self) -> list[Told]:
        data = b"".join(self.frames)
        self.frames.clear()
        found = []
        for at in range(0, len(data), self._piece):
            for kind, body in self._reader.feed(data[at : at + self._piece]):
                told = self.decoder.told(kind, body)
                if told is not None:
                    found.append(told)
        return found


def same(one: Any, other: Batch) -> bool:
    assert isinstance(one, Batch)
    assert one.layout.series == other.layout.series
    assert one.values.tobytes() == other.values.tobytes()
    return (one.source, one.time, one.lifetime) == (other.source, other.time, other.lifetime)


@pytest.mark.parametrize("piece", [1, 5, 1 << 16])
def test_a_batch_arrives_as_it_was(piece: int) -> None:
    """Names with quotes and other scripts, and values to the last bit, in pieces of any length."""
    wire = Wire(piece)
    sent = [
        batch("a", (power('a"\\昆明'), power("a", "B")), 0.1, -0.0),
        batch("b", (power("b"),), 1e308),
        batch("none", ()),
    ]
    for one in sent:
        wire.encoder.batch(one)
    assert all(same(*pair) for pair in zip(wire.told(), sent, strict=True))


def test_names_go_once_and_values_alone_after_it() -> None:
    """A second round of 2 values is 5 bytes of header, 20 of a batch's head, and 2 * 8."""
    wire = Wire()
    layout = Layout((power("a"), power("a", "B")))
    wire.encoder.batch(batch("a", (), 1.0, 2.0, layout=layout))
    wire.told()
    wire.encoder.batch(batch("a", (), 3.0, 4.0, layout=layout))
    assert [len(one) for one in wire.frames] == [5 + 20 + 16]
    (again,) = wire.told()
    assert isinstance(again, Batch)
    assert list(again.values) == [3.0, 4.0]


def test_devices_of_one_make_share_their_shape() -> None:
    """The second PDU of the same series tells its head alone."""
    wire = Wire()
    wire.encoder.batch(batch("a", (power("a"),), 1.0))
    wire.told()
    wire.encoder.batch(batch("b", (power("b"),), 1.0))
    assert wire.kinds() == [Kind.SOURCE, Kind.LAYOUT, Kind.BATCH]


def test_a_changed_layout_is_told_again() -> None:
    """A sensor that is gone is gone on the other side as well."""
    wire = Wire()
    sent = [batch("a", (power("a"), power("a", "B")), 1.0, 2.0), batch("a", (power("a"),), 3.0)]
    for one in sent:
        wire.encoder.batch(one)
    assert all(same(*pair) for pair in zip(wire.told(), sent, strict=True))


def test_a_series_is_the_one_that_the_agent_has() -> None:
    """Its metric is the catalogue's own object: who follows a metric finds the series."""
    wire = Wire()
    wire.encoder.batch(batch("a", (power("a"),), 1.0))
    (one,) = wire.told()
    assert isinstance(one, Batch)
    assert one.layout.series[0].metric is PDU_POWER
    assert one.layout.series[0] == power("a")


def test_a_histogram_and_a_batch_of_many_devices_arrive() -> None:
    """Samples with names of their own, and more heads than a shape has."""
    wire = Wire()
    bucket = HISTOGRAM.sample_series("t_x_seconds_bucket", ("pdu", "le"), ("a", "0.5"))
    assert isinstance(bucket, NamedSeries)
    sent = [
        batch(
            "a", (bucket, HISTOGRAM.sample_series("t_x_seconds_sum", ("pdu",), ("a",))), 1.0, 2.0
        ),
        batch("many", tuple(power(f"p{n}") for n in range(9)), *map(float, range(9))),
    ]
    for one in sent:
        wire.encoder.batch(one)
    found = wire.told()
    for one, other in zip(found, sent, strict=True):
        assert isinstance(one, Batch)
        assert [s.prefix for s in one.layout.series] == [s.prefix for s in other.layout.series]


def test_shapes_without_end_begin_anew(monkeypatch: pytest.MonkeyPatch) -> None:
    """A device whose series change for ever does not make the tables grow for ever."""
    monkeypatch.setattr("agent.workers.encode.MOST_SHAPES", 30)
    wire = Wire()
    custom = [
        Metric(namespace="dc", subsystem="custom", name=f"m{n}", type="gauge", help="M.")
        for n in range(2)
    ]
    for n in range(40):
        metric, text = custom[n % 2], str(n)
        series = metric.sample_series(metric.full_name, ("x",), (text,))
        wire.encoder.batch(batch("a", (series,), float(n)))
    last = wire.told()[-1]
    assert isinstance(last, Batch)
    assert last.layout.series[0].values == ("39",)
    assert len(wire.decoder._shapes) == 10


def test_how_a_round_went_arrives() -> None:
    """Not yet, well, and failed; what is not known stays unknown, which is not 0."""
    wire = Wire()
    source = ("snmp", "a")
    wire.encoder.round(source, ok=None, flags=LATE | WAITS, last_success=None, duration=None)
    wire.encoder.round(source, ok=True, flags=HEARD, last_success=17.5, duration=0.0)
    wire.encoder.round(source, ok=False, flags=HEARD | LATE, last_success=17.5, duration=3.0)
    wire.encoder.texts(source, ["no answer", "unreachable", ""])
    first, second, third, said = wire.told()
    assert first == Went(
        source=source,
        ok=None,
        late=True,
        heard=False,
        waits=True,
        last_success=None,
        duration=None,
    )
    assert second == Went(
        source=source,
        ok=True,
        late=False,
        heard=True,
        waits=False,
        last_success=17.5,
        duration=0.0,
    )
    assert isinstance(third, Went)
    assert (third.ok, third.late) == (False, True)
    assert said == Said(source=source, last_error="no answer", last_reason="unreachable", notice="")


def test_what_a_device_is_arrives() -> None:
    """Its up series and the widths of its registers, which the ledger asks for."""
    wire = Wire()
    up = PDU_UP.series(*("x" for _ in PDU_UP.labels))
    wire.encoder.about(("snmp", "a"), [up], {power("a"): 4294967296.0})
    assert wire.told() == [
        Knows(source=("snmp", "a"), up_series=(up,), rollovers={power("a"): 4294967296.0})
    ]


def test_a_pulse_arrives() -> None:
    """What a worker takes, how it lags, and by how much its counters grew."""
    wire = Wire()
    body = {
        "cpu_seconds": 1.5,
        "resident_bytes": 7,
        "lag_seconds": 0.25,
        "stretch": 1.0,
        "late_rounds": {"snmp": 3},
        "counts": [["hubgauge_collector_errors_total", ["snmp", "unreachable"], 2.0]],
    }
    wire.frames.append(frame(Kind.PULSE, json.dumps(body).encode()))
    (pulse,) = wire.told()
    assert pulse == Pulse(
        cpu_seconds=1.5,
        resident_bytes=7,
        lag_seconds=0.25,
        stretch=1.0,
        late_rounds={"snmp": 3},
        counts=(("hubgauge_collector_errors_total", ("snmp", "unreachable"), 2.0),),
    )


@pytest.mark.parametrize(
    "data",
    [
        frame(Kind.BATCH, struct.pack("=Idd", 5, 0.0, 0.0)),  # of a source that nobody told
        frame(Kind.BATCH, b"\0"),
        frame(Kind.SOURCE, b'["snmp"]'),
        frame(Kind.LAYOUT, b"not JSON"),
        frame(Kind.LAYOUT, b"[0, 3, []]"),
        frame(Kind.PULSE, b"{}"),
        frame(Kind.METRIC, b"[1]"),
        frame(Kind.JOB, b"{}"),
        struct.pack("=IB", 0, 99),
        struct.pack("=IB", 2**31, int(Kind.BATCH)),
    ],
)
def test_what_is_no_frame_is_told(data: bytes) -> None:
    """Whoever reads them gives up this worker; no other error gets out."""
    wire = Wire()
    wire.frames.append(data)
    with pytest.raises(BadFrame):
        wire.told()


def test_values_of_another_count_are_no_batch() -> None:
    """Two series and three values would shift every name."""
    wire = Wire()
    wire.encoder.batch(batch("a", (power("a"), power("a", "B")), 1.0, 2.0))
    wire.told()
    wire.frames.append(frame(Kind.BATCH, struct.pack("=Idd3d", 0, 0.0, 1.0, 1.0, 2.0, 3.0)))
    with pytest.raises(BadFrame):
        wire.told()
