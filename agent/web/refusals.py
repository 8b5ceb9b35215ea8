"""Refusals of one line, in the language of who reads them."""

from __future__ import annotations

from typing import Final
from urllib.parse import parse_qs

from agent.messages.catalogue import DEFAULT, choose
from agent.messages.said import said
from agent.web.request import Request
from agent.web.response import Response, plain_text

_REFUSED: Final = 400
_LONGEST: Final = 100
"""Bytes. A longer line stays English: a client chose its words, and comparing them takes time."""


def in_language(answer: Response, request: Request) -> Response:
    """Return a refusal in the language that a request asks for; any other answer as it is.

    The address (`?lang=zh`) comes before Accept-Language, as for pages. A program that names
    neither is answered in English.
    """
    if answer.status < _REFUSED or len(answer.body) > _LONGEST:
        return answer
    if not answer.content_type.startswith("text/plain"):
        return answer
    query = parse_qs(request.query[:_LONGEST].decode("latin-1"))
    language = choose(query.get("lang", [""])[0], request.header("accept-language"))
    if language == DEFAULT:
        return answer
    text = _told(answer.body.decode("utf-8", "replace").rstrip("\n"), language)
    return plain_text(answer.status, text, *answer.headers, ("vary", "accept-language"))


def _told(text: str, language: str) -> str:
    """Return a line in a language; the key that it may begin with stays as it is."""
    whole = said(text, language)
    key, colon, rest = text.partition(": ")
    if whole != text or not colon:
        return whole
    told = said(rest, language)
    return text if told == rest else f"{key}: {told}"
