"""Which metrics of a device must agree, since they are measured at one place.

A place is a phase, an outlet, an output: the labels of a series after those that name its device.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

from collectors.base import Metric
from collectors.catalogue import facility, generator, pdu_parts, transfer, ups


@dataclass(frozen=True, slots=True, kw_only=True)
class Row:
    """The metrics of one kind of place.

    `device` is the number of labels that name the device. `powers` are in watts first, then in
    volt-amperes. Where the powers name no place or an empty one, they are those of all places.
    `scaled`: its power and its current are compared in every round. PDUs are left out, since there
    are many of them, and each make is read by a profile of its own. `both_ways`: power may flow
    both ways, and then little of it may be beside much current; so they are compared only where
    the device's own power factor says that there is no such flow.
    """

    device: int
    powers: tuple[Metric, ...]
    current: Metric
    voltage: Metric
    load: Metric | None = None
    factor: Metric | None = None
    frequency: Metric | None = None
    scaled: bool = True
    both_ways: bool = False


_PDU: Final = len(facility.PDU)
_METER: Final = len(facility.METER)
ROWS: Final[tuple[Row, ...]] = (
    Row(
        device=_PDU,
        scaled=False,
        powers=(pdu_parts.PDU_OUTLET_POWER, pdu_parts.PDU_OUTLET_APPARENT_POWER),
        current=pdu_parts.PDU_OUTLET_CURRENT,
        voltage=pdu_parts.PDU_OUTLET_VOLTAGE,
        load=pdu_parts.PDU_OUTLET_LOAD,
        factor=pdu_parts.PDU_OUTLET_POWER_FACTOR,
        frequency=pdu_parts.PDU_OUTLET_FREQUENCY,
    ),
    Row(
        device=_PDU,
        scaled=False,
        powers=(pdu_parts.PDU_BANK_POWER, pdu_parts.PDU_BANK_APPARENT_POWER),
        current=pdu_parts.PDU_BANK_CURRENT,
        voltage=pdu_parts.PDU_BANK_VOLTAGE,
        load=pdu_parts.PDU_BANK_LOAD,
        factor=pdu_parts.PDU_BANK_POWER_FACTOR,
    ),
    Row(
        device=_PDU,
        scaled=False,
        powers=(facility.PDU_PHASE_POWER, facility.PDU_PHASE_APPARENT_POWER),
        current=facility.PDU_PHASE_CURRENT,
        voltage=facility.PDU_PHASE_VOLTAGE,
        load=facility.PDU_PHASE_LOAD,
        factor=facility.PDU_PHASE_POWER_FACTOR,
        frequency=facility.PDU_PHASE_FREQUENCY,
    ),
    Row(
        device=_PDU,
        scaled=False,
        powers=(facility.PDU_POWER, facility.PDU_APPARENT_POWER),
        current=facility.PDU_CURRENT,
        voltage=facility.PDU_VOLTAGE,
        load=facility.PDU_LOAD,
        factor=facility.PDU_POWER_FACTOR,
        frequency=facility.PDU_FREQUENCY,
    ),
    Row(
        device=_PDU,
        scaled=False,
        powers=(facility.PDU_POWER, facility.PDU_APPARENT_POWER),
        current=facility.PDU_PHASE_CURRENT,
        voltage=facility.PDU_PHASE_VOLTAGE,
        frequency=facility.PDU_FREQUENCY,
    ),
    Row(
        device=_METER,
        both_ways=True,
        powers=(facility.METER_PHASE_POWER, facility.METER_PHASE_APPARENT_POWER),
        current=facility.METER_CURRENT,
        voltage=facility.METER_VOLTAGE,
        factor=facility.METER_PHASE_POWER_FACTOR,
        frequency=facility.METER_PHASE_FREQUENCY,
    ),
    Row(
        device=_METER,
        both_ways=True,
        powers=(facility.METER_POWER, facility.METER_APPARENT_POWER),
        current=facility.METER_CURRENT,
        voltage=facility.METER_VOLTAGE,
        factor=facility.METER_POWER_FACTOR,
        frequency=facility.METER_FREQUENCY,
    ),
    Row(
        device=len(ups.UPS),
        powers=(ups.UPS_OUTPUT_POWER, ups.UPS_OUTPUT_APPARENT),
        current=ups.UPS_OUTPUT_CURRENT,
        voltage=ups.UPS_OUTPUT_VOLTAGE,
        load=ups.UPS_LOAD,
        factor=ups.UPS_OUTPUT_POWER_FACTOR,
        frequency=ups.UPS_OUTPUT_FREQUENCY,
    ),
    Row(
        device=len(ups.UPS),
        powers=(ups.UPS_INPUT_POWER, ups.UPS_INPUT_APPARENT),
        current=ups.UPS_INPUT_CURRENT,
        voltage=ups.UPS_INPUT_VOLTAGE,
        factor=ups.UPS_INPUT_POWER_FACTOR,
        frequency=ups.UPS_INPUT_FREQUENCY,
    ),
    Row(
        device=len(transfer.ATS),
        powers=(transfer.ATS_OUTPUT_POWER, transfer.ATS_OUTPUT_APPARENT),
        current=transfer.ATS_OUTPUT_CURRENT,
        voltage=transfer.ATS_OUTPUT_VOLTAGE,
        load=transfer.ATS_LOAD,
        frequency=transfer.ATS_OUTPUT_FREQUENCY,
    ),
    Row(
        device=len(transfer.ATS),
        powers=(transfer.ATS_INPUT_POWER,),
        current=transfer.ATS_INPUT_CURRENT,
        voltage=transfer.ATS_INPUT_VOLTAGE,
        frequency=transfer.ATS_INPUT_FREQUENCY,
    ),
    Row(
        device=len(generator.GENERATOR),
        powers=(generator.GENERATOR_OUTPUT_POWER, generator.GENERATOR_OUTPUT_APPARENT),
        current=generator.GENERATOR_OUTPUT_CURRENT,
        voltage=generator.GENERATOR_OUTPUT_VOLTAGE,
        load=generator.GENERATOR_LOAD,
        factor=generator.GENERATOR_OUTPUT_POWER_FACTOR,
        frequency=generator.GENERATOR_OUTPUT_FREQUENCY,
    ),
)
"""Every kind of place. A power may be in two rows: its device states a total, or phases only."""
