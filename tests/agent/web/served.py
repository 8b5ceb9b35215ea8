"""A board that is served, and a fresh page of it in a browser."""

from __future__ import annotations

import threading
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from urllib.parse import parse_qsl, urlsplit

from agent.web import pages
from agent.web.view import BoardView
from tests.support.browser import Browser


class Site:
    """Serves a view's pages on loopback; the view may change between requests."""

    def __init__(self, view: BoardView) -> None:
        self.view = view
        site = self

        class Handler(BaseHTTPRequestHandler):
            def do_GET(self) -> None:
                address = urlsplit(self.path)
                response = pages.handle(
                    site.view, address.path, dict(parse_qsl(address.query, keep_blank_values=True))
                )
                body = response.body if response else b""
                self.send_response(response.status if response else 404)
                self.send_header(
                    "content-type", response.content_type if response else "text/plain"
                )
                for name, value in response.headers if response else ():
                    self.send_header(name, value)
                self.send_header("content-length", str(len(body)))
                self.end_headers()
                self.wfile.write(body)

            def log_message(self, *_: object) -> None:
                """Say nothing."""

        self._server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self.url = f"http://127.0.0.1:{self._server.server_port}"
        self._thread = threading.Thread(
            target=self._server.serve_forever, kwargs={"poll_interval": 0.05}
        )
        self._thread.start()

    def close(self) -> None:
        """Stop listening."""
        self._server.shutdown()
        self._server.server_close()
        self._thread.join(5)


def fresh(browser: Browser, url: str) -> None:
    browser.open("about:blank")  # the page before refreshes itself, from a server that has ended
    browser.errors.clear()
    browser.requests.clear()
    browser.left.clear()
    browser.open(url)


def _tip(browser: Browser) -> str:
    return str(
        browser.eval("(t => t && !t.hidden ? t.textContent : '')(document.querySelector('.tip'))")
    )


def _hover(browser: Browser, selector: str, part: float = 0.5) -> None:
    browser.eval(f"document.querySelector('{selector}').scrollIntoView({{block: 'center'}})")
    box = browser.eval(
        "(b => [b.left, b.top, b.width,"
        f" b.height])(document.querySelector('{selector}').getBoundingClientRect())"
    )
    browser.call(
        "Input.dispatchMouseEvent",
        type="mouseMoved",
        x=box[0] + box[2] * part,
        y=box[1] + box[3] / 2,
        pointerType="mouse",
    )
