"""From when until when a certificate is valid: what is written by `cryptography` is read back."""

from __future__ import annotations

import datetime as dt

import pytest

from collectors.validity import Validity, validities
from tests.support.certificates import valid_between


@pytest.mark.parametrize(
    ("begin", "end"),
    [
        (dt.datetime(2026, 1, 2, 3, 4, 5, tzinfo=dt.UTC), dt.datetime(2049, 12, 31, tzinfo=dt.UTC)),
        (dt.datetime(1999, 1, 1, tzinfo=dt.UTC), dt.datetime(2050, 1, 1, tzinfo=dt.UTC)),
        (
            dt.datetime(1950, 1, 1, tzinfo=dt.UTC),
            dt.datetime(9999, 12, 31, 23, 59, 59, tzinfo=dt.UTC),
        ),
    ],
)
def test_both_forms_of_times_are_read(begin: dt.datetime, end: dt.datetime) -> None:
    """Up to 2049 as UTCTime, later as GeneralizedTime (RFC 5280, 4.1.2.5)."""
    pem = valid_between(begin, end)
    assert validities(pem + "between\n" + pem) == [Validity(begin, end)] * 2


def test_what_is_no_certificate_has_none() -> None:
    """Nothing is told of it here: loading it tells."""
    head, tail = "-----BEGIN CERTIFICATE-----\n", "\n-----END CERTIFICATE-----\n"
    pem = valid_between(
        dt.datetime(2026, 1, 1, tzinfo=dt.UTC), dt.datetime(2027, 1, 1, tzinfo=dt.UTC)
    )
    body = pem.partition(head)[2].partition(tail)[0]
    for broken in ("", "MAA=", "!", body[:40], body[:-44]):
        assert validities(head + broken + tail) in ([], validities(pem))
    assert validities("no PEM") == []


def test_what_is_not_valid_says_since_when_or_until_when() -> None:
    """A time at either end is within."""
    begin, end = (dt.datetime(2026, month, 3, 4, 5, tzinfo=dt.UTC) for month in (1, 2))
    one, moment = Validity(begin, end), dt.timedelta(seconds=1)
    assert one.problem(begin - moment) == "is valid only from 2026-01-03 04:05 UTC on"
    assert one.problem(begin) == one.problem(end) == ""
    assert one.problem(end + moment) == "expired on 2026-02-03 04:05 UTC"
