"""Series whose label values begin with the name of their device: `A07-A/temperature 1`."""

from __future__ import annotations

import json

import pytest

from agent.lines import filled, lines_of
from agent.sinks.lineprotocol import LineRenderer
from collectors.base import Batch, Metric
from collectors.batch import Layout
from collectors.catalogue.devices import METRICS
from collectors.facility.naming import Naming, rest_of
from collectors.head import head_of

METRIC = next(one for one in METRICS if one.full_name == "dc_sensor_temperature_celsius")
PLACED = ("kunming", "s1", "A", "A07")


def layout_of(*sensors: str) -> Layout:
    """Return a layout of the temperatures at some sensors in rack A07."""
    return Layout(tuple(METRIC.new_series(*PLACED, one) for one in sensors))


def test_sensors_of_two_devices_of_one_make_share_a_shape() -> None:
    """A hub of a hundred thousand PDUs has as many shapes as makes; other names are not alike."""
    first, second = layout_of("A07-A/1", "A07-A/2"), layout_of("A07-B/1", "A07-B/2")
    assert first.shape is second.shape
    assert layout_of("A07-B/1", "A07-B/3").shape is not first.shape
    assert layout_of("A07-A", "A07-B").shape is not first.shape


@pytest.mark.parametrize(
    ("sensor", "text", "tag"),
    [
        ("A07-A/temperature 1", "A07-A/temperature 1", r"A07-A/temperature\ 1"),
        ('A"7/1,2', r"A\"7/1,2", r'A"7/1\,2'),
        ("A=7/100 %d", "A=7/100 %d", r"A\=7/100\ %d"),
        ("A07-A/2/humidity", "A07-A/2/humidity", "A07-A/2/humidity"),
        ("A07-A/", "A07-A/", "A07-A/"),
        ("/1", "/1", "/1"),
        ("probe", "probe", "probe"),
    ],
)
def test_the_name_stands_whole_in_every_format(sensor: str, text: str, tag: str) -> None:
    """As a label by the text format, as a tag by line protocol; each escapes by its own rules."""
    layouts = layout_of(f"other{sensor}"), layout_of(sensor)  # the first one makes the templates
    (series,) = layouts[1].series
    line = (
        'dc_sensor_temperature_celsius{hub="kunming",site="s1",row="A",rack="A07",'
        f'sensor="{text}"}} 21.5\n'
    )
    assert series.values == (*PLACED, sensor)
    assert f"{series.prefix}21.5\n" == line
    batches = [
        Batch(collector="snmp", device=f"{n}", time=1.0, lifetime=9.0, readings=[(one, 21.5)])
        for n, layout in enumerate(layouts)
        for one in layout.series
    ]
    pages = [
        filled([(one.layout, lines_of(one.layout, one.values))], [(0, one.layout.shape.runs[0])])
        for one in batches
    ]
    assert pages[1].decode() == line
    renderer = LineRenderer({"sensor": "extra"})
    rendered = [renderer.render(one)[0].decode() for one in batches]
    assert rendered[1] == (
        f"dc_sensor,hub=kunming,rack=A07,row=A,sensor={tag},site=s1 temperature_celsius=21.5 1000\n"
    )


def test_heads_share_the_words_that_they_have_in_common() -> None:
    """A worker tells each head in words of its own; what two of them have alike is kept once."""
    told = [
        json.loads(json.dumps([METRIC.head_labels, ["h", "s", "A", rack]]))
        for rack in ("A07", "A08")
    ]
    first, second = (head_of(tuple(labels), tuple(values)) for labels, values in told)
    assert first.labels is second.labels
    assert first.values[1] is second.values[1]
    assert head_of(tuple(told[0][0]), tuple(told[0][1])) is first


def test_a_metric_whose_first_label_names_it() -> None:
    """Without any label in front, the device's name is all that the head has."""
    metric = Metric(
        namespace="dc", name="probe", type="gauge", help="Probe.", labels=("sensor", "side")
    )
    assert metric.new_series("A/1", "left").prefix == 'dc_probe{sensor="A/1",side="left"} '
    assert metric.series("A/1", "left") == metric.new_series("A/1", "left")
    assert metric.series("A/1", "left") != metric.series("B/1", "left")


@pytest.mark.parametrize("device", ["A07-A", "A/7", "x" * 1020, "\\ A\n"])
@pytest.mark.parametrize("sensor", ["1", "humidity 1/2 ", "", "y" * 600, "z\\"])
def test_sensors_all_at_once_are_as_one_by_one(device: str, sensor: str) -> None:
    """Whatever the device and its sensor are called."""
    naming = Naming(name=device, labels={"hub": "kunming"})
    name = (METRIC, "", {"sensor": sensor})
    assert list(naming.all([name], [rest_of(name)])) == [naming.series(*name)]
