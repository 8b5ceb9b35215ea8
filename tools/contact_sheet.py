"""Draw every dashboard with Grafana's own components, from a running database.

`python -m tools.contact_sheet --prometheus URL` writes docs/boards/ and a sheet of all,
docs/boards.png. Take a demo that has run for a while. Chromium and the built preview are needed.
"""

from __future__ import annotations

import argparse
import io
import sys
import tempfile
import time
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Final

from PIL import Image

from agent.hubs.loader import load_registry
from dashboards.build import build_all
from dashboards.preview.server import Preview
from tests.support import ROOT, binary
from tests.support.browser import Browser

WIDTH: Final = 1500
SHOWN: Final = 900
COLORS: Final = 192
TILE: Final = (420, 560)
GAP: Final = 12
COLUMNS: Final = 5
PATIENCE: Final = 60.0
BACKGROUND: Final = (17, 18, 23)


def main() -> int:
    """Draw; the exit status is 1 where a panel failed.

    Panels without data are named: each must be one that says why.
    """
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--prometheus", required=True, metavar="URL")
    parser.add_argument(
        "--from",
        dest="start",
        default="now-15m",
        metavar="T",
        help="where ranges begin (default: %(default)s)",
    )
    parser.add_argument(
        "--choose",
        action="append",
        default=[],
        metavar="NAME=VALUE",
        help="a variable's value, such as rack=A04",
    )
    parser.add_argument("--language", choices=("en", "zh"), default="en")
    parser.add_argument("--out", type=Path, default=ROOT / "docs", metavar="D")
    args = parser.parse_args()
    boards = [built.json for built in build_all(load_registry(), args.language)]
    chosen = "".join(f"&var-{choice}" for choice in args.choose)
    folder = args.out / "boards"
    folder.mkdir(parents=True, exist_ok=True)
    tiles, failed = [], False
    with (
        Preview(boards, args.prometheus) as preview,
        tempfile.TemporaryDirectory(ignore_cleanup_errors=True) as profile,
    ):
        browser = Browser(binary("chromium"), Path(profile))
        try:
            for board in boards:
                uid = str(board["uid"])
                page = f"{preview.url}?board={uid}&theme=dark&from={args.start}{chosen}"
                for state, title in _draw(browser, page):
                    failed |= state == "error"
                    sys.stdout.write(f"{uid}: {title}: {state}\n")
                picture = _picture(browser)
                tiles.append(picture)
                _save(picture, folder / f"{uid}.png", SHOWN)
        finally:
            browser.close()
    _sheet(tiles).quantize(COLORS).save(args.out / "boards.png", optimize=True)
    return int(failed)


def _draw(browser: Browser, page: str) -> Iterator[tuple[str, str]]:
    """Open a dashboard and wait until every panel has settled.

    Yields state and title of each that shows nothing.
    """
    browser.size(WIDTH, 900)
    browser.open(page)
    deadline = time.monotonic() + PATIENCE
    while browser.eval("document.body.dataset.state") is None and time.monotonic() < deadline:
        time.sleep(0.2)
    states = (
        browser.eval(
            "[...document.querySelectorAll('[data-panel]')].map((e) => [e.dataset.state,"
            " e.dataset.title])"
        )
        or []
    )
    yield from ((state, title) for state, title in states if state != "ok")


def _picture(browser: Browser) -> Image.Image:
    browser.size(WIDTH, min(6000, int(browser.eval("document.documentElement.scrollHeight"))))
    time.sleep(1.5)  # uPlot draws anew after a change of size
    with tempfile.NamedTemporaryFile(suffix=".png") as file:
        browser.shot(Path(file.name), whole=True)
        return Image.open(io.BytesIO(Path(file.name).read_bytes())).convert("RGB")


def _save(picture: Image.Image, path: Path, width: int) -> None:
    small = picture.resize(
        (width, round(picture.height * width / picture.width)), Image.Resampling.LANCZOS
    )
    small.quantize(COLORS).save(path, optimize=True)


def _sheet(pictures: Sequence[Image.Image]) -> Image.Image:
    """Return the upper part of each picture, side by side."""
    wide, high = TILE
    rows = -(-len(pictures) // COLUMNS)
    sheet = Image.new("RGB", (COLUMNS * (wide + GAP) + GAP, rows * (high + GAP) + GAP), BACKGROUND)
    for index, picture in enumerate(pictures):
        shown = picture.crop(
            (0, 0, picture.width, min(picture.height, round(high * picture.width / wide)))
        )
        tile = shown.resize(
            (wide, round(shown.height * wide / shown.width)), Image.Resampling.LANCZOS
        )
        sheet.paste(
            tile, (GAP + index % COLUMNS * (wide + GAP), GAP + index // COLUMNS * (high + GAP))
        )
    return sheet


if __name__ == "__main__":
    sys.exit(main())
