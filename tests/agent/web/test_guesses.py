"""Password guessing: it is slowed down by address, and delays nobody whose password is known."""

from __future__ import annotations

import asyncio
import base64
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import bcrypt
import pytest

from agent.web.auth import Users
from agent.web.crowd import Client, Crowd, Known
from agent.web.guesses import Guesses, Verdict
from agent.web.limits import ConnectionLimits


def _basic(text: str) -> str:
    return "Basic " + base64.b64encode(text.encode()).decode()


class Now:
    """A clock that a test moves."""

    def __init__(self) -> None:
        self.time = 0.0

    def __call__(self) -> float:
        return self.time


@pytest.fixture
def now() -> Now:
    return Now()


@pytest.fixture
def crowd() -> Crowd:
    return Crowd(ConnectionLimits(), Known())


@pytest.fixture
def guesses(tmp_path: Path, crowd: Crowd, now: Now) -> Iterator[Guesses]:
    path = tmp_path / "users"
    path.write_text("ann:" + bcrypt.hashpw(b"right", bcrypt.gensalt(4)).decode() + "\n")
    path.chmod(0o600)
    made = Guesses(Users(path), crowd, monotonic=now)
    yield made
    made.close()


def _client(crowd: Crowd, address: str) -> Client:
    found = crowd.admit(address)
    assert found is not None
    return found


async def test_an_address_has_ten_wrong_passwords_then_one_in_five_seconds(
    guesses: Guesses, crowd: Crowd, now: Now, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Also when it asks all at once and by several connections; no bcrypt is spent beyond."""
    clients = [_client(crowd, "10.0.0.1") for _ in range(30)]
    verdicts = await asyncio.gather(
        *(guesses.check(one, _basic(f"ann:{n}")) for n, one in enumerate(clients))
    )
    assert verdicts.count(Verdict.WRONG) == 10
    assert verdicts.count(Verdict.TOO_MANY) == 20
    for seconds, wanted in ((4.9, Verdict.TOO_MANY), (0.2, Verdict.WRONG), (1, Verdict.TOO_MANY)):
        now.time += seconds
        assert await guesses.check(clients[0], _basic("eve:x")) is wanted
    monkeypatch.setattr(bcrypt, "checkpw", lambda *_: pytest.fail("a bcrypt was spent"))
    assert await guesses.check(clients[0], _basic("ann:right")) is Verdict.TOO_MANY


async def test_a_right_password_takes_back_the_wrong_ones_before_it(
    guesses: Guesses, crowd: Crowd
) -> None:
    """After nine slips and a login an address has ten guesses again, and no more than ten."""
    client = _client(crowd, "10.0.0.1")
    for n in range(9):
        assert await guesses.check(client, _basic(f"ann:{n}")) is Verdict.WRONG
    assert await guesses.check(client, _basic("ann:right")) is Verdict.RIGHT
    verdicts = [await guesses.check(client, _basic(f"ann:{n}")) for n in range(11)]
    assert verdicts == [Verdict.WRONG] * 10 + [Verdict.TOO_MANY]


async def test_guesses_of_one_address_cost_no_other(guesses: Guesses, crowd: Crowd) -> None:
    """Another address logs in, and the guesser's own remembered users go on."""
    guesser, other = _client(crowd, "10.0.0.1"), _client(crowd, "10.0.0.2")
    assert await guesses.check(guesser, _basic("ann:right")) is Verdict.RIGHT
    for n in range(20):
        await guesses.check(guesser, _basic(f"ann:{n}"))
    assert await guesses.check(guesser, _basic("ann:no")) is Verdict.TOO_MANY
    assert await guesses.check(guesser, _basic("ann:right")) is Verdict.RIGHT
    assert await guesses.check(other, _basic("ann:right")) is Verdict.RIGHT
    assert other.known


async def test_addresses_of_one_network_of_ipv6_count_as_one(
    guesses: Guesses, crowd: Crowd
) -> None:
    """A single host has 2^64 addresses there."""
    verdicts = [
        await guesses.check(_client(crowd, f"2001:db8::{n:x}"), _basic("ann:x")) for n in range(15)
    ]
    assert verdicts.count(Verdict.WRONG) == 10
    assert await guesses.check(_client(crowd, "2001:db8:0:1::1"), _basic("a:x")) is Verdict.WRONG


async def test_a_full_queue_of_strangers_does_not_delay_a_known_address(
    guesses: Guesses, crowd: Crowd, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Sixteen addresses wait for bcrypt, the next is told so; a known one has its own queue."""
    known = _client(crowd, "10.1.0.1")
    crowd.recognise(known)
    held = asyncio.Event()
    loop = asyncio.get_running_loop()
    real = loop.run_in_executor

    async def hold(pool: Any, call: Any, header: str) -> bool:
        if header == _basic("ann:right"):
            return bool(await real(pool, call, header))
        await held.wait()
        return False

    monkeypatch.setattr(loop, "run_in_executor", hold)
    waiting = [
        asyncio.create_task(guesses.check(_client(crowd, f"10.2.0.{n}"), _basic("ann:x")))
        for n in range(16)
    ]
    await asyncio.sleep(0)
    assert await guesses.check(_client(crowd, "10.3.0.1"), _basic("ann:y")) is Verdict.BUSY
    assert await guesses.check(known, _basic("ann:right")) is Verdict.RIGHT
    held.set()
    assert set(await asyncio.gather(*waiting)) == {Verdict.WRONG}
