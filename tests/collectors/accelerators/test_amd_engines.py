"""The tables and packets of AMD's driver, packed by hand by the driver's own structures."""

from __future__ import annotations

import struct

import pytest

from collectors.accelerators.amd_engines import engines, packets
from collectors.catalogue import node as catalogue

NONE = 0xFFFF


def shares(table: bytes) -> dict[str, float]:
    return {engine: share for _, engine, share in engines(table)}


def v1_3(video: int, content: int = 3) -> bytes:
    """Six temperatures, the shares of gfx, umc and mm (video), and the power."""
    return struct.pack("<HBB10H", 120, 1, content, 41, 47, 50, 0, 0, 0, 37, 12, video, 215).ljust(
        120, b"\0"
    )


def v1_5(video: list[int], jpeg: list[int], content: int = 5) -> bytes:
    """Three temperatures, the power, gfx and umc, four video and 32 JPEG engines."""
    return struct.pack(
        "<HBB6H4H32H", 264, 1, content, 76, 58, 60, 748, 97, 41, *video, *jpeg
    ).ljust(264, b"\0")


@pytest.mark.parametrize(
    ("table", "expected"),
    [
        (v1_3(20), {"video": 0.2}),
        (v1_3(8, content=1), {"video": 0.08}),
        (v1_3(NONE), {}),  # not supported
        # (40 + 20 + 0 + 0) / 4 = 15 %; one of the 32 JPEG engines at 64 %: 64 / 32 = 2 %
        (v1_5([40, 20, 0, 0], [64, *([0] * 31)]), {"video": 0.15, "jpeg": 0.02}),
        # two video engines, no JPEG: (30 + 10) / 2 = 20 %
        (v1_5([30, 10, NONE, NONE], [NONE] * 32), {"video": 0.2}),
        (v1_5([8, 8, 8, 8], [5] * 32, content=4), {"video": 0.08}),
        (v1_5([8] * 4, [5] * 32, content=6), {}),  # a table of another form
        (v1_5([8] * 4, [5] * 32)[:20], {}),  # cut
        (b"", {}),
        (b"\x01", {}),
    ],
)
def test_engines_by_the_driver_s_table(table: bytes, expected: dict[str, float]) -> None:
    """The mean of the engines that a chip has; unknown tables and absent engines are none."""
    assert shares(table) == pytest.approx(expected)


@pytest.mark.parametrize(
    ("text", "received", "sent"),
    [
        # 1 000 000 packets of at most 256 bytes received, 250 000 sent
        ("1000000 250000 256", 256_000_000.0, 64_000_000.0),
        ("0 0 512", 0.0, 0.0),
        ("3 7 128", 384.0, 896.0),
    ],
)
def test_packets_are_counted_with_their_greatest_size(
    text: str, received: float, sent: float
) -> None:
    """The file has the packets received and sent in a second, and the greatest size of one."""
    assert list(packets(text)) == [
        (catalogue.ACCELERATOR_PCIE_RECEIVE, "", received),
        (catalogue.ACCELERATOR_PCIE_TRANSMIT, "", sent),
    ]


@pytest.mark.parametrize("text", ["", "1 2", "1 2 0", "-1 2 256", "a b c"])
def test_what_is_no_count_of_packets_is_absent(text: str) -> None:
    """A chip without the counters, or a size of 0, gives no reading and no 0."""
    assert list(packets(text)) == []
