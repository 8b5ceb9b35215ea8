"""A hub of one's own takes a few lines, in one language; its figures must be possible."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest
import yaml

from agent.hubs import newhub
from agent.hubs.loader import load_registry
from agent.hubs.packaged import packaged_files
from agent.targets.scoreboard import scoreboard
from collectors.base import ConfigError
from collectors.strict import Problems

NOW = 1_795_000_000.0
TEN_LINES = """\
key: acme
name: ACME Lyon
timezone: Europe/Paris
facts:
  - kpi: pue
    op: "<="
    value: 1.3
    deadline: 2027-12-31
"""


def write(folder: Path, text: str) -> Path:
    """Write one hub file."""
    path = folder / "acme.yaml"
    path.write_text(text, "utf-8")
    return path


def test_ten_lines_make_a_hub(tmp_path: Path) -> None:
    """Key, name, time zone and a target are enough; the rest is the operator's own."""
    write(tmp_path, TEN_LINES)
    hub = load_registry(tmp_path).hubs["acme"]
    (fact,) = hub.facts
    assert (fact.id, fact.kind, fact.op, fact.value) == ("acme-pue", "target", "<=", 1.3)
    assert (hub.name.en, hub.name.zh) == ("ACME Lyon", "ACME Lyon")
    assert fact.source.publisher.en == "ACME Lyon"
    assert fact.text.en == "The operator set this target."
    assert fact.text.zh == "由运营方自行设定的目标。"


def test_its_target_is_judged(tmp_path: Path) -> None:
    """The scoreboard knows the target, though no source dates it."""
    write(tmp_path, TEN_LINES)
    (view,) = scoreboard(load_registry(tmp_path), {}, NOW, ["acme"])
    assert [(row.id, row.state) for row in view.targets] == [("acme-pue", "unknown")]


@pytest.mark.parametrize(
    ("name", "en", "zh"),
    [
        ("{zh: 里昂}", "里昂", "里昂"),
        ("{en: Lyon, zh: 里昂}", "Lyon", "里昂"),
        ("Lyon", "Lyon", "Lyon"),
    ],
)
def test_a_text_in_one_language_does(tmp_path: Path, name: str, en: str, zh: str) -> None:
    """A language that the file leaves out has the text of the other."""
    write(tmp_path, TEN_LINES.replace("ACME Lyon", name))
    text = load_registry(tmp_path).hubs["acme"].name
    assert (text.en, text.zh) == (en, zh)


@pytest.mark.parametrize(
    ("line", "wrong"),
    [
        ("value: 0.9", "facts[0].value: PUE is at least 1, got 0.9"),
        ("value: 0", "facts[0].value: PUE is at least 1, got 0"),
    ],
)
def test_a_figure_that_cannot_be_is_refused(tmp_path: Path, line: str, wrong: str) -> None:
    """No PUE is below 1: a target of 0.9 is a mistake in the file."""
    path = write(tmp_path, TEN_LINES.replace("value: 1.3", line))
    with pytest.raises(Problems) as caught:
        load_registry(tmp_path)
    assert [str(one) for one in caught.value.errors] == [f"{path}:7: {wrong}"]


@pytest.mark.parametrize(
    ("kpi", "name"),
    [
        ("rack_occupancy", "rack occupancy"),
        ("space_occupancy", "occupied rack units"),
        ("temperature_compliance", "racks within the recommended inlet temperature"),
    ],
)
def test_a_share_is_at_most_one(tmp_path: Path, kpi: str, name: str) -> None:
    """A share of 130 % cannot be; 100 % can."""
    path = write(
        tmp_path,
        TEN_LINES.replace("kpi: pue", f"kpi: {kpi}").replace("value: 1.3", "value: 130"),
    )
    with pytest.raises(Problems, match=f"{name} is at most 100"):
        load_registry(tmp_path)
    path.write_text(path.read_text("utf-8").replace("130", "100"), "utf-8")
    assert load_registry(tmp_path).hubs["acme"].facts[0].value == 1.0


@pytest.mark.parametrize(
    ("kpi", "stated", "base"), [("headroom", 250, 250_000.0), ("accelerator_hours", 1e6, 3.6e9)]
)
def test_power_and_hours_are_kept_in_base_units(
    tmp_path: Path, kpi: str, stated: float, base: float
) -> None:
    """250 kW are 250 000 W, a million hours are 3.6e9 s; less than none is refused."""
    text = TEN_LINES.replace("kpi: pue", f"kpi: {kpi}")
    path = write(tmp_path, text.replace("value: 1.3", f"value: {stated}"))
    assert load_registry(tmp_path).hubs["acme"].facts[0].value == base
    path.write_text(text.replace("value: 1.3", "value: -1"), "utf-8")
    with pytest.raises(Problems, match="is at least 0"):
        load_registry(tmp_path)


@pytest.mark.parametrize("kpi", ["round_trip", "link_rate", "racks_in_service", "carbon"])
def test_less_than_nothing_is_refused(tmp_path: Path, kpi: str) -> None:
    """No key figure is below 0: there is no time of -1 ms, and there are no -1 racks."""
    text = TEN_LINES.replace("kpi: pue", f"kpi: {kpi}")
    path = write(tmp_path, text.replace("value: 1.3", "value: -1"))
    with pytest.raises(Problems, match=r"is at least 0 .*, got -1"):
        load_registry(tmp_path)
    path.write_text(text.replace("value: 1.3", "value: 1"), "utf-8")
    assert load_registry(tmp_path).hubs["acme"].facts[0].value is not None


def test_two_targets_of_one_kpi_need_ids(tmp_path: Path) -> None:
    """Two facts that would get one id are told apart by the file."""
    twice = TEN_LINES + TEN_LINES[TEN_LINES.index("  - kpi") :]
    write(tmp_path, twice)
    with pytest.raises(Problems, match=r"acme-pue is taken .*; give it an id"):
        load_registry(tmp_path)


def test_the_packaged_hubs_are_in_both_languages() -> None:
    """What comes with the program gives English and Chinese everywhere."""

    def texts(value: object) -> list[dict[str, str]]:
        if isinstance(value, dict):
            if "en" in value or "zh" in value:
                return [value]
            return [one for each in value.values() for one in texts(each)]
        return [one for each in value for one in texts(each)] if isinstance(value, list) else []

    found = [one for path in packaged_files() for one in texts(yaml.safe_load(path.read_text()))]
    assert len(found) > 100
    assert all({"en", "zh"} <= one.keys() for one in found)


def test_a_new_hub_is_written_and_judged(tmp_path: Path) -> None:
    """The command writes a file that the registry reads; it never writes over another."""
    command = [
        *(sys.executable, "-c", "import sys; from agent.cli import main; sys.exit(main())"),
        *("hubs", "new", "acme", "--hubs-dir", str(tmp_path), "--name", "ACME Lyon"),
        *("--timezone", "Europe/Paris", "--target", "pue <= 1.3 by 2027-12-31"),
        *("--target", "racks_in_service >= 40 racks"),
    ]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    assert (done.returncode, done.stderr) == (0, "")
    pue, racks = load_registry(tmp_path).hubs["acme"].facts
    assert (pue.op, pue.value, pue.deadline and pue.deadline.text) == ("<=", 1.3, "2027-12-31")
    assert (racks.op, racks.value, racks.deadline) == (">=", 40, None)
    again = subprocess.run(command, capture_output=True, text=True, check=False)
    assert again.returncode != 0
    assert "is there already" in again.stderr


class Terminal:
    """Answers in turn; keeps the questions and the refusals."""

    def __init__(self, *answers: str) -> None:
        self._answers = iter(answers)
        self.questions: list[str] = []
        self.refusals: list[str] = []

    def ask(self, question: str) -> str:
        """Answer, or end as a terminal does on Ctrl-D."""
        self.questions.append(question)
        try:
            return next(self._answers)
        except StopIteration:
            raise EOFError from None

    def asker(self, language: str = "en") -> newhub.Asker:
        """Return what asks on this terminal."""
        return newhub.Asker(ask=self.ask, tell=self.refusals.append, language=language)


def new_hub(**given: str) -> newhub.NewHub:
    """Return a new hub of which little is given."""
    return newhub.NewHub(**{"key": "acme", "name": "", "timezone": "", **given})


def test_what_is_missing_is_asked(tmp_path: Path) -> None:
    """Name, zone and targets are asked for until nothing is answered."""
    terminal = Terminal("", "Europe/Paris", "pue <= 1.3", "")
    found = newhub.asked(new_hub(), tmp_path, terminal.asker())
    assert found == newhub.NewHub(
        key="acme", name="acme", timezone="Europe/Paris", targets=["pue <= 1.3"]
    )
    assert terminal.refusals == []
    assert list(tmp_path.iterdir()) == []


def test_an_answer_that_cannot_be_is_asked_for_again(tmp_path: Path) -> None:
    """Each refusal is one line, and the next question is the same one."""
    wrong = ["pie <= 1.3", "pue <= 1.3 kW", "pue <= 0.9", "pue about 1", "round_trip{hop=x} <= 5"]
    targets = [*wrong, "pue <= 1.3", "pue <= 1.3"]
    terminal = Terminal("ACME", "Europe/Pari", "Europe/Paris", *targets)
    with pytest.raises(ConfigError, match="the input ended"):
        newhub.asked(new_hub(), tmp_path, terminal.asker())
    assert terminal.refusals == [
        "timezone: expected a time zone such as Asia/Shanghai, got 'Europe/Pari'",
        "kpi: unknown; did you mean pue?",
        "unit: pue is counted in ratio, which kW cannot be turned into",
        "value: PUE is at least 1, got 0.9",
        f"'pue about 1': expected {newhub.FORM}, such as {' or '.join(newhub.EXAMPLES)}",
        "labels.hop: round_trip takes the label peer, not hop",
        "'pue <= 1.3': there is a target for this already, by the same day",
    ]
    kinds = [question.partition(" ")[0] for question in terminal.questions]
    assert kinds == ["name", "time", "time", *["a"] * 8]


def test_what_was_given_is_refused_before_anything_is_asked(tmp_path: Path) -> None:
    """A key that another hub has needs no further answers."""
    terminal = Terminal("ACME", "Europe/Paris", "")
    for given in ({"key": "guian"}, {"key": "No Key"}, {"timezone": "Mars/Olympus"}):
        with pytest.raises((Problems, ConfigError)):
            newhub.asked(new_hub(**given), tmp_path, terminal.asker())
    (tmp_path / "acme.yaml").write_text(TEN_LINES, "utf-8")
    with pytest.raises(ConfigError, match="is there already"):
        newhub.asked(new_hub(), tmp_path, terminal.asker())
    assert terminal.questions == []


def test_it_asks_in_chinese(tmp_path: Path) -> None:
    """Questions and refusals are in the language that is asked for."""
    terminal = Terminal("", "Europe/Pari", "Europe/Paris", "pie <= 1", "")
    newhub.asked(new_hub(), tmp_path, terminal.asker("zh"))
    assert terminal.questions[0].startswith("名称 [acme]")
    assert terminal.questions[1].startswith("时区")
    assert terminal.questions[-1].startswith("一项目标")
    assert terminal.refusals == [
        "timezone: 应为时区，如 Asia/Shanghai，实为 'Europe/Pari'",
        "kpi: 未知；是否应为 pue？",
    ]


def test_targets_for_two_peers_and_two_days(tmp_path: Path) -> None:
    """Round trips to two peers, and a PUE at two deadlines, have ids of their own."""
    targets = [
        "round_trip{peer=paris} <= 20 ms",
        'round_trip{ peer="Frankfurt 1" } <= 35 ms by 2028-06-30',
        "pue <= 1.3 by 2027-12-31",
        "pue <= 1.25 by 2030-12-31",
        "racks_in_service >= 40",
    ]
    newhub.add(
        newhub.NewHub(key="acme", name="A", timezone="Europe/Paris", targets=targets), tmp_path
    )
    facts = load_registry(tmp_path).hubs["acme"].facts
    assert [(fact.id, fact.kpi.key) for fact in facts] == [
        ("acme-round-trip-paris", "round_trip_paris"),
        ("acme-round-trip-frankfurt-1", "round_trip_frankfurt_1"),
        ("acme-pue-2027-12-31", "pue"),
        ("acme-pue-2030-12-31", "pue"),
        ("acme-racks-in-service", "racks_in_service"),
    ]
    assert [fact.value for fact in facts[:2]] == [0.02, 0.035]
    assert [one.kpi.label and one.kpi.label.value for one in facts[:2]] == ["paris", "Frankfurt 1"]


def test_two_peers_in_a_file_need_no_ids(tmp_path: Path) -> None:
    """The value of the label stands in the id that a file leaves out."""
    facts = "".join(
        f"  - {{kpi: round_trip, labels: {{peer: {peer}}}, op: '<=', value: 20}}\n"
        for peer in ("paris", "lyon")
    )
    write(tmp_path, TEN_LINES + facts)
    ids = [fact.id for fact in load_registry(tmp_path).hubs["acme"].facts]
    assert ids == ["acme-pue", "acme-round-trip-paris", "acme-round-trip-lyon"]


@pytest.mark.parametrize("line", ["pue", "pue < 1.3", "pue <= x", "pue <= 1.3 furlongs"])
def test_a_target_that_says_nothing_is_refused(tmp_path: Path, line: str) -> None:
    """A target that cannot be read is one line that shows the form."""
    new = newhub.NewHub(key="acme", name="A", timezone="Europe/Paris", targets=[line])
    with pytest.raises(ConfigError, match="expected"):
        newhub.add(new, tmp_path)
    assert list(tmp_path.iterdir()) == []
