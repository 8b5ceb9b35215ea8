"""The section `host:` from a text."""

from __future__ import annotations

from collectors.base import Context, Place

CONTEXT = Context(place=Place(hub="test"), node="n1")
