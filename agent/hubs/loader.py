"""Load the hub registry: the packaged hubs, and those in the operator's `hubs_dir`.

A YAML file describes one hub (`key:`), or adds to a hub that another file describes (`extends:`):
later observations, a policy, the names of site groups. All mistakes of all files are reported at
once, one line each with file and line. The smallest file::

    key: north
    name: {en: North campus, zh: 北园区}
    timezone: Asia/Shanghai
    sources:
      annual-report:
        publisher: {en: Our annual report, zh: 本公司年报}
        date: 2026-03-31
        about: {en: the year 2025, zh: 2025 年度}
    facts:
      - id: north-pue
        kind: target
        kpi: pue
        op: "<="
        value: 1.3
        deadline: 2027-12-31
        stated: 2026-03-31
        source: annual-report
        text: {en: The campus is to run at a PUE of 1.3 from 2027., zh: 园区 2027 年 PUE 降至 1.3。}
        open: {en: Whether new halls count from their first day., zh: 新机房是否自投用起计入。}
        confidence: high
"""

from __future__ import annotations

import functools
from collections.abc import Sequence
from pathlib import Path
from typing import Final

from agent.hubs.assembly import Assembly
from agent.hubs.entries import KpiFile, PolicyFile
from agent.hubs.hubfile import open_file
from agent.hubs.kpinames import KpiNames
from agent.hubs.model import Registry
from agent.hubs.packaged import PACKAGED, packaged_files
from collectors.base import ConfigError
from collectors.strict import Document, Problems

SUFFIXES: Final = (".yaml", ".yml")


def load_registry(hubs_dir: Path | None = None) -> Registry:
    """Load every hub; raises Problems with all mistakes in the operator's files."""
    own = _own_files(hubs_dir)
    return _loaded(own) if own else _packaged()


@functools.cache
def _packaged() -> Registry:
    """Return the packaged hubs alone, which never change while the program runs."""
    return _loaded(())


def _loaded(own: Sequence[Path]) -> Registry:
    packaged = Document(PACKAGED / "kpis.yaml").build(KpiFile).kpis
    kpis = KpiNames({kpi.key: kpi for kpi in packaged})
    policies = Document(PACKAGED / "policy.yaml").build(PolicyFile)
    files = [open_file(path) for path in packaged_files()]
    errors: list[ConfigError] = []
    for path in own:
        try:
            files.append(open_file(path))
        except Problems as problems:
            errors += problems.errors
    registry = Assembly(kpis, policies, files).registry()
    errors += [error for file in files for error in file.document.errors]
    if errors:
        raise Problems(sorted(errors, key=lambda error: (error.file, error.line)))
    return registry


def _own_files(hubs_dir: Path | None) -> list[Path]:
    if hubs_dir is None:
        return []
    try:
        return sorted(
            path
            for path in hubs_dir.iterdir()
            if path.suffix in SUFFIXES and not path.name.startswith(".")
        )
    except OSError as error:
        raise Problems(
            [ConfigError(f"cannot be read: {error.strerror}", file=str(hubs_dir))]
        ) from None
