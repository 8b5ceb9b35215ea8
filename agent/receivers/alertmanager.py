"""A receiver as Alertmanager's config has it.

Alertmanager has mail, Slack, PagerDuty, WeCom's applications and webhooks itself. It reaches the
robots of DingTalk, Feishu and WeCom by a webhook to `hubgauge notify`.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Final

from agent.receivers.model import (
    AlertingSection,
    Email,
    Pagerduty,
    Receiver,
    Severity,
    Slack,
    Webhook,
    Wecom,
)
from collectors.secrets import read_secret

Json = dict[str, Any]
INLINE: Final = "api_secret"
"""The one secret that Alertmanager reads from no file: it stands in its config."""
MOST: Final = 100
"""Alerts of one message to a webhook."""


def ways_of(
    alerting: AlertingSection, hub: str, severity: Severity, *, resolved: bool
) -> Mapping[str, list[Json]]:
    """Return the settings of the receivers that get alerts of a hub and a severity.

    The keys are Alertmanager's, such as `email_configs`. Raises ConfigError where WeCom's secret
    cannot be read; Alertmanager reads all other secrets from their files.
    """
    found: dict[str, list[Json]] = {}
    for receiver in alerting.receivers:
        if receiver.gets(hub, severity):
            kind, way = _way(receiver, alerting)
            found.setdefault(kind, []).append({"send_resolved": resolved} | way)
    return found


def _way(receiver: Receiver, alerting: AlertingSection) -> tuple[str, Json]:
    """Return one receiver's kind, as Alertmanager calls it, and its settings."""
    if receiver.is_bridged:
        url = f"http://{alerting.notify}/{receiver.name}"
        return "webhook_configs", {"url": url, "max_alerts": MOST}
    texts = _Texts(alerting.language_of(receiver))
    ((_, way),) = receiver.ways.items()
    match way:
        case Email():
            return "email_configs", _email(way, texts)
        case Wecom():
            return "wechat_configs", _wecom(way, texts)
        case Slack():
            return "slack_configs", _slack(way, texts)
        case Pagerduty():
            return "pagerduty_configs", _pagerduty(way, texts)
        case Webhook():
            return "webhook_configs", _webhook(way)
        case _:
            raise TypeError(f"no receiver of Alertmanager for {way!r}")


class _Texts:
    """The names of the templates of one language."""

    __slots__ = ("language",)

    def __init__(self, language: str) -> None:
        self.language = language

    def of(self, name: str) -> str:
        return f'{{{{ template "hubgauge.{self.language}.{name}" . }}}}'


def _email(way: Email, texts: _Texts) -> Json:
    login: Json = {"auth_username": way.username} if way.username else {}
    if way.password_file is not None:
        login["auth_password_file"] = str(way.password_file.absolute())
    return {
        "to": ", ".join(way.to),
        "from": way.sender,
        "smarthost": way.server,
        **login,
        "require_tls": way.tls,
        "headers": {"Subject": texts.of("title")},
        "html": "",
        "text": texts.of("text"),
    }


def _wecom(way: Wecom, texts: _Texts) -> Json:
    """Return an application of WeCom; its secret is copied: Alertmanager reads it from no file."""
    secret = read_secret(way.secret_file, "secret_file") if way.secret_file is not None else ""
    whom = {"to_user": way.to_user, "to_party": way.to_party, "to_tag": way.to_tag}
    return {
        "api_url": way.api_url.rstrip("/") + "/",
        "corp_id": way.corp_id,
        "agent_id": way.agent_id,
        INLINE: secret,
        **{key: value for key, value in whom.items() if value},
        "message": f"{texts.of('title')}\n{texts.of('short')}",
    }


def _slack(way: Slack, texts: _Texts) -> Json:
    return {
        "api_url_file": str(way.url_file.absolute()),
        **({"channel": way.channel} if way.channel else {}),
        "title": texts.of("title"),
        "title_link": "{{ .CommonAnnotations.board_url }}",
        "text": texts.of("slack"),
        "fallback": texts.of("title"),
        "mrkdwn_in": [],
    }


def _pagerduty(way: Pagerduty, texts: _Texts) -> Json:
    return {
        "routing_key_file": str(way.routing_key_file.absolute()),
        "url": way.url,
        "description": texts.of("title"),
        "severity": "{{ or .CommonLabels.severity `error` }}",
        "component": "{{ .CommonLabels.site }}",
        "group": "{{ .CommonLabels.hub }}",
        "class": "{{ .CommonLabels.alertname }}",
        "client": "hubgauge",
        "client_url": "{{ .CommonAnnotations.board_url }}",
        "details": {"firing": texts.of("text"), "resolved": "{{ .Alerts.Resolved | len }}"},
    }


def _webhook(way: Webhook) -> Json:
    settings: Json = {"url": way.url, "max_alerts": MOST}
    if way.token_file is not None:
        settings["http_config"] = {
            "authorization": {"credentials_file": str(way.token_file.absolute())}
        }
    return settings
