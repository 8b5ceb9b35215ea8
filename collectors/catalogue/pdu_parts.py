"""Metrics of the parts of a PDU that supply something by themselves: banks and outlets."""

from __future__ import annotations

from typing import Final

from collectors.catalogue.facility import PduPart, pdu_metric

BANK: Final = PduPart(label="bank", what="one bank or breaker")
OUTLET: Final = PduPart(label="outlet", what="one outlet")

PDU_BANK_CURRENT: Final = BANK.current()
PDU_BANK_VOLTAGE: Final = BANK.voltage()
PDU_BANK_POWER: Final = BANK.power()
PDU_BANK_APPARENT_POWER: Final = BANK.apparent_power()
PDU_BANK_REACTIVE_POWER: Final = BANK.reactive_power()
PDU_BANK_POWER_FACTOR: Final = BANK.power_factor()
PDU_BANK_ENERGY: Final = BANK.energy()
PDU_BANK_RESETTABLE_ENERGY: Final = BANK.resettable_energy()
PDU_BANK_LOAD: Final = BANK.load()
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
PDU_BANK_APPARENT_ENERGY: Final = BANK.apparent_energy()
PDU_BANK_CLOSED: Final = pdu_metric(
    "bank_closed",
    "1 while the breaker or fuse of a bank is closed, 0 after it tripped.",
    labels=("bank",),
)
PDU_OUTLET_ON: Final = pdu_metric(
    "outlet_on", "1 while the outlet is switched on, else 0.", labels=("outlet",)
)
PDU_OUTLET_POWER: Final = OUTLET.power()
PDU_OUTLET_APPARENT_POWER: Final = OUTLET.apparent_power()
PDU_OUTLET_REACTIVE_POWER: Final = OUTLET.reactive_power()
PDU_OUTLET_CURRENT: Final = OUTLET.current()
PDU_OUTLET_VOLTAGE: Final = OUTLET.voltage()
PDU_OUTLET_POWER_FACTOR: Final = OUTLET.power_factor()
PDU_OUTLET_FREQUENCY: Final = OUTLET.frequency()
PDU_OUTLET_ENERGY: Final = OUTLET.energy()
PDU_OUTLET_RESETTABLE_ENERGY: Final = OUTLET.resettable_energy()
PDU_OUTLET_APPARENT_ENERGY: Final = OUTLET.apparent_energy()
PDU_OUTLET_LOAD: Final = OUTLET.load()
PDU_OUTLET_INFO: Final = pdu_metric(
    "outlet_info",
    "1 for every outlet, with the name the PDU's operator gave it.",
    labels=("outlet", "name"),
)
