"""One site in the zone of its hub, through every form of inventory."""

from __future__ import annotations

from pathlib import Path

from agent import config as config_module
from agent.inventory.netbox.client import Client
from agent.inventory.netbox.config import InventorySource
from agent.inventory.netbox.source import refresh
from tests.agent.inventory.netbox.data import TOKENS, Data
from tests.agent.inventory.netbox.server import served

BERLIN, NEW_YORK, KATHMANDU = "Europe/Berlin", "America/New_York", "Asia/Kathmandu"
ZONES = (BERLIN, NEW_YORK, KATHMANDU)
FORMS = ("yaml", "csv", "netbox")
METERS = (
    "meters:\n- {meter: main, site: one, point: utility}\n"
    "- {meter: it, site: one, point: it_input}\n"
)


def gateway(folder: Path, zone: str, inventory: str) -> Path:
    """Write a hub of its own in a zone, and the config of a gateway there."""
    hubs = folder / "hubs"
    hubs.mkdir(exist_ok=True)
    (hubs / "far.yaml").write_text(f"key: far\nname: {{en: Far, zh: 远}}\ntimezone: {zone}\n")
    path = folder / "config.yaml"
    path.write_text(
        f"hub: far\nsite: one\nhubs_dir: hubs\nstate_dir: {folder}/state\ninventory: {inventory}\n"
    )
    return path


def written(folder: Path, zone: str, form: str) -> Path:
    """Write the same site in one of the forms, without a zone of its own."""
    if form == "yaml":
        (folder / "inventory.yaml").write_text("sites: [{site: one}]\n" + METERS)
        return gateway(folder, zone, "inventory.yaml")
    if form == "csv":
        (folder / "racks.csv").write_text("site,rack,pdu_a\none,A01,A01-A\n")
        return gateway(folder, zone, "racks.csv")
    (folder / "token").write_text(TOKENS["v4"])
    (folder / "token").chmod(0o600)
    (folder / "meters.yaml").write_text(METERS)
    data = Data("v4")
    data.site("one")
    with served(data) as netbox:
        path = gateway(
            folder,
            zone,
            f"{{netbox: {{url: '{netbox.url}', token_file: token}}, file: meters.yaml}}",
        )
        config = config_module.load(path)
        source = config.file.inventory
        assert isinstance(source, InventorySource)
        config.file.state_dir.mkdir()
        refresh(source.netbox, config.file.hub, config.file.state_dir, Client(source.netbox))
    return path
