"""Output that never fails: a character that the output cannot show is written as its number."""

from __future__ import annotations

import codecs
import io
import sys
from typing import Final

_ESCAPED: Final = "hubgauge-escaped"
_WHOLE_UNICODE: Final = ("utf-8", "utf-16", "utf-32")


def never_fail() -> None:
    """Let stdout and stderr write any text: a character they cannot show becomes its number.

    The number is written as JSON escapes it, so that JSON stays JSON.
    """
    codecs.register_error(_ESCAPED, _escaped)
    for stream in (sys.stdout, sys.stderr):
        if isinstance(stream, io.TextIOWrapper) and (
            stream.errors == "strict" or not stream.encoding.lower().startswith(_WHOLE_UNICODE)
        ):
            stream.reconfigure(errors=_ESCAPED)


def _escaped(error: UnicodeError) -> tuple[str, int]:
    if not isinstance(error, UnicodeEncodeError):
        raise error
    units = error.object[error.start : error.end].encode("utf-16-be", "surrogatepass")
    pairs = (units[at : at + 2] for at in range(0, len(units), 2))
    return "".join(f"\\u{int.from_bytes(pair):04x}" for pair in pairs), error.end
