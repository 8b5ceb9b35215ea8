"""Why a panel may be empty where real agents read this machine and simulated sites."""

from __future__ import annotations

MACHINE_MAY_LACK = {
    "the node has no disk of its own",
    "the node has no network interface but loopback and container links",
    "the kernel gives no pressure stall information (CONFIG_PSI off, or psi=0)",
}
"""Excuses that are of the machine the test runs on: the agents read its kernel as it is.

Every other one fails the test.
"""


NOBODY_HAS = {
    "nothing to mark",
    "the ledger's first hour here is not over",
    "no emission factor is set, so no carbon is told; or its first hour is not over",
    "inventory and devices agree",
    "no chip counts memory errors",
    "no chip tells whether it is throttled",
    "the rack has no dc_pdu_bank_load_ratio",
    "no loaded PDU has three phases",
    "no meter is marked reused",
    "no water meter is read",
    "no row is known for two weeks and grows",
    "the inventory names no breakers",
    "no breaker of the inventory has a pair",
}
"""Excuses for what no simulated site has."""


OF_SOME_HOURS = {
    "no breaker whose PDUs all tell their phases is loaded enough to be uneven",
}
"""Excuses for what the simulated sites have by day: at night their load is a third less."""


OF_SOME_PLACES = {
    "the rack has no dc_accelerator_power_watts",
    "the rack has no dc_accelerator_utilization_ratio",
    "every device that ever answered does so",
}
"""Excuses for what some hub or rack has, but not the first that a dashboard opens with."""
