"""The addresses of the board's pages."""

from __future__ import annotations

from urllib.parse import quote, unquote


def parts_of(path: str) -> list[str]:
    """Take the path of a request apart, as it came: a rack's name may have a slash in it, `%2F`."""
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
    """Return the element id of a stated figure; any other character becomes a dash."""
    return "t-" + "".join(
        char if char.isascii() and (char.isalnum() or char in "-_") else "-" for char in target
    )
