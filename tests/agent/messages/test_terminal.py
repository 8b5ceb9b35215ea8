"""What a terminal is told: in the language of its locale, and never more than it can show."""

from __future__ import annotations

import ast
import io
import json
import os
import subprocess
import sys
from pathlib import Path
from types import ModuleType
from typing import Final

import pytest

from agent.messages.catalogue import words
from agent.messages.errors import error_text
from agent.messages.terminal import spoken
from agent.status import REASONS
from collectors.facility.modbus import link, unit
from collectors.facility.snmp import channel
from collectors.facility.snmp import collector as snmp
from collectors.facility.snmp import round as round_
from collectors.power.redfish import collector as redfish
from tests.support import ROOT


def _out(encoding: str = "utf-8") -> io.TextIOWrapper:
    return io.TextIOWrapper(io.BytesIO(), encoding=encoding)


@pytest.mark.parametrize(
    ("environ", "language"),
    [
        ({"LANG": "zh_CN.UTF-8"}, "zh"),
        ({"LANG": "zh_CN.GB18030"}, "zh"),
        ({"LC_MESSAGES": "zh_CN.UTF-8", "LANG": "en_GB.UTF-8"}, "zh"),
        ({"LC_ALL": "en_US.UTF-8", "LC_MESSAGES": "zh_CN.UTF-8", "LANG": "zh_CN.UTF-8"}, "en"),
        ({"LC_ALL": "", "LANG": "zh_CN"}, "zh"),
        ({"LANGUAGE": "zh_CN:en", "LANG": "en_US.UTF-8"}, "zh"),
        ({"LANGUAGE": "zh_CN", "LANG": "C.UTF-8"}, "en"),
        ({"LANG": "de_DE.UTF-8@euro"}, "en"),
        ({"LANG": "POSIX"}, "en"),
        ({}, "en"),
    ],
)
def test_the_locale_names_the_language(environ: dict[str, str], language: str) -> None:
    """The strongest variable that is set decides (POSIX, 8.2);
    what nobody translated is English.
    """
    assert spoken(environ, _out()) == language


@pytest.mark.parametrize(
    ("encoding", "language"),
    [("utf-8", "zh"), ("gb18030", "zh"), ("ascii", "en"), ("latin-1", "en")],
)
def test_a_language_that_cannot_be_shown_is_english(encoding: str, language: str) -> None:
    """Where the encoding of the output lacks Chinese, the locale's language is not used."""
    assert spoken({"LANG": "zh_CN.UTF-8"}, _out(encoding)) == language


def _hubgauge(*arguments: str, **environ: str) -> subprocess.CompletedProcess[bytes]:
    plain = {name: value for name, value in os.environ.items() if name[:3] not in ("LC_", "LAN")}
    return subprocess.run(
        [sys.executable, "-m", "agent.cli", *arguments],
        cwd=ROOT,
        env=plain | environ,
        capture_output=True,
        timeout=300,
        check=False,
    )


def test_the_scoreboard_is_in_the_language_of_the_locale() -> None:
    """`LANG` does what `--language` does."""
    by_locale = _hubgauge("hubs", "guian", LANG="zh_CN.UTF-8", PYTHONIOENCODING="utf-8")
    by_option = _hubgauge("hubs", "guian", "--language", "zh", PYTHONIOENCODING="utf-8")
    lines = [done.stdout.decode().splitlines() for done in (by_locale, by_option)]
    assert lines[0][2:] == lines[1][2:]
    assert any("承诺" in line for line in lines[0])


@pytest.mark.parametrize("encoding", ["ascii", "latin-1"])
def test_no_encoding_ends_a_command(encoding: str) -> None:
    """A character that the output lacks is written as its number, and JSON stays JSON."""
    done = _hubgauge("hubs", "guian", "--language", "zh", PYTHONIOENCODING=encoding)
    assert (done.returncode, done.stderr) == (0, b"")
    assert b"\\u627f" in done.stdout  # 承
    done = _hubgauge("hubs", "guian", "--json", PYTHONIOENCODING=encoding)
    assert done.returncode == 0
    name = json.loads(done.stdout.decode(encoding))[0]["name"]
    assert (name["en"], name["zh"]) == ("Guiyang and Gui'an", "贵阳贵安")


def test_a_failure_is_led_by_its_reason() -> None:
    """In Chinese the reason comes first; in English the text itself has it."""
    assert error_text("unreachable", "no answer within 5 s", words("zh")) == ("无应答：超过 5 s")
    assert error_text("unreachable", "no answer", words("en")) == "no answer"
    assert error_text("", "no answer", words("zh")) == "no answer"


@pytest.mark.parametrize(
    ("text", "chinese"),
    [
        ("10.0.0.7:502 unit 2: no answer within 1.5 s", "10.0.0.7:502 单元 2: 超过 1.5 s"),
        ("no answer (unreachable, or the community is wrong)", "网络不可达，或团体名有误"),
        ("no answer (unreachable, or the user is wrong)", "网络不可达，或用户名有误"),
        ("no answer in time", "超时"),
        ("cannot connect to [::1]:502, refused", "无法连接 [::1]:502, refused"),
        ("10.0.0.7:502 closed the connection", "10.0.0.7:502 关闭了连接"),
        (
            "connection refused: no SNMP agent at this address and port",
            "连接被拒绝，该地址和端口上没有 SNMP 服务",
        ),
    ],
)
def test_what_our_own_code_says_is_translated(text: str, chinese: str) -> None:
    """In English it stays as it is, to the letter."""
    assert error_text("", text, words("zh")) == chinese
    assert error_text("", text, words("en")) == text


_FILLED: Final = {
    "self.address": "10.0.0.7:502",
    "self.link.address": "10.0.0.7:502",
    "self.request_timeout": "1.5",
    "self.schedule.timeout": "1.5",
    "self._number": "2",
    "question.unit": "2",
    "why": "",
}
"""What stands in our texts where the code has a value."""


def _texts(module: ModuleType) -> set[str]:
    """Return every text of a module's code with its values filled in, the secret's both names."""
    assert module.__file__ is not None
    found = set()
    for node in ast.walk(ast.parse(Path(module.__file__).read_text())):
        parts = node.values if isinstance(node, ast.JoinedStr) else [node]
        for secret in ("community", "user"):
            known = {**_FILLED, "secret": secret}
            filled = [
                str(part.value)
                if isinstance(part, ast.Constant)
                else known.get(ast.unparse(part.value), "…")
                for part in parts
                if isinstance(part, ast.Constant | ast.FormattedValue)
            ]
            found.add("".join(filled))
    return found


@pytest.mark.parametrize(
    ("module", "text"),
    [
        (link, "10.0.0.7:502 unit 2: no answer within 1.5 s"),
        (link, "cannot connect to 10.0.0.7:502"),
        (link, "10.0.0.7:502 closed the connection"),
        (unit, "10.0.0.7:502 unit 2"),
        (channel, "no answer (unreachable, or the community is wrong)"),
        (channel, "no answer (unreachable, or the user is wrong)"),
        (channel, "connection refused: no SNMP agent at this address and port"),
        (round_, "no answer in time"),
        (snmp, "no answer in time"),
        (redfish, "no answer within 1.5 s"),
    ],
)
def test_what_is_translated_is_what_our_code_says(module: ModuleType, text: str) -> None:
    """A text that is changed where it is raised would else be English among Chinese, unnoticed."""
    assert text in _texts(module)
    assert error_text("", text, words("zh")) != text


@pytest.mark.parametrize("language", ["en", "zh"])
@pytest.mark.parametrize("reason", REASONS)
def test_every_reason_of_a_failure_has_a_message(reason: str, language: str) -> None:
    """A page shows every failure that a collector can have; none lacks its words."""
    assert error_text(reason, "why", words(language)).endswith("why")
