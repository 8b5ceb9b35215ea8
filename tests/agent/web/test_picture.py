"""A chart as a picture, as a browser makes it."""

from __future__ import annotations

import base64
import io
from typing import Any

import pytest
from PIL import Image, ImageColor

from agent.ledger.store.episodes import Episode
from tests.agent.web import fixture, test_lane
from tests.agent.web.served import Site, fresh
from tests.agent.web.site_readings import NOW, SITE
from tests.support.browser import Browser

ASKED = """(async () => {
    const plot = document.querySelector('.plot'), { picture } = await import('/static/picture.js');
    const { png, name } = await picture(plot, '12:00');
    const bytes = new Uint8Array(await png.arrayBuffer());
    return {
        name, data: btoa(String.fromCharCode(...bytes)),
        width: Math.ceil(plot.getBoundingClientRect().width),
        curve: getComputedStyle(plot.querySelector('.line')).stroke,
        paper: getComputedStyle(plot.closest('.card')).backgroundColor,
    };
})()"""


@pytest.mark.parametrize("dark", [False, True])
def test_a_chart_is_saved_as_it_looks(browser: Browser, site: Site, dark: bool) -> None:
    """The picture has twice the chart's width, the page's paper and the curve's colour."""
    browser.size(1366, 768, dark=dark)
    fresh(browser, f"{site.url}/sites/{fixture.SITE}?lang=zh")
    told: Any = browser.eval(ASKED)
    image = Image.open(io.BytesIO(base64.b64decode(told["data"]))).convert("RGB")
    assert image.width == 2 * (told["width"] + 28)
    assert image.getpixel((2, 2)) == ImageColor.getrgb(told["paper"])
    counts = {colour: count for count, colour in image.getcolors(1 << 24) or ()}
    assert counts.get(ImageColor.getrgb(told["curve"]), 0) > 500
    assert told["name"].startswith("hubgauge-")
    assert told["name"].endswith(".png")
    assert browser.errors == []


LANE = """(async () => {
    const { picture } = await import('/static/picture.js');
    const lane = document.querySelector('.lane'), use = lane.querySelector('use');
    const plot = lane.parentElement.querySelector('.plot');
    const { png } = await picture(plot, '12:00');
    const bytes = new Uint8Array(await png.arrayBuffer());
    const at = use.getBoundingClientRect(), box = plot.getBoundingClientRect();
    return {
        data: btoa(Array.from(bytes, (one) => String.fromCharCode(one)).join('')),
        x: at.left + at.width / 2 - box.left, y: at.top + at.height / 2 - box.top,
        colour: getComputedStyle(use).color,
        height: Math.ceil(lane.getBoundingClientRect().bottom - box.top),
    };
})()"""


def test_the_picture_has_what_happened(browser: Browser, site: Site) -> None:
    """Below the curve the picture has the lane, and each mark where the page has it."""
    site.view = test_lane.view([Episode(NOW - 36_000, "rack", SITE, "A", "A06", "over")])
    browser.size(1366, 768)
    fresh(browser, f"{site.url}{test_lane.RACK}?lang=zh")
    told: Any = browser.eval(LANE)
    image = Image.open(io.BytesIO(base64.b64decode(told["data"]))).convert("RGB")
    assert image.height == 2 * (told["height"] + 30 + 14)
    x, y = 2 * (told["x"] + 14), 2 * (told["y"] + 30)
    around = image.crop((round(x) - 16, round(y) - 16, round(x) + 16, round(y) + 16))
    counts = {colour: count for count, colour in around.getcolors(1 << 12) or ()}
    assert counts.get(ImageColor.getrgb(told["colour"]), 0) > 20


def test_the_button_is_there_with_the_script_only(browser: Browser, site: Site) -> None:
    """Every chart with a CSV has a button, which the keyboard reaches; no script, no button."""
    browser.size(1366, 768)
    fresh(browser, f"{site.url}/sites/{fixture.SITE}")
    shown = "[...document.querySelectorAll('button.png')].map(b => b.offsetParent !== null)"
    assert browser.eval(shown) == [True, True]
    browser.eval("document.documentElement.classList.remove('scripted')")
    assert browser.eval(shown) == [False, False]
