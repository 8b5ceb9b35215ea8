"""Certificates for servers that a test starts."""

from __future__ import annotations

import subprocess
from pathlib import Path

from tests.support import binary

_WORDS = "req -x509 -newkey ec -pkeyopt ec_paramgen_curve:prime256v1 -nodes -days 2"


def self_signed(folder: Path, name: str, *, host: str = "IP:127.0.0.1") -> tuple[Path, Path]:
    """Make a certificate that is its own authority; returns NAME.pem and NAME.key in `folder`."""
    certificate, key = folder / f"{name}.pem", folder / f"{name}.key"
    subprocess.run(
        [
            binary("openssl"),
            *_WORDS.split(),
            *("-subj", f"/CN={name}", "-addext", f"subjectAltName={host}"),
            *("-keyout", str(key), "-out", str(certificate)),
        ],
        check=True,
        capture_output=True,
    )
    return certificate, key
