"""Commands in a Chinese locale: every line that has words has Chinese ones."""

from __future__ import annotations

import re
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest

from agent.cli import main
from agent.commands.demo_output import Place, introduce
from agent.messages.said import templates
from agent.targets.columns import width_of
from tests.agent.commands.ledger_site import DAY, ledger, two_halves, write_csv
from tests.collectors.facility.snmp.agents import Fake, serving
from tests.collectors.facility.snmp.devices import PDU
from tests.collectors.facility.snmp.test_draft import PHASE, UNKNOWN, run
from tests.support import ROOT, unmeasured
from tests.support.chinese import HAN
from tests.support.ledger import SITE

Told = Callable[..., list[str]]
_ENGLISH = re.compile(r"(?<![\w./-])[a-z]{2,} [a-z]{2,}(?![\w./=-])")
"""Two words in a row, which no name, path, option or unit has."""


def _is_chinese(line: str) -> bool:
    said = re.sub(r"hubgauge [^；，）]*", "", line)  # a command to type
    return HAN.search(said) is not None and _ENGLISH.search(said) is None


@pytest.fixture
def told(monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> Told:
    """What a command has written since; each line must be Chinese, but for those of data."""
    monkeypatch.setenv("LC_ALL", "zh_CN.UTF-8")
    monkeypatch.delenv("LANGUAGE", raising=False)

    def lines(*data: str) -> list[str]:
        found = "".join(capsys.readouterr()).splitlines()
        words = [line for line in found if not any(re.fullmatch(one, line) for one in data)]
        assert [line for line in words if line and not _is_chinese(line)] == []
        return found

    return lines


def test_an_import_is_told_in_chinese(config: Path, tmp_path: Path, told: Told) -> None:
    """What was read, guessed, changed and refused, and the list of imports."""
    day = two_halves(tmp_path)
    assert ledger("import", config, day, "--dry-run") == 0
    last = "  按行距推定，1 小时：2025-03-01T23:00:00+08:00 至 2025-03-02T00:00:00+08:00"
    assert told() == [
        "main：24 行，24 小时共 17640.000 kWh，将改变 24 小时，未写入",
        last,
        "it：24 行，24 小时共 14400.000 kWh，将改变 24 小时，未写入",
        last,
    ]
    assert ledger("import", config, day) == 0
    assert told()[2] == "it：24 行，24 小时共 14400.000 kWh，已改变 24 小时"
    more = write_csv(
        tmp_path / "more.csv",
        "time,meter,energy_kwh",
        [
            ("2025-03-01T00:00", "it", 1001.0),
            ("2025-03-01T01:00", "it", 1000.0),
            ("2025-03-01T02:00", "it", -5),
            ("2025-02-30T02:00", "it", 1),
            ("2025-03-01T05:00", "ti", 1),
            ("2025-03-01T06:00", "it", 1000.0),
        ],
    )
    assert ledger("import", config, more) == 2
    assert told() == [
        f"{more}:4: energy_kwh: 应为数字，至少 0，实为 -5；送出的电能请单独用 --exported 导入",
        (
            f"{more}:5: time: 应为 ISO 8601 时间，如"
            f" 2025-01-31T14:00:00+08:00，实为 '2025-02-30T02:00'"
        ),
        f"{more}:6: meter: 'ti' 不是本站点的电能表；是否应为 it？",
    ]
    assert ledger("import", config, more, "--skip-refused", "--interval", "1h") == 0
    assert told()[:4] == [
        "it：3 行，3 小时共 3001.000 kWh，已改变 1 小时",
        "  新增 0 小时；原有 1 小时：1000.000 kWh 变为 1001.000",
        "  2025-03-01T00:00:00+08:00：1000.000 kWh 变为 1001.000",
        f"{more}：3 行被拒绝（energy_kwh 1 行，meter 1 行，time 1 行），已略去",
    ]
    assert ledger("imports", config) == 0
    assert re.search(r"day.csv  2 块电能表，改变 48 小时，2025-03-01 00:00 至 ", told()[0])
    for again, line in (
        (0, "导入 2（more.csv）已撤销：1 块电能表的 1 小时，"),
        (1, "导入 2 已撤销过"),
    ):
        assert ledger("undo", config, "2") == again
        assert told()[0].startswith(line)


@pytest.mark.parametrize(
    ("arguments", "line"),
    [
        (("import", "none.csv", "--cumulative", "--interval-values"), "--cumulative: 不能与"),
        (("import", "none.csv", "--interval", "soon"), "--interval: 应为时长，如 15m、"),
        (("import", "none.xlsx"), "none.xlsx: 是电子表格；请另存为 CSV 后导入"),
        (("import", "none.csv"), "none.csv: 无法读取：文件不存在"),
        (("import", __file__, "--alias", "x"), "--alias: 应为 THEIRS=OURS，实为 'x'"),
        (("show", *DAY), "ledger.db: 尚无能量台账；请运行采集代理，或导入"),
    ],
)
def test_wrong_options_are_told_in_chinese(
    config: Path, told: Told, arguments: tuple[str, ...], line: str
) -> None:
    """The option, what is expected, and what was given."""
    assert ledger(arguments[0], config, *arguments[1:]) == 2
    assert line in told()[0]


def test_copies_of_the_ledger_are_told_in_chinese(config: Path, tmp_path: Path, told: Told) -> None:
    """A backup, a restore, and a copy that is none."""
    ledger("import", config, two_halves(tmp_path))
    told()
    options, copy = ("--config", str(config)), tmp_path / "copy.db"
    assert main(["ledger", "backup", *options, str(copy)]) == 0
    assert told()[0].endswith(f" 已复制到 {copy}")
    assert main(["ledger", "restore", *options, str(copy)]) == 0
    assert "原有内容保存为" in told()[0]
    assert main(["ledger", "restore", *options, str(tmp_path / "none")]) == 1
    assert told() == [f"{tmp_path}/none：文件不存在"]


async def test_devices_are_told_in_chinese(tmp_path: Path, told: Told) -> None:
    """A PDU that a profile fits, an unknown device, a draft of it, and one that is not there."""
    async with serving(Fake(dict(UNKNOWN))) as address:
        assert await run("identify", address) == 1
        lines = told(address, r"  \S+\.\S+", "  sysObjectID .*")
        assert lines[1].startswith("  自述        Acme PDU")
        assert f"  {PHASE}.3  2 x 2301, 2288：市电电压" in lines
        assert lines[-1] == f"为其编写档案：hubgauge devices draft {address} --out F.yaml"
        assert await run("draft", address, "--out", str(tmp_path / "f.yaml")) == 0
        assert told(address, "", "  sysObjectID .*", "  hubgauge .*")[-2].endswith("补全，然后")
    async with serving(Fake(dict(PDU))) as address:
        assert await run("identify", address) == 0
    data = ("  sysObjectID .*", "  档案 .*", r"  dc_\S+.*", r"  [.\d]+ .*")
    lines = told(address, *data)
    assert any(re.fullmatch(r"\d+ 个对象，\d+ 个读数", line) for line in lines)
    assert await run("identify", "modbus://x:1/y") == 2
    assert told() == ["address：应为 modbus://HOST:PORT/UNIT，实为 'modbus://x:1/y'"]


def test_labels_of_devices_take_as_many_columns() -> None:
    """What stands behind a label begins in one column, in Chinese as in English."""
    found = 0
    for english, chinese in templates("zh").items():
        parts = [re.match(r"((?:\S+ ?){1,2} {2,})\S", one) for one in (english, chinese)]
        if parts[0] and "{" not in parts[0][1]:
            assert parts[1], chinese
            assert width_of(parts[0][1]) == width_of(parts[1][1]), chinese
            found += 1
    assert found > 15


def test_a_pue_is_explained_in_chinese(config: Path, tmp_path: Path, told: Told) -> None:
    """Points, meters, sums and assumptions; the columns of the table are aligned."""
    ledger("import", config, two_halves(tmp_path))
    told()
    assert ledger("show", config, *DAY, "--explain", "--hours") == 0
    lines = told(
        r"[a-z_]+ = .* kWh", r"pdu_output  IT [ .\d%]+", r"2025-\S+ +.*", r"assumes: .*|假定：.*"
    )
    assert [line for line in lines if line.startswith("assumes")] == []
    assert [line for line in lines if line.startswith("假定") and not HAN.search(line[3:])] == []
    head = next(n for n, line in enumerate(lines) if line.startswith("计量点"))
    assert {width_of(line) for line in lines[head : head + 2]} == {61}
    assert lines[head + 1].split() == ["utility", "设施", "1", "100.0%", "17640.000"]
    hours = next(n for n, line in enumerate(lines) if line.startswith("小时"))
    assert width_of(lines[hours]) == width_of(lines[hours + 1])


def test_own_rules_and_receivers_are_told_in_chinese(tmp_path: Path, told: Told) -> None:
    """Rules that are refused, receivers that get nothing, and a bridge without one."""
    rules, config = tmp_path / "own", tmp_path / "config.yaml"
    rules.mkdir()
    text = "groups: [{name: a, rules: [{alert: RackHot, expr: '1'}, {alert: B}, {}]}]\n"
    (rules / "own.yaml").write_text(text)
    config.write_text("hub: guian\nsite: s\nstate_dir: state\n")
    build = ("rules", "build", "--out", str(tmp_path / "out"))
    assert main([*build, "--rules-dir", str(rules)]) == 2
    lines = told()
    assert any(line.endswith("RackHot 是生成的规则；请换名称") for line in lines)
    assert any(line.endswith("B 需要 expr") for line in lines)
    assert any(line.endswith("应为带 alert 或 record 之一的规则") for line in lines)
    assert main([*build, "--rules-dir", str(tmp_path / "none")]) == 2
    assert told()[0].endswith("rules_dir: 文件夹不存在")
    assert main(["notify", "--config", str(config)]) == 2
    assert "没有此命令可通知的接收方" in told()[0]
    assert main(["inventory", "--config", str(config)]) == 1
    assert told() == [f"{config}：未指定清单"]


def test_a_statement_is_checked_in_chinese(config: Path, tmp_path: Path, told: Told) -> None:
    """One that is right, one that somebody changed, and options that do not go together."""
    ledger("import", config, two_halves(tmp_path))
    options, out = ("--config", str(config)), tmp_path / "stated.json"
    assert main(["statement", *options, "--year", "2025", "--out", str(out)]) == 0
    told()
    assert main(["statement", *options, "--verify", str(out)]) == 0
    assert "：摘要值正确，能量台账按 " in told()[0]
    out.write_text(out.read_text().replace('"year": 2025', '"year": 2024'))
    assert main(["statement", *options, "--verify", str(out)]) == 1
    lines = told()
    assert lines[0] == f"{out}：摘要值与内容不符；文件已被改动"
    assert main(["statement", *options, "--year", "2025", "--month", "2025-01"]) == 2
    assert told() == ["--month: 须与 --tenant 同用"]


def test_the_demo_and_the_simulator_are_told_in_chinese(told: Told) -> None:
    """Labels of places are aligned, and what a simulator refuses is told."""
    introduce(2, 12.0, [Place("board", "http://a/"), Place("metrics", "http://b/")], Path("/tmp/d"))
    lines = told("  .*http://.*")
    assert (
        lines[1] == "模拟：站点及其 2 个机柜、4 台 PDU、电能表和加速芯片，以及过去 12 个月的电能。"
    )
    at = {width_of(line[: line.index("http")]) for line in lines if "http" in line}
    assert at == {22}
    assert lines[-1] == "Ctrl-C 全部结束，并删除 /tmp/d。"
    introduce(2, 1.0, [], None)
    assert told()[1].endswith("以及过去一个月的电能。")
    assert main(["simulate", "--hub", "moon"]) == 2
    assert told()[0].startswith("--hub: 不在注册表中；应为以下之一：")


@pytest.mark.parametrize("encoding", ["ascii", "latin-1", "gb18030"])
@pytest.mark.parametrize("arguments", [("ledger", "import"), ("devices", "list"), ("demo",)])
def test_no_encoding_ends_a_command_in_a_traceback(
    config: Path, tmp_path: Path, encoding: str, arguments: tuple[str, ...]
) -> None:
    """What the output cannot show is English, or its number."""
    more = {
        "ledger": ("--config", str(config), "--site", SITE, two_halves(tmp_path)),
        "devices": (),
        "demo": ("--help",),
    }[arguments[0]]
    done = subprocess.run(
        [sys.executable, "-m", "agent.cli", *arguments, *more],
        cwd=ROOT,
        env=unmeasured() | {"LC_ALL": "zh_CN.UTF-8", "PYTHONIOENCODING": encoding},
        capture_output=True,
        timeout=300,
        check=False,
    )
    assert (done.returncode, done.stderr) == (0, b"")
    assert HAN.search(done.stdout.decode(encoding)) or encoding != "gb18030" or not more


def test_what_a_hub_entry_lacks_is_told_in_chinese(told: Told) -> None:
    """A new hub and a published figure need words, options and a folder."""
    figure = ("observe", "guian", "pue", "1.1")
    for words, line in (
        (("new", "acme"), "应为 new HUB --hubs-dir DIR"),
        ((*figure[:3], "x"), "observe guian pue x: 应为 observe HUB KPI VALUE，其中 VALUE 是数字"),
        (figure, "--date: 缺少"),
        ((*figure, "--date", "2026-01", "--publisher", "a"), "--hubs-dir: 缺少"),
    ):
        assert main(["hubs", *words]) == 2
        assert told("observe guian pue x: .*") == [line]
