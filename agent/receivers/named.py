"""Hubs that receivers name: a slip in one would leave its alerts to nobody."""

from __future__ import annotations

from collections.abc import Collection

from agent.receivers.model import AlertingSection
from collectors.strict import Document, nearest


def check_receivers(
    document: Document, alerting: AlertingSection | None, known: Collection[str]
) -> None:
    """Note each hub of a receiver that the registry does not have, at its line."""
    for n, receiver in enumerate(alerting.receivers if alerting is not None else ()):
        for m, hub in enumerate(receiver.hubs):
            if hub not in known:
                key = f"alerting.receivers[{n}].hubs[{m}]"
                document.fail(document.node(key), key, f"no such hub{nearest(hub, sorted(known))}")
