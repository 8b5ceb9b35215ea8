"""`hubgauge notify`: sends Alertmanager's messages on to chats that it does not support itself."""

from __future__ import annotations

import argparse
import logging
import signal
import sys
import threading
from pathlib import Path

from agent.environment import open_config
from agent.messages.said import tell
from agent.receivers.bridge import Bridge, BridgeServer, robot_of, send_post
from agent.receivers.model import AlertingSection
from collectors.base import ConfigError, HubgaugeError
from collectors.strict import Problems


def configure(parser: argparse.ArgumentParser) -> None:
    """Add the command's options."""
    parser.add_argument(
        "--config", type=Path, required=True, metavar="F", help="the file with `alerting:`"
    )


def run(args: argparse.Namespace) -> int:
    """Listen until SIGTERM or Ctrl-C.

    Raises ConfigError if no receiver needs this command, HubgaugeError if the port is taken.
    """
    logging.basicConfig(format="%(levelname)s %(message)s", stream=sys.stderr)
    document = open_config(args.config)
    alerting = document.section("alerting", AlertingSection)
    if document.errors:
        raise Problems(document.errors)
    bridge = Bridge(alerting=alerting or AlertingSection(), send=send_post)
    if not bridge.receivers:
        raise ConfigError(
            "has no receiver for this command: dingtalk, feishu, or a robot of wecom",
            file=str(args.config),
            key="alerting.receivers",
        )
    for name, receiver in bridge.receivers.items():
        try:
            robot_of(receiver, bridge.now())
        except ConfigError as error:
            raise ConfigError(f"{name}: {error.message}", file=error.file, key=error.key) from None
    try:
        server = BridgeServer(bridge)
    except OSError as error:
        raise HubgaugeError(f"{bridge.alerting.notify}: {error.strerror or error}") from None
    with server:
        signal.signal(signal.SIGTERM, lambda *_: threading.Thread(target=server.shutdown).start())
        names = ", ".join(bridge.receivers)
        tell(f"notify: {bridge.alerting.notify} tells {names}", to=sys.stderr)
        server.serve_forever()
    return 0
