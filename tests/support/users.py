"""Users of the HTTP server, for tests that read the file and check no password."""

from __future__ import annotations

from typing import Final

HASH: Final = "$2y$05$" + "a" * 21 + "u" + "b" * 30 + "u"
"""In the form that `htpasswd -B` writes: 7 letters, 22 of salt, 31 of the hash."""
