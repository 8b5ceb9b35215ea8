"""The agent behind a real reverse proxy, nginx, that asks people for their password."""

from __future__ import annotations

import base64
import socket
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from agent.access import Proxy, Role
from tests.agent.web.serving import request, serving
from tests.support import HANGS, binary, free_port, wait_for

CONFIG = """
daemon off; master_process off; pid {folder}/pid; error_log {folder}/error.log;
events {{}}
http {{
  access_log off;
  client_body_temp_path {folder}/body; proxy_temp_path {folder}/proxy;
  fastcgi_temp_path {folder}/f; uwsgi_temp_path {folder}/u; scgi_temp_path {folder}/s;
{server}
}}
"""
PAGE = Path(__file__).resolve().parents[3] / "docs" / "users.md"


def server_of_the_page(port: int, agent: int, users: Path) -> str:
    """Return the server that docs/users.md shows, on other ports and without its certificate."""
    text = PAGE.read_text("utf-8").split("```nginx\n", 1)[1].split("```", 1)[0]
    kept = [line for line in text.splitlines() if "ssl_" not in line and "server_name" not in line]
    return (
        "\n".join(kept)
        .replace("listen 443 ssl;", f"listen 127.0.0.1:{port};")
        .replace("http://127.0.0.1:9717", f"http://127.0.0.1:{agent}")
        .replace("/etc/nginx/hubgauge.users", str(users))
    )


@contextmanager
def nginx(folder: Path, agent: int) -> Iterator[int]:
    """Run nginx with the users ann and bob before the agent; yields its port."""
    port = free_port()
    users = folder / "htpasswd"
    for name in ("ann", "bob"):
        done = subprocess.run(
            ["openssl", "passwd", "-apr1", f"{name}-password"],
            capture_output=True,
            text=True,
            check=True,
            timeout=HANGS,
        )
        with users.open("a") as file:
            file.write(f"{name}:{done.stdout.strip()}\n")
    server = server_of_the_page(port, agent, users)
    (folder / "nginx.conf").write_text(CONFIG.format(folder=folder, server=server))
    process = subprocess.Popen(
        [binary("nginx"), "-c", folder / "nginx.conf", "-p", folder, "-e", folder / "error.log"]
    )
    try:
        wait_for(lambda: socket.create_connection(("127.0.0.1", port), 1).close() is None)
        yield port
    finally:
        process.terminate()
        process.wait(HANGS)


def basic(user: str) -> str:
    return "Authorization: Basic " + base64.b64encode(f"{user}:{user}-password".encode()).decode()


async def test_the_proxy_of_the_manual_names_its_users(tmp_path: Path) -> None:
    """Whom nginx lets in has his own role; a name that the client makes up is replaced."""
    proxy = Proxy(addresses=("127.0.0.1",))
    roles = (Role(users=("ann",), may=("see", "reload")), Role(users=("bob",)))
    options = {"proxy": proxy, "roles": roles, "public_url": "https://board.example"}
    async with serving(**options) as agent:
        with nginx(tmp_path, agent) as port:

            async def asked(path: str, *headers: str, method: str = "GET") -> int:
                found = await request(port, path, *headers, method=method, host="board.example")
                return found[0]

            assert await asked("/metrics") == 401
            assert await asked("/metrics", basic("ann")) == 200
            assert await asked("/-/reload", basic("ann"), method="POST") == 500  # as `serving` does
            assert await asked("/-/reload", basic("bob"), method="POST") == 403
            forged = "X-Forwarded-User: ann"
            assert await asked("/metrics", forged) == 401
            assert await asked("/-/reload", basic("bob"), forged, method="POST") == 403
