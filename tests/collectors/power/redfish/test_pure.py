"""Any bytes give rows of finite numbers or `BadReply`, within bounds."""

from __future__ import annotations

import contextlib
import json
import math
import time
import tracemalloc

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from collectors.base import BadReply
from collectors.catalogue import node
from collectors.power.redfish.body import MAX_BODY, local, number, parse
from collectors.power.redfish.chassis import choose_chassis
from collectors.power.redfish.places import EQUIPMENT_KINDS, GROUPS, NODE_KINDS
from tests.support import cpu_limit

TABLE = """
    @odata.id ApparentVA ChassisType ComputerSystems ContainedBy CurrentAmps DeviceName
    ElectricalContext EnergyJoules EnergykWh EnvironmentMetrics Exhaust FanSpeedsPercent Fans
    FrequencyHz Health HumidityPercent Id InputPowerWatts InputVoltage Intake Line1 Line1ToNeutral
    LineInputVoltage Links MemberId Members Metrics Name PhaseWiringType PhysicalContext
    PhysicalSubContext PolyPhaseCurrentAmps PolyPhasePowerWatts PolyPhaseVoltage Power
    PowerConsumedWatts PowerControl PowerFactor PowerInputWatts PowerSupplies PowerWatts Reading
    ReadingCelsius ReadingType ReadingUnits RelatedItem SpeedPercent SpeedRPM State Status
    TemperatureCelsius TemperatureReadingsCelsius Temperatures TemperatureSummaryCelsius UserLabel
    Voltage
"""
NAMES = TABLE.split()
WORDS = (
    "",
    "Absent",
    "Enabled",
    "OK",
    "Chassis",
    "CPU",
    "Intake",
    "Temperature",
    "Power",
    "Humidity",
    "RPM",
    "Percent",
    "/redfish/v1/x",
    "\ud800",
    "//h/",
)

scalars = (
    st.none()
    | st.booleans()
    | st.floats()
    | st.integers()
    | st.just(10**400)
    | st.sampled_from(WORDS)
    | st.text(max_size=5)
)
documents = st.recursive(
    scalars,
    lambda inner: (
        st.lists(inner, max_size=3) | st.dictionaries(st.sampled_from(NAMES), inner, max_size=6)
    ),
    max_leaves=40,
)


@settings(max_examples=120)
@given(st.lists(st.dictionaries(st.sampled_from(NAMES), documents, max_size=8), max_size=3))
def test_whatever_stands_in_documents_rows_are_rows(found: list[dict[str, object]]) -> None:
    """Any document gives rows of known metrics with finite values or none, and all labels."""
    for kind in (*NODE_KINDS, *EQUIPMENT_KINDS):
        for row in kind.rows(found, frozenset({"/redfish/v1/x"})):
            assert GROUPS[row.metric] in kind.groups
            assert row.value is None or math.isfinite(row.value)
            assert all(isinstance(label, str) for label in row.tail)
            assert len(row.tail) == len(
                set(row.metric.labels)
                & {"fan", "supply", "phase", "bank", "outlet", "name", "sensor"}
            )
    choose_chassis(found)


@settings(max_examples=150)
@given(
    st.binary(max_size=200) | documents.map(lambda d: json.dumps(d).encode()),
    st.sampled_from(["", "gzip", "deflate", "br"]),
)
def test_bytes_become_a_document_or_a_bad_reply(body: bytes, encoding: str) -> None:
    """Nothing else is raised, and what comes out is an object."""
    with contextlib.suppress(BadReply):
        assert isinstance(parse(body, encoding), dict)


@pytest.mark.parametrize(
    "body",
    [
        b'{"a":' * 10**5,
        b"[" * 10**5,
        b'{"":0},' * 150_000,
        b"[[],[]," * 150_000,
        b'{"a":"' + "\U0001f600".encode() * 250_000 + b'"}',
        b"1" * 10**6,
    ],
    ids=[
        "deep objects",
        "deep arrays",
        "small objects",
        "small arrays",
        "wide text",
        "a long number",
    ],
)
def test_hostile_bodies_are_cheap(body: bytes) -> None:
    """Less than 16 MB of memory, whatever a body is made of; the time is bound by its length."""
    tracemalloc.start()
    try:
        began = time.process_time()
        with contextlib.suppress(BadReply):  # some are good JSON, and small enough
            parse(body[:MAX_BODY])
        assert tracemalloc.get_traced_memory()[1] < 16e6
        # Tens of milliseconds, but for tracing and other work on this machine.
        assert time.process_time() - began < cpu_limit(1.0)
    finally:
        tracemalloc.stop()


@pytest.mark.parametrize(
    ("uri", "path"),
    [
        ("/redfish/v1/Chassis/1U/Power#/PowerControl/0", "/redfish/v1/Chassis/1U/Power"),
        ("/redfish/v1/Chassis?$skip=2", "/redfish/v1/Chassis?$skip=2"),
        ("https://elsewhere/redfish/v1/", ""),
        ("//elsewhere/redfish/v1/", ""),
        ("/etc/passwd", ""),
        ("/redfish/v1/ HTTP/1.1\r\nX: y", ""),
        (None, ""),
        (["/redfish/v1"], ""),
    ],
)
def test_links_lead_nowhere_but_into_the_service(uri: object, path: str) -> None:
    """A link is a path below /redfish, or none."""
    assert local(uri) == path


@pytest.mark.parametrize("value", [None, True, "12", [], {}, math.inf, 10**400])
def test_what_is_no_number_is_none(value: object) -> None:
    """Texts, truths and infinities are not taken for readings."""
    assert number(value) is None


def test_a_node_s_metrics_are_all_in_a_group() -> None:
    """Every metric of a node that is no state of ours is read by some kind."""
    declared = {
        metric for metric in vars(node).values() if getattr(metric, "subsystem", "") == "node"
    }
    assert declared - GROUPS.keys() == {node.NODE_UP, node.NODE_READING_MISSING}
