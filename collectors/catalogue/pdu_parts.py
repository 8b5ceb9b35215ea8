"""Metrics of the parts of a PDU that supply something by themselves: banks and outlets."""

from __future__ import annotations

from typing import Final

from collectors.catalogue.facility import pdu_metric

PDU_BANK_CURRENT: Final = pdu_metric(
    "bank_current_amperes", "Current through one bank or breaker.", labels=("bank",)
)
PDU_BANK_VOLTAGE: Final = pdu_metric(
    "bank_voltage_volts", "Voltage at one bank or breaker.", labels=("bank",)
)
PDU_BANK_POWER: Final = pdu_metric(
    "bank_power_watts", "Active power through one bank or breaker.", labels=("bank",)
)
PDU_BANK_APPARENT_POWER: Final = pdu_metric(
    "bank_apparent_power_voltamperes",
    "Apparent power through one bank or breaker.",
    labels=("bank",),
)
PDU_BANK_REACTIVE_POWER: Final = pdu_metric(
    "bank_reactive_power_vars", "Reactive power through one bank or breaker.", labels=("bank",)
)
PDU_BANK_POWER_FACTOR: Final = pdu_metric(
    "bank_power_factor_ratio", "Power factor of one bank or breaker, -1 to 1.", labels=("bank",)
)
PDU_BANK_ENERGY: Final = pdu_metric(
    "bank_energy_joules_total", "Energy register of one bank or breaker.", "counter", ("bank",)
)
PDU_BANK_RESETTABLE_ENERGY: Final = pdu_metric(
    "bank_resettable_energy_joules_total",
    "Energy of one bank or breaker since a user last set this register back.",
    "counter",
    ("bank",),
)
PDU_BANK_LOAD: Final = pdu_metric(
    "bank_load_ratio",
    "Load of one bank or breaker as a share of its rating, 0 to 1 and above.",
    labels=("bank",),
)
PDU_BANK_HEADROOM: Final = pdu_metric(
    "bank_headroom_amperes",
    "Current that one bank or breaker can still take before the PDU's own alarm.",
    labels=("bank",),
)
PDU_BANK_ALARM_SHARE: Final = pdu_metric(
    "bank_alarm_share_ratio",
    "Current of one bank or breaker over the current at which the PDU's own alarm is set.",
    labels=("bank",),
)
PDU_BANK_APPARENT_ENERGY: Final = pdu_metric(
    "bank_apparent_energy_voltampere_seconds_total",
    "Register of apparent energy of one bank or breaker; 3.6e6 are one kVAh.",
    "counter",
    ("bank",),
)
PDU_BANK_CLOSED: Final = pdu_metric(
    "bank_closed",
    "1 while the breaker or fuse of a bank is closed, 0 after it tripped.",
    labels=("bank",),
)
PDU_OUTLET_ON: Final = pdu_metric(
    "outlet_on", "1 while the outlet is switched on, else 0.", labels=("outlet",)
)
PDU_OUTLET_POWER: Final = pdu_metric(
    "outlet_power_watts", "Active power of one outlet.", labels=("outlet",)
)
PDU_OUTLET_APPARENT_POWER: Final = pdu_metric(
    "outlet_apparent_power_voltamperes", "Apparent power of one outlet.", labels=("outlet",)
)
PDU_OUTLET_REACTIVE_POWER: Final = pdu_metric(
    "outlet_reactive_power_vars", "Reactive power of one outlet.", labels=("outlet",)
)
PDU_OUTLET_CURRENT: Final = pdu_metric(
    "outlet_current_amperes", "Current of one outlet.", labels=("outlet",)
)
PDU_OUTLET_VOLTAGE: Final = pdu_metric(
    "outlet_voltage_volts", "Voltage of one outlet.", labels=("outlet",)
)
PDU_OUTLET_POWER_FACTOR: Final = pdu_metric(
    "outlet_power_factor_ratio", "Power factor of one outlet, -1 to 1.", labels=("outlet",)
)
PDU_OUTLET_FREQUENCY: Final = pdu_metric(
    "outlet_frequency_hertz", "Line frequency at one outlet.", labels=("outlet",)
)
PDU_OUTLET_ENERGY: Final = pdu_metric(
    "outlet_energy_joules_total", "Energy register of one outlet.", "counter", ("outlet",)
)
PDU_OUTLET_RESETTABLE_ENERGY: Final = pdu_metric(
    "outlet_resettable_energy_joules_total",
    "Energy of one outlet since a user last set this register back.",
    "counter",
    ("outlet",),
)
PDU_OUTLET_APPARENT_ENERGY: Final = pdu_metric(
    "outlet_apparent_energy_voltampere_seconds_total",
    "Register of apparent energy of one outlet; 3.6e6 are one kVAh.",
    "counter",
    ("outlet",),
)
PDU_OUTLET_LOAD: Final = pdu_metric(
    "outlet_load_ratio",
    "Load of one outlet as a share of its rating, 0 to 1 and above.",
    labels=("outlet",),
)
PDU_OUTLET_INFO: Final = pdu_metric(
    "outlet_info",
    "1 for every outlet, with the name the PDU's operator gave it.",
    labels=("outlet", "name"),
)
