"""The section `alerting:` of the config file: whom Alertmanager tells of which alerts, and how.

Secrets stand in files only. The address of a chat's robot is a secret as well: who knows it can
write to the chat.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass, field, fields
from pathlib import Path
from typing import Final, Literal

from agent.messages.catalogue import DEFAULT, languages
from agent.settings import split_listen
from collectors.address import check_url, host_and_port

Severity = Literal["critical", "warning", "info"]
SEVERITIES: Final[tuple[Severity, ...]] = ("critical", "warning", "info")
_NAME: Final = re.compile(r"[a-z0-9][a-z0-9-]*")
_ADDRESS: Final = re.compile(r"[^@\s,]+@[^@\s,]+")


@dataclass(frozen=True, slots=True, kw_only=True)
class Email:
    """Mail, sent by Alertmanager to a mail server."""

    to: tuple[str, ...]
    sender: str = field(metadata={"help": "the address that the mail comes from"})
    server: str = field(metadata={"help": "host:port of the mail server, such as mail.acme:587"})
    username: str = ""
    password_file: Path | None = field(
        default=None, metadata={"help": "a secret: not readable by all"}
    )
    tls: bool = field(
        default=True, metadata={"help": "false sends without STARTTLS, to a server of one's own"}
    )

    def __post_init__(self) -> None:
        """Check the addresses."""
        for key, addresses in (("to", self.to), ("sender", (self.sender,))):
            for address in addresses:
                if not _ADDRESS.fullmatch(address):
                    raise ValueError(f"{key}: expected an address such as a@acme.com: {address!r}")
        if not self.to:
            raise ValueError("to: expected at least one address")
        if bool(self.username) != (self.password_file is not None):
            raise ValueError("username: goes with password_file")
        _check_server(self.server)


@dataclass(frozen=True, slots=True, kw_only=True)
class Wecom:
    """WeCom: a group's robot (`url_file`), or an application with `corp_id` and `agent_id`."""

    url_file: Path | None = field(
        default=None,
        metadata={"help": "holds the address of a group's robot; a secret: not readable by all"},
    )
    corp_id: str = ""
    agent_id: str = ""
    secret_file: Path | None = field(
        default=None, metadata={"help": "the application's secret; not readable by all"}
    )
    to_user: str = field(default="", metadata={"help": "users' ids with | between, or @all"})
    to_party: str = field(default="", metadata={"help": "ids of departments with | between"})
    to_tag: str = field(default="", metadata={"help": "ids of tags with | between"})
    api_url: str = field(
        default="https://qyapi.weixin.qq.com/cgi-bin/",
        metadata={"help": "of the application's API"},
    )

    def __post_init__(self) -> None:
        """Check that it is a robot or a whole application."""
        check_url(self.api_url, "api_url")
        told = bool(self.to_user or self.to_party or self.to_tag)
        application = (self.corp_id, self.agent_id, self.secret_file, told)
        if self.url_file is not None:
            if any(application):
                raise ValueError("url_file: a robot has no corp_id, agent_id, secret_file or to_…")
        elif not all(application):
            raise ValueError(
                "url_file: expected this, or corp_id, agent_id, secret_file and one of to_user,"
                " to_party, to_tag"
            )


@dataclass(frozen=True, slots=True, kw_only=True)
class Dingtalk:
    """A robot of a DingTalk group, told through `hubgauge notify`."""

    url_file: Path = field(
        metadata={"help": "holds the robot's address with its token; not readable by all"}
    )
    secret_file: Path | None = field(
        default=None, metadata={"help": "signs each message, if the robot asks for signatures"}
    )
    at_mobiles: tuple[str, ...] = field(
        default=(), metadata={"help": "phone numbers of people whom each alert mentions"}
    )


@dataclass(frozen=True, slots=True, kw_only=True)
class Feishu:
    """A robot of a Feishu (Lark) group, told through `hubgauge notify`."""

    url_file: Path = field(metadata={"help": "holds the robot's address; not readable by all"})
    secret_file: Path | None = field(
        default=None, metadata={"help": "signs each message, if the robot asks for signatures"}
    )


@dataclass(frozen=True, slots=True, kw_only=True)
class Slack:
    """An incoming webhook of Slack."""

    url_file: Path = field(metadata={"help": "holds the webhook's address; not readable by all"})
    channel: str = field(default="", metadata={"help": "by default that of the webhook"})


@dataclass(frozen=True, slots=True, kw_only=True)
class Pagerduty:
    """A service of PagerDuty by its Events API v2."""

    routing_key_file: Path = field(metadata={"help": "the integration key; not readable by all"})
    url: str = "https://events.pagerduty.com/v2/enqueue"

    def __post_init__(self) -> None:
        """Check the address."""
        check_url(self.url)


@dataclass(frozen=True, slots=True, kw_only=True)
class Webhook:
    """Any program that takes Alertmanager's own JSON."""

    url: str
    token_file: Path | None = field(
        default=None, metadata={"help": "a bearer token; not readable by all"}
    )

    def __post_init__(self) -> None:
        """Check the address."""
        check_url(self.url, user=True)  # Alertmanager sends them


Vendor = Email | Wecom | Dingtalk | Feishu | Slack | Pagerduty | Webhook


@dataclass(frozen=True, slots=True, kw_only=True)
class Receiver:
    """Somebody who is told in one way, such as by `email`, `wecom` or `dingtalk`."""

    name: str
    severities: tuple[Severity, ...] = field(
        default=SEVERITIES, metadata={"help": "which alerts it gets; all by default"}
    )
    hubs: tuple[str, ...] = field(
        default=(), metadata={"help": "the hubs whose alerts it gets; all by default"}
    )
    language: str = field(default="", metadata={"help": "en or zh; by default that of the section"})
    email: Email | None = None
    wecom: Wecom | None = None
    dingtalk: Dingtalk | None = None
    feishu: Feishu | None = None
    slack: Slack | None = None
    pagerduty: Pagerduty | None = None
    webhook: Webhook | None = None

    def __post_init__(self) -> None:
        """Check the name, and that it is told in one way."""
        if not _NAME.fullmatch(self.name):
            raise ValueError(f"name: expected small letters, digits and -, got {self.name!r}")
        if len(self.ways) != 1:
            raise ValueError(
                "name: expected exactly one of email, wecom, dingtalk, feishu, slack, pagerduty"
                f" and webhook for {self.name}, got {', '.join(self.ways) or 'none'}"
            )
        check_language(self.language or DEFAULT)

    @property
    def ways(self) -> Mapping[str, Vendor]:
        """The ways that it states, by their key in the file; a valid receiver has exactly one."""
        found = {
            "email": self.email,
            "wecom": self.wecom,
            "dingtalk": self.dingtalk,
            "feishu": self.feishu,
            "slack": self.slack,
            "pagerduty": self.pagerduty,
            "webhook": self.webhook,
        }
        return {key: way for key, way in found.items() if way is not None}

    @property
    def secrets(self) -> Mapping[str, Path]:
        """The files with secrets, by their key below the receiver."""
        named = {
            f"{key}.{one.name}": getattr(way, one.name)
            for key, way in self.ways.items()
            for one in fields(way)
            if one.name.endswith("_file")
        }
        return {key: path for key, path in named.items() if path is not None}

    @property
    def is_bridged(self) -> bool:
        """Whether `hubgauge notify` tells it: Alertmanager has no receiver of this kind."""
        robot = self.wecom is not None and self.wecom.url_file is not None
        return robot or self.dingtalk is not None or self.feishu is not None

    def gets(self, hub: str, severity: Severity) -> bool:
        """Whether it gets a hub's alerts of a severity; `hub` is empty for alerts of no hub."""
        return severity in self.severities and (not self.hubs or hub in self.hubs)


@dataclass(frozen=True, slots=True, kw_only=True)
class AlertingSection:
    """Whom Alertmanager tells; read by `rules build --config` and by `hubgauge notify`."""

    language: str = field(default=DEFAULT, metadata={"help": "of the messages: en or zh"})
    notify: str = field(
        default="127.0.0.1:9099",
        metadata={"help": "where `hubgauge notify` listens for Alertmanager; loopback by default"},
    )
    receivers: tuple[Receiver, ...] = ()
    rules_dir: Path | None = field(
        default=None,
        metadata={
            "help": "a folder of rule files of one's own, which `rules build` merges and checks"
        },
    )

    def __post_init__(self) -> None:
        """Check the language, the address, and that no name stands twice."""
        check_language(self.language)
        split_listen(self.notify)
        names = [one.name for one in self.receivers]
        for name in names:
            if names.count(name) > 1:
                raise ValueError(f"receivers: {name} is given twice")

    def language_of(self, receiver: Receiver) -> str:
        """Return the language in which a receiver is told."""
        return receiver.language or self.language


def check_language(language: str) -> None:
    """Raise ValueError for a language that the catalogue of messages lacks."""
    if language != DEFAULT and language not in languages():
        raise ValueError(f"language: expected one of {', '.join(languages())}, got {language!r}")


def _check_server(server: str) -> None:
    host_and_port(server, None, key="server", like="mail.acme.com:587")
