"""The certificates and keys that a config names, loaded as TLS loads them.

Each mistake is a ConfigError that names the file and the key, and says what was expected.
`prefix` is where the keys `ca_file`, `cert_file` and `key_file` stand, such as `outputs.http.tls`.
"""

from __future__ import annotations

import ssl
from pathlib import Path

from collectors.base import ConfigError
from collectors.secrets import read_secret_file


def trusting(ca_file: Path, key: str) -> ssl.SSLContext:
    """Return the TLS of a client that trusts the authorities in a file, and no others."""
    _check_file(ca_file, key)
    try:
        context = ssl.create_default_context(cafile=ca_file)
    except ssl.SSLError:
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
    except OSError as error:
        raise _unreadable(error, ca_file, key) from None
    if not context.cert_store_stats()["x509"]:  # it may hold lists of revoked ones alone
        raise ConfigError(
            "expected certificates of authorities, in PEM", file=str(ca_file), key=key
        )
    return context


def show(context: ssl.SSLContext, cert_file: Path, key_file: Path | None, prefix: str) -> None:
    """Let a context show a certificate; without `key_file`, its key stands in the same file."""
    place = f"{prefix}.cert_file"
    _check_file(cert_file, place)
    try:
        # Its first part is the same as for an authority, and apart from the key.
        ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT).load_verify_locations(cert_file)
    except ssl.SSLError:
        raise ConfigError(
            "expected a certificate, in PEM", file=str(cert_file), key=place
        ) from None
    except OSError as error:
        raise _unreadable(error, cert_file, place) from None
    if key_file is not None:
        place = f"{prefix}.key_file"
        read_secret_file(key_file, place)
    file = key_file or cert_file
    try:
        context.load_cert_chain(cert_file, key_file, password="")  # or OpenSSL asks the terminal
    except ssl.SSLError as error:
        if error.reason == "KEY_VALUES_MISMATCH":
            problem = f"expected the private key of the first certificate in {cert_file}"
        elif error.reason:
            problem = f"does not fit TLS: {error.reason.replace('_', ' ').lower()}"
        else:
            problem = "expected a private key, in PEM and without a passphrase"
        raise ConfigError(problem, file=str(file), key=place) from None
    except OSError as error:
        raise _unreadable(error, file, place) from None


def _check_file(path: Path, key: str) -> None:
    """Refuse what OpenSSL would wait for, such as a pipe that nobody writes to."""
    try:
        is_file = path.is_file() or not path.exists()
    except OSError as error:
        raise _unreadable(error, path, key) from None
    if not is_file:
        raise ConfigError("expected a regular file", file=str(path), key=key)


def _unreadable(error: OSError, path: Path, key: str) -> ConfigError:
    return ConfigError(f"cannot be read: {error.strerror or error}", file=str(path), key=key)
