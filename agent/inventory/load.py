"""Load the inventory that a config names: from a YAML or CSV file, or what is kept of NetBox.

A site that states no time zone gets that of its hub.
"""

from __future__ import annotations

from pathlib import Path

from agent.inventory.csv_file import read_csv
from agent.inventory.model import Inventory
from agent.inventory.netbox.config import InventorySource
from agent.inventory.netbox.kept import KeptAnswer
from agent.inventory.yaml_file import read_yaml


def load_inventory(
    path: Path,
    hub: str,
    *,
    timezone: str,
    text: str | None = None,
    base: Inventory | None = None,
) -> Inventory:
    """Read an inventory file: CSV where its name ends in `.csv`, else YAML.

    `timezone` is the hub's, for the sites that state none. What the file lists is added to `base`,
    and replaces what `base` has under the same name. `text` stands for the file's content in tests.
    Raises Problems with every mistake.
    """
    reader = read_csv if path.suffix.lower() == ".csv" else read_yaml
    return reader(path, hub, text=text, base=base).in_zone(timezone)


def inventory_in_force(
    source: Path | InventorySource, hub: str, *, timezone: str, state_dir: Path
) -> Inventory:
    """Return the inventory of a hub from the files on this machine; no network is used.

    For NetBox it is the answer kept in `state_dir`, if any, and what the file beside it adds. For a
    rack list, the file beside it is read first: the list names breakers that stand there.
    Raises Problems with every mistake of the file.
    """
    if isinstance(source, Path):
        return load_inventory(source, hub, timezone=timezone)
    if source.csv is not None:
        # Its sites get the hub's zone below: the list is compared with what the file itself states.
        beside = load_inventory(source.file, hub, timezone="") if source.file is not None else None
        return load_inventory(source.csv, hub, timezone=timezone, base=beside)
    assert source.netbox is not None
    kept = KeptAnswer(state_dir, source.netbox, hub).load()
    base = kept.inventory if kept is not None else Inventory(hub=hub, source="netbox")
    if source.file is None:
        return base.in_zone(timezone)
    return load_inventory(source.file, hub, timezone=timezone, base=base)
