"""Fault 20: configs that something has damaged."""

from __future__ import annotations

import io
import random
import re
import shutil
from contextlib import redirect_stderr, redirect_stdout
from pathlib import Path

import yaml

from agent.cli import main
from tests.support import ROOT

DICE = random.Random(20)
FEW, MANY = 40, 10_000
"""How many configs are tried, in short and at full size."""
JUNK = (
    *("\0", "\t", ":", "- ", "{", "[", "!!python/object:os.system x", "&a *a", "*a", "\n", "1e309"),
    *(
        "-1",
        ".nan",
        "null",
        "~",
        "'",
        '"',
        "%",
        "9" * 400,
        "<<: x",
        "? ",
        "|",
        "0x10",
        "2026-01-01",
    ),
    *(
        "é",
        "\x85",
        "\u2028",
        "@",
        "`",
        "yes",
        "{}",
        "[]",
        "!!binary x",
        "!!set {a}",
        "1:30",
        "- - -",
    ),
)


def mutated_configs(folder: Path, seconds: float) -> str:
    """Damage the example configs: each is good, or `check` names file and line of each mistake.

    Ten thousand different ones at full size, some where there is less than half a minute.
    """
    shutil.copytree(ROOT / "deploy" / "examples", folder, dirs_exist_ok=True)
    secret = folder / "community"
    secret.write_text("public\n")
    secret.chmod(0o600)
    texts = [(folder / name).read_text("utf-8") for name in ("gateway.yaml", "node.yaml")]
    file = folder / "mutated.yaml"
    told = re.compile(rf"{re.escape(str(folder))}/(mutated|inventory)\.yaml:\d+: \S")
    tried = set(texts)
    refused = 0
    while len(tried) < len(texts) + (MANY if seconds >= 30 else FEW):
        text = damaged(DICE.choice(texts))
        if text in tried:
            continue
        tried.add(text)
        file.write_text(text, "utf-8")
        said = io.StringIO()
        with redirect_stderr(said), redirect_stdout(io.StringIO()):
            status = main(["check", str(file)])
        if status == 0:
            assert not _has_key_twice(yaml.compose(text, Loader=yaml.CSafeLoader)), text
            continue
        assert status == 2, text
        refused += 1
        assert said.getvalue(), text
        for line in said.getvalue().splitlines():
            assert told.match(line), line
    return (
        f"{len(tried) - len(texts):,} different damaged configs: {refused:,} refused, each line"
        " with file and line; the rest good"
    )


def _has_key_twice(node: yaml.Node | None) -> bool:
    """Tell whether a mapping in a document says something twice, so that one of it is lost."""
    if isinstance(node, yaml.SequenceNode):
        return any(map(_has_key_twice, node.value))
    if not isinstance(node, yaml.MappingNode):
        return False
    keys = [key.value for key, _ in node.value]
    return len(keys) > len(set(keys)) or any(_has_key_twice(value) for _, value in node.value)


def damaged(text: str) -> str:
    """Put junk in, take characters or a line out, double a line, or change a value."""
    for _ in range(DICE.randrange(1, 4)):
        at = DICE.randrange(len(text) + 1)
        lines = text.splitlines(keepends=True) or [""]
        line = DICE.randrange(len(lines))
        kind = DICE.randrange(5)
        if kind == 0:
            text = text[:at] + DICE.choice(JUNK) + text[at:]
        elif kind == 1:
            text = text[:at] + text[at + DICE.randrange(1, 9) :]
        elif kind == 2:
            text = "".join([*lines[:line], *lines[line + 1 :]])
        elif kind == 3:
            text = "".join([*lines, lines[line]])
        else:
            changed = f"{lines[line].partition(':')[0]}: {DICE.choice(JUNK)}\n"
            text = "".join([*lines[:line], changed, *lines[line + 1 :]])
    return text
