"""Files and folders that a config names and an agent runs without, though what they are for fails.

The readings of textfiles need their folder, and `rules build` that of an operator's own rules. A
certificate whose time is over is loaded, and refused by whoever is shown it.
"""

from __future__ import annotations

import datetime as dt
from contextlib import suppress

from agent.loading import Loaded
from agent.named_files import certificate_files
from collectors.base import ConfigError
from collectors.paths import is_folder
from collectors.strict import Document
from collectors.validity import validities


def unusable(loaded: Loaded) -> list[ConfigError]:
    """Return an error for each that is not as it must be."""
    return [*_textfiles(loaded), *_rules(loaded), *_certificates(loaded)]


def _textfiles(loaded: Loaded) -> list[ConfigError]:
    key = "collectors.host.textfile.directory"
    return [
        _at(loaded, key, f"no such folder: {options.directory}")
        for section in loaded.config.sections
        if (options := getattr(section.config, "textfile", None)) is not None
        and options.directory is not None
        and not is_folder(options.directory)
    ]


def _rules(loaded: Loaded) -> list[ConfigError]:
    folder = loaded.config.file.alerting.rules_dir
    if folder is None or is_folder(folder):
        return []
    return [_at(loaded, "alerting.rules_dir", f"no such folder: {folder}")]


def _certificates(loaded: Loaded) -> list[ConfigError]:
    """Name the certificates that are not valid now; of authorities, where none of a file is."""
    now = dt.datetime.now(dt.UTC)
    found = []
    for key, path in certificate_files(loaded.config.file, loaded.config.outputs).items():
        with suppress(OSError, UnicodeDecodeError):
            problems = [one.problem(now) for one in validities(path.read_text("ascii"))]
            wrong = next(filter(None, problems), "")
            if wrong and (key.endswith(".cert_file") or all(problems)):
                found.append(_at(loaded, key, f"{path} {wrong}"))
    return found


def _at(loaded: Loaded, key: str, message: str) -> ConfigError:
    """Return an error at the line of a key of the config."""
    path = loaded.config.path
    return ConfigError(message, file=str(path), line=Document(path).line(key), key=key)
