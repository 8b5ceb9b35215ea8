"""Fixtures that several files of this folder use."""

from __future__ import annotations

import logging
from collections.abc import Iterator

import pytest

from tests.collectors.power.redfish.services import PASSWORD
from tests.support import HANGS


@pytest.fixture(autouse=True)
def patient_goodbye(monkeypatch: pytest.MonkeyPatch) -> None:
    """A logout may take its time: a busy machine needs it."""
    monkeypatch.setattr("collectors.power.redfish.link._GOODBYE", HANGS)


@pytest.fixture
def nothing_is_told(
    caplog: pytest.LogCaptureFixture, capfd: pytest.CaptureFixture[str]
) -> Iterator[None]:
    """Whatever happens, no secret is in the log or on the screen."""
    caplog.set_level(logging.DEBUG)
    yield
    out = "".join(capfd.readouterr()) + caplog.text
    assert not [word for word in (PASSWORD, "token-", "Basic ") if word in out]
