"""Files and folders that a config names and an agent runs without, though what they are for fails.

The statements of tenants need their file; the readings of textfiles need their folder.
"""

from __future__ import annotations

from agent.loading import Loaded
from agent.tenants.model import read_tenants
from collectors.base import ConfigError
from collectors.paths import is_folder
from collectors.strict import Document, Problems


def unusable(loaded: Loaded) -> list[ConfigError]:
    """Return an error for each that is not as it must be."""
    return [*_tenants(loaded), *_textfiles(loaded)]


def _tenants(loaded: Loaded) -> list[ConfigError]:
    path = loaded.config.file.tenants
    if path is None:
        return []
    if loaded.inventory is None:
        return [_at(loaded, "tenants", "needs an inventory: it says which racks there are")]
    try:
        read_tenants(path, loaded.inventory)
    except Problems as problems:
        return list(problems.errors)
    return []


def _textfiles(loaded: Loaded) -> list[ConfigError]:
    key = "collectors.host.textfile.directory"
    return [
        _at(loaded, key, f"no such folder: {options.directory}")
        for section in loaded.config.sections
        if (options := getattr(section.config, "textfile", None)) is not None
        and options.directory is not None
        and not is_folder(options.directory)
    ]


def _at(loaded: Loaded, key: str, message: str) -> ConfigError:
    """Return an error at the line of a key of the config."""
    path = loaded.config.path
    return ConfigError(message, file=str(path), line=Document(path).line(key), key=key)
