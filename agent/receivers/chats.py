"""The forms in which the robots of chats take a message, as each vendor's API describes them.

- WeCom: https://developer.work.weixin.qq.com/document/path/91770 (Markdown of at most 4096 bytes).
- DingTalk: https://open.dingtalk.com/document/robots/custom-robot-access (a message of at most
  20 000 bytes; the address has the HMAC-SHA256 of time and secret, with the secret as its key).
- Feishu: https://open.feishu.cn/document/client-docs/bot-v3/add-custom-bot (a request of at most
  20 KB; the body has the HMAC-SHA256 of an empty text, with time and secret as its key).
"""

from __future__ import annotations

import base64
import hmac
import json
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Final, TypeVar
from urllib.parse import quote_plus

from agent.messages.catalogue import Words
from agent.receivers.message import Message, ToldAlert, facts, plain

WECOM_BYTES: Final = 4096
DINGTALK_BYTES: Final = 16_000
FEISHU_BYTES: Final = 16_000
"""Less than the 20 000 bytes of a whole request, for the JSON around the text."""

_IN_LINKS: Final = {ord("("): "%28", ord(")"): "%29", ord(" "): "%20"}
"""Signs that would end the address of a link in Markdown."""

Json = Mapping[str, object]


@dataclass(frozen=True, slots=True, kw_only=True)
class Robot:
    """The address and the secret of a chat's robot, read from their files."""

    url: str = field(repr=False)
    secret: str = field(default="", repr=False)
    mobiles: Sequence[str] = ()
    now: float
    """Seconds since the epoch, which a signature holds."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Post:
    """A request to a vendor, and the keys of its answer that are 0 where it took the message."""

    url: str = field(repr=False)
    body: Json = field(repr=False)
    good: tuple[str, ...]


Chat = Callable[[Message, Robot, Words], Post]
"""Makes a request of a message."""


def wecom(message: Message, robot: Robot, w: Words) -> Post:
    """Return a Markdown message for the robot of a WeCom group."""
    title = f"**{message.title(w)}**\n"
    room = WECOM_BYTES - len(title.encode())
    text = title + "\n".join(_fitting(message, w, _markdown, str, room))
    body = {"msgtype": "markdown", "markdown": {"content": text}}
    return Post(url=robot.url, body=body, good=("errcode",))


def dingtalk(message: Message, robot: Robot, w: Words) -> Post:
    """Return a Markdown message for the robot of a DingTalk group, signed if it has a secret."""
    title = message.title(w)
    called = [f"@{mobile}" for mobile in robot.mobiles] if message.firing else []
    head = [f"#### {title}", *([" ".join(called)] if called else [])]
    # One line break is none in DingTalk's Markdown, two are a paragraph.
    text = "\n\n".join((*head, *_fitting(message, w, _markdown, str, DINGTALK_BYTES)))
    body = {
        "msgtype": "markdown",
        "markdown": {"title": title, "text": text},
        "at": {"atMobiles": list(robot.mobiles) if called else [], "isAtAll": False},
    }
    url = robot.url
    if robot.secret:
        stamp = str(round(robot.now * 1000))
        sign = _signature(robot.secret.encode(), f"{stamp}\n{robot.secret}".encode())
        url += f"{'&' if '?' in url else '?'}timestamp={stamp}&sign={quote_plus(sign)}"
    return Post(url=url, body=body, good=("errcode",))


def feishu(message: Message, robot: Robot, w: Words) -> Post:
    """Return a rich text for the robot of a Feishu group, signed if it has a secret.

    Texts and links are separate parts of it, so no character of a name can act as markup.
    """
    content = list(_fitting(message, w, _rich, _paragraph, FEISHU_BYTES))
    post = {"title": message.title(w), "content": content}
    body: dict[str, object] = {
        "msg_type": "post",
        "content": {"post": {"zh_cn" if w.language == "zh" else "en_us": post}},
    }
    if robot.secret:
        stamp = str(int(robot.now))
        sign = _signature(f"{stamp}\n{robot.secret}".encode(), b"")
        body = {"timestamp": stamp, "sign": sign} | body
    return Post(url=robot.url, body=body, good=("code", "StatusCode"))


CHATS: Final[Mapping[str, Chat]] = {"wecom": wecom, "dingtalk": dingtalk, "feishu": feishu}


def why_refused(post: Post, answer: bytes) -> str:
    """Return why a vendor refuses a message; empty if it has accepted the message."""
    try:
        found = json.loads(answer)
    except ValueError:
        return "its answer is no JSON"
    if not isinstance(found, dict):
        return "its answer is no mapping"
    codes = [found[key] for key in post.good if key in found]
    if codes and all(code == 0 for code in codes):
        return ""
    said = found.get("errmsg") or found.get("msg") or found.get("StatusMessage") or "no reason"
    return f"{codes[0] if codes else 'no code'}: {plain(str(said))[:200]}"


Line = TypeVar("Line")


def _fitting(
    message: Message,
    w: Words,
    lines: Callable[[ToldAlert, Words], Sequence[Line]],
    text: Callable[[str], Line],
    most: int,
) -> Iterator[Line]:
    """Yield the lines of as many alerts as fit into `most` bytes.

    If some do not fit, or Alertmanager has left some out, a last line says how many there are in
    all. `text` makes a line of a text.
    """
    total = len(message.alerts) + message.left_out
    more = text(f"… {w('alerts.more', count=total)}")
    room, told = most - _size(more), 0
    for alert in message.ordered():
        found = lines(alert, w)
        room -= sum(_size(line) for line in found)
        if room < 0:
            break
        told += 1
        yield from found
    if told < total:
        yield more


def _size(line: object) -> int:
    """Return the bytes of a line with the break behind it."""
    text = line if isinstance(line, str) else json.dumps(line, ensure_ascii=False)
    return len(text.encode()) + 2


def _markdown(alert: ToldAlert, w: Words) -> Sequence[str]:
    """Return an alert as lines of Markdown: the summary, the facts, the links."""
    links = " · ".join(f"[{name}]({address})" for name, address in _links(alert, w))
    lines = [plain(alert.summary(w)), *(f"> {fact}" for fact in facts(alert, w))]
    return [*lines, f"> {links}"] if links else lines


def _rich(alert: ToldAlert, w: Words) -> Sequence[list[Json]]:
    """Return an alert as paragraphs of Feishu's rich text."""
    texts = [plain(alert.summary(w)), *facts(alert, w)]
    links = [{"tag": "a", "text": f"{name}  ", "href": link} for name, link in _links(alert, w)]
    return [*(_paragraph(text) for text in texts), *([list[Json](links)] if links else [])]


def _paragraph(text: str) -> list[Json]:
    return [{"tag": "text", "text": text}]


def _links(alert: ToldAlert, w: Words) -> Iterator[tuple[str, str]]:
    """Yield the names and the addresses of the runbook and of the board."""
    for name in ("runbook", "board"):
        if address := alert.link(name, w):
            yield w(f"alerts.{name}"), address.translate(_IN_LINKS)


def _signature(key: bytes, text: bytes) -> str:
    return base64.b64encode(hmac.digest(key, text, "sha256")).decode()
