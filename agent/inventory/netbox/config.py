"""The section `inventory: netbox:` of the config file."""

from __future__ import annotations

from dataclasses import dataclass, field
from pathlib import Path
from typing import Annotated

from agent.inventory.netbox.place import PLACE_FIELDS, PlaceFields
from agent.settings import is_loopback
from collectors.address import check_url, http_url
from collectors.strict import Duration, Range


@dataclass(frozen=True, slots=True, kw_only=True)
class NetBox:
    """The inventory in a NetBox; its last good answer is kept, to start without NetBox."""

    url: str = field(
        metadata={
            "help": "of NetBox itself, as in a browser; http:// only on this machine, "
            "because a token is sent with it"
        }
    )
    token_file: Path = field(
        metadata={"help": "an API token that may read; a secret: not readable by all"}
    )
    ca_file: Path | None = field(
        default=None,
        metadata={
            "help": "the authority of the server's certificate, where the system does not know it"
        },
    )
    sites: tuple[str, ...] = field(
        default=(), metadata={"help": "slugs; all sites where none of the three is given"}
    )
    tenants: tuple[str, ...] = field(
        default=(), metadata={"help": "slugs of tenants whose sites are read"}
    )
    tags: tuple[str, ...] = field(
        default=(), metadata={"help": "slugs of tags that a site must all have"}
    )
    complete: bool = field(
        default=False, metadata={"help": "true says that NetBox lists the whole hub"}
    )
    refresh: Duration = 900.0
    timeout: Duration = field(
        default=120.0, metadata={"help": "of one reading, all its pages together"}
    )
    page_size: Annotated[int, Range(1, 1000)] = 500
    node_roles: tuple[str, ...] = field(
        default=("server",), metadata={"help": "slugs of the roles of devices that run an agent"}
    )
    pdu_roles: tuple[str, ...] = field(
        default=("pdu",), metadata={"help": "slugs of the roles of rack PDUs"}
    )
    rated_power_field: str = field(
        default="rated_power_watts",
        metadata={"help": "the custom field of a rack that holds its rated power in watts"},
    )
    since_field: str = field(
        default="in_service_since",
        metadata={"help": "the custom field of a rack that holds the date it is in service since"},
    )
    x_field: str = field(
        default=PLACE_FIELDS.x,
        metadata={"help": "the custom field of a rack that holds its `x` on the floor plan"},
    )
    y_field: str = field(
        default=PLACE_FIELDS.y,
        metadata={"help": "the custom field of a rack that holds its `y` on the floor plan"},
    )
    facing_field: str = field(
        default=PLACE_FIELDS.facing,
        metadata={"help": "the custom field of a rack that says which way its front looks"},
    )
    panel_amperes_field: str = field(
        default="",
        metadata={
            "help": "the custom field of a power panel that holds its rating in amperes; "
            "if set, panels are breakers"
        },
    )

    def __post_init__(self) -> None:
        """Check the address: a token is not sent unencrypted over a network."""
        parts = http_url(self.url)
        safe = parts is not None and (parts.scheme == "https" or is_loopback(parts.hostname or ""))
        if parts is None or not safe or parts.query or parts.fragment:
            message = f"url: expected https://…, got {self.url!r}"
            raise ValueError(message)
        check_url(self.url)

    @property
    def place_fields(self) -> PlaceFields:
        """The names of the custom fields that hold a rack's place."""
        return PlaceFields(self.x_field, self.y_field, self.facing_field)


@dataclass(frozen=True, slots=True, kw_only=True)
class InventorySource:
    """What another system keeps, or a rack list; and a file beside it."""

    netbox: NetBox | None = None
    csv: Path | None = field(
        default=None,
        metadata={
            "help": "a rack list in CSV; `file` has what it lacks: meters, supplies, breakers, and"
            " more about its racks"
        },
    )
    file: Path | None = field(
        default=None,
        metadata={
            "help": "an inventory file that adds to it, above all the meters; "
            "it wins over NetBox where both name the same"
        },
    )

    def __post_init__(self) -> None:
        """Check that there is one source, and not two."""
        if (self.netbox is None) == (self.csv is None):
            raise ValueError("expected either netbox or csv")
