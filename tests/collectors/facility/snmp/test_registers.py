"""Energy registers of PDUs: how wide they are is known of each, so that one that starts anew is
told from one that was reset.
"""

from __future__ import annotations

import pytest

from collectors.facility.snmp.kind import KIND
from collectors.facility.snmp.library import Library
from collectors.strict import read
from tests.collectors.facility.snmp.agents import CONTEXT, serving
from tests.collectors.facility.snmp.test_cases import CASES, Case

# Their MIBs say a type, and not where it ends.
WIDTH_UNKNOWN = {"rittal-cmc3-pdu", "gude", "ingrasys-ipoman", "chatsworth-econnect"} | {
    "bachmann-bluenet2"  # a register that would overrun gets another scale
}
SUM_OF_PDU = {"schleifenbauer"}  # a total that is read where its inputs are not measured

# Registers shortly before their end, by case: the series, the width, and what one step of it is in
# joules.
AT_THEIR_END = {
    "raritan-px-two-inlets": (
        'dc_pdu_energy_joules_total{hub="guian",site="s1",row="",rack="",pdu="C03",feed="A"}',
        32,
        3600,
    ),
    "servertech-sentry4": (
        'dc_pdu_energy_joules_total{hub="guian",site="s1",row="",rack="",pdu="D05",feed=""}',
        31,
        360_000,
    ),
    "liebert-mpx": (
        'dc_pdu_energy_joules_total{hub="guian",site="s1",row="",rack="",pdu="F01",feed=""}',
        32,
        360_000,
    ),
    "hpe-pdu2": (
        'dc_pdu_energy_joules_total{hub="guian",site="s1",row="",rack="",pdu="H01",feed=""}',
        31,
        3600,
    ),
    "vertiv-imd": (
        'dc_pdu_energy_joules_total{hub="guian",site="s1",row="",rack="",pdu="N01",feed=""}',
        32,
        3600,
    ),
    "schleifenbauer": (
        'dc_pdu_phase_energy_joules_total{hub="guian",site="s1",row="",rack="",pdu="L01",feed="",phase="L1"}',
        24,
        3_600_000,
    ),
}


def test_how_wide_a_register_is_is_known() -> None:
    """Every energy reading of a PDU's profile says where its register ends, or is a sum of such, or
    is named here.
    """
    for name, profile in Library().all().items():
        if profile.kind == "pdu" and name not in WIDTH_UNKNOWN | SUM_OF_PDU:
            for reading in profile.readings:
                assert (
                    not reading.metric.endswith("_joules_total") or reading.bits or reading.sum
                ), (name, reading.metric)


@pytest.mark.parametrize("name", AT_THEIR_END)
async def test_a_register_starts_anew_at_its_width(name: str) -> None:
    """What a register ends at is its width in the metric's base unit, and what it holds shortly
    before is beneath that.
    """
    prefix, bits, step = AT_THEIR_END[name]
    case = read(CASES / name / "case.yaml", Case)
    async with serving(case.agent()) as address:
        words = ", ".join(
            f"{key}: {value}" for key, value in ({"address": f'"{address}"'} | case.device).items()
        )
        (device,) = KIND.build(
            read(CASES / name / "config", KIND.Config, text=f"devices:\n  - {{{words}}}\n"), CONTEXT
        )
        readings = dict(await device.collect())
        await device.aclose()
    assert device.plan is not None
    (series,) = [one for one in readings if one.prefix.strip() == prefix]
    assert device.plan.spans[series] == 2**bits * step
    assert 0.999 * 2**bits * step < readings[series] < 2**bits * step
