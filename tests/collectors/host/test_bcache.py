"""Sizes as bcache prints them. drivers/md/bcache/util.c, bch_hprint()."""

from __future__ import annotations

import pytest

from collectors.base import BadReply
from collectors.host.bcache import parse_size


@pytest.mark.parametrize(
    ("text", "size"),
    [
        ("0.0k", 0),
        ("512", 512),
        ("512.0k", 524_288),
        ("4.0k/sec", 4_096),
        # 0.10 is 1000 of 1024, so more than 0.9: (2 + 10 / 10.24) x 1024^2
        ("2.10M", 3_121_152),
        ("-1.9k/sec", -1_924),
        # (1 + 7 / 10.24) x 1024^4 = 1099511627776 + 751619276800
        ("1.7T", 1_851_130_904_576),
    ],
)
def test_a_size(text: str, size: int) -> None:
    """A size is whole bytes, whatever unit the kernel chose."""
    assert parse_size(text, "file") == size


@pytest.mark.parametrize("text", ["", "k", "1.5Q", "1,5k", "nan", "0x10", "1.5k/min"])
def test_no_size(text: str) -> None:
    """What is no size is refused."""
    with pytest.raises(BadReply):
        parse_size(text, "file")
