"""`python -m dashboards.preview --prometheus URL`: dashboards in a browser, until Ctrl-C."""

from __future__ import annotations

import argparse
import contextlib
import sys
import threading

from agent.hubs.loader import load_registry
from dashboards.build import build_all
from dashboards.preview.server import DIST, Preview


def main() -> int:
    """Serve the preview until Ctrl-C; returns 1 if the preview was not built."""
    parser = argparse.ArgumentParser(prog="python -m dashboards.preview", description=__doc__)
    parser.add_argument(
        "--prometheus",
        default="http://127.0.0.1:8428",
        metavar="URL",
        help="the database (default: that of the demo, %(default)s)",
    )
    parser.add_argument("--language", choices=("en", "zh"), default="en")
    parser.add_argument("--port", type=int, default=0)
    args = parser.parse_args()
    if not (DIST / "preview.js").exists():
        sys.stderr.write(f"{DIST}: not built; run `make preview`\n")
        return 1
    boards = [built.json for built in build_all(load_registry(), args.language)]
    with (
        Preview(boards, args.prometheus, port=args.port) as preview,
        contextlib.suppress(KeyboardInterrupt),
    ):
        sys.stdout.write(f"{preview.url}\n")
        sys.stdout.flush()
        threading.Event().wait()
    return 0


if __name__ == "__main__":
    sys.exit(main())
