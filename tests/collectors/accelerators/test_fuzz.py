"""Whatever npu-smi or an exporter prints, a parser raises BadReply or nothing, and takes no time to
speak of.
"""

from __future__ import annotations

import time
from collections.abc import Callable

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from prometheus_client import parser

from collectors.accelerators.exporter import parse as parse_page
from collectors.accelerators.exporter_profile import load_profile
from collectors.accelerators.npu_smi import parse as parse_table
from collectors.base import BadReply
from tests.collectors.accelerators.kit import CASES, chips
from tests.support import cpu_limit

TABLES = [path.read_text() for path in sorted(CASES.glob("npu_smi/*/reply.txt"))]
PAGES = [path.read_bytes() for path in sorted(CASES.glob("accelerator_exporter/*/reply.txt"))]
PROFILES = [load_profile(name) for name in ("ascend-npu-exporter", "dcgm-exporter")]
LIMIT = 0.05

assert parser  # its import is no time of the collector's


def quick(parse: Callable[[], object]) -> None:
    """Run a parser: it may raise BadReply only, and in processor time within the limit.

    The best of three: others may interrupt.
    """
    for _ in range(3):
        began, words = time.thread_time(), ""
        try:
            parse()
        except BadReply as error:
            words = str(error)
        taken = time.thread_time() - began
        assert "\n" not in words
        assert len(words) < 300
        if taken < cpu_limit(LIMIT):
            return
    pytest.fail(f"took {taken:.3f} s")


@st.composite
def mangled(draw: st.DrawFn, originals: list[str]) -> str:
    """Cut, repeat and overwrite parts of a real reply."""
    text = draw(st.sampled_from(originals))
    for _ in range(draw(st.integers(1, 6))):
        at = draw(st.integers(0, len(text)))
        length = draw(st.integers(0, 80))
        new = draw(
            st.text(
                alphabet=st.sampled_from('|+=- /\n09.N{}",\u4e2d\x00\u0660\u2028Ee'), max_size=12
            )
            | st.just(text[at : at + length] * 2)
        )
        text = text[:at] + new + text[at + length :]
    return text


@given(mangled(TABLES) | st.text(max_size=400))
@settings(max_examples=300)
def test_any_table(text: str) -> None:
    """Mangled tables give chips whose series can be made, or BadReply."""
    quick(lambda: chips("Huawei").readings(parse_table(text)) if len(text) < 10_000 else None)


@given(
    mangled([page.decode() for page in PAGES]).map(str.encode) | st.binary(max_size=400),
    st.sampled_from(PROFILES),
)
@settings(max_examples=300)
def test_any_page(body: bytes, profile: object) -> None:
    """Mangled pages give chips, or BadReply."""
    quick(lambda: parse_page(body, profile, 1_795_608_010.0))


def test_large_nonsense() -> None:
    """A megabyte of the worst lines costs no more than the limit."""
    head = "".join(TABLES[0].splitlines(keepends=True)[:6])
    for line in (
        "|" * 900,
        "| " + "9 " * 400 + "|",
        "| 0 910A | " + " " * 800 + "/ |",
        "x" * 999,
        "| " + "a/" * 400 + " |",
    ):
        quick(lambda line=line: parse_table(head + (line + "\n") * (2**20 // (len(line) + 1))))
    for line in (
        'npu_chip_info_power{id="' + "a" * 4000 + '"} 1',
        "npu_chip_info_power" + "{" * 3000,
        'npu_chip_info_power{id="\\' + "\\" * 3000,
    ):
        quick(lambda line=line: parse_page((line + "\n").encode() * 60, PROFILES[0], 0.0))
