"""Files that commands write."""

from __future__ import annotations

import argparse
import json
import sys
from collections.abc import Callable, Mapping
from pathlib import Path

from collectors.base import ConfigError


def cannot_be_written(error: OSError, path: Path, key: str) -> ConfigError:
    """Return the error for a file, named by the option `key`, that cannot be written."""
    return ConfigError(f"cannot be written: {error.strerror or error}", file=str(path), key=key)


def write_text(path: Path, text: str, key: str) -> None:
    """Write a file that the option `key` names; raises ConfigError if that fails."""
    try:
        path.write_text(text, encoding="utf-8")
    except OSError as error:
        raise cannot_be_written(error, path, key) from None


def write_statement(
    args: argparse.Namespace,
    plain: Mapping[str, object],
    *,
    table: Callable[[], str],
    page: Callable[[], str],
) -> None:
    """Write a statement as JSON to `--out` or stdout; with `--csv` and `--page` in these forms too.

    Raises ConfigError where a file cannot be written.
    """
    text = json.dumps(plain, indent=2, ensure_ascii=False) + "\n"
    if args.out is None:
        sys.stdout.write(text)
    else:
        write_text(args.out, text, "--out")
    if args.csv is not None:
        write_text(args.csv, table(), "--csv")
    if args.page is not None:
        write_text(args.page, page(), "--page")
