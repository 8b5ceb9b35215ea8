"""The times of a file, read with the zone they are local to."""

from __future__ import annotations

import datetime as dt
import math
import re
from collections.abc import Sequence
from itertools import pairwise
from typing import Final
from zoneinfo import ZoneInfo

from agent.ledger.imports.refusals import Refused

_EPOCHS: Final = {"epoch": 1000.0, "epoch_ms": 1.0}
_MOST_TIMES: Final = 1_000_000
_FIRST_YEAR: Final = 1990
_LAST_YEAR: Final = 2099
_FIRST_MS: Final = round(dt.datetime(_FIRST_YEAR, 1, 1, tzinfo=dt.UTC).timestamp() * 1000)
_END_MS: Final = round(dt.datetime(_LAST_YEAR + 1, 1, 1, tzinfo=dt.UTC).timestamp() * 1000)
_HALF_DAY_MS: Final = 43_200_000
_PARTS: Final = r" \u00a0\u202f'\u2019"
_DECIMAL_COMMA: Final = re.compile(
    rf"[+-]?(\d+|[1-9]\d{{0,2}}(?P<part>[.{_PARTS}])\d{{3}}((?P=part)\d{{3}})*)"
    r"(,\d*)?([eE][+-]?\d+)?"
)
_GROUPS: Final = re.compile(
    rf"[+-]?[1-9]\d{{0,2}}((?P<part>[{_PARTS}])\d{{3}}((?P=part)\d{{3}})*(\.\d*)?"
    r"|(,\d{3})+\.\d*|(,\d{3}){2,})"
)
"""Groups of three digits. A single comma, as in `1,305`, may also be a decimal one."""
_PARTING: Final = re.compile(f"[,{_PARTS}]")


_DAY_END: Final = re.compile(r"(?<![\d:.])24:00(?=(:00)?(?![\d:]))")
"""The midnight at the end of a day: 24:00 (ISO 8601-1:2019/Amd 1)."""
_ZONE: Final = re.compile(r"(?P<rest>.*?)\s*(?P<zone>[A-Za-z]+)")
_UTC: Final = {"UTC", "GMT", "Z"}


def parse_time(text: str, zone: ZoneInfo, form: str = "") -> dt.datetime:
    """Read a time in ISO 8601, or in a format of strptime; raises Refused.

    A time without an offset is local to `zone`. 24:00 is the midnight at the end of its day. `%Z`
    at the end of a format is `UTC`, or what the zone calls its time then: `CEST`.
    """
    named = form.endswith("%Z") and _ZONE.fullmatch(text)
    words, its_form = (named["rest"], form[:-2].rstrip()) if named else (text, form)
    moment = _parsed(words, its_form, text, form)
    if not _FIRST_YEAR <= moment.year <= _LAST_YEAR:
        raise Refused("time", f"{text} is not in the years {_FIRST_YEAR} to {_LAST_YEAR}")
    if named:
        return _in_named_zone(moment, named["zone"], zone)
    return moment if moment.tzinfo else moment.replace(tzinfo=zone)


def _parsed(words: str, its_form: str, text: str, form: str) -> dt.datetime:
    """Read a time; `text` and `form` are what the file and the user say, for the error."""
    ends_day = _DAY_END.search(words)
    if ends_day:
        words = f"{words[: ends_day.start()]}00{words[ends_day.start() + 2 :]}"
    try:
        moment = (
            dt.datetime.strptime(words, its_form)  # noqa: DTZ007 - the zone comes later
            if form
            else dt.datetime.fromisoformat(words)
        )
        return moment + dt.timedelta(days=1) if ends_day else moment
    except (ValueError, OverflowError):  # the last day that Python knows has no end
        such = f"the form {form}" if form else "ISO 8601 such as 2025-01-31T14:00:00+08:00"
        raise Refused("time", f"expected {such}, got {text!r}") from None


def _in_named_zone(moment: dt.datetime, name: str, zone: ZoneInfo) -> dt.datetime:
    """Return a time whose zone stands behind it as a word; raises Refused for one not known."""
    if name.upper() in _UTC:
        return moment.replace(tzinfo=dt.UTC)
    for fold in (0, 1):
        local = moment.replace(tzinfo=zone, fold=fold)
        if local.tzname() == name:
            return local.astimezone(dt.UTC)
    raise Refused("time", f"{name} is not UTC, nor what {zone.key} calls its time then")


def parse_number(column: str, text: str, *, decimal_comma: bool = False) -> float:
    """Read a number of at least 0; raises Refused.

    Groups of three digits may be parted by spaces or apostrophes. With a decimal comma they may be
    parted by points, and points stand nowhere else; otherwise by commas, where it is plain that
    none of them is a decimal one.
    """
    text = text.strip()
    if decimal_comma:
        if not _DECIMAL_COMMA.fullmatch(text):
            raise Refused(column, f"expected a number such as 1.234,5, got {text!r}")
        text = text.replace(",", ";").replace(".", "").replace(";", ".")
    if decimal_comma or _GROUPS.fullmatch(text):
        text = _PARTING.sub("", text)
    try:
        value = float(text)
    except ValueError:
        raise Refused(column, f"expected a number, got {text!r}") from None
    if not 0 <= value < math.inf:
        hint = "; energy that leaves is imported by itself, with --exported" if value < 0 else ""
        raise Refused(column, f"expected a number of at least 0, got {text}{hint}")
    return value


def in_years(milliseconds: float, text: str) -> int:
    """Return a time since the epoch; raises Refused outside the years that files are of."""
    if not _FIRST_MS <= milliseconds < _END_MS:
        message = f"{text.strip()} is not in the years {_FIRST_YEAR} to {_LAST_YEAR}"
        raise Refused("time", f"{message}; epoch is in seconds, epoch_ms in milliseconds")
    return round(milliseconds)


class TimeReader:
    """Reads the times of one file, each text once; times are milliseconds since the epoch."""

    def __init__(self, zone: ZoneInfo, form: str) -> None:
        self._zone, self._form = zone, form
        self.known: dict[str, int] = {}
        """The times that were read, by their texts."""
        self._repeated: dict[int, int] = {}
        """Local times that come twice, when clocks go back: the first and the second of them."""

    def read(self, text: str) -> int:
        """Return a time. A file has many meters, so the same times again and again."""
        found = self.known.get(text)
        if found is None:
            if len(self.known) > _MOST_TIMES:
                self.known.clear()
            found = self.known[text] = self._parse(text.strip())
        return found

    def _parse(self, text: str) -> int:
        if self._form in _EPOCHS:
            return in_years(parse_number("time", text) * _EPOCHS[self._form], text)
        moment = parse_time(text, self._zone, self._form)
        if moment.tzinfo is not self._zone:
            return round(moment.timestamp() * 1000)
        first, second = (round(moment.replace(fold=fold).timestamp() * 1000) for fold in (0, 1))
        if first < second:
            self._repeated[first] = second
        elif first > second:
            message = f"{text} never was in {self._zone.key}: clocks went forward over it"
            raise Refused("time", message)
        return first

    def later(self, time: int, start: int) -> int:
        """Return a time that lies after `start`: of a local time that comes twice, the second."""
        return self._repeated.get(time, time) if time <= start else time

    def resolve_repeated(self, times: Sequence[int]) -> tuple[list[int], dict[int, Refused]]:
        """Return a meter's times, given in the order of its rows, and the places of unknown ones.

        When clocks go back, an hour comes twice. Rows in order of time show where it begins again:
        there, a time is not later than the one before. Without that, nobody knows which of the two
        hours a row is in.
        """
        found = list(times)
        if not self._repeated or self._repeated.keys().isdisjoint(times):
            return found, {}
        turns: list[_Turn] = []
        before = -_HALF_DAY_MS
        for n in _ascending(times):
            time, second = times[n], self._repeated.get(times[n])
            if second is not None:
                if not turns or abs(time - turns[-1].time) > _HALF_DAY_MS:
                    turns.append(_Turn(time))
                turns[-1].rows.append(n)
                if time <= before < second:
                    found[n] = second
                    turns[-1].is_seen = True
            if found[n] < before and turns:
                turns[-1].note_disorder(found[n], before)
            before = found[n]
        why = f"this time came twice in {self._zone.key}; give its offset from UTC"
        unknown = [n for turn in turns if not turn.is_clear(times) for n in turn.rows]
        return found, {n: Refused("time", why) for n in unknown}


class _Turn:
    """The rows of a meter in an hour that comes twice, which begins at a time."""

    def __init__(self, time: int) -> None:
        self.time = time
        self.rows: list[int] = []
        self.is_seen = self.is_broken = False

    def note_disorder(self, *times: int) -> None:
        """Note that two neighbours are not in order, if either is near."""
        if any(abs(time - self.time) <= _HALF_DAY_MS for time in times):
            self.is_broken = True

    def is_clear(self, times: Sequence[int]) -> bool:
        """Tell whether the rows tell in which of the two hours each is.

        A row that begins a day, or longer, begins it with the first of the two.
        """
        if self.is_seen or self.is_broken:
            return not self.is_broken
        [row, *more] = self.rows
        near = [times[n] for n in (row - 1, row + 1) if 0 <= n < len(times)]
        return not more and bool(near) and all(abs(n - times[row]) > _HALF_DAY_MS for n in near)


def _ascending(times: Sequence[int]) -> Sequence[int]:
    """Return the places of times in the direction in which most of them rise."""
    falls = sum(before > after for before, after in pairwise(times))
    rises = sum(before < after for before, after in pairwise(times))
    order = range(len(times))
    return order[::-1] if falls > rises else order
