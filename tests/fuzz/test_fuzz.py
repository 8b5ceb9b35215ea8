"""Every parser of what comes from outside, with inputs nobody meant: an answer or its error, within
50 ms and 16 MB.
"""

from __future__ import annotations

from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from tests.fuzz.judge import attempt, judge
from tests.fuzz.target import CASES, Target
from tests.fuzz.targets import hostile, targets

TARGETS = targets()
FOUND = sorted(path for path in (CASES / "fuzz").glob("*/*") if path.is_file())
CHUNKS = (
    b"",
    b"\0",
    b"\xff",
    b"-1",
    b"9" * 400,
    b"nan",
    b"1e999",
    b",",
    b"|",
    b"{",
    b"[",
    b'"',
    b"\n",
    b" ",
    b"\xe2\x80\xae",
    b"%s",
)


@st.composite
def mutated(draw: st.DrawFn, target: Target) -> bytes:
    """A seed with pieces cut out, doubled, replaced or put in from elsewhere.

    Or nothing of the kind.
    """
    if draw(st.integers(0, 9)) == 0:
        return draw(st.binary(max_size=200))
    data = draw(st.sampled_from(target.seeds))[: target.most]
    for _ in range(draw(st.integers(1, 4))):
        begin = draw(st.integers(0, len(data)))
        end = draw(st.integers(begin, min(len(data), begin + 40)))
        other = draw(st.sampled_from(target.seeds))
        put = draw(
            st.sampled_from((*CHUNKS, data[begin:end] * 2, other[begin : begin + 60]))
            | st.binary(max_size=4)
        )
        data = data[:begin] + put + data[end:]
    return data


def test_every_target_understands_its_seeds() -> None:
    """A seed that nobody can read would find nothing: each target takes some input without an
    error.
    """

    def taken(target: Target, seed: bytes) -> bool:
        try:
            target.run(seed)
        except target.allowed:
            return False
        return True

    deaf = [
        name
        for name, target in TARGETS.items()
        if not any(taken(target, seed) for seed in target.seeds)
    ]
    assert deaf == []


@pytest.mark.parametrize("name", TARGETS)
def test_what_breaks_parsers_does_not_break_this_one(name: str) -> None:
    """Nothing at all, 64 KiB of one byte, endless nesting, numbers of five thousand digits, seeds
    cut short and repeated.
    """
    target = TARGETS[name]
    for data in (*target.seeds, *hostile(target)):
        judge(target, data)


@pytest.mark.parametrize("name", TARGETS)
def test_no_mutation_of_a_good_input_raises_anything_else(name: str) -> None:
    """Whatever becomes of a good input on its way, it is read, or refused in so many words."""
    target = TARGETS[name]

    @settings(max_examples=60, suppress_health_check=list(HealthCheck))
    @given(mutated(target))
    def check(data: bytes) -> None:
        attempt(target, data[: target.most])

    check()


@pytest.mark.parametrize("path", FOUND, ids=lambda path: f"{path.parent.name}/{path.name}")
def test_what_was_once_found_stays_mended(path: Path) -> None:
    """Inputs that a fuzzer has found are kept, and judged again."""
    judge(TARGETS[path.parent.name], path.read_bytes())
