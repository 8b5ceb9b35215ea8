"""Make label values safe: they are outside data, such as names of interfaces and PDUs."""

from __future__ import annotations

from typing import Final

MAX_LABEL_LENGTH: Final = 1024
"""Label values are cut at this many characters: a device's name is data from outside."""

# A label value comes from outside (interface names, PDU names, chips): one table makes it safe for
# both text formats. Control characters become spaces: line protocol has no escape for a newline,
# and a NUL breaks some databases.
_CONTROL: Final = dict.fromkeys((*range(0x20), 0x7F), " ")


def safe_label(value: str) -> str:
    """Make any string safe as a label value of at most `MAX_LABEL_LENGTH` characters.

    The result is valid UTF-8 without control characters. Lone surrogates (undecodable bytes in a
    file name) become U+FFFD. A trailing backslash is cut: in line protocol it would escape the
    separator behind it.
    """
    if len(value) > MAX_LABEL_LENGTH:
        value = value[:MAX_LABEL_LENGTH]
    if not value.isprintable() or not value.isascii():
        value = (
            value.translate(_CONTROL).encode("utf-8", "surrogatepass").decode("utf-8", "replace")
        )
    return value.rstrip("\\")


def text_escape(value: str) -> str:
    """Escape a label value for the exposition format."""
    return value.replace("\\", r"\\").replace('"', r"\"").replace("\n", r"\n")


def line_escape(value: str) -> str:
    """Escape a tag for line protocol; it must be safe already."""
    return value.replace(",", r"\,").replace("=", r"\=").replace(" ", r"\ ")
