"""Hubs that receivers name: a slip in one would leave its alerts to nobody."""

from __future__ import annotations

from collections.abc import Collection, Iterator

from agent.receivers.model import AlertingSection
from collectors.strict import Document, nearest


def named_hubs(alerting: AlertingSection) -> Iterator[tuple[str, str]]:
    """Yield each hub that a receiver names, with its key in the config."""
    for n, receiver in enumerate(alerting.receivers):
        for m, hub in enumerate(receiver.hubs):
            yield f"alerting.receivers[{n}].hubs[{m}]", hub


def check_receivers(
    document: Document, alerting: AlertingSection | None, known: Collection[str]
) -> None:
    """Note each hub of a receiver that the registry does not have, at its line."""
    for key, hub in named_hubs(alerting) if alerting is not None else ():
        if hub not in known:
            document.fail(document.node(key), key, f"no such hub{nearest(hub, sorted(known))}")
