"""Batches as line protocol: the bytes themselves, and what a real database makes of them."""

from __future__ import annotations

import gzip
import json
import math
import time
import urllib.request
from collections.abc import Sequence
from pathlib import Path

from hypothesis import given
from hypothesis import strategies as st

from agent.sinks.chunk import Rendered, make_chunk
from agent.sinks.lineprotocol import LineFormat, LineRenderer, samples_of
from collectors.base import Batch, Metric, Reading
from collectors.labels import safe_label
from tests.agent.sinks.peers import TAGS, drained, sink
from tests.support import get
from tests.support.victoria import Victoria

T0 = 1_790_000_000.123
POWER = Metric(
    namespace="dc",
    subsystem="pdu",
    name="power_watts",
    type="gauge",
    help="-",
    labels=("hub", "site", "pdu"),
)
ENERGY = Metric(
    namespace="dc",
    subsystem="pdu",
    name="energy_joules_total",
    type="counter",
    help="-",
    labels=("hub", "site", "pdu"),
)
LOAD = Metric(namespace="node", name="load1", type="gauge", help="-")
CPU = Metric(
    namespace="node",
    subsystem="cpu",
    name="seconds_total",
    type="counter",
    help="-",
    labels=("cpu", "mode"),
)
DURATION = Metric(
    namespace="hubgauge",
    subsystem="http",
    name="request_duration_seconds",
    type="histogram",
    help="-",
    labels=("path",),
)

HOSTILE = [
    "plain",
    "with space",
    "a,b=c",
    'quote"d',
    "back\\slash",
    "trailing\\",
    "\\",
    "new\nline",
    "nul\0byte",
    "tab\there",
    "%s %r %%",
    "日本語",
    "\udc80surrogate",
    "x" * 5000,
    "=",
    ",",
    " ",
    '{"a"="b"}',
    "# HELP forged 1",
    "é\u2028\x85",
]


def rendered(
    readings: Sequence[Reading], *, tags: dict[str, str] | None = None, when: float = T0
) -> list[str]:
    batch = Batch(collector="c", device="d", time=when, lifetime=30.0, readings=readings)
    lines, samples = LineRenderer(tags or {}).render(batch)
    assert sum(map(samples_of, lines.splitlines(keepends=True))) == samples
    return lines.decode().split("\n")[:-1]


def test_one_line_for_a_key() -> None:
    """Readings of one key share a line, whatever their order, each value with its own field.

    The time is in milliseconds.
    """
    a, b = ("guian", "s1", "A"), ("guian", "s1", "B")
    readings = [
        (POWER.series(*a), 1.5),
        (POWER.series(*b), 2),
        (ENERGY.series(*a), 3e15),
        (LOAD.series(), 0.25),
        (ENERGY.series(*b), 4.0),
    ]
    assert rendered(readings) == [
        (
            "dc_pdu,hub=guian,pdu=A,site=s1 power_watts=1.5,energy_joules_total=3000000000000000.0"
            " 1790000000123"
        ),
        "dc_pdu,hub=guian,pdu=B,site=s1 power_watts=2.0,energy_joules_total=4.0 1790000000123",
        "node load1=0.25 1790000000123",
    ]


def test_extra_tags_only_where_missing() -> None:
    """Job, instance, hub and site are put on a line unless the series says them itself."""
    lines = rendered(
        [
            (POWER.series("ulanqab", "s,2", "A"), 1.0),
            (LOAD.series(), 1.0),
            (POWER.series("", "", "B"), 1.0),
        ],
        tags=TAGS,
    )
    assert lines == [
        (
            "dc_pdu,hub=ulanqab,pdu=A,site=s\\,2,instance=gateway-1,job=hubgauge power_watts=1.0"
            " 1790000000123"
        ),
        (
            "node,hub=guian,instance=gateway-1,job=hubgauge,site=huawei-guian-1 load1=1.0"
            " 1790000000123"
        ),
        (
            "dc_pdu,pdu=B,hub=guian,instance=gateway-1,job=hubgauge,site=huawei-guian-1"
            " power_watts=1.0 1790000000123"
        ),
    ]


def test_not_finite_is_left_out() -> None:
    """What is not a finite number never reaches the database, and costs its neighbours nothing."""
    cpu = [CPU.series(str(index), "idle") for index in range(6)]
    values = [1.0, math.nan, math.inf, -math.inf, -math.nan, True]
    assert rendered(list(zip(cpu, values, strict=True))) == [
        "node_cpu,cpu=0,mode=idle seconds_total=1.0 1790000000123",
        "node_cpu,cpu=5,mode=idle seconds_total=1.0 1790000000123",
    ]
    assert rendered([(cpu[0], math.nan)]) == rendered([]) == []
    assert len(rendered([(one, 1.7e308) for one in cpu])) == 6  # finite, though their sum is not


def test_template_follows_the_series() -> None:
    """A device whose series change, come back, or swap places is rendered right every time."""
    renderer, a, b = LineRenderer({}), CPU.series("0", "a"), CPU.series("0", "b")

    def lines(*readings: Reading) -> bytes:
        return renderer.render(
            Batch(collector="c", device="d", time=1.0, lifetime=1.0, readings=readings)
        )[0]

    one, two = (
        b"node_cpu,cpu=0,mode=a seconds_total=1.0 1000\n",
        b"node_cpu,cpu=0,mode=b seconds_total=2.0 1000\n",
    )
    assert lines((a, 1), (b, 2)) == one + two
    assert lines((b, 2), (a, 1)) == two + one
    assert lines((a, 1)) == one
    assert lines((a, 1), (b, 2)) == one + two


@given(
    st.lists(
        st.tuples(st.text(max_size=20), st.floats(allow_nan=False, allow_infinity=False)),
        min_size=1,
        max_size=20,
    )
)
def test_any_text_makes_whole_lines(values: list[tuple[str, float]]) -> None:
    """Whatever a label holds, there is one line for each key and every number comes back as it
    was.
    """
    readings = [
        (CPU.series(str(index), text), number) for index, (text, number) in enumerate(values)
    ]
    lines = rendered(readings, tags=TAGS)
    assert len(lines) == len(values)
    for line, (_, number) in zip(lines, values, strict=True):
        assert samples_of(line.encode()) == 1
        assert float(line.rsplit(" ", 2)[1].partition("=")[2]) == number


def test_chunk_round_trip() -> None:
    """A chunk gives back the lines it was made of, and two of them laid end to end do as well."""
    form = LineFormat({})
    batches = [
        Rendered(time=2.0, samples=1, data=b"a b=1.0 5\n"),
        Rendered(time=1.0, samples=2, data=b"c d=1.0 5\ne f=1.0 5\n"),
    ]
    chunk = make_chunk(batches, form.pack)
    other = make_chunk(batches[:1], form.pack)
    assert gzip.decompress(form.join([chunk.payload, other.payload])).endswith(
        b"e f=1.0 5\na b=1.0 5\n"
    )
    assert form.parts(chunk.payload) == [b"a b=1.0 5\n", b"c d=1.0 5\n", b"e f=1.0 5\n"]
    assert (chunk.samples, chunk.time, chunk.raw) == (3, 1.0, 30)


def test_push_and_scrape_name_series_alike(victoria: Victoria, tmp_path: Path) -> None:
    """VictoriaMetrics stores the same names, labels and values from a push as from a scrape with
    target labels.
    """
    when = int(time.time()) - 5
    bucket = DURATION.sample_series(
        "hubgauge_http_request_duration_seconds_bucket", ("path", "le"), ("/metrics", "+Inf")
    )
    count = DURATION.sample_series(
        "hubgauge_http_request_duration_seconds_count", ("path",), ("/metrics",)
    )
    readings: list[Reading] = [(LOAD.series(), 0.5), (bucket, 7.0), (count, 7.0)]
    readings += [(CPU.series(str(index), text), index / 7) for index, text in enumerate(HOSTILE)]
    page = "".join(f"{series.prefix}{value!r} {when * 1000}\n" for series, value in readings)
    labels = "&".join(
        f"extra_label={name}={value}" for name, value in (TAGS | {"job": "scrape"}).items()
    )
    urllib.request.urlopen(
        f"{victoria.url}/api/v1/import/prometheus?{labels}", page.encode(), timeout=10
    ).close()
    with sink(victoria.url, tmp_path) as made:
        made.accept(Batch(collector="c", device="d", time=when, lifetime=30.0, readings=readings))
        drained(made)

    def stored(job: str) -> list[str]:
        found = victoria.export(f'{{job="{job}"}}')
        return sorted(
            json.dumps(
                [one["metric"] | {"job": ""}, one["values"], one["timestamps"]], sort_keys=True
            )
            for one in found
        )

    pushed = stored("hubgauge")
    assert len(pushed) == len(readings)
    assert pushed == stored("scrape")
    names = json.loads(get(f"{victoria.url}/api/v1/label/mode/values"))["data"]
    assert set(names) == {safe_label(text) for text in HOSTILE} - {""}


def test_devices_of_one_make_keep_their_own_tags() -> None:
    """Two PDUs share a template and differ in place: an empty row is no tag, and the agent's own
    site is added where the PDU has none.
    """
    metric = Metric(
        namespace="dc",
        subsystem="pdu",
        name="watts",
        type="gauge",
        help="W.",
        labels=("hub", "site", "row", "pdu", "outlet"),
    )
    renderer = LineFormat({"site": "s9", "job": "j"})
    lines = []
    for device, place in (("a", ("s1", "R1")), ("50% b", ("", ""))):
        series = [metric.new_series("h", *place, device, str(n)) for n in (1, 2)]
        batch = Batch(
            collector="c",
            device=device,
            time=1.0,
            lifetime=1.0,
            readings=[(one, float(n)) for n, one in enumerate(series)],
        )
        data, count = renderer.render(batch)
        assert count == 2
        lines += data.decode().splitlines()
    assert lines == [
        "dc_pdu,hub=h,outlet=1,pdu=a,row=R1,site=s1,job=j watts=0.0 1000",
        "dc_pdu,hub=h,outlet=2,pdu=a,row=R1,site=s1,job=j watts=1.0 1000",
        r"dc_pdu,hub=h,outlet=1,pdu=50%\ b,job=j,site=s9 watts=0.0 1000",
        r"dc_pdu,hub=h,outlet=2,pdu=50%\ b,job=j,site=s9 watts=1.0 1000",
    ]
