"""Layouts that do without their series: each is made when somebody asks."""

from __future__ import annotations

import gc
from array import array

from agent.lines import filled, lines_of
from collectors.base import Metric, Series
from collectors.batch import MOST_HEADS, Layout

POWER = Metric(
    namespace="t", name="pdu_power_watts", type="gauge", help="Power.", labels=("site", "pdu")
)
CURRENT = Metric(
    namespace="t",
    name="pdu_phase_current_amperes",
    type="gauge",
    help="Current.",
    labels=("site", "pdu", "phase"),
)
INFO = Metric(
    namespace="t", name="pdu_outlet_info", type="gauge", help="1.", labels=("site", "pdu", "name")
)
BUCKETS = Metric(
    namespace="t", name="took_seconds", type="histogram", help="Took.", labels=("site",)
)


def series_of(pdu: str) -> tuple[Series, ...]:
    """Return what a PDU gives: its power, two currents, a bucket of a histogram."""
    return (
        POWER.new_series("s1", pdu),
        CURRENT.new_series("s1", pdu, "L1"),
        CURRENT.new_series("s1", pdu, "L2"),
        BUCKETS.sample_series("t_took_seconds_bucket", ("site", "le"), ("s1", "0.5")),
    )


def test_it_has_the_same_series_as_the_layout_with_them() -> None:
    """Whole, in part, one by one, by a head and by their place."""
    whole = Layout(series_of("A1"))
    slim = whole.slim()
    assert slim.series == whole.series
    assert len(slim) == len(whole) == 4
    assert slim.slice(1, 3) == whole.series[1:3]
    assert slim.at(3) == whole.series[3]
    assert slim.at(3).name == "t_took_seconds_bucket"
    assert slim.heads == whole.heads
    assert slim.shape is whole.shape
    for head in whole.heads:
        assert slim.of_head(head) == whole.of_head(head)
    for at, one in enumerate(series_of("A1")):
        assert slim.position(one) == whole.position(one) == at
    for other in (*series_of("A2")[:3], CURRENT.new_series("s1", "A1", "L3")):
        assert slim.position(other) is None
        assert whole.position(other) is None


def test_it_is_like_a_layout_of_the_same_series_only() -> None:
    """With or without them; another device, another order and fewer series are not alike."""
    slim = Layout(series_of("A1")).slim()
    assert slim.is_like(Layout(series_of("A1")))
    assert Layout(series_of("A1")).is_like(slim)
    assert not slim.is_like(Layout(series_of("A2")))
    assert not slim.is_like(Layout(series_of("A1")[::-1]))
    assert not slim.is_like(Layout(series_of("A1")[:3]))
    assert Layout().is_like(Layout())


def test_layouts_that_differ_in_a_name_share_all_else() -> None:
    """Each PDU has an outlet with a name of its own; the rows of its power and currents are one."""

    def named(pdu: str, name: str) -> Layout:
        return Layout((*series_of(pdu), INFO.new_series("s1", pdu, name)))

    one, two = named("A1", "server 7"), named("A2", "switch 3")
    assert one.shape is not two.shape
    assert [mine is yours for mine, yours in zip(one.shape.rows, two.shape.rows, strict=True)] == [
        *([True] * 4),
        False,
    ]
    assert one.shape.runs is two.shape.runs
    assert one.shape.names is two.shape.names


def test_it_keeps_no_series() -> None:
    """A hub's gateway has millions of them."""
    slim = Layout(series_of("A1")).slim()
    assert len(slim.series) == 4
    assert not any(isinstance(one, Series) for one in gc.get_referents(slim))


def test_a_layout_of_many_devices_keeps_its_series() -> None:
    """Those of a hub's racks are in one layout, and have no shape in common with others."""
    racks = Layout(tuple(POWER.new_series("s1", f"A{n}") for n in range(MOST_HEADS + 1)))
    assert racks.slim() is racks
    assert racks.is_like(Layout(racks.series))


def test_a_page_shows_its_lines() -> None:
    """The text is that of the series themselves."""
    slim = Layout(series_of("A1")).slim()
    lines = lines_of(slim, array("d", (1.0, 2.0, 3.0, 4.0)))
    found = filled([(slim, lines)], list(enumerate(slim.shape.runs))).decode()
    assert found.splitlines() == [
        't_pdu_power_watts{site="s1",pdu="A1"} 1.0',
        't_pdu_phase_current_amperes{site="s1",pdu="A1",phase="L1"} 2.0',
        't_pdu_phase_current_amperes{site="s1",pdu="A1",phase="L2"} 3.0',
        't_took_seconds_bucket{site="s1",le="0.5"} 4.0',
    ]
