"""At what rate a device is heard."""

from __future__ import annotations

from collectors.events.senders import Bucket


def test_a_bucket_fills_with_time() -> None:
    """Two at once, then one in two seconds: at 0.5 a second, 3 of 5 pass in the first 2 s."""
    bucket = Bucket(0.5, 2)
    assert [bucket.takes(at) for at in (0.0, 0.0, 0.0, 1.0, 2.0)] == [
        True,
        True,
        False,
        False,
        True,
    ]
