"""A chart as a picture, as a browser makes it."""

from __future__ import annotations

import base64
import io
from typing import Any

import pytest
from PIL import Image, ImageColor

from tests.agent.web import fixture
from tests.agent.web.served import Site, fresh
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


def test_the_button_is_there_with_the_script_only(browser: Browser, site: Site) -> None:
    """Every chart with a CSV has a button, which the keyboard reaches; no script, no button."""
    browser.size(1366, 768)
    fresh(browser, f"{site.url}/sites/{fixture.SITE}")
    shown = "[...document.querySelectorAll('button.png')].map(b => b.offsetParent !== null)"
    assert browser.eval(shown) == [True, True]
    browser.eval("document.documentElement.classList.remove('scripted')")
    assert browser.eval(shown) == [False, False]
