"""What an inventory is made of: plain data and look-ups. Nothing here reads a file or a network.

People state an inventory; nothing in it is measured. Completeness is judged by it: a PDU or a meter
that the inventory lists and that does not answer is missing; it does not count as 0.
"""

from agent.inventory.model.breakers import Breaker
from agent.inventory.model.inventory import Inventory, PduPlace, outlet_name
from agent.inventory.model.meters import (
    IT_PATH,
    IT_POINTS,
    NOT_IT,
    POINTS,
    Emission,
    Meter,
)
from agent.inventory.model.racks import MAX_HEIGHT, Device, Feed, Phase, Rack
from agent.inventory.model.sites import Site, State
from agent.inventory.model.supplies import Supply, SupplyKind
from collectors.catalogue.devices import Point

__all__ = [
    "IT_PATH",
    "IT_POINTS",
    "MAX_HEIGHT",
    "NOT_IT",
    "POINTS",
    "Breaker",
    "Device",
    "Emission",
    "Feed",
    "Inventory",
    "Meter",
    "PduPlace",
    "Phase",
    "Point",
    "Rack",
    "Site",
    "State",
    "Supply",
    "SupplyKind",
    "outlet_name",
]
