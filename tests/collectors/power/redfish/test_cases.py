"""A service's documents and the expected series, case by case.

A case is `tests/cases/redfish/<case>/{config.yaml, service.json, expected.prom}`.

The documents were written by hand to the DMTF's schemas. `--update-golden` writes what came out.
"""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from tests.collectors.power.redfish.services import Service, account_files, reading, serving
from tests.support import ROOT

CASES = ROOT / "tests" / "cases" / "redfish"


@pytest.mark.parametrize("folder", sorted(CASES.iterdir()), ids=lambda folder: folder.name)
async def test_a_service_s_documents_become_these_series(
    folder: Path,
    tmp_path: Path,
    update_golden: bool,
) -> None:
    """A case gives exactly its expected series and its expected counts of rejected readings."""
    documents = json.loads((folder / "service.json").read_text())
    async with serving(Service(documents)) as service:
        device = {"address": service.origin}
        words = (folder / "config.yaml").read_text().replace("\n", "\n    ").rstrip()
        text = (
            f"allow_http: true\n{account_files(tmp_path)}devices:\n"
            f'  - address: "{device["address"]}"\n    {words}\n'
        )
        async with reading(tmp_path, text) as collector:
            lines = sorted(
                f"{series.prefix}{value!r}\n" for series, value in await collector.collect()
            )
            lines += [
                f"# not taken: {count} {why}\n" for why, count in sorted(collector.dropped.items())
            ]
        assert not service.sessions
    got = "".join(lines)
    expected = folder / "expected.prom"
    if update_golden:
        expected.write_text(got)
    assert got == expected.read_text()
