"""The files and packages that a config names outside of `collectors:`, as a run needs them.

A certificate belongs to the `key_file` that stands beside its `cert_file`.
"""

from __future__ import annotations

import ssl
from collections.abc import Container, Iterator, Mapping
from pathlib import Path
from typing import Final

import yaml

from agent.config_file import ConfigFile
from agent.inventory.netbox.config import InventorySource
from agent.needs import missing_package
from agent.sections import Outputs
from agent.users_file import read_users
from collectors.base import ConfigError
from collectors.certificates import show, trusting
from collectors.paths import is_folder, is_regular
from collectors.secrets import read_secret, read_secret_file, read_token
from collectors.strict import Document

_OF_THE_ROOT: Final = ("hubs_dir", "devices_dir", "tenants", "inventory")
"""Keys of the config itself that name a file or a folder of what operators write."""


def check_files(document: Document, file: ConfigFile, outputs: Outputs) -> None:
    """Note what the config names and a run could not use, each at its line.

    That is a file that is not there or holds something else, a secret that others may read, and a
    package that is not installed. A shard without an inventory is noted as well.
    """
    if file.shard and file.inventory is None:
        document.fail(
            document.node("shard"),
            "shard",
            "needs an inventory: it says which devices there are to share",
        )
    if not _absent(file.state_dir) and not is_folder(file.state_dir):
        document.fail(document.node("state_dir"), "state_dir", f"is no folder: {file.state_dir}")
    audit = outputs.http.audit_file
    if audit is not None and not is_folder(audit.parent):
        document.fail(
            document.node("outputs.http.audit_file"),
            "outputs.http.audit_file",
            f"is in no folder: {audit}",
        )
    for key, packages in _packages(file, outputs):
        missing = missing_package(packages)
        if missing:
            document.fail(document.node(key), key, missing)
    files, secrets = _named_files(file, outputs)
    passwords = {  # `token_file` of InfluxDB 1.x holds one: it is no token
        f"{one.key}.token_file" for one in outputs.sinks if getattr(one.config, "username", "")
    }
    _check(document, files | secrets, secrets, passwords)


def check_files_beside(document: Document) -> None:
    """Note what of `_OF_THE_ROOT` a run could not use, where other keys are wrong.

    So a file that is not there is told in the same pass as a key that is mistyped.
    """
    wrong = {error.key for error in document.errors}
    nodes = {key: document.section(key, yaml.Node) for key in _OF_THE_ROOT if key not in wrong}
    named = {
        key: document.convert(node, Path, key)
        for key, node in nodes.items()
        if isinstance(node, yaml.ScalarNode)
    }
    _check(document, named)


def _check(
    document: Document,
    files: Mapping[str, Path | None],
    secrets: Container[str] = (),
    passwords: Container[str] = (),
) -> None:
    """Note each file that is not there or holds something else; some hold secrets or passwords."""
    named = {key: path for key, path in files.items() if path is not None}
    wrong = {key: absent for key, path in named.items() if (absent := _absent(path))}
    for key in [one for one in named if one not in wrong]:
        try:
            _read(key, named, secret=key in secrets, password=key in passwords)
        except ConfigError as error:
            where = f"{error.file}:{error.line}" if error.line else error.file
            wrong.setdefault(error.key or key, f"{where}: {error.message}")
    for key, problem in wrong.items():
        document.fail(document.node(key), key, problem)


def certificate_files(file: ConfigFile, outputs: Outputs) -> Mapping[str, Path]:
    """Return the certificates that a config names outside of `collectors:`, by key."""
    named = _named_files(file, outputs)[0].items()
    keys = ("cert_file", "ca_file", "client_ca_file")
    return {key: path for key, path in named if path and key.rpartition(".")[2] in keys}


def _absent(path: Path) -> str:
    """Say why a file is not there or cannot be looked at; empty where it is there."""
    try:
        path.stat()
    except (FileNotFoundError, NotADirectoryError):
        return f"no such file: {path}"
    except OSError as error:  # a name that is too long, a folder that may not be entered, a loop
        return f"cannot be read ({error.strerror}): {path}"
    except ValueError:
        return f"no such file: {str(path)!r}"
    return ""


def _read(key: str, named: Mapping[str, Path], *, secret: bool, password: bool) -> None:
    """Read a file of secrets or certificates as a run does; raises ConfigError.

    Of other files this only says if they are none: whoever read a pipe would wait for its writer.
    """
    path = named[key]
    prefix, _, last = key.rpartition(".")
    match last:
        case "ca_file" | "client_ca_file":
            trusting(path, key)
        case "cert_file":
            context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
            show(context, path, named.get(f"{prefix}.key_file"), prefix)
        case "users_file":
            read_users(path)
        case "key_file":
            read_secret_file(path, key)
        case "token_file" | "url_file" if not password:
            read_token(path, key)
        case _ if secret:
            read_secret(path, key)
        case "hubs_dir" | "devices_dir":
            if not is_folder(path):
                raise ConfigError("expected a folder", file=str(path), key=key)
        case _ if not is_regular(path):
            raise ConfigError("expected a regular file", file=str(path), key=key)


def _packages(file: ConfigFile, outputs: Outputs) -> Iterator[tuple[str, Mapping[str, str]]]:
    """Yield the keys outside of sections that need packages, with these and their extras."""
    if outputs.http.users_file is not None:
        yield "outputs.http.users_file", {"bcrypt": "auth"}
    if isinstance(file.inventory, InventorySource) and file.inventory.netbox is not None:
        yield "inventory.netbox", {"urllib3": "push"}


def _named_files(
    file: ConfigFile, outputs: Outputs
) -> tuple[dict[str, Path | None], dict[str, Path | None]]:
    """Return the files that the config names, and apart from them those with secrets, by key."""
    http = outputs.http
    files: dict[str, Path | None] = {
        "hubs_dir": file.hubs_dir,
        "devices_dir": file.devices_dir,
        "tenants": file.tenants,
    }
    secrets: dict[str, Path | None] = {"outputs.http.users_file": http.users_file}
    if isinstance(file.inventory, InventorySource):
        files["inventory.file"] = file.inventory.file
        files["inventory.csv"] = file.inventory.csv
        if file.inventory.netbox is not None:
            files["inventory.netbox.ca_file"] = file.inventory.netbox.ca_file
            secrets["inventory.netbox.token_file"] = file.inventory.netbox.token_file
    else:
        files["inventory"] = file.inventory
    if http.tls:
        files["outputs.http.tls.cert_file"] = http.tls.cert_file
        files["outputs.http.tls.client_ca_file"] = http.tls.client_ca_file
        secrets["outputs.http.tls.key_file"] = http.tls.key_file
    for section in outputs.sinks:
        prefix = section.key
        for files_of, found in ((section.kind.files, files), (section.kind.secrets, secrets)):
            found |= {f"{prefix}.{key}": path for key, path in files_of(section.config).items()}
    if file.federation:
        files["federation.ca_file"] = file.federation.ca_file
        secrets["federation.token_file"] = file.federation.token_file
    if file.history:
        files["history.ca_file"] = file.history.ca_file
        secrets["history.token_file"] = file.history.token_file
    if file.alertmanager:
        files["alertmanager.ca_file"] = file.alertmanager.ca_file
        secrets["alertmanager.token_file"] = file.alertmanager.token_file
        secrets["alertmanager.password_file"] = file.alertmanager.password_file
    for n, receiver in enumerate(file.alerting.receivers):
        prefix = f"alerting.receivers[{n}]"
        secrets |= {f"{prefix}.{key}": path for key, path in receiver.secrets.items()}
    return files, secrets
