"""The command line: which commands there are, and what is imported to find them."""

from __future__ import annotations

import subprocess
import sys

import pytest

from agent import cli, registered
from tests.support import ROOT, unmeasured

ALL = [
    "run",
    "check",
    "collect",
    "hubs",
    "ledger",
    "report",
    "inventory",
    "devices",
    "simulate",
    "demo",
    "dashboards",
    "rules",
    "federation",
]


def test_help_lists_every_command(capsys: pytest.CaptureFixture[str]) -> None:
    """The built-in commands and those that the dashboards register are all in the help."""
    with pytest.raises(SystemExit):
        cli.main(["--help"])
    words = capsys.readouterr().out.split()
    assert [name for name in ALL if name not in words] == []


@pytest.mark.parametrize("command", ALL)
def test_every_command_has_help(command: str, capsys: pytest.CaptureFixture[str]) -> None:
    """Each command's module is found, and says how it is used."""
    with pytest.raises(SystemExit) as ended:
        cli.main([command, "--help"])
    assert ended.value.code == 0
    assert f"usage: hubgauge {command}" in capsys.readouterr().out


def _imported(*arguments: str) -> set[str]:
    code = (
        "import sys\nfrom agent import cli\n"
        "try:\n    cli.main(sys.argv[1:])\nexcept SystemExit:\n    pass\n"
        "print('\\n', *sys.modules, sep='\\n')"
    )
    done = subprocess.run(
        [sys.executable, "-c", code, *arguments],
        cwd=ROOT,
        env=unmeasured(),
        capture_output=True,
        text=True,
        check=True,
    )
    return set(done.stdout.split())


@pytest.mark.parametrize("arguments", [("--version",), ("check", "--help")])
def test_built_in_commands_read_no_entry_points(arguments: tuple[str, ...]) -> None:
    """`hubgauge --version` and `hubgauge check` do not look for the commands of other packages."""
    found = _imported(*arguments)
    assert "agent.cli" in found
    assert "agent.registered" not in found
    assert "dashboards" not in found


def test_a_registered_command_does_not_replace_a_built_in_one(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    """Another package may add a command, but `check` stays ours."""
    other = cli.Command(help="somebody else's", module="nowhere")
    monkeypatch.setattr(registered, "registered_commands", lambda: {"check": other, "extra": other})
    with pytest.raises(SystemExit):
        cli.main(["--help"])
    said = capsys.readouterr().out
    assert said.count("somebody else's") == 1
    assert "check a config file" in said


def test_dashboards_without_grafanalib_say_what_to_install() -> None:
    """Without the extra `dashboards` the command is one line that names it, with status 2."""
    code = (
        "import sys\nsys.modules['grafanalib'] = None\nfrom agent import cli\n"
        "sys.exit(cli.main(['dashboards', 'build', '--out', '/nonexistent']))"
    )
    done = subprocess.run(
        [sys.executable, "-c", code], cwd=ROOT, capture_output=True, text=True, check=False
    )
    assert done.returncode == 2
    assert done.stderr == "dashboards need grafanalib: pip install 'hubgauge[dashboards]'\n"
