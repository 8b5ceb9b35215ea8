"""`hubgauge devices`: what it prints, where, and with which exit status."""

from __future__ import annotations

import argparse
import re
from collections.abc import Iterator
from pathlib import Path

import pytest
import yaml

from agent.commands import devices
from collectors.facility.snmp.profile import SnmpProfile
from collectors.strict import read
from tests.collectors.facility.snmp.agents import secret, snmpsim
from tests.support import ROOT

# A PX3 of three phases, as PDU2-MIB has it: the current of L2 is not available, and its name would
# steer a terminal.
PX3 = """\
1.3.6.1.2.1.1.1.0|4x|52617269\
74616e201b5b324a505833
1.3.6.1.2.1.1.2.0|6|1.3.6.1.4.1.13742.6
1.3.6.1.4.1.13742.6.3.3.3.1.5.1.1|2|4
1.3.6.1.4.1.13742.6.3.3.4.1.6.1.1.5|2|3
1.3.6.1.4.1.13742.6.3.3.4.1.6.1.1.8|2|5
1.3.6.1.4.1.13742.6.3.3.4.1.7.1.1.5|66|0
1.3.6.1.4.1.13742.6.3.3.4.1.7.1.1.8|66|0
1.3.6.1.4.1.13742.6.3.3.6.1.6.1.1.1.1|2|2
1.3.6.1.4.1.13742.6.3.3.6.1.6.1.1.2.1|2|2
1.3.6.1.4.1.13742.6.3.3.6.1.7.1.1.1.1|66|3
1.3.6.1.4.1.13742.6.3.3.6.1.7.1.1.2.1|66|3
1.3.6.1.4.1.13742.6.5.2.3.1.2.1.1.5|2|1
1.3.6.1.4.1.13742.6.5.2.3.1.2.1.1.8|2|1
1.3.6.1.4.1.13742.6.5.2.3.1.4.1.1.5|66|1665
1.3.6.1.4.1.13742.6.5.2.3.1.4.1.1.8|66|74057676
1.3.6.1.4.1.13742.6.5.2.4.1.2.1.1.1.1|2|1
1.3.6.1.4.1.13742.6.5.2.4.1.2.1.1.2.1|2|2
1.3.6.1.4.1.13742.6.5.2.4.1.4.1.1.1.1|66|7467
1.3.6.1.4.1.13742.6.5.2.4.1.4.1.1.2.1|66|0
"""


def run(*words: str) -> int:
    """Run the command as the command line does."""
    parser = argparse.ArgumentParser()
    devices.configure(parser)
    return devices.run(parser.parse_args(words))


@pytest.fixture(scope="module")
def agent(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """Serve the three-phase PDU."""
    work = tmp_path_factory.mktemp("px3")
    (work / "data").mkdir()
    (work / "data" / "px3.snmprec").write_text(PX3, "ascii")
    with snmpsim([work / "data"], work, "px3") as address:
        yield address


def test_identify_says_what_it_is_what_it_reads_and_what_is_not_there(
    agent: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """A device is named with its profile, its readings with values and units, and what it does not
    answer.
    """
    assert run("identify", agent, "--community-file", str(secret(tmp_path, "px3"))) == 0
    out = capsys.readouterr().out
    assert "profile     raritan-px: Raritan PX2/PX3/PX4 rack PDU; PDU2-MIB (13742.6)" in out
    assert re.search(r'dc_pdu_power_watts\{pdu="127\.0\.0\.1"\} +1665 W\n', out)
    assert re.search(r"dc_pdu_energy_joules_total\{\S+ +2\.666\S+ J = 74057\.676 kWh\n", out)
    assert re.search(r'phase_current_amperes\{pdu="127\.0\.0\.1",phase="L1"\} +7\.467 A\n', out)
    assert 'phase="L2"' not in out
    assert "Dropped: 1 invalid" in out
    assert "not answered by this device:\n" in out
    assert "  dc_pdu_outlet_power_watts\n" in out
    assert "\x1b" not in out


def test_a_profile_that_does_not_fit_reads_nothing(
    agent: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """With a profile of another device, nothing is read and the exit status says so."""
    assert (
        run(
            "identify",
            agent,
            "--community-file",
            str(secret(tmp_path, "px3")),
            "--profile",
            "apc-rpdu2",
        )
        == 1
    )
    assert "0 readings" in capsys.readouterr().out


def test_no_answer_is_one_line_and_exit_status_1(
    agent: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """A wrong community is told as no answer, on stderr, without being shown."""
    assert (
        run(
            "identify",
            agent,
            "--community-file",
            str(secret(tmp_path, "guess")),
            "--timeout",
            "0.3",
        )
        == 1
    )
    said = capsys.readouterr()
    assert said.err == f"{agent}: no answer (unreachable, or the community is wrong)\n"
    assert said.out == ""


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (["identify", "10.0.0.7:x"], "address: expected an address such as"),
        (
            ["identify", "10.0.0.7", "--community-file", "/nonexistent"],
            "cannot be read: No such file or directory",
        ),
        (["identify", "10.0.0.7", "--version", "3"], "version 3 needs a user"),
        (["identify", "10.0.0.7", "--user", "u", "--auth", "sha1"], "auth: needs auth_file"),
        (["list", "--profiles-dir", "/nonexistent"], "no such folder"),
    ],
)
def test_a_wrong_input_is_one_line_and_exit_status_2(
    words: list[str], said: str, capsys: pytest.CaptureFixture[str]
) -> None:
    """What cannot be right is told before any device is asked."""
    assert run(*words) == 2
    err = capsys.readouterr().err
    assert said in err
    assert len(err.splitlines()) == 1


def test_list_names_every_profile_and_whose_it_is(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """Packaged profiles of every protocol are listed, and one's own with its file."""
    (tmp_path / "acme.yaml").write_text("protocol: snmp\ntitle: Acme\n", "utf-8")
    assert run("list", "--profiles-dir", str(tmp_path)) == 0
    lines = capsys.readouterr().out.splitlines()
    assert any(re.fullmatch(r"apc-rpdu2 +snmp +APC rack PDU \(rPDU2\)", line) for line in lines)
    assert any(line.startswith("eastron-sdm630") and " modbus " in line for line in lines)
    assert any(
        line.startswith("acme") and line.endswith(f"({tmp_path / 'acme.yaml'})") for line in lines
    )


def test_the_guides_smallest_profile_is_good() -> None:
    """The example of the guide is a profile, and the guide names every key of a reading."""
    guide = (ROOT / "docs" / "profiles.md").read_text("utf-8")
    example = next(
        block
        for block in re.findall(r"```yaml\n(.*?)```", guide, re.DOTALL)
        if "protocol: snmp" in block
    )
    assert read("guide.yaml", SnmpProfile, text=example).readings
    for block in re.findall(r"```yaml\n(.*?)```", guide, re.DOTALL):
        yaml.safe_load(block)
    keys = set(re.findall(r"`(\w+)(?:: true)?`", guide))
    assert {
        name for name in SnmpProfile.__dataclass_fields__ if name not in ("tables", "readings")
    } <= keys | set(re.findall(r"^(\w+):", example, re.MULTILINE))
    reading = SnmpProfile.__annotations__["readings"]
    assert reading == "list[Reading]"
    from collectors.facility.snmp.reading import Reading

    assert set(Reading.__dataclass_fields__) <= keys


def test_identify_shows_what_each_detail_reads(
    agent: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """The inlet has power and energy; the phases add the current of L1; outlets there are none."""
    assert run("identify", agent, "--community-file", str(secret(tmp_path, "px3"))) == 0
    _, _, shown = capsys.readouterr().out.partition("What each detail reads:\n")
    inlet, phase, outlet = shown.splitlines()[:3]
    assert re.match(r"  inlet  +\d+ readings from \d+ objects: .*dc_pdu_power_watts", inlet)
    assert "phase_current" not in inlet
    assert re.match(
        r"  phase  +\d+ readings from \d+ objects: also dc_pdu_phase_current_amperes", phase
    )
    assert outlet.endswith("nothing more")
