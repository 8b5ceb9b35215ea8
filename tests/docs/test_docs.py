"""What is generated from the code and kept beside it."""

from __future__ import annotations

import re
import shutil
import sqlite3
import subprocess
import sys
import tomllib
from importlib import import_module
from itertools import chain
from pathlib import Path

import pytest

from agent.cli import main
from agent.loading import load_all
from agent.settings import AUTO_WORKERS, parse_workers
from collectors.strict.scalars import parse_duration, parse_size
from tests.support import ROOT


def test_the_config_reference_is_what_the_code_reads() -> None:
    """docs/config.md is written from the models; run tools/config_reference.py after a change."""
    subprocess.run(
        [sys.executable, ROOT / "tools" / "config_reference.py", "--check"], check=True, timeout=300
    )


def test_the_defaults_that_the_reference_shows_may_be_written_so() -> None:
    """Each default of a duration, a size or a number of workers is one that a config may have."""
    readers = {
        "a duration": parse_duration,
        "a size": parse_size,
        "a size such as 128KiB": parse_size,
        "auto or a number from 1 to 64": parse_workers,
    }
    text = (ROOT / "docs" / "config.md").read_text("utf-8")
    rows = [line.split(" | ") for line in text.splitlines() if line.startswith("| `")]
    known = [row for row in rows if row[1] in readers and row[2].startswith("`")]
    shown = {row[0]: readers[row[1]](row[2].strip("`")) for row in known}
    assert len(known) > 30
    assert shown["| `inventory.netbox.refresh`"] == 900  # a quarter of an hour
    assert shown["| `outputs.influxdb.spool.max_bytes`"] == 2 * 2**30
    assert shown["| `workers`"] == AUTO_WORKERS


def test_the_list_of_devices_is_what_the_profiles_and_their_tests_say() -> None:
    """docs/devices.md is written from profiles, collectors and cases.

    Run tools/devices_reference.py after a change.
    """
    subprocess.run(
        [sys.executable, ROOT / "tools" / "devices_reference.py", "--check"],
        check=True,
        timeout=300,
    )


@pytest.mark.parametrize("page", ["README.md", "docs/zh/README.md"])
def test_the_readme_counts_the_profiles_there_are(
    page: str, capsys: pytest.CaptureFixture[str]
) -> None:
    """Its number is that of the lines of `devices list`."""
    assert main(["devices", "list"]) == 0
    listed = len(capsys.readouterr().out.splitlines())
    said = re.search(r"\[(?:已内置 )?(\d+)[^]]*\]\([^)]*devices\.md\)", (ROOT / page).read_text())
    assert said is not None
    assert int(said[1]) == listed


def test_the_list_of_metrics_is_the_catalogue() -> None:
    """docs/metrics.md is written from the catalogue.

    Run tools/metrics_reference.py after a change.
    """
    subprocess.run(
        [sys.executable, ROOT / "tools" / "metrics_reference.py", "--check"],
        check=True,
        timeout=300,
    )


def test_the_list_of_kpis_is_the_registry_and_the_table() -> None:
    """docs/kpi-keys.md is written from both; run tools/kpi_reference.py after a change."""
    subprocess.run(
        [sys.executable, ROOT / "tools" / "kpi_reference.py", "--check"],
        check=True,
        timeout=300,
    )


def test_the_example_configs_load(tmp_path: Path) -> None:
    """Each example is found good as it stands, with the secret it names beside it."""
    shutil.copytree(ROOT / "deploy" / "examples", tmp_path, dirs_exist_ok=True)
    (tmp_path / "community").write_text("public\n")
    (tmp_path / "community").chmod(0o600)
    node = load_all(tmp_path / "node.yaml")
    assert node.inventory is None
    gateway = load_all(tmp_path / "gateway.yaml")
    assert gateway.inventory is not None
    assert list(gateway.inventory.racks) == ["A07"]
    names = {(one.name, one.device) for one in gateway.collectors}
    assert {("snmp", "A07-A"), ("modbus", "main-1")} <= names


def test_the_backup_recipe_copies_a_ledger_that_is_in_use(tmp_path: Path) -> None:
    """The script of docs/upgrade.md makes a whole copy while a writer has the file open."""
    page = (ROOT / "docs" / "upgrade.md").read_text("utf-8")
    script = page.split("<<'EOF'\n", 1)[1].split("\nEOF\n", 1)[0]
    live = sqlite3.connect(tmp_path / "ledger.db")
    live.execute("PRAGMA journal_mode = WAL")
    live.execute("CREATE TABLE hour (joules REAL)")
    live.executemany("INSERT INTO hour VALUES (?)", [(float(n),) for n in range(1000)])
    live.commit()
    live.execute("INSERT INTO hour VALUES (1e9)")  # not committed: no part of the copy
    command = [sys.executable, "-", tmp_path / "ledger.db", tmp_path / "copy.db"]
    subprocess.run(command, input=script, text=True, check=True, timeout=300)
    live.rollback()
    live.close()
    copy = sqlite3.connect(tmp_path / "copy.db")
    assert copy.execute("SELECT count(*), sum(joules) FROM hour").fetchone() == (1000, 499500.0)
    copy.close()


def test_every_link_in_the_docs_leads_somewhere() -> None:
    """A link to a file of the repository, or to a heading in one, names what is there."""
    broken = []
    for page in [
        ROOT / "README.md",
        ROOT / "CONTRIBUTING.md",
        ROOT / "SECURITY.md",
        *sorted((ROOT / "docs").rglob("*.md")),
    ]:
        for target in re.findall(r"\]\(([^)\s]+)\)", page.read_text("utf-8")):
            if re.match(r"[a-z]+:", target):
                continue
            name, _, anchor = target.partition("#")
            file = page.parent / name if name else page
            if not file.exists() or (anchor and anchor not in anchors(file)):
                broken.append(f"{page.relative_to(ROOT)}: {target}")
    assert not broken


def anchors(page: Path) -> set[str]:
    """Return the anchors of a page's headings, by GitHub's rule."""
    headings = re.findall(r"^#+ (.+)$", page.read_text("utf-8"), re.MULTILINE)
    return {re.sub(r"[^\w\- ]", "", heading.lower()).replace(" ", "-") for heading in headings}


def test_every_name_in_the_architecture_exists() -> None:
    """A module, class or function that docs/architecture.md names is there."""
    page = (ROOT / "docs" / "architecture.md").read_text("utf-8")
    names = set(re.findall(r"`((?:agent|collectors|dashboards)\.[\w.]+)`", page))
    assert len(names) > 20
    assert [name for name in sorted(names) if not exists(name)] == []


def test_every_path_in_a_page_exists() -> None:
    """A file or folder of the repository that a page names is there; LANGUAGE stands for any."""
    folders = "agent|bench|collectors|dashboards|deploy|docs|locks|simulator|tests|tools"
    named = {
        (page.name, path)
        for page in (*ROOT.glob("*.md"), *(ROOT / "docs").rglob("*.md"))
        for path in re.findall(rf"`((?:{folders})/[\w./*-]+)`", page.read_text("utf-8"))
    }
    assert len(named) > 100
    gone = [
        (page, path)
        for page, path in sorted(named)
        if not any(ROOT.glob(re.sub(r"\b[A-Z]{3,}\b", "*", path.rstrip("/"))))
    ]
    assert gone == []


def test_every_room_of_the_agent_is_in_the_architecture() -> None:
    """A newcomer finds each module and folder of `agent` in the table of rooms."""
    page = (ROOT / "docs" / "architecture.md").read_text("utf-8")
    rooms = {
        found.name + "/" if found.is_dir() else found.stem
        for found in (ROOT / "agent").iterdir()
        if (found.is_dir() and (found / "__init__.py").exists())
        or (found.suffix == ".py" and found.stem != "__init__")
    } | {"messages/"}
    assert sorted(room for room in rooms if f"`{room}`" not in page) == []


def test_the_floors_that_are_drawn_are_those_that_are_checked() -> None:
    """Each room of the drawing is on a lower floor of the contract than those drawn above it."""
    page = (ROOT / "docs" / "architecture.md").read_text("utf-8")
    drawing = page.partition("## The floors")[2].partition("```\n")[2].partition("\u2500")[0]
    drawn = [re.findall(r"\w+", line) for line in drawing.splitlines()]
    linter = tomllib.loads((ROOT / "pyproject.toml").read_text("utf-8"))["tool"]["importlinter"]
    (layers,) = (one["layers"] for one in linter["contracts"] if one.get("exhaustive"))
    floor = {room: at for at, layer in enumerate(layers) for room in re.findall(r"\w+", layer)}
    assert len(drawn) > 8
    wrong = [
        (above, below)
        for at, line in enumerate(drawn)
        for above in line
        for below in chain.from_iterable(drawn[at + 1 :])
        if floor[above] >= floor[below]
    ]
    assert wrong == []


def exists(name: str) -> bool:
    """Tell whether a dotted name leads to a module or to something in one."""
    parts = name.split(".")
    for cut in range(len(parts), 0, -1):
        try:
            found = import_module(".".join(parts[:cut]))
        except ModuleNotFoundError:
            continue
        for attribute in parts[cut:]:
            found = getattr(found, attribute, None)
        return found is not None
    return False
