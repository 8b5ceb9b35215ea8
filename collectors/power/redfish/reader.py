"""Read documents of one Redfish service: single ones, and members of collections."""

from __future__ import annotations

import contextlib
import logging
from typing import Final

from collectors.base import BadReply
from collectors.power.redfish.body import Document, gone, link, local, objects
from collectors.power.redfish.link import Link
from collectors.power.redfish.places import Kind, Place
from collectors.power.redfish.replies import Missing

log: Final = logging.getLogger(__name__)
_MAX_MEMBERS: Final = 512
_MAX_PAGES: Final = 32
_MAX_SINGLE: Final = 64
"""Maximum number of members read one by one, if a service cannot send a whole collection."""


class Reader:
    """Reads places of one service, each document once."""

    def __init__(self, connection: Link) -> None:
        self.link = connection
        self.tags: dict[str, str] = {}
        self._documents: dict[str, Document] = {}
        self._places: dict[Place, tuple[Document, ...]] = {}

    async def get(self, uri: str) -> Document:
        """Return one document; its ETag is kept."""
        if uri not in self._documents:
            reply = await self.link.get(uri)
            assert reply is not None
            self._documents[uri] = reply.document
            self.tags[uri] = reply.headers.get("ETag", "")
        return self._documents[uri]

    async def documents(self, place: Place) -> tuple[Document, ...]:
        """Return all documents of a place, each with its part in it.

        Documents that the service names but does not have are left out.
        """
        if place not in self._places:
            found = [one for uri in place.uris if (one := await self._get_or_none(uri)) is not None]
            if place.collection:
                found += await self._collection(place.collection, 2 if place.part else 1)
            if place.part:
                found = [await self._with_part(one, place.part) for one in found]
            self._places[place] = tuple(found)
        return self._places[place]

    async def resolve(self, subject: Document, kind: Kind) -> Place | None:
        """Return where a kind's documents are, walking from link to link.

        None where the service does not have them.
        """
        uri = link(subject, kind.path[0])
        for step in kind.path[1:]:
            between = await self._get_or_none(uri) if uri else None
            uri = link(between, step) if between else ""
        if not uri:
            return None
        return (
            Place(collection=uri, part=kind.part)
            if kind.members
            else Place(uris=(uri,), part=kind.part)
        )

    async def _get_or_none(self, uri: str) -> Document | None:
        try:
            return await self.get(uri)
        except Missing:
            return None

    async def _collection(self, uri: str, levels: int) -> list[Document]:
        """Return a collection's members: in one request (`$expand`), else one by one."""
        found: list[Document] = []
        pages: set[str] = set()
        while uri and uri not in pages and len(pages) < _MAX_PAGES:
            pages.add(uri)
            page = await self._page(uri, levels)
            members = objects(page, "Members")
            if (
                len(found) + len(members) > _MAX_MEMBERS
                or sum(len(one) <= 1 for one in members) > _MAX_SINGLE
            ):
                log.debug(
                    "%s: %s has too many members, and is not read", self.link.http.origin, uri
                )
                return []
            found += [whole for one in members if (whole := await self._whole(one)) is not None]
            uri = local(page.get("Members@odata.nextLink"))
        return found

    async def _page(self, uri: str, levels: int) -> Document:
        expand = "" if "?" in uri else self.link.expand
        if expand:
            depth = f"($levels={levels})" if 1 < levels <= self.link.levels else ""
            with contextlib.suppress(BadReply):  # it offers $expand, but does not support it
                return await self.get(f"{uri}?$expand={expand}{depth}")
        page = await self._get_or_none(uri)
        if expand and page is not None:
            self.link.expand = ""
        return page or {}

    async def _whole(self, member: object) -> Document | None:
        """Return a document; `member` may be only a link to it."""
        if isinstance(member, dict) and len(member) > 1:
            return member
        uri = link({"member": member}, "member")
        return await self._get_or_none(uri) if uri else None

    async def _with_part(self, document: Document, part: str) -> Document:
        found = await self._whole(document.get(part)) if not gone(document) else None
        return document if found is None else document | {part: found}
