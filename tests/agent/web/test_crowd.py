"""Who is let in when there are too many, and who has to go."""

from __future__ import annotations

from ipaddress import ip_network

import pytest

from agent.web import crowd as module
from agent.web.crowd import Client, Crowd, Known, origin_of
from agent.web.limits import ConnectionLimits


class Door:
    """A crowd with a clock that a test moves; it notes who was cut."""

    def __init__(self, *networks: str, total: int = 16, each: int = 16) -> None:
        self.time = 0.0
        self.cut: list[str] = []
        self.crowd = Crowd(
            ConnectionLimits(max_connections=total, per_address=each),
            Known([ip_network(text) for text in networks]),
            monotonic=lambda: self.time,
        )

    def comes(self, address: str) -> Client | None:
        client = self.crowd.admit(address)
        if client is not None:
            client.cut = lambda: self.cut.append(address)
        return client


def test_an_eighth_is_kept_for_known_addresses() -> None:
    """Of 16 places, strangers have 14; the addresses of the config have the others too."""
    door = Door("10.9.0.0/24")
    assert sum(door.comes(f"10.0.0.{n}") is not None for n in range(20)) == 14
    assert sum(door.comes("10.9.0.7") is not None for _ in range(5)) == 2
    assert door.cut == []


def test_an_address_has_its_share_only() -> None:
    """Three of one address; another one is still let in, also by its IPv4 in IPv6 form."""
    door = Door(each=3)
    assert [door.comes("10.0.0.1") is not None for _ in range(5)] == [True] * 3 + [False] * 2
    assert door.comes("::ffff:10.0.0.1") is None
    assert door.comes("10.0.0.2") is not None


def test_who_keeps_us_waiting_longest_gives_up_its_place() -> None:
    """A newcomer takes it, but not from one that has just come, nor from one we work for."""
    door = Door(total=4)
    first, second = door.comes("10.0.0.1"), door.comes("10.0.0.2")
    assert first is not None
    assert second is not None
    door.crowd.begins(first)
    door.time = 1.0
    assert [door.comes(f"10.0.1.{n}") is not None for n in range(4)] == [True, True, True, False]
    assert door.cut == ["10.0.0.2"]
    door.time = 2.0
    door.crowd.waits(first)
    door.time = 2.1
    assert door.comes("10.0.3.1") is not None
    assert door.cut == ["10.0.0.2", "10.0.1.0"]


def test_a_stranger_never_takes_the_place_of_a_known_client() -> None:
    """Prometheus rests between two scrapes, and keeps its connection."""
    door = Door("10.9.0.0/24", total=4)
    assert all(door.comes("10.9.0.7") for _ in range(4))
    door.time = 100.0
    assert door.comes("10.0.0.1") is None
    assert door.cut == []
    assert door.comes("10.9.0.8") is not None
    assert door.cut == ["10.9.0.7"]


def test_requests_of_strangers_are_bounded_and_those_of_known_clients_are_not(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """The slowest reader among strangers is ended for the next request."""
    monkeypatch.setattr(module, "BUSY_REQUESTS", 2)
    door = Door("10.9.0.0/24")
    one, two, three = filter(None, (door.comes(f"10.0.0.{n}") for n in (1, 2, 3)))
    assert [door.crowd.begins(client) for client in (one, two, three)] == [True, True, False]
    for _ in range(3):
        known = door.comes("10.9.0.7")
        assert known is not None
        assert door.crowd.begins(known)
    door.crowd.waits(two)  # it has been sent a part, and does not read
    door.time = 1.0
    assert door.crowd.begins(three)
    assert door.cut == ["10.0.0.2"]
    door.crowd.done(one)
    door.crowd.leave(one)
    door.crowd.leave(one)
    four = door.comes("10.0.0.4")
    assert four is not None
    assert door.crowd.begins(four)


def test_a_stranger_with_a_right_password_becomes_known() -> None:
    """Its address goes first from then on, and its place is free for strangers."""
    door = Door(total=8)
    clients = [door.comes("10.0.0.1") for _ in range(7)]
    assert door.comes("10.0.0.2") is None
    assert clients[0] is not None
    door.crowd.recognise(clients[0])
    assert door.comes("10.0.0.2") is not None
    assert len(door.crowd) == 8
    assert "10.0.0.1" in door.crowd.known


@pytest.mark.parametrize(
    ("address", "origin"),
    [
        ("10.1.2.3", "10.1.2.3"),
        ("::ffff:10.1.2.3", "10.1.2.3"),
        ("2001:db8:1:2:3:4:5:6", "2001:db8:1:2::/64"),
        ("fe80::1%eth0", "fe80::/64"),
    ],
)
def test_what_counts_as_one_address(address: str, origin: str) -> None:
    """A /64 of IPv6 belongs to one subscriber."""
    assert origin_of(address) == origin
