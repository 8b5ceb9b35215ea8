"""The links of an alert: its section of the runbook, and the page of the board that shows it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final
from urllib.parse import quote

from dashboards.language import LANGUAGES

RUNBOOK: Final = "docs/runbook.md"
LANGUAGE: Final = "{language}"
"""The placeholder for the language in the address of a runbook."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Links:
    """The address of the runbook, and the board's (`outputs.http.public_url`), if there is one."""

    runbook: str = RUNBOOK
    board: str = ""

    def of(self, name: str, labels: Mapping[str, str]) -> dict[str, str]:
        """Return an alert's links as annotations, with templates for the values of its labels."""
        return self._made(name, _template(labels))

    def filled(self, name: str, labels: Mapping[str, str]) -> dict[str, str]:
        """Return the same with the values of an alert's labels, as Prometheus fills them in."""
        return self._made(name, _path(labels))

    def _made(self, name: str, path: str) -> dict[str, str]:
        """Return the links: the runbook in each language if its address has one, and the board."""
        each = LANGUAGES if LANGUAGE in self.runbook else LANGUAGES[:1]
        found = {}
        for n, language in enumerate(each):
            address = f"{self.runbook.replace(LANGUAGE, language)}#{name.lower()}"
            found["runbook_url" if n == 0 else f"runbook_url_{language}"] = address
        if self.board:
            for n, language in enumerate(LANGUAGES):
                key = "board_url" if n == 0 else f"board_url_{language}"
                found[key] = f"{self.board.rstrip('/')}{path}?lang={language}"
        return found


NO_LINKS: Final = Links()


def on_board(public_url: str) -> Links:
    """Return the links to a board, which has the runbook as well."""
    base = public_url.rstrip("/")
    return Links(runbook=f"{base}/runbook?lang={LANGUAGE}", board=base)


_ENCODED: Final = '{{{{ reReplaceAll "\\\\+" "%20" (urlquery $labels.{label}) }}}}'
_STEPS: Final = (("site", "sites"), ("rack", "racks"))


def _template(labels: Mapping[str, str]) -> str:
    """Return the path of an alert's page as a template; it ends at a label without a value."""
    if "site" not in labels:
        return f"/hubs/{_ENCODED.format(label='hub')}" if "hub" in labels else "/"
    path = ""
    for label, folder in reversed([step for step in _STEPS if step[0] in labels]):
        inner = f"/{folder}/{_ENCODED.format(label=label)}{path}"
        path = f"{{{{ if $labels.{label} }}}}{inner}{{{{ end }}}}"
    return path


def _path(labels: Mapping[str, str]) -> str:
    if "site" not in labels:
        return f"/hubs/{quote(labels['hub'], safe='')}" if "hub" in labels else "/"
    parts = (
        f"/{folder}/{quote(labels[label], safe='')}" for label, folder in _STEPS if label in labels
    )
    return "".join(parts)
