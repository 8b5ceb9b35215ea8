"""Thousands of log lines of one kind become a few and a count."""

from __future__ import annotations

import logging
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from agent.cli import main
from agent.manylines import ManyLines


class Kept(logging.Handler):
    """A handler that keeps its lines."""

    def __init__(self) -> None:
        super().__init__()
        self.lines: list[str] = []

    def emit(self, record: logging.LogRecord) -> None:
        self.lines.append(record.getMessage())


class Told:
    """A log with the filter, a clock, and what the filter has planned."""

    def __init__(self) -> None:
        self.now = 1000.0
        self.planned: list[tuple[float, Callable[[], None]]] = []
        self.kept = Kept()
        self.kept.addFilter(
            ManyLines(clock=lambda: self.now, later=lambda *planned: self.planned.append(planned))
        )
        self.log = logging.getLogger("agent.test")

    def minute(self) -> None:
        """Have the rest of the minute pass."""
        for seconds, function in self.planned:
            self.now += seconds
            function()
        self.planned.clear()


@pytest.fixture
def told() -> Iterator[Told]:
    """Return a log whose lines go to one handler only."""
    root = logging.getLogger("agent")
    made, level = Told(), root.level
    root.addHandler(made.kept)
    root.setLevel("INFO")
    yield made
    root.removeHandler(made.kept)
    root.setLevel(level)


def test_three_thousand_that_are_back_are_ten_lines_and_one(told: Told) -> None:
    """The eleventh line says how many more there were, with the last as its example."""
    for n in range(3000):
        told.log.info("%s: back", f"snmp pdu-{n}")
    told.minute()
    assert told.kept.lines == [
        *(f"snmp pdu-{n}: back" for n in range(10)),
        "2990 more lines like this one: snmp pdu-2999: back",
    ]


def test_few_lines_are_told_at_once_and_each(told: Told) -> None:
    """Nothing is planned for them, in this minute or the next."""
    for _ in range(5):
        for n in range(10):
            told.log.warning("%s: %s", f"snmp pdu-{n}", "no answer")
        told.now += 61.0
    assert len(told.kept.lines) == 50
    assert not told.planned


def test_kinds_are_counted_apart(told: Told) -> None:
    """By level, by text and by all arguments but the device."""
    for n in range(12):
        told.log.warning("%s: %s", f"snmp pdu-{n}", "no answer")
        told.log.warning("%s: %s", f"snmp pdu-{n}", "connection refused")
        told.log.info("%s: %s", f"snmp pdu-{n}", "no answer")
    told.minute()
    more = [line for line in told.kept.lines if "more lines" in line]
    assert more == [
        "2 more lines like this one: snmp pdu-11: no answer",
        "2 more lines like this one: snmp pdu-11: connection refused",
        "2 more lines like this one: snmp pdu-11: no answer",
    ]


def test_addresses_do_not_make_another_kind(told: Told) -> None:
    """Forty meters behind four gateways fail alike: their lines differ only in numbers."""
    for n in range(40):
        said = f"10.0.{n % 4}.7:502 unit {n}: no answer within 5 s"
        told.log.warning("%s: %s", f"modbus main-{n}", said)
    told.minute()
    assert len(told.kept.lines) == 11
    assert told.kept.lines[-1].startswith(
        "30 more lines like this one: modbus main-39: 10.0.3.7:502"
    )


def test_each_minute_has_its_own_count(told: Told) -> None:
    """What goes on is told once a minute, by ten lines and one."""
    for minute in range(3):
        for n in range(11):
            told.log.info("%s: back", f"m{minute}-{n}")
        told.minute()
        told.now += 1.0
    assert sum(line.startswith("1 more lines") for line in told.kept.lines) == 3
    assert len(told.kept.lines) == 33


def test_a_handler_of_another_program_gets_no_filter(tmp_path: Path) -> None:
    """Whoever calls the command from a program of its own keeps all lines of its own handlers."""
    assert main(["run", "--config", str(tmp_path / "none.yaml")]) == 2
    found = [one for handler in logging.getLogger().handlers for one in handler.filters]
    assert not any(isinstance(one, ManyLines) for one in found)
