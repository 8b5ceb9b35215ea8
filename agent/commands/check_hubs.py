"""Mistakes in the hubs that a config names, where something else is wrong with it as well."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

from agent.environment import open_config
from agent.hubs.configured import read_own
from agent.receivers.model import AlertingSection
from agent.receivers.named import check_receivers
from collectors.base import ConfigError
from collectors.paths import is_folder
from collectors.strict import Problems


def wrong_hubs(config: Path) -> Sequence[ConfigError]:
    """Return what is wrong with the hubs that a config and its receivers name.

    What is wrong with the values of these keys is told as well, as it is where all keys are read.
    """
    try:
        document = open_config(config)
        folder = document.section("hubs_dir", Path)
        if folder is None or is_folder(folder):
            _, registry = read_own(document)
            alerting = document.section("alerting", AlertingSection)
            check_receivers(document, alerting, registry.hubs)
    except Problems as problems:
        return problems.errors
    return document.errors
