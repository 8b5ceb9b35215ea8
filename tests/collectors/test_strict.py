"""The strict YAML reader."""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Literal

import pytest
import yaml
from hypothesis import given
from hypothesis import strategies as st

from collectors.base import ConfigError
from collectors.strict import (
    Duration,
    Positive,
    Problems,
    Ratio,
    Size,
    nodes,
    parse_duration,
    parse_size,
    read,
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Device:
    address: str
    version: Literal["1", "2c", "3"] = "2c"
    timeout: Duration = 5.0


@dataclass(frozen=True, slots=True, kw_only=True)
class File:
    hub: str
    size: Size = 1
    share: Ratio = 0.5
    power: Positive | None = None
    on: bool = True
    path: Path | None = None
    devices: list[Device] = field(default_factory=list)

    def __post_init__(self) -> None:
        if self.hub == "nowhere":
            message = "hub: there is no such hub"
            raise ValueError(message)


def problems(text: str) -> list[str]:
    with pytest.raises(Problems) as caught:
        read("c.yaml", File, text=text)
    return [str(error) for error in caught.value.errors]


def test_a_good_file_is_read_with_its_notations() -> None:
    """Durations, sizes, paths beside the file, and nested models."""
    found = read(
        "/etc/x/c.yaml",
        File,
        text="hub: guian\nsize: 2GiB\npath: a.yaml\ndevices: [{address: '1:2', timeout: 1h30m}]\n",
    )
    assert found == File(
        hub="guian",
        size=2**31,
        path=Path("/etc/x/a.yaml"),
        devices=[Device(address="1:2", timeout=5400.0)],
    )


@pytest.mark.parametrize(
    ("text", "line"),
    [
        ("hubs: x\nhub: a", "c.yaml:1: hubs: unknown key; did you mean hub?"),
        ("hub: a\nsize: 2G", "c.yaml:2: size: expected a size such as 512MiB or 2GiB, got '2G'"),
        (
            "hub: a\nshare: 1.5",
            "c.yaml:2: share: expected a number of at least 0 and at most 1, got 1.5",
        ),
        ("hub: a\npower: -1", "c.yaml:2: power: expected a number of at least 1e-12, got -1"),
        ("hub: a\non: yes", "c.yaml:2: on: expected true or false, got 'yes'"),
        ('hub: a\npath: "b\\0c"', r"c.yaml:2: path: expected a path, got 'b\x00c'"),
        ("hub: a\nhub: b", "c.yaml:2: hub: given twice (first in line 1)"),
        (
            "hub: a\ndevices:\n- {address: a, timeout: 5}",
            (
                "c.yaml:3: devices[0].timeout: expected a duration such as 15s, 500ms or 1h30m, got"
                " '5'"
            ),
        ),
        ("hub: a\ndevices:\n- {}", "c.yaml:3: devices[0].address: missing; expected a text"),
        ("hub: nowhere", "c.yaml:1: hub: there is no such hub"),
        ("hub: [", "c.yaml:1: is not YAML: did not find expected node content"),
        ("", "c.yaml:1: hub: missing; expected a text"),
        (
            "hub: a\ndevices: &d [*d]",
            "c.yaml:2: devices[0]: expected a mapping with the keys address, version, timeout",
        ),
    ],
)
def test_each_mistake_is_one_line(text: str, line: str) -> None:
    """File, line, key, and what was expected."""
    assert problems(text) == [line]


def test_all_mistakes_are_shown_at_once() -> None:
    """One run names everything wrong."""
    assert len(problems("hub: a\nsize: x\nshare: x\non: x")) == 3


def test_a_missing_file_is_one_line(tmp_path: Path) -> None:
    """A file that is not there is named."""
    with pytest.raises(Problems, match=r"none\.yaml: cannot be read: No such file"):
        read(tmp_path / "none.yaml", File)


@given(st.text())
def test_no_text_breaks_the_reader(text: str) -> None:
    """Any text is read, or is a list of clear lines."""
    errors: list[ConfigError] = []
    try:
        read("c.yaml", File, text=text)
    except Problems as found:
        errors = found.errors or [ConfigError("nothing was\nsaid")]
    assert all(len(str(error).splitlines()) == 1 for error in errors)


@pytest.mark.parametrize(
    ("text", "seconds"),
    [("15s", 15), ("500ms", 0.5), ("1h30m", 5400), ("1d", 86400), ("2.5s", 2.5)],
)
def test_durations(text: str, seconds: float) -> None:
    """The notation Prometheus users know."""
    assert parse_duration(text) == seconds


@pytest.mark.parametrize("text", ["5", "s", "-1s", "0s", "1x", "1s ", "99999999999d"])
def test_bad_durations(text: str) -> None:
    """Zero, negative, unitless and absurd durations are refused."""
    with pytest.raises(ValueError, match=re.escape(text)):
        parse_duration(text)


def test_sizes() -> None:
    """Binary and decimal units are told apart."""
    assert parse_size("2GiB") == 2**31
    assert parse_size("2GB") == 2 * 10**9


@pytest.mark.parametrize("loader", [yaml.CSafeLoader, yaml.SafeLoader])
@pytest.mark.parametrize(
    ("raw", "said"),
    [
        (b"a: 1\nb: \xc3\xa9\nc: \0x\n", ":3: is not YAML: "),
        (b"a: 1\n\xc3\xa9: 2\n# \xff\n", ":3: is not UTF-8"),
        (b"a: 1\r\n# \xc3\xa9\r\n\r\nb: \x07\r\n", ":4: is not YAML: "),
    ],
)
def test_a_character_that_may_not_be_is_named_by_its_line(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, loader: Any, raw: bytes, said: str
) -> None:
    """Whichever of the two parsers reads the file."""
    monkeypatch.setattr(nodes, "LOADER", loader)
    path = tmp_path / "c.yaml"
    path.write_bytes(raw)
    with pytest.raises(Problems) as caught:
        nodes.compose(path, "c.yaml", None)
    assert said in str(caught.value)


def test_an_error_is_one_line_whatever_the_file_says() -> None:
    """Ends of lines, of Unicode's too, and what a terminal obeys are written as escapes."""
    error = ConfigError("unknown key\n\u2028", file="c.yaml", line=3, key="a\x1b[2J\x85b")
    assert str(error) == r"c.yaml:3: a\x1b[2J\x85b: unknown key\n\u2028"
