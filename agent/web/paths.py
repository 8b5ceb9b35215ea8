"""The addresses of the board's pages."""

from __future__ import annotations

from urllib.parse import quote, unquote


def parts_of(path: str) -> list[str]:
    """Return the decoded parts of a path as the client sent it: `%2F` is a slash inside a name."""
    return [unquote(part) for part in path.split("/") if part]


def hub_path(hub: str) -> str:
    """Return the path of a hub's page."""
    return f"/hubs/{quote(hub, safe='')}"


def site_path(site: str) -> str:
    """Return the path of a site's page."""
    return f"/sites/{quote(site, safe='')}"


def rack_path(site: str, rack: str) -> str:
    """Return the path of a rack's page."""
    return f"{site_path(site)}/racks/{quote(rack, safe='')}"


def anchor(target: str) -> str:
    """Return the element id of a stated figure; characters an id cannot have become dashes."""
    return "t-" + _plain(target)


def plug_anchor(node: str) -> str:
    """Return the element id of a device's line in the list of plugs of its rack."""
    return "plug-" + _plain(node)


def outlet_anchor(pdu: str, outlet: str) -> str:
    """Return the element id of an outlet on the page of its rack."""
    return f"outlet-{_plain(pdu)}-{_plain(outlet)}"


def _plain(name: str) -> str:
    return "".join(
        char if char.isascii() and (char.isalnum() or char in "-_") else "-" for char in name
    )
