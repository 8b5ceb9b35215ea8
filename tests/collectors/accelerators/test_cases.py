"""What npu-smi and exporters print, by version, and what is expected of it."""

from __future__ import annotations

from pathlib import Path

import pytest

from collectors.accelerators.exporter import parse as parse_page
from collectors.accelerators.exporter_profile import FOLDER, load_profile
from collectors.accelerators.npu_smi import parse as parse_table
from collectors.base import BadReply
from tests.collectors.accelerators.kit import CASES, chips, page

TABLES = sorted((CASES / "npu_smi").iterdir())
PAGES = sorted((CASES / "accelerator_exporter").iterdir())
PROFILES = sorted(path.stem for path in FOLDER.iterdir())
NOW = 1_795_608_010.0


def compare(path: Path, result: str, *, update: bool) -> None:
    if update:
        path.write_text(result)
    assert result == path.read_text()


@pytest.mark.parametrize("case", TABLES, ids=lambda case: case.name)
def test_a_table_of_npu_smi(case: Path, update_golden: bool) -> None:
    """Each version's table gives exactly the expected series, or the expected error."""
    text = (case / "reply.txt").read_text()
    try:
        result, name = page(chips("Huawei").readings(parse_table(text))), "expected.prom"
    except BadReply as error:
        result, name = f"{error}\n", "expected.err"
    compare(case / name, result, update=update_golden)


@pytest.mark.parametrize("case", PAGES, ids=lambda case: case.name)
def test_a_page_of_an_exporter(case: Path, update_golden: bool) -> None:
    """Each exporter's page gives exactly the expected series."""
    profile = load_profile(next(name for name in PROFILES if case.name.startswith(name[:4])))
    found = parse_page((case / "reply.txt").read_bytes(), profile, NOW)
    result = page(chips(profile.vendor).readings(found.chips)) + (
        f"# stale {found.stale}\n" if found.stale else ""
    )
    compare(case / "expected.prom", result, update=update_golden)
