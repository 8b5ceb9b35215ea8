"""The page of collectors: every device, every meter, what was lost, and the state of the sinks."""

from __future__ import annotations

from typing import Final

from agent.web.page import Page
from agent.web.views import collectors, devices, losses, meters
from agent.web.views.device_list import device_list

PATH: Final = "/collectors"


def draw(page: Page) -> str:
    """Return the HTML of `/collectors`."""
    view, asked = page.view, page.query
    known = collectors.read(view)
    return page.render(
        "collectors.html",
        title=page.w("collectors"),
        crumbs=[(page.w("collectors"), PATH)],
        listing=device_list(
            known.collectors,
            state=asked.get("state", "all"),
            kind=asked.get("kind", ""),
            find=asked.get("find", ""),
            page=asked.get("page", ""),
        ),
        notices=known.notices,
        devices=devices.read(view),
        meters=meters.read(view),
        losses=losses.read(view),
    )
