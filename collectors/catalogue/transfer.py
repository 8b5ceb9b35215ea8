"""Metrics of transfer switches (ATS, STS): their inputs, their output and which input is used.

Base units throughout. `source` is the device's own name of an input, such as `A` or `1`. `phase` is
`L1`, `L2`, `L3` or `L1-L2`, and empty for a device of one phase or for the whole.
"""

from __future__ import annotations

from typing import Final

from collectors.base import Metric, MetricType
from collectors.catalogue.facility import SITE

ATS: Final = (*SITE, "row", "rack", "ats")


def _ats(name: str, help: str, *labels: str, type: MetricType = "gauge") -> Metric:
    return Metric(
        namespace="dc", subsystem="ats", name=name, type=type, help=help, labels=(*ATS, *labels)
    )


ATS_SOURCE_SELECTED: Final = _ats(
    "source_selected", "1 for the input that carries the load, 0 for the others.", "source"
)
ATS_SOURCE_PREFERRED: Final = _ats(
    "source_preferred", "1 for the input that is used while it is good, 0 for the others.", "source"
)
ATS_SOURCE_OK: Final = _ats(
    "source_ok", "1 while the input's supply is good enough for the load, else 0.", "source"
)
ATS_REDUNDANT: Final = _ats("redundant", "1 while more than one input can carry the load, else 0.")
ATS_SUPPLY_OK: Final = _ats(
    "supply_ok", "1 while the switch's own power supply of this name works, else 0.", "supply"
)
ATS_TRANSFERS: Final = _ats(
    "transfers_total", "Transfers from one input to another.", type="counter"
)
ATS_INPUT_VOLTAGE: Final = _ats("input_voltage_volts", "Voltage at one input.", "source", "phase")
ATS_INPUT_CURRENT: Final = _ats(
    "input_current_amperes", "Current through one input.", "source", "phase"
)
ATS_INPUT_POWER: Final = _ats(
    "input_power_watts", "Active power through one input.", "source", "phase"
)
ATS_INPUT_FREQUENCY: Final = _ats("input_frequency_hertz", "Line frequency at one input.", "source")
ATS_OUTPUT_VOLTAGE: Final = _ats("output_voltage_volts", "Voltage at the output.", "phase")
ATS_OUTPUT_CURRENT: Final = _ats("output_current_amperes", "Current at the output.", "phase")
ATS_OUTPUT_POWER: Final = _ats("output_power_watts", "Active power at the output.", "phase")
ATS_OUTPUT_APPARENT: Final = _ats(
    "output_apparent_power_voltamperes", "Apparent power at the output.", "phase"
)
ATS_OUTPUT_FREQUENCY: Final = _ats("output_frequency_hertz", "Line frequency at the output.")
ATS_OUTPUT_ENERGY: Final = _ats(
    "output_energy_joules_total", "Energy register of the output.", type="counter"
)
ATS_LOAD: Final = _ats(
    "load_ratio", "Load as a share of the switch's rating, 0 to 1 and above.", "phase"
)
ATS_BANK_CURRENT: Final = _ats(
    "bank_current_amperes", "Current through one bank or breaker of the output.", "bank"
)
ATS_BANK_POWER: Final = _ats(
    "bank_power_watts", "Active power through one bank or breaker of the output.", "bank"
)
ATS_OUTLET_CURRENT: Final = _ats("outlet_current_amperes", "Current of one outlet.", "outlet")
ATS_OUTLET_POWER: Final = _ats("outlet_power_watts", "Active power of one outlet.", "outlet")
ATS_OUTLET_ON: Final = _ats("outlet_on", "1 while the outlet is switched on, else 0.", "outlet")
ATS_TEMPERATURE: Final = _ats(
    "temperature_celsius",
    "Temperature in the switch, by the device's own name for the place.",
    "location",
)
ATS_ALARM: Final = _ats(
    "alarm", "1 while the device reports the alarm of this name, else 0; empty: any.", "alarm"
)
ATS_UP: Final = _ats("up", "1 if the transfer switch answered in the last round, else 0.")
