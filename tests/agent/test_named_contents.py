"""What files that a config names must hold: certificates, their keys, and users with hashes."""

from __future__ import annotations

import os
import subprocess
from pathlib import Path

import pytest

from agent.cli import main
from agent.loading import load_all
from agent.settings import Http, Tls
from agent.web.connections import TimedProtocol, uvicorn_config
from collectors.base import ConfigError
from tests.support import binary
from tests.support.certificates import self_signed
from tests.support.users import HASH


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """A folder with two certificates, good and bad files beside them."""
    for name in ("ours", "other"):
        self_signed(tmp_path, name)
    encrypt = "ec -in ours.key -aes256 -passout pass:x -out closed.key"
    subprocess.run([binary("openssl"), *encrypt.split()], cwd=tmp_path, check=True, timeout=60)
    files = {
        "garbage": "garbage\n",
        "token": "t\n",
        "users": f"# comment\n\nalice:{HASH}\n",
        "plain": f"alice:{HASH}\nbob:hunter2\n",
        "salt": f"alice:{HASH.replace('u', 'v')}\n",
        "last": f"alice:{HASH[:-1]}v\n",
        "costly": f"alice:{HASH.replace('$05$', '$31$')}\n",
        "nobody": "# alice is to come\n\n",
    }
    for name, text in files.items():
        (tmp_path / name).write_text(text)
    for each in tmp_path.iterdir():
        each.chmod(0o600)
    os.mkfifo(tmp_path / "pipe", 0o600)
    return tmp_path


def checked(folder: Path, text: str, capsys: pytest.CaptureFixture[str]) -> list[str]:
    """Return what `check` says of a config, without the folder; the status fits it."""
    path = folder / "config.yaml"
    path.write_text(f"hub: guian\nsite: s\n{text}")
    status = main(["check", str(path)])
    said = capsys.readouterr().err.replace(f"{folder}/", "").splitlines()
    assert status == (2 if said else 0)
    return said


def tls(**files: str) -> str:
    """Return a section `outputs: http: tls:`, with a key in each line; the first is line 6."""
    named = {"cert_file": "ours.pem", "key_file": "ours.key", **files}
    pairs = "".join(f"      {key}: {file}\n" for key, file in named.items())
    return f"outputs:\n  http:\n    tls:\n{pairs}"


@pytest.mark.parametrize(
    ("files", "said"),
    [
        ({"cert_file": "garbage"}, "6: CERT_FILE: garbage: expected a certificate, in PEM"),
        ({"cert_file": "ours.key"}, "6: CERT_FILE: ours.key: expected a certificate, in PEM"),
        ({"cert_file": "pipe"}, "6: CERT_FILE: pipe: expected a regular file"),
        (
            {"key_file": "garbage"},
            "7: KEY_FILE: garbage: expected a private key, in PEM and without a passphrase",
        ),
        (
            {"key_file": "closed.key"},
            "7: KEY_FILE: closed.key: expected a private key, in PEM and without a passphrase",
        ),
        (
            {"key_file": "other.key"},
            "7: KEY_FILE: other.key: expected the private key of the first certificate in ours.pem",
        ),
        ({"key_file": "nowhere"}, "7: KEY_FILE: no such file: nowhere"),
        ({"key_file": "pipe"}, "7: KEY_FILE: pipe: a secret must be a regular file"),
        (
            {"client_ca_file": "garbage"},
            "8: CLIENT_CA_FILE: garbage: expected certificates of authorities, in PEM",
        ),
    ],
)
def test_the_servers_certificates_are_loaded(
    folder: Path, capsys: pytest.CaptureFixture[str], files: dict[str, str], said: str
) -> None:
    """One line with file, line, key and what was expected, before the server is started."""
    number, key, problem = said.split(": ", 2)
    told = [f"config.yaml:{number}: outputs.http.tls.{key.lower()}: {problem}"]
    assert checked(folder, tls(**files), capsys) == told


@pytest.mark.parametrize(
    ("section", "keys"),
    [
        ("  influxdb: {url: 'https://h', ca_file: garbage}", ["outputs.influxdb.ca_file"]),
        (
            (
                "  remote_write:\n    {url: 'https://h/w', ca_file:"
                " garbage, cert_file: ours.pem, key_file: other.key}"
            ),
            ["outputs.remote_write.ca_file", "outputs.remote_write.key_file"],
        ),
    ],
)
def test_the_certificates_of_outputs_are_loaded(
    folder: Path, capsys: pytest.CaptureFixture[str], section: str, keys: list[str]
) -> None:
    """Also those that this agent shows to a database; each mistake is told."""
    lines = checked(folder, f"outputs:\n{section}\n", capsys)
    assert sorted(line.split(": ")[1] for line in lines) == keys
    assert all("expected" in line for line in lines)


def test_good_files_are_no_lines(folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """A server with users and authorities, and a database that asks for our certificate."""
    text = (
        tls(client_ca_file="other.pem")
        + "    users_file: users\n"
        + "  remote_write: {url: 'https://h/w', ca_file: other.pem, cert_file: ours.pem, key_file:"
        " ours.key}\n" + "federation: {url: 'https://h', ca_file: other.pem, token_file: token}\n"
    )
    assert checked(folder, text, capsys) == []


@pytest.mark.parametrize(
    ("file", "said"),
    [
        ("plain", "plain:2: expected user:bcrypt-hash, as htpasswd -B writes it"),
        ("garbage", "garbage:1: expected user:bcrypt-hash, as htpasswd -B writes it"),
        ("salt", "salt:1: expected user:bcrypt-hash, as htpasswd -B writes it"),
        ("last", "last:1: expected user:bcrypt-hash, as htpasswd -B writes it"),
        ("costly", "costly:1: expected a bcrypt hash of cost 4 to 16"),
        (
            "nobody",
            (
                "nobody: has no user, so nobody could log in;"
                " expected user:bcrypt-hash, as htpasswd -B writes it"
            ),
        ),
    ],
)
def test_the_file_of_users_is_read(
    folder: Path, capsys: pytest.CaptureFixture[str], file: str, said: str
) -> None:
    """With its own line; no hash and no password is quoted."""
    text = f"outputs:\n  http:\n    users_file: {file}\n"
    assert checked(folder, text, capsys) == [f"config.yaml:5: outputs.http.users_file: {said}"]


@pytest.mark.parametrize("key", ["inventory", "tenants"])
def test_a_pipe_is_no_file(folder: Path, capsys: pytest.CaptureFixture[str], key: str) -> None:
    """Nobody writes to it: whoever read it would wait for ever."""
    assert checked(folder, f"{key}: pipe\n", capsys) == [
        f"config.yaml:3: {key}: pipe: expected a regular file"
    ]


def test_all_mistakes_are_told_at_once(folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """A bad certificate hides neither the users' file nor a collector that does not exist."""
    text = (
        tls(cert_file="garbage", key_file="nowhere")
        + "    users_file: plain\n"
        + "federation: {url: 'https://h', ca_file: garbage}\ncollectors: {hots: {}}\n"
    )
    assert [line.split(": ")[1] for line in checked(folder, text, capsys)] == [
        "outputs.http.tls.cert_file",
        "outputs.http.tls.key_file",
        "outputs.http.users_file",
        "federation.ca_file",
        "collectors.hots",
    ]


def test_a_certificate_that_changed_since_is_named_by_its_key(folder: Path) -> None:
    """The server does not put it down to the address it listens on."""
    (folder / "config.yaml").write_text(f"hub: guian\nsite: s\n{tls()}")
    settings = load_all(folder / "config.yaml").config.outputs.http.tls
    (folder / "ours.pem").write_text("garbage\n")
    with pytest.raises(ConfigError, match=r"^outputs\.http\.tls: cannot be used"):
        uvicorn_config(lambda: None, TimedProtocol, settings)


def test_the_address_says_how_it_is_asked() -> None:
    """The line of the start is what a person opens."""
    assert Http(listen="127.0.0.1:1").origin == "http://127.0.0.1:1"
    certificates = Tls(cert_file=Path("a"), key_file=Path("b"))
    assert Http(listen="[::1]:2", tls=certificates).origin == "https://[::1]:2"
