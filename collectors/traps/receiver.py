"""Receives traps and informs by pysnmp, from known addresses and at a bounded rate.

A datagram of a stranger is dropped before anything reads it. pysnmp checks the community, the user,
the digest and the time, and answers informs.
"""

from __future__ import annotations

import asyncio
from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Final

from pysnmp.carrier.asyncio.dgram import udp, udp6
from pysnmp.entity import config as pysnmp_config
from pysnmp.entity.engine import SnmpEngine
from pysnmp.entity.rfc3413 import ntfrcv
from pysnmp.error import PySnmpError
from pysnmp.proto.rfc1902 import OctetString

from collectors.base import ConfigError, Unreachable
from collectors.events.senders import Bucket, plain, where_to_listen
from collectors.secrets import read_secret
from collectors.traps.config import Config
from collectors.traps.meaning import Trap

MOST_BYTES: Final = 8192
"""A longer datagram is no trap of a device."""
_TRAP_OID: Final = "1.3.6.1.6.3.1.1.4.1.0"
_AUTH: Final = {
    None: pysnmp_config.USM_AUTH_NONE,
    "md5": pysnmp_config.USM_AUTH_HMAC96_MD5,
    "sha1": pysnmp_config.USM_AUTH_HMAC96_SHA,
    "sha224": pysnmp_config.USM_AUTH_HMAC128_SHA224,
    "sha256": pysnmp_config.USM_AUTH_HMAC192_SHA256,
    "sha384": pysnmp_config.USM_AUTH_HMAC256_SHA384,
    "sha512": pysnmp_config.USM_AUTH_HMAC384_SHA512,
}
_PRIV: Final = {
    None: pysnmp_config.USM_PRIV_NONE,
    "des": pysnmp_config.USM_PRIV_CBC56_DES,
    "aes128": pysnmp_config.USM_PRIV_CFB128_AES,
    "aes192": pysnmp_config.USM_PRIV_CFB192_AES_BLUMENTHAL,
    "aes256": pysnmp_config.USM_PRIV_CFB256_AES_BLUMENTHAL,
    "aes192c": pysnmp_config.USM_PRIV_CFB192_AES,
    "aes256c": pysnmp_config.USM_PRIV_CFB256_AES,
}
_REFUSALS: Final = {
    "snmpInBadCommunityNames": "wrong_community",
    "snmpInASNParseErrs": "unreadable",
    "snmpInBadVersions": "unreadable",
}
_USM_REFUSALS: Final = {
    "usmStatsUnknownUserNames": "unknown_user",
    "usmStatsWrongDigests": "wrong_digest",
    "usmStatsDecryptionErrors": "wrong_digest",
    "usmStatsUnsupportedSecLevels": "wrong_level",
    "usmStatsNotInTimeWindows": "wrong_time",
}
"""What pysnmp counts of messages that it refuses."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Login:
    """A user of version 3 with its passphrases."""

    name: str
    auth: str | None
    priv: str | None
    auth_key: str = field(repr=False)
    priv_key: str = field(repr=False)
    engine_id: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Credentials:
    """What a sender must know: the community, or a user's passphrases."""

    community: str = field(repr=False)
    logins: Sequence[Login]


def credentials(config: Config) -> Credentials:
    """Read the secrets of a section; raises ConfigError."""
    community = config.community_file
    return Credentials(
        community=read_secret(community, "community_file") if community is not None else "",
        logins=[
            Login(
                name=user.name,
                auth=user.auth,
                priv=user.priv,
                auth_key=read_secret(user.auth_file, "auth_file") if user.auth_file else "",
                priv_key=read_secret(user.priv_file, "priv_file") if user.priv_file else "",
                engine_id=user.engine_id.removeprefix("0x"),
            )
            for user in config.users
        ],
    )


class Receiver:
    """Listens on one UDP address. `heard` gets the sender's address and each trap of it."""

    def __init__(
        self, config: Config, secrets: Credentials, heard: Callable[[str, Trap], None]
    ) -> None:
        self._listen = config.listen
        self._secrets = secrets
        self._heard = heard
        self._buckets = {
            plain(sender.address): (sender.address, Bucket(config.rate, config.burst))
            for sender in config.senders
        }
        self.dropped: Counter[str] = Counter()
        self._engine: Any = None
        self._pass_on: Callable[[bytes, Any], None] | None = None

    @property
    def is_open(self) -> bool:
        """Whether it listens."""
        return self._engine is not None

    async def open(self) -> None:
        """Listen; raises Unreachable where the address is not to be had, and ConfigError."""
        address, port = where_to_listen(self._listen, "")
        v6 = ":" in address
        kind = udp6.Udp6AsyncioTransport if v6 else udp.UdpAsyncioTransport
        transport: Any = kind(loop=asyncio.get_running_loop())
        self._pass_on = transport.datagram_received
        transport.datagram_received = self._received
        try:
            await asyncio.get_running_loop().create_datagram_endpoint(
                lambda: transport, local_addr=(address, port)
            )
        except OSError as error:
            raise Unreachable(f"{self._listen}: {error.strerror or error}") from None
        engine: Any = SnmpEngine()
        domain = udp6.DOMAIN_NAME if v6 else udp.DOMAIN_NAME
        pysnmp_config.add_transport(engine, domain, transport)
        self._admit(engine)
        ntfrcv.NotificationReceiver(engine, self._notified)
        self._engine = engine

    def _admit(self, engine: SnmpEngine) -> None:
        if self._secrets.community:
            pysnmp_config.add_v1_system(engine, "devices", self._secrets.community)
        for login in self._secrets.logins:
            known = OctetString(hexValue=login.engine_id) if login.engine_id else None
            try:
                # Once for informs, which know our engine, and once for traps of the sender's.
                for engine_id in (None, known) if known is not None else (None,):
                    pysnmp_config.add_v3_user(
                        engine,
                        login.name,
                        _AUTH[login.auth],
                        login.auth_key or None,
                        _PRIV[login.priv],
                        login.priv_key or None,
                        securityEngineId=engine_id,
                    )
            except PySnmpError as error:
                raise ConfigError(f"{login.name}: {type(error).__name__}", key="users") from None

    def close(self) -> None:
        """Stop listening."""
        if self._engine is not None:
            self._engine.close_dispatcher()
            self._engine = None

    def _received(self, datagram: bytes, address: Any) -> None:
        """Look who has sent a datagram, before anything reads it."""
        known = self._buckets.get(plain(address[0]))
        if known is None:
            self.dropped["unknown_sender"] += 1
        elif len(datagram) > MOST_BYTES:
            self.dropped["too_long"] += 1
        elif not known[1].takes(asyncio.get_running_loop().time()):
            self.dropped["rate"] += 1
        elif self._pass_on is not None:
            self._pass_on(datagram, address)

    def _notified(
        self, engine: Any, state: Any, engine_id: Any, name: Any, bindings: Any, context: Any
    ) -> None:
        """Hand on a notification that pysnmp has found good."""
        del engine_id, name, context
        _, address = engine.message_dispatcher.get_transport_info(state)
        sender, _ = self._buckets[plain(address[0])]
        values = {str(oid): value.prettyPrint() for oid, value in bindings}
        oid = values.pop(_TRAP_OID, "")
        if oid:
            self._heard(sender, Trap(oid=oid, values=values))

    def refused(self) -> Mapping[str, int]:
        """Return how many datagrams were not used, by reason."""
        found = Counter(self.dropped)
        if self._engine is not None:
            symbols = self._engine.get_mib_builder().import_symbols
            for module, names in (
                ("__SNMPv2-MIB", _REFUSALS),
                ("__SNMP-USER-BASED-SM-MIB", _USM_REFUSALS),
            ):
                for symbol, counter in zip(names, symbols(module, *names), strict=True):
                    found[names[symbol]] += int(counter.syntax)
        return {reason: count for reason, count in found.items() if count}
