"""Hubs that a config names. A node agent loads this module, and no other of the registry."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from collectors.strict import Document, nearest


def check_hubs(document: Document, hub: str, hubs: Sequence[str], known: Iterable[str]) -> None:
    """Note the hubs of a config that the registry does not have, at their line."""
    keys = sorted(known)
    if hub and hub not in keys:
        message = f"not in the registry; expected one of {', '.join(keys)}"
        document.fail(document.node("hub"), "hub", message)
    for n, key in enumerate(hubs):
        if key not in keys:
            document.fail(document.node("hubs"), f"hubs[{n}]", f"no such hub{nearest(key, keys)}")
