"""What the generators of documentation pages share: write a page, or tell whether it is current."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import Final

ROOT: Final = Path(__file__).resolve().parent.parent


def finish(page: str, text: str) -> int:
    """Write `docs/PAGE`; with `--check` on the command line only compare.

    Returns the exit status: 1 where the page in the repository differs from `text`.
    """
    target = ROOT / "docs" / page
    if "--check" not in sys.argv:
        target.write_text(text, "utf-8")
        return 0
    if target.exists() and target.read_text("utf-8") == text:
        return 0
    print(f"docs/{page} is not what the code says: run `make docs`", file=sys.stderr)
    return 1
