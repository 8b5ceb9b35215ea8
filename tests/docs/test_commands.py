"""Every command that a text shows is one that the program takes."""

from __future__ import annotations

import contextlib
import io
import re
import shlex
from functools import cache
from pathlib import Path

import pytest

from agent.cli import config_last, main
from tests.support import ROOT

TEXTS = [
    *(ROOT / name for name in ("README.md", "CONTRIBUTING.md", "SECURITY.md")),
    *sorted((ROOT / "docs").rglob("*.md")),
    *sorted((ROOT / "agent" / "messages").rglob("*.yaml")),
    *sorted((ROOT / "dashboards" / "messages").rglob("*.yaml")),
]
BLOCK = re.compile(r"^```sh[^\n]*\n(.*?)^```$", re.MULTILINE | re.DOTALL)


def shown(text: str) -> set[tuple[str, ...]]:
    """Return the words of each command in a text: in its shell blocks, and in backquotes."""
    blocks = "\n".join(BLOCK.findall(text)).replace("\\\n", " ")
    lines = re.findall(r"^hubgauge ([^|>&\n]*)", blocks, re.MULTILINE)
    lines += re.findall(r"`hubgauge\s([^`]+)`", text)
    return {tuple(shlex.split(line, comments=True)) for line in lines}


@cache
def usage(*command: str) -> str:
    """Return what `--help` says of a command; empty where there is none of this name."""
    said = io.StringIO()
    with (
        contextlib.redirect_stdout(said),
        contextlib.redirect_stderr(io.StringIO()),
        pytest.raises(SystemExit) as ended,
    ):
        main([*command, "--help"])
    return said.getvalue() if ended.value.code == 0 else ""


def wrong(words: tuple[str, ...]) -> str:
    """Return what the program would refuse of a command; empty where it takes it."""
    if words[0] in ("--version", "--help", "COMMAND"):
        return ""
    words = tuple(config_last(words))  # it may stand in any place
    known = usage(words[0])
    if not known:
        return f"no command {words[0]}"
    if "ACTION ..." in known and len(words) > 1 and not words[1].startswith("-"):
        known = usage(*words[:2])
        if not known:
            return f"{words[0]} has no action {words[1]}"
    options = (word.partition("=")[0] for word in words if word.startswith("--"))
    lacking = [one for one in options if not re.search(rf"(?<![\w-]){one}(?![\w-])", known)]
    return f"{' '.join(words)}: no option {', '.join(lacking)}" if lacking else ""


@pytest.mark.parametrize("page", TEXTS, ids=lambda page: str(page.relative_to(ROOT)))
def test_every_command_that_is_shown_is_taken(page: Path) -> None:
    """Commands, actions and options in docs and messages are those of the program."""
    assert [
        said for words in sorted(shown(page.read_text("utf-8"))) if (said := wrong(words))
    ] == []


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (("ledger", "shew"), "ledger has no action shew"),
        (("collekt",), "no command collekt"),
        (("ledger", "show", "--explane"), "ledger show --explane: no option --explane"),
        (("ledger", "show", "--config", "F", "--explain"), ""),
    ],
)
def test_a_command_that_is_not_taken_is_told(words: tuple[str, ...], said: str) -> None:
    """A wrong command, action or option is named."""
    assert wrong(words) == said
