"""A Redfish service for tests: any documents over HTTPS, with sessions, ETags, $expand, faults."""

from __future__ import annotations

import asyncio
import datetime as dt
import hashlib
import ipaddress
import json
import ssl
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from aiohttp import web
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import NameOID

from collectors.base import Context, Place
from collectors.power.redfish import KIND
from collectors.power.redfish.collector import RedfishCollector
from collectors.strict import read

Documents = dict[str, dict[str, Any]]
SESSIONS = "/redfish/v1/SessionService/Sessions"
USER, PASSWORD = "monitor", "correct horse: battery staple"
EXPAND = {
    "ExpandQuery": {
        "ExpandAll": True,
        "NoLinks": True,
        "Links": True,
        "Levels": True,
        "MaxLevels": 6,
    }
}


def mockup(folder: Path) -> Documents:
    """Read a folder of `…/index.json` as a service's documents, by path."""
    found = {}
    for file in folder.rglob("index.json"):
        path = "/".join(("/redfish/v1", *file.parent.relative_to(folder).parts))
        found[path] = json.loads(file.read_text())
    return found


@dataclass
class Service:
    """What one service has, how it behaves, and what was asked of it."""

    documents: Documents
    login: bool = True
    expands: bool = True
    etags: bool = False
    replies: dict[str, Callable[[web.Request], Awaitable[web.StreamResponse]]] = field(
        default_factory=dict
    )
    """Answers to some paths that are not what a good service would say."""
    asked: list[str] = field(default_factory=list)
    sessions: dict[str, str] = field(default_factory=dict)
    """Open sessions: id by token."""
    made: int = 0
    secrets: list[str] = field(default_factory=list)
    """Every credential that came in: header values and passwords."""
    origin: str = ""

    async def handle(self, request: web.Request) -> web.StreamResponse:
        path = request.path.rstrip("/")
        self.asked.append(f"{request.method} {request.path_qs}")
        self.secrets += [
            request.headers[name]
            for name in ("X-Auth-Token", "Authorization")
            if name in request.headers
        ]
        if path in self.replies:
            return await self.replies[path](request)
        if request.method == "POST" and path == SESSIONS:
            return await self._log_in(request)
        if not self._known(request) and path != "/redfish/v1":
            return web.json_response({"error": {"message": f"no {request.headers}"}}, status=401)
        if request.method == "DELETE":
            self.sessions = {
                token: name for token, name in self.sessions.items() if f"{SESSIONS}/{name}" != path
            }
            return web.Response(status=204)
        if path not in self.documents:
            return web.json_response({}, status=404)
        return self._answer(request, self._expanded(path, request.query.get("$expand", "")))

    async def _log_in(self, request: web.Request) -> web.Response:
        asked = await request.json()
        self.secrets.append(asked["Password"])
        if (asked["UserName"], asked["Password"]) != (USER, PASSWORD):
            return web.json_response({}, status=401)
        self.made += 1
        token, name = f"token-{self.made}", str(self.made)
        self.sessions[token] = name
        headers = {"X-Auth-Token": token, "Location": f"{self.origin}{SESSIONS}/{name}"}
        return web.json_response({"@odata.id": f"{SESSIONS}/{name}"}, status=201, headers=headers)

    def _known(self, request: web.Request) -> bool:
        return not self.login or request.headers.get("X-Auth-Token") in self.sessions

    def _expanded(self, path: str, how: str) -> dict[str, Any]:
        document = self.documents[path]
        if not how or not self.expands:
            return document
        depth = 2 if "levels=2" in how else 1
        members = [self.documents[one["@odata.id"]] for one in document.get("Members", ())]
        if depth > 1:
            members = [
                {
                    key: self.documents.get(one.get("@odata.id"), one)
                    if isinstance(one, dict)
                    else one
                    for key, one in m.items()
                }
                for m in members
            ]
        return document | {"Members": members}

    def _answer(self, request: web.Request, document: dict[str, Any]) -> web.Response:
        body = json.dumps(document).encode()
        mark = hashlib.md5(body, usedforsecurity=False).hexdigest()
        headers = {"ETag": f'"{mark}"'} if self.etags else {}
        if headers and request.headers.get("If-None-Match") == headers["ETag"]:
            return web.Response(status=304, headers=headers)
        return web.Response(body=body, content_type="application/json", headers=headers)

    def forget(self) -> list[str]:
        """Return what was asked since the last time."""
        asked, self.asked = self.asked, []
        return asked


@asynccontextmanager
async def serving(
    service: Service, certificates: Certificates | None = None
) -> AsyncIterator[Service]:
    """Serve until the block ends, over HTTPS where there are certificates."""
    app = web.Application()
    app.router.add_route("*", "/{path:.*}", service.handle)
    runner = web.AppRunner(app, access_log=None, shutdown_timeout=0.1)
    await runner.setup()
    site = web.TCPSite(
        runner, "127.0.0.1", 0, ssl_context=certificates.server() if certificates else None
    )
    await site.start()
    port = runner.addresses[0][1]
    service.origin = f"{'https' if certificates else 'http'}://127.0.0.1:{port}"
    try:
        yield service
    finally:
        await runner.cleanup()


@dataclass
class Certificates:
    """An authority of our own and a server's certificate, as files."""

    ca: Path
    cert: Path
    key: Path
    fingerprint: str

    def server(self) -> ssl.SSLContext:
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        context.load_cert_chain(self.cert, self.key)
        return context


def certificates(folder: Path, host: str = "127.0.0.1") -> Certificates:
    """Make an authority and a certificate for one address."""
    ca_key, key = ec.generate_private_key(ec.SECP256R1()), ec.generate_private_key(ec.SECP256R1())
    ca_name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "test authority")])
    now = dt.datetime.now(dt.UTC)

    def build(subject: x509.Name, public: ec.EllipticCurvePublicKey) -> x509.CertificateBuilder:
        return (
            x509.CertificateBuilder()
            .subject_name(subject)
            .issuer_name(ca_name)
            .public_key(public)
            .serial_number(x509.random_serial_number())
            .not_valid_before(now - dt.timedelta(days=1))
            .not_valid_after(now + dt.timedelta(days=1))
        )

    ca = (
        build(ca_name, ca_key.public_key())
        .add_extension(x509.BasicConstraints(ca=True, path_length=0), critical=True)
        .sign(ca_key, hashes.SHA256())
    )
    server = (
        build(x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "bmc")]), key.public_key())
        .add_extension(
            x509.SubjectAlternativeName([x509.IPAddress(ipaddress.ip_address(host))]),
            critical=False,
        )
        .sign(ca_key, hashes.SHA256())
    )
    files = Certificates(
        folder / "ca.pem",
        folder / "cert.pem",
        folder / "key.pem",
        server.fingerprint(hashes.SHA256()).hex(),
    )
    files.ca.write_bytes(ca.public_bytes(serialization.Encoding.PEM))
    files.cert.write_bytes(server.public_bytes(serialization.Encoding.PEM))
    files.key.write_bytes(
        key.private_bytes(
            serialization.Encoding.PEM,
            serialization.PrivateFormat.PKCS8,
            serialization.NoEncryption(),
        )
    )
    return files


def account_files(folder: Path, password: str = PASSWORD) -> str:
    """Write the account's files; returns the config's lines that name them."""
    for name, content in (("username", USER), ("password", password)):
        file = folder / name
        file.write_text(f"{content}\n")
        file.chmod(0o600)
    return "username_file: username\npassword_file: password\n"


def build(folder: Path, text: str) -> list[RedfishCollector]:
    """Make the collectors of a config section."""
    config = read(folder / "redfish.yaml", KIND.Config, text=text)
    racks = {"A07": Place(hub="guian", site="s", row="A", rack="A07")}
    return KIND.build(
        config, Context(place=Place(hub="guian", site="s"), node="gateway", racks=racks)
    )


@asynccontextmanager
async def reading(folder: Path, text: str) -> AsyncIterator[RedfishCollector]:
    """Make the one collector of a config section, and close it in the end."""
    (made,) = build(folder, text)
    try:
        yield made
    finally:
        await made.aclose()
        await asyncio.sleep(0)


async def values(collector: RedfishCollector) -> dict[str, float]:
    """Read once: values by name and the labels that tell series of a device apart."""
    return {shown(series.prefix): value for series, value in await collector.collect()}


def shown(prefix: str) -> str:
    name, _, labels = prefix.rstrip(" }").partition("{")
    kept = [
        pair
        for pair in labels.split(",")
        if pair.partition("=")[0] in ("fan", "supply", "phase", "bank", "outlet", "sensor", "name")
    ]
    return f"{name}{{{','.join(kept)}}}" if kept else name
