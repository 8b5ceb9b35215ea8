"""A real broker of MQTT, a subscriber that keeps what it heard, and a sink that writes to them."""

from __future__ import annotations

import json
import signal
import socket
import subprocess
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from agent.sinks.mqtt.config import Mqtt
from agent.sinks.mqtt.kind import KIND
from agent.sinks.sender import SpooledSink
from tests.agent.sinks.peers import (
    QUICK,
    started,
    surroundings,
)
from tests.support import binary, free_port, wait_for


class Broker:
    """Mosquitto on a port of its own; what it keeps survives its end."""

    def __init__(self, folder: Path, config: str = "") -> None:
        self.port = free_port()
        self._folder = folder
        (folder / "kept").mkdir()
        self._config = folder / "mosquitto.conf"
        self._config.write_text(
            f"listener {self.port} 127.0.0.1\npersistence true\n"
            f"persistence_location {folder}/kept/\nuser root\n"
            f"{config or 'allow_anonymous true'}\n"
        )
        self._process: subprocess.Popen[bytes] | None = None

    def start(self) -> None:
        """Run it, and wait until it listens."""
        with (self._folder / "mosquitto.log").open("ab") as log:
            self._process = subprocess.Popen(
                [binary("mosquitto"), "-c", str(self._config)],
                stdout=subprocess.DEVNULL,
                stderr=log,
            )
        wait_for(self._listens, what="the broker to listen")

    def _listens(self) -> bool:
        try:
            socket.create_connection(("127.0.0.1", self.port), 1).close()
        except OSError:
            return False
        return True

    def pause(self) -> None:
        """Have it do nothing, though its connections stay."""
        assert self._process is not None
        self._process.send_signal(signal.SIGSTOP)

    def resume(self) -> None:
        """Let it go on."""
        assert self._process is not None
        self._process.send_signal(signal.SIGCONT)

    def stop(self) -> None:
        """End it; it writes down what is not delivered."""
        if self._process is not None:
            self._process.send_signal(signal.SIGTERM)
            self._process.wait(30)
            self._process = None


@contextmanager
def broker(folder: Path, config: str = "") -> Iterator[Broker]:
    """Run a broker until the block ends."""
    made = Broker(folder, config)
    made.start()
    try:
        yield made
    finally:
        made.stop()


class Heard:
    """What a subscriber has received; it stays subscribed while the broker is away."""

    def __init__(self, port: int, *options: str) -> None:
        self._process = subprocess.Popen(
            [
                *(
                    binary("stdbuf"),
                    "-oL",
                    binary("mosquitto_sub"),
                    "-h",
                    "127.0.0.1",
                    "-p",
                    str(port),
                    "-V",
                    "5",
                ),
                *("-i", "reader", "-c", "-x", "3600", "-q", "1", "-t", "hubgauge/#", "-v", "-d"),
                *options,
            ],
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
        )
        self.lines: list[str] = []
        self._thread = threading.Thread(target=self._read, daemon=True)
        self._thread.start()

    def _read(self) -> None:
        assert self._process.stdout is not None
        self.lines.extend(iter(self._process.stdout.readline, ""))

    @property
    def messages(self) -> list[tuple[str, dict[str, Any]]]:
        """The topics and the messages."""
        pairs = [line.split(" ", 1) for line in self.lines if line.startswith("hubgauge/")]
        return [(topic, json.loads(text)) for topic, text in pairs]

    def close(self) -> None:
        """End it."""
        self._process.terminate()
        self._process.wait(30)
        self._thread.join(30)
        assert self._process.stdout is not None
        self._process.stdout.close()


@contextmanager
def heard(port: int, *options: str) -> Iterator[Heard]:
    """Subscribe until the block ends."""
    made = Heard(port, *options)
    try:
        wait_for(lambda: any("SUBACK" in line for line in made.lines), what="a subscription")
        yield made
    finally:
        made.close()


@contextmanager
def sink(folder: Path, port: int, *, scheme: str = "mqtt", **more: Any) -> Iterator[SpooledSink]:
    """Run a sink until the block ends."""
    config = Mqtt(url=f"{scheme}://127.0.0.1:{port}", **more)
    with started(KIND.build(config, surroundings(folder), pace=QUICK, window=0.02)) as made:
        yield made
