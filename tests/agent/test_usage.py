"""The help of the command line in each language: every text, and no text that nobody says."""

from __future__ import annotations

import argparse
import re
import shlex
import subprocess
import sys
from collections.abc import Iterator

import pytest

from agent import cli
from agent.messages.catalogue import DEFAULT, languages
from agent.messages.said import usage
from agent.messages.terminal import asked
from agent.targets.columns import width_of
from agent.usage import OWN
from tests.support import ROOT, unmeasured

OTHERS = [one for one in languages() if one != DEFAULT]


def _texts(parser: argparse.ArgumentParser) -> Iterator[str | None]:
    """Yield every text of a parser, of its groups, its options and its commands."""
    yield from (parser.description, parser.epilog)
    for group in parser._action_groups:
        if group._group_actions or group.description:
            yield from (group.title, group.description)
    for action in parser._actions:
        yield action.help
        if isinstance(action, argparse._SubParsersAction):
            yield from (choice.help for choice in action._choices_actions)
            for inner in action.choices.values():
                yield from _texts(inner)


@pytest.mark.parametrize("language", OTHERS)
def test_every_help_text_is_translated_and_no_other(language: str) -> None:
    """A help text that is added, changed or taken away is named here."""
    said = {text for text in _texts(cli.whole_parser()) if text and text != argparse.SUPPRESS}
    assert len(said) > 200
    translated = usage(language)
    assert sorted(said.difference(translated)) == []
    assert sorted(set(translated).difference(said, OWN)) == []


@pytest.mark.parametrize("language", OTHERS)
def test_a_translation_has_the_placeholders_of_its_english_text(language: str) -> None:
    """Python fills both in alike: a stray per-cent sign would end the command."""
    for english, text in usage(language).items():
        parts = [sorted(re.findall(r"%(?:\(\w+\)s|.)", one)) for one in (english, text)]
        assert parts[0] == parts[1], text


def _help(*arguments: str, **environ: str) -> tuple[int, str]:
    plain = {name: value for name, value in unmeasured().items() if name[:3] not in ("LC_", "LAN")}
    done = subprocess.run(
        [sys.executable, "-m", "agent.cli", *arguments],
        cwd=ROOT,
        env=plain | {"PYTHONIOENCODING": "utf-8", "COLUMNS": "80"} | environ,
        capture_output=True,
        timeout=300,
        check=False,
    )
    return done.returncode, (done.stdout + done.stderr).decode()


def test_help_is_in_the_language_of_the_locale() -> None:
    """Chinese takes two columns a character, and no line is wider than the terminal."""
    status, said = _help("ledger", "import", "--help", LANG="zh_CN.UTF-8")
    assert status == 0
    lines = said.splitlines()
    assert lines[0].startswith("用法：hubgauge ledger import [-h] --config F --site S")
    assert lines[1].startswith(" " * width_of("用法：hubgauge ledger import ") + "[")
    assert "选项：" in lines
    assert "  -h, --help           显示本帮助并退出" in lines
    assert max(map(width_of, lines)) <= 80
    assert _help("ledger", "import", "--help", LANG="en_GB.UTF-8")[1].startswith("usage: ")


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (("collect",), "hubgauge collect: 错误：缺少以下必需参数：--config"),
        (("nothing",), "hubgauge: 错误：参数 COMMAND：无效的取值 'nothing'（可选：'run', "),
        (("check", "--foo"), "hubgauge: 错误：无法识别的参数：--foo"),
        (("check", "--config"), "hubgauge check: 错误：参数 --config：需要一个值"),
        (("maintenance", "add", "--config", "f"), "maintenance add: 错误：缺少以下必需参数："),
        (("demo", "--racks", "x"), "demo: 错误：参数 --racks：无效的 int 值：'x'"),
        (("check", "--help=1"), "check: 错误：参数 -h/--help：不接受值 '1'"),
        (("statement", "--config", "f", "--y"), "hubgauge statement: 错误："),
    ],
)
def test_wrong_arguments_are_told_in_the_language(arguments: tuple[str, ...], said: str) -> None:
    """These are the errors of this Python's argparse."""
    status, told = _help(*arguments, LANG="zh_CN.UTF-8")
    assert (status, said in told) == (2, True), told


def test_the_option_names_the_language_of_the_help() -> None:
    """`--language` is stronger than the locale, and what nobody translated changes nothing."""
    assert asked(["check", "--language", "zh", "--help"]) == "zh"
    assert asked(["check", "--language=zh"]) == "zh"
    assert asked(["check", "--language", "tlh"]) == asked([])
    assert "选项：" in _help("check", "--language", "zh", "--help", LANG="en_GB.UTF-8")[1]


def test_help_in_an_encoding_without_chinese() -> None:
    """By the locale it is English; asked for by name, each character is its number."""
    environ = {"LANG": "zh_CN.UTF-8", "PYTHONIOENCODING": "ascii"}
    assert _help("check", "--help", **environ)[1].startswith("usage: ")
    status, said = _help("check", "--language", "zh", "--help", **environ)
    assert (status, said[:18]) == (0, "\\u7528\\u6cd5\\uff1a")


def test_a_closed_output_ends_no_command() -> None:
    """Without a standard output nothing can be shown, and a mistake is English."""
    command = f"{shlex.quote(sys.executable)} -m agent.cli check none.yaml >&-"
    done = subprocess.run(
        ["sh", "-c", command],
        cwd=ROOT,
        env=unmeasured() | {"LC_ALL": "zh_CN.UTF-8"},
        capture_output=True,
        timeout=300,
        check=False,
    )
    assert (done.returncode, done.stderr) == (
        2,
        b"none.yaml: cannot be read: No such file or directory\n",
    )
