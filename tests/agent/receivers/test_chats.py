"""What a chat is told, and how its robot is asked: by its own rules."""

from __future__ import annotations

from pathlib import Path

import pytest

from agent.messages.catalogue import words
from agent.receivers.bridge import Bridge, robot_of, send_post
from agent.receivers.chats import CHATS, Post, Robot, why_refused
from agent.receivers.message import Message, ToldAlert, read_message
from collectors.base import ConfigError
from tests.agent.receivers.told import SIGNED_BY, alerting_of, message_of
from tests.support.chats import vendors


@pytest.mark.parametrize(("chat", "most"), [("wecom", 4096), ("dingtalk", 20_000)])
def test_a_thousand_alerts_are_one_message_with_their_number(chat: str, most: int) -> None:
    """As many alerts as the vendor allows are told of, and the number of all."""
    message = read_message(message_of(1000))
    post = CHATS[chat](message, Robot(url="https://x", now=0.0), words("zh"))
    body = post.body["markdown"]
    assert isinstance(body, dict)
    text = str(body.get("content") or body.get("text"))
    assert most / 2 < len(text.encode()) <= most
    assert "共 1\u202f000 条" in text
    few = CHATS[chat](read_message(message_of(2)), Robot(url="https://x", now=0.0), words("zh"))
    assert "共" not in str(few.body)


def test_markup_of_a_name_is_none_in_a_chat() -> None:
    """A name cannot make a link, nor call a member of the group."""
    message = read_message(message_of(1))
    for chat in ("wecom", "dingtalk"):
        text = str(CHATS[chat](message, Robot(url="https://x", now=0.0), words("en")).body)
        assert "<!channel>" not in text
        assert "[here](" not in text


def test_dingtalks_signature_is_that_of_openssl() -> None:
    """The signature is HMAC-SHA256 of time, line break and secret, by the secret, in Base64.

    Made by `openssl dgst -sha256 -hmac SECabc -binary | base64`.
    """
    robot = Robot(url="https://x?access_token=t", secret=SIGNED_BY, now=1_700_000_000.0)
    url = CHATS["dingtalk"](read_message(message_of(1)), robot, words("en")).url
    assert url == (
        "https://x?access_token=t&timestamp=1700000000000"
        "&sign=jcUpW0QmtKduN03n4JqQ0PBosVjqnM8gU7fIIvsDmCM%3D"
    )


def test_feishus_signature_is_that_of_openssl() -> None:
    """The signature is HMAC-SHA256 of nothing, by time, line break and secret, in Base64."""
    robot = Robot(url="https://x", secret=SIGNED_BY[3:], now=1_700_000_000.0)
    body = CHATS["feishu"](read_message(message_of(1)), robot, words("en")).body
    assert (body["timestamp"], body["sign"]) == (
        "1700000000",
        "VIS10b0EBvzzSdFnuk4tznEmK5wHaruvf/WnViv2yR4=",
    )


def test_an_address_without_tls_is_refused(tmp_path: Path) -> None:
    """A robot's address is a secret: it goes by TLS, or stays on this machine."""
    with vendors() as found:
        alerting = alerting_of(tmp_path, found)
    (tmp_path / "robot").write_text("http://qyapi.example/send?key=k", "utf-8")
    receivers = Bridge(alerting=alerting, send=send_post).receivers
    assert set(receivers) == {"robot", "ding", "fei"}
    with pytest.raises(ConfigError, match="https://"):
        robot_of(receivers["robot"], 0.0)


def test_what_still_fires_is_told_first() -> None:
    """An alert that is over stands behind those that still fire, in the order of each."""
    alerts = [
        ToldAlert(firing=firing, since=name)
        for name, firing in zip("abcd", (False, True, False, True), strict=True)
    ]
    assert [one.since for one in Message(alerts=alerts).ordered()] == ["b", "d", "a", "c"]


@pytest.mark.parametrize(
    ("answer", "refused"),
    [
        (b'{"errcode": 0}', ""),
        (b'{"errcode": 93000, "errmsg": "bad key"}', "93000: bad key"),
        (b'{"ok": true}', "no code: no reason"),
        (b"[]", "its answer is no mapping"),
    ],
)
def test_an_answer_without_a_code_is_a_refusal(answer: bytes, refused: str) -> None:
    """Only the vendor's own code 0 says that a chat has the message."""
    assert why_refused(Post(url="u", body={}, good=("errcode",)), answer) == refused
