"""Fault 20: configs that something has damaged."""

from __future__ import annotations

import random
import shutil
import time
from pathlib import Path

from agent.loading import load_all
from collectors.strict import Problems
from tests.support import ROOT

DICE = random.Random(20)
LEAST = 40
"""Configs that are tried however short the time is."""
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
    """Damage the example configs for so long: each is good, or its lines name the file."""
    shutil.copytree(ROOT / "deploy" / "examples", folder, dirs_exist_ok=True)
    secret = folder / "community"
    secret.write_text("public\n")
    secret.chmod(0o600)
    texts = [(folder / name).read_text("utf-8") for name in ("gateway.yaml", "node.yaml")]
    file = folder / "mutated.yaml"
    tried = refused = 0
    end = time.monotonic() + seconds
    while tried < LEAST or time.monotonic() < end:
        file.write_text(damaged(DICE.choice(texts)), "utf-8")
        tried += 1
        try:
            load_all(file)
        except Problems as problems:
            refused += 1
            for line in str(problems).splitlines():
                assert file.name in line or "inventory" in line, line
    return f"{tried:,} damaged configs: {refused:,} refused by lines with the file, the rest good"


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
