"""The command line: which commands there are, and what is imported to find them."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

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


@pytest.mark.parametrize(
    ("given", "ordered"),
    [
        (["--config", "f", "run"], ["run", "--config", "f"]),
        (["--config=f", "ledger", "show"], ["ledger", "show", "--config=f"]),
        (["ledger", "--config", "f", "show", "-x"], ["ledger", "show", "-x", "--config", "f"]),
        (["run", "--config"], ["run", "--config"]),
        (["run", "--config", "f"], ["run", "--config", "f"]),
        (["--config", "f", "x", "--", "--config"], ["x", "--config", "f", "--", "--config"]),
        (["check", "f"], ["check", "f"]),
    ],
)
def test_the_config_may_stand_anywhere(given: list[str], ordered: list[str]) -> None:
    """The option goes behind the command and its action; what follows `--` stays."""
    assert cli.config_last(given) == ordered


CONFIG = "hub: guian\nsite: s\nstate_dir: state\n"


def test_a_config_before_the_command(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """A config is read from before and from behind the command, and `check` takes it plainly."""
    path = tmp_path / "config.yaml"
    path.write_text(CONFIG)
    for words in (["--config", str(path), "check"], ["check", "--config", str(path)]):
        assert cli.main(words) == 0
    assert cli.main(["check", str(path)]) == 0
    assert capsys.readouterr().out == f"{path}: good; hub guian, 0 collectors, 0 racks\n" * 3
    assert cli.main(["check"]) == 2
    assert cli.main(["check", str(path), "--config", str(path)]) == 2


def _piped(folder: Path, text: str, *arguments: str) -> tuple[int, str]:
    """Run the program with a text on standard input; return its status and all that it wrote."""
    done = subprocess.run(
        [sys.executable, "-m", "agent.cli", *arguments],
        cwd=folder,
        env=unmeasured() | {"PYTHONPATH": str(ROOT)},
        input=text,
        capture_output=True,
        text=True,
        check=False,
    )
    return done.returncode, done.stdout + done.stderr


def test_a_config_on_standard_input(tmp_path: Path) -> None:
    """It is read once and used often; a mistake has its line, and paths are of this folder."""
    (tmp_path / "inventory.yaml").write_text("sites: [{site: s}]\n")
    text = f"{CONFIG}inventory: inventory.yaml\n"
    assert _piped(tmp_path, text, "check", "-") == (
        0,
        "-: good; hub guian, 0 collectors, 0 racks\n",
    )
    status, said = _piped(tmp_path, f"{CONFIG}colectors: {{}}\n", "--config", "-", "check")
    assert (status, said.splitlines()) == (
        2,
        ["-:4: colectors: unknown key; did you mean collectors?"],
    )


def test_a_file_to_import_on_standard_input(tmp_path: Path) -> None:
    """Rows that come by a pipe are imported; what is wrong is told as of the file `-`."""
    (tmp_path / "inventory.yaml").write_text(
        "sites: [{site: s}]\nmeters: [{meter: main, site: s, point: utility}]\n"
    )
    (tmp_path / "config.yaml").write_text(f"{CONFIG}inventory: inventory.yaml\n")
    take = ("--config", "config.yaml", "ledger", "import", "--site", "s", "--interval", "1h", "-")
    header = "time,meter,energy_kwh\n"
    status, said = _piped(tmp_path, f"{header}2025-03-01T00:00,main,7\n", *take)
    assert (status, said) == (0, "main: 1 rows, 7.000 kWh in 1 hours, 1 changed\n")
    status, said = _piped(tmp_path, f"{header}2025-03-01T01:00,mian,7\n", *take)
    assert status == 2
    assert said.startswith("-:2: meter: 'mian' is not a meter of this site; did you mean main?")
