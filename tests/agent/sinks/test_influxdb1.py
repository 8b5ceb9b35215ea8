"""The sink and a real InfluxDB 1.x, by its own `/write`."""

from __future__ import annotations

from pathlib import Path

import pytest

from agent.loading import load_all
from collectors.strict import Problems
from tests.agent.sinks.answers import SECRET, T0
from tests.agent.sinks.peers import Scripted, batch, drained, sink
from tests.support import wait_for
from tests.support.oldinflux import OldInflux


def test_it_is_written_by_its_own_api(tmp_path: Path) -> None:
    """Each sample is stored once, at its own time; a bad line is set aside alone."""
    with OldInflux(tmp_path).up() as database:
        with sink(database.url, tmp_path, target={"database": "hub"}) as made:
            for turn in range(3):
                made.accept(batch(turn, when=T0 + turn, racks=2))
            made.spool.put(T0, b"poison v=1.0i.5 1\n", 1)
            drained(made)
            assert made.spool.state().dropped == {"dead_letter": 1}
        series = database.ask("SELECT power_watts FROM test_rack GROUP BY rack")
    times = [round(T0 * 1000) + 1000 * turn for turn in range(3)]
    assert {one["tags"]["rack"]: one["values"] for one in series} == {
        rack: [[moment, turn] for turn, moment in enumerate(times)] for rack in ("A000", "A001")
    }


@pytest.mark.parametrize(
    ("target", "asked"),
    [
        ({"database": "hub"}, "/write?db=hub&precision=ms"),
        (
            {"database": "hub", "retention_policy": "year"},
            "/write?db=hub&rp=year&precision=ms",
        ),
        (
            {"org": "o", "bucket": "b"},
            "/api/v2/write?org=o&bucket=b&precision=ms",
        ),
        ({"database": "hub", "api": "v3"}, "/api/v3/write_lp?db=hub&precision=millisecond"),
    ],
)
def test_the_address_says_where_samples_are_kept(
    scripted: Scripted, tmp_path: Path, target: dict[str, str], asked: str
) -> None:
    """Database and retention policy of 1.x, organisation and bucket of 2, or the database of 3, are
    in the query.
    """
    with sink(scripted.url, tmp_path, target=target) as made:
        made.accept(batch(1.0, when=T0))
        drained(made)
    assert {request.path for request in scripted.requests} == {asked}


def test_a_token_of_influxdb_3(scripted: Scripted, tmp_path: Path) -> None:
    """Its own API takes a bearer token; no user goes with it."""
    token = tmp_path / "token"
    token.write_text(SECRET)
    token.chmod(0o600)
    target = {"database": "hub", "api": "v3"}
    with sink(scripted.url, tmp_path, target=target, token_file=token) as made:
        made.accept(batch(1.0, when=T0))
        drained(made)
    assert scripted.requests[0].headers["Authorization"] == f"Bearer {SECRET}"


def test_a_user_and_its_password(tmp_path: Path, caplog: pytest.LogCaptureFixture) -> None:
    """A wrong password keeps the samples; once its file is mended they are stored.

    A password may have any letters: it is sent as Base64 of UTF-8 (RFC 7617).
    """
    password = f"{SECRET}ß密"
    token = tmp_path / "password"
    token.write_text("wrong\n")
    token.chmod(0o600)
    with OldInflux(tmp_path).up(users=True) as database:
        database.ask(f"CREATE USER agent WITH PASSWORD '{password}' WITH ALL PRIVILEGES")
        target = {"database": "hub", "username": "agent"}
        with sink(database.url, tmp_path, token_file=token, target=target) as made:
            made.accept(batch(1.0, when=T0))
            wait_for(lambda: made.requests["401"] >= 2)
            token.write_text(password + "\n")
            # The password is good now, and the database is still to be made.
            wait_for(lambda: made.requests["404"] >= 1)
            assert made.spool.state().waiting == 1
            login = {"u": "agent", "p": password}
            database.ask("CREATE DATABASE hub", **login)
            drained(made)
            found = database.ask("SELECT count(power_watts) FROM test_rack", **login)
            assert found[0]["values"][0][1] == 1
    assert SECRET not in caplog.text
    file = tmp_path / "config.yaml"
    said = f"url: '{database.url}', database: hub, username: agent, token_file: password"
    file.write_text(f"hub: guian\nsite: huawei-guian-1\noutputs:\n  influxdb: {{{said}}}\n")
    load_all(file)


@pytest.mark.parametrize(
    ("keys", "said"),
    [
        ("database: a, org: b", "org and bucket are for InfluxDB 2"),
        ("database: a, bucket: b", "org and bucket are for InfluxDB 2"),
        ("username: a", "give its database too"),
        ("retention_policy: a", "give its database too"),
        ("database: a, username: b", "belong together"),
        ("api: v3", "api: v3 needs database"),
        ("api: v3, database: a, username: b", "takes no username"),
        ("api: v2, database: a", "expected"),
    ],
)
def test_keys_of_two_apis_do_not_mix(tmp_path: Path, keys: str, said: str) -> None:
    """A config that names both write APIs, or half of a login, is refused by one line."""
    file = tmp_path / "config.yaml"
    file.write_text(f"outputs:\n  influxdb: {{url: 'http://127.0.0.1:1', {keys}}}\n")
    with pytest.raises(Problems, match=said):
        load_all(file)
