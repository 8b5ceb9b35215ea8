"""Maintenance windows: what a file may say, what a window covers,
and the command that writes it.
"""

from __future__ import annotations

import logging
from pathlib import Path

import pytest

from agent.cli import main
from agent.inventory.maintenance import FILE, Kept, Window, load, save
from collectors.strict import Problems

NOW = 1_796_083_200.0
"""2026-12-01T00:00:00Z."""


def window(**more: str) -> Window:
    stated = {"since": "2026-12-01T08:00+08:00", "until": "2026-12-01T10:00+08:00", "why": "swap"}
    return Window(**{**stated, **more})


def test_a_window_holds_from_its_beginning_to_before_its_end() -> None:
    """08:00 in Shanghai is 00:00 UTC; two hours later it is over."""
    one = window(rack="A07")
    assert one.begins == NOW
    covered = [one.covers("s", "A", "A07", NOW + after) for after in (-1, 0, 7199, 7200)]
    assert covered == [False, True, True, False]


@pytest.mark.parametrize(
    ("stated", "covers"),
    [
        ({"rack": "A07"}, [True, False, False, False]),
        ({"site": "s", "row": "A"}, [True, True, False, False]),
        ({"site": "s"}, [True, True, True, False]),
        ({"site": "t", "rack": "A07"}, [False, False, False, False]),
    ],
)
def test_a_window_is_of_a_rack_a_row_or_a_site(stated: dict[str, str], covers: list[bool]) -> None:
    """It covers no rack of another row or site."""
    places = (("s", "A", "A07"), ("s", "A", "A08"), ("s", "B", "B01"), ("t", "A", "T01"))
    assert [window(**stated).covers(*place, NOW) for place in places] == covers


@pytest.mark.parametrize(
    ("line", "said"),
    [
        ("{since: 2026-12-01T08:00+08:00, until: 2026-12-01T09:00+08:00, why: x}", "rack: missing"),
        ("{rack: A, since: 2026-12-01T08:00, until: 2026-12-01T09:00+08:00, why: x}", "its zone"),
        (
            "{rack: A, since: 2026-12-01T08:00+08:00, until: 2026-12-01T08:00+08:00, why: x}",
            "after",
        ),
        ("{rack: A, since: 2026-12-01T08:00+08:00, until: 2026-12-01T09:00+08:00, why: ''}", "why"),
        ("{rack: A, until: 2026-12-01T09:00+08:00, why: x}", "since"),
    ],
)
def test_a_mistake_in_the_file_is_told_with_its_line(tmp_path: Path, line: str, said: str) -> None:
    """A window of nothing, a time without a zone, an end before the beginning, no reason."""
    (tmp_path / FILE).write_text(f"windows:\n  - {line}\n", "utf-8")
    with pytest.raises(Problems, match=said) as error:
        load(tmp_path)
    assert f"{FILE}:2" in str(error.value)


def test_a_file_that_is_changed_is_read_again_and_a_wrong_one_changes_nothing(
    tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    """The agent takes a new window without a reload; a mistake is told once."""
    kept = Kept(tmp_path)
    assert kept.now() == ()
    save(tmp_path, [window(rack="A07")])
    assert [one.rack for one in kept.now()] == ["A07"]
    (tmp_path / FILE).write_text("windows: 3\n", "utf-8")
    with caplog.at_level(logging.WARNING):
        assert [one.rack for one in kept.now()] == ["A07"]
        assert [one.rack for one in kept.now()] == ["A07"]
    assert len(caplog.records) == 1
    (tmp_path / FILE).unlink()
    assert kept.now() == ()


def test_the_command_adds_lists_and_ends(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """A window of two hours is listed until it is ended; there is nothing to end after that."""
    config = tmp_path / "config.yaml"
    config.write_text(f"hub: guian\nstate_dir: {tmp_path}\ncollectors: {{host: {{}}}}\n", "utf-8")
    where = ["--config", str(config)]
    add = ["maintenance", "add", *where, "--rack", "A07", "--for", "2h", "--why", "换 PDU"]
    assert main(add) == 0
    (one,) = load(tmp_path)
    assert (one.rack, one.ends - one.begins, one.why) == ("A07", 7200.0, "换 PDU")
    capsys.readouterr()
    assert main(["maintenance", "list", *where]) == 0
    assert "A07  now" in capsys.readouterr().out
    assert main(["maintenance", "list", *where, "--language", "zh"]) == 0
    assert "A07  进行中" in capsys.readouterr().out
    assert main(["maintenance", "end", *where, "--rack", "A08"]) == 1
    assert main(["maintenance", "end", *where, "--rack", "A07"]) == 0
    assert load(tmp_path) == ()
    assert main([*add[:-4], "--for", "soon", "--why", "x"]) == 2
    assert "expected a duration" in capsys.readouterr().err
