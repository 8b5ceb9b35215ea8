"""Completion of commands in a real shell, and the man pages as `man` reads them."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from agent.cli import BUILT_IN, main
from tests.support import ROOT, binary

COMPLETE = """
source "$1"
COMP_LINE=$2; read -r -a COMP_WORDS <<< "$2"
case $2 in *" ") COMP_WORDS+=("");; esac
COMP_CWORD=$(( ${#COMP_WORDS[@]} - 1 )); COMP_POINT=${#COMP_LINE}; COMP_TYPE=9
compopt() { :; }
read -r _ _ function _ < <(complete -p hubgauge | sed 's/.*-F/-F -F/')
"$function" hubgauge "${COMP_WORDS[COMP_CWORD]}" "${COMP_WORDS[COMP_CWORD-1]}"
printf '%s\\n' "${COMPREPLY[@]}"
"""


@pytest.fixture(scope="module")
def script(tmp_path_factory: pytest.TempPathFactory) -> Path:
    path = tmp_path_factory.mktemp("completion") / "hubgauge.bash"
    done = subprocess.run(
        [Path(sys.executable).parent / "hubgauge", "completion", "bash"],
        capture_output=True,
        check=True,
        timeout=120,
    )
    path.write_bytes(done.stdout)
    return path


def offered(script: Path, line: str, folder: Path) -> set[str]:
    """Return what bash offers behind a line that is typed."""
    done = subprocess.run(
        [binary("bash"), "-c", COMPLETE, "bash", script, line],
        cwd=folder,
        capture_output=True,
        text=True,
        check=False,
        timeout=60,
    )
    return {word.strip() for word in done.stdout.splitlines() if word.strip()}


def test_bash_completes_commands_actions_options_and_files(script: Path, tmp_path: Path) -> None:
    """What it offers is what the program takes at that place."""
    (tmp_path / "gateway.yaml").touch()
    assert offered(script, "hubgauge ", tmp_path) >= {*BUILT_IN, "rules", "dashboards", "simulate"}
    assert offered(script, "hubgauge led", tmp_path) == {"ledger"}
    assert offered(script, "hubgauge maintenance ", tmp_path) >= {"add", "end", "list"}
    assert "--until" in offered(script, "hubgauge maintenance add --un", tmp_path)
    assert offered(script, "hubgauge run --config ga", tmp_path) == {"gateway.yaml"}


@pytest.mark.parametrize("shell", ["bash", "zsh", "tcsh"])
def test_each_shell_has_a_script(shell: str, capsys: pytest.CaptureFixture[str]) -> None:
    """It names the commands; bash finds no mistake in its own."""
    assert main(["completion", shell]) == 0
    text = capsys.readouterr().out
    assert "maintenance" in text
    if shell == "bash":
        subprocess.run([binary("bash"), "-n"], input=text, text=True, check=True, timeout=60)


def test_every_command_has_a_man_page_that_man_reads(tmp_path: Path) -> None:
    """`man` warns of nothing; a page tells the options, the exit status, and where to go on."""
    subprocess.run(
        [sys.executable, ROOT / "tools" / "man_pages", tmp_path], check=True, timeout=120
    )
    pages = sorted(path.name for path in tmp_path.iterdir())
    assert "hubgauge.1" in pages
    assert {f"hubgauge-{name}.1" for name in (*BUILT_IN, "rules", "simulate")} <= set(pages)
    # A minimised Ubuntu puts a stand-in before the program, which only says so.
    man = shutil.which("man.REAL") or binary("man")
    for name in pages:
        done = subprocess.run(
            [man, "-l", tmp_path / name],
            env={
                **os.environ,
                "LC_ALL": "C.UTF-8",
                "MANWIDTH": "80",
                "MANROFFOPT": "-Wbreak -wmac",
            },
            capture_output=True,
            text=True,
            check=True,
            timeout=60,
        )
        assert done.stderr == "", name
        said = " ".join(done.stdout.split())  # man fills lines with blanks
        assert "EXIT STATUS" in said, name
        if name == "hubgauge-maintenance.1":
            assert "--until" in said
            assert "Wrong input" in said
