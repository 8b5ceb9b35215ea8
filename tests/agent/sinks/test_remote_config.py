"""The section `outputs: remote_write:`: what may stand in it."""

from __future__ import annotations

import sys
from pathlib import Path

import pytest

from agent import config as config_module
from collectors.strict import Problems

URL = "http://127.0.0.1:9090/api/v1/write"


def read(folder: Path, section: str) -> None:
    path = folder / "config.yaml"
    path.write_text(f"hub: guian\nsite: s1\nnode: n1\noutputs:\n  remote_write: {section}\n")
    config_module.load(path)


@pytest.mark.parametrize(
    "section",
    [
        f"{{url: '{URL}'}}",
        f"{{url: '{URL}', protocol: '2.0', headers: {{X-Scope-OrgID: hub}}}}",
        f"{{url: '{URL}', timeout: 5s, spool: {{max_bytes: 1GiB, when_full: drop_newest}}}}",
    ],
)
def test_what_is_right(tmp_path: Path, section: str) -> None:
    """An address is enough."""
    read(tmp_path, section)


@pytest.mark.parametrize(
    ("section", "line"),
    [
        ("{url: 'http://127.0.0.1:9090'}", "url: expected the whole address: /api/v1/write of"),
        ("{url: 'ftp://h/w'}", "url: expected http://… or https://…"),
        (
            "{url: 'http://u:p@h/w'}",
            "url: expected http://… or https://… without a name and a password",
        ),
        (f"{{url: '{URL}', protocol: '3.0'}}", "protocol: expected"),
        (f"{{url: '{URL}', username: hub}}", "username and password_file belong together"),
        (f"{{url: '{URL}', key_file: k}}", "cert_file and key_file belong together"),
        (f"{{url: '{URL}', token_file: nowhere}}", "token_file: no such file"),
        (f"{{url: '{URL}', headers: {{Authorization: x}}}}", "Authorization is set by the agent"),
        (f"{{url: '{URL}', headers: {{'a b': x}}}}", "expected the name and the text of a header"),
        (f"{{url: '{URL}', bucket: hub}}", "bucket: unknown key"),
    ],
)
def test_what_is_wrong_is_one_line(tmp_path: Path, section: str, line: str) -> None:
    """It says which key, and what was expected."""
    with pytest.raises(Problems) as caught:
        read(tmp_path, section)
    assert line in str(caught.value)
    assert str(caught.value).startswith(f"{tmp_path}/config.yaml:5: outputs.remote_write")


@pytest.mark.parametrize("module", ["cramjam", "google.protobuf"])
def test_a_missing_extra_is_named(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, module: str
) -> None:
    """`check` says which package is not there and how it is had."""
    monkeypatch.setitem(sys.modules, module, None)
    with pytest.raises(Problems, match=r"pip install 'hubgauge\[remote-write\]'"):
        read(tmp_path, f"{{url: '{URL}'}}")
