"""The one place where text is declared to be markup."""

from __future__ import annotations

from collections.abc import Callable
from typing import Final

from markupsafe import Markup

raw: Final[Callable[[str], Markup]] = Markup
"""Declare text of this program to be markup. Never use it for anything that came from outside."""
