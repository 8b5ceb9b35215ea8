"""A stranger at the wall screen of the demo finds the outlet to pull, in three clicks."""

from __future__ import annotations

from pathlib import Path

from tests.agent.web.served import fresh
from tests.support import free_port, wait_for
from tests.support.browser import Browser
from tests.support.demo import demo, wait_until_ready


def click(browser: Browser, selector: str) -> None:
    """Click on what a person sees: the middle of an element on the screen."""
    browser.eval(f"document.querySelector({selector!r}).scrollIntoView({{block: 'center'}})")
    x, y = browser.eval(
        f"(b => [b.left + b.width / 2, b.top + b.height / 2])"
        f"(document.querySelector({selector!r}).getBoundingClientRect())"
    )
    for kind in ("mousePressed", "mouseReleased"):
        browser.call("Input.dispatchMouseEvent", type=kind, x=x, y=y, button="left", clickCount=1)


def test_from_the_wall_to_the_outlet_to_pull(browser: Browser, tmp_path: Path) -> None:
    """A silent PDU: the rack on the wall, the node in its elevation, the outlet of the other PDU.

    Row B's A side is read through another maker's PDUs than its B side. In rack B09 the PDU of side
    A is silent from the start; node 3 hangs on outlet 3 of each side.
    """
    port = free_port()
    options = ("--racks", "24", "--port", str(port), "--no-database", "--interval", "2s")
    with demo(tmp_path, *options, "--fault", "B09-A=silent") as (process, log):
        wait_until_ready(process, log)
        wall = f"http://127.0.0.1:{port}/?kiosk"
        browser.size(1920, 1080)
        rack = ".urgent a[href*='/racks/B09']"

        def named() -> bool:
            fresh(browser, wall)
            return bool(browser.eval(f'document.querySelector("{rack}") !== null'))

        wait_for(named, what="the rack on the wall")
        click(browser, rack)
        wait_for(lambda: browser.eval("location.pathname").endswith("/racks/B09"), what="the rack")
        node = ".front a[href$=n03]"
        wait_for(lambda: browser.eval(f"document.querySelector('{node}') !== null"), what="node 3")
        click(browser, node)
        outlet = "tr:has(:target) td a"
        wait_for(
            lambda: browser.eval(f"document.querySelector('{outlet}') !== null"), what="its outlets"
        )
        assert browser.eval("document.querySelector('tr:has(:target)').innerText").startswith(
            "sim-b09-n03"
        )
        click(browser, outlet)
        wait_for(
            lambda: "B09-B" in browser.eval("document.querySelector('tr:has(:target)').innerText"),
            what="the outlet",
        )
        line = browser.eval("document.querySelector('tr:has(:target)').innerText")
        assert line.startswith("B09-B 3")
        assert "sim-b09-n03 B" in line
        assert browser.errors == []
