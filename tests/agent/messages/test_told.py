"""What commands say, against the catalogue: every text is told, and no template is of none."""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator, Mapping
from functools import cache
from pathlib import Path
from typing import Final

from agent.hubs.loader import load_registry
from agent.messages.catalogue import ROOT as CATALOGUE
from agent.messages.catalogue import read_messages
from agent.messages.said import said, templates
from collectors.catalogue.rack_limits import SiteLimits
from dashboards.build import build_all
from tests.support import ROOT

COMMANDS: Final = ("agent/commands", "dashboards/commands", "simulator/commands", "agent/receivers")
"""Where answers are written."""
REFUSING: Final = (
    *(*COMMANDS, "agent/ledger/imports", "agent/tenants", "dashboards"),
    *("agent/sinks", "agent/firing", "agent/inventory", "agent/hubs", "collectors"),
)
"""Whose errors a person at a terminal meets."""
_NOT_TOLD: Final = (
    *("alertmanager", "routes", "message"),  # a mistake of ours, and what a program is answered
    *("pushed_series", "wire", "batch"),  # a mistake of ours, and what the log says
    *("exporter_profile", "link", "plan"),  # braces of its own; what a device answers
    *("influxql", "promast"),  # reasons that are a part of another line
    "hub_entries",  # asks and answers in a way of its own
)
SOURCES: Final = ("agent", "collectors", "dashboards", "simulator")
ZH: Final = CATALOGUE / "zh" / "said"
_FIELD: Final = re.compile(r"\{\w+\}")
_WORDS: Final = re.compile(r"[A-Za-z]{2,}")
_OPTION: Final = re.compile(r"^(--|/\*/|\]\.)?[\w-]+: ?")
_DATA: Final = re.compile(
    r"[a-z]+([._][a-z_]+)*$|utf-8$|--[\w-]+$|hubgauge |\w*\[$|\]\.\w+$|[a-z]+_$|_[a-z]+$"
)
"""A single word, such as a name or a key (or a part of one), and a command to type."""
_OF_PYTHON: Final = "{text} does not appear to be an IPv4 or IPv6 network"
_TELLS: Final = ("tell", "say")


@cache
def _trees(*folders: str) -> Mapping[Path, ast.Module]:
    return {
        path: ast.parse(path.read_text("utf-8"))
        for folder in folders
        for path in sorted((ROOT / folder).rglob("*.py"))
    }


def _pieces(node: ast.AST) -> Iterator[str]:
    """Yield the texts of a node that have words, as they stand between its values."""
    for one in ast.walk(node):
        if isinstance(one, ast.Constant) and isinstance(one.value, str):
            lines = (_OPTION.sub("", line).strip(" :;,()") for line in one.value.split("\n"))
            yield from (one for one in lines if _WORDS.search(one) and not _DATA.match(one))


def _calls(tree: ast.AST, *names: str) -> Iterator[ast.Call]:
    for node in ast.walk(tree):
        if isinstance(node, ast.Call):
            called = node.func
            name = called.attr if isinstance(called, ast.Attribute) else getattr(called, "id", "")
            if name in names:
                yield node


def _refusals(tree: ast.Module) -> Iterator[ast.AST]:
    """Yield what errors are made of: their arguments, and a text that is named before."""
    for call in _calls(tree, "ConfigError", "HubgaugeError", "ValueError", "Refused"):
        yield ast.Tuple(elts=call.args)
    for node in ast.walk(tree):
        if isinstance(node, ast.Assign) and getattr(node.targets[0], "id", "") == "message":
            yield node.value
        if isinstance(node, ast.Call) and getattr(node.func, "attr", "") == "fail":
            yield ast.Tuple(elts=[one for one in node.args if isinstance(one, ast.JoinedStr)])


def _known() -> str:
    """Return every English text that has a Chinese one: templates, and errors of devices."""
    told = read_messages(CATALOGUE / "en" / "collectors.yaml")
    return "\n".join((*templates("zh"), *(str(told[key]) for key in told if "said." in key)))


def test_each_text_of_a_template_stands_in_the_code() -> None:
    """A text that is changed where it is said would else be English among Chinese, unnoticed."""
    code = "\n".join(
        one.value
        for tree in _trees(*SOURCES).values()
        for one in ast.walk(tree)
        if isinstance(one, ast.Constant) and isinstance(one.value, str)
    )
    others = read_messages(ZH / "arguments.yaml") | read_messages(ZH / "files.yaml")
    lost = [
        f"{template}: {piece}"
        for template in templates("zh").keys() - others - {_OF_PYTHON}
        for piece in (each.strip(" :;,()") for each in _FIELD.split(template))
        if _WORDS.search(piece) and not _is_made_of(piece, code)
    ]
    assert lost == []


def _is_made_of(piece: str, code: str) -> bool:
    """Tell whether a text stands in the code, or is put together of two or three that do."""
    words = [one for one in re.findall(r"\S+\s*", piece) if not one.endswith("_")]
    for _ in range(2 if len(words) <= 8 else 3):
        most = next(
            (n for n in range(len(words), 0, -1) if "".join(words[:n]).strip(" :;,.()") in code), 0
        )
        words = words[most:]
    return not words


def test_each_line_that_commands_tell_is_translated() -> None:
    """The words of each `tell(...)` stand in a template."""
    known = _known()
    told = [
        (path, piece)
        for path, tree in _trees(*COMMANDS).items()
        for call in _calls(tree, *_TELLS)
        for piece in _pieces(ast.Tuple(elts=call.args))
    ]
    assert len(told) > 10
    lost = [f"{path}: {piece}" for path, piece in told if not _is_made_of(piece, known)]
    assert lost == []


def test_no_command_writes_words_past_the_catalogue() -> None:
    """What goes straight to stdout or stderr is data."""
    past = [
        f"{path.relative_to(ROOT)}:{call.lineno}: {piece}"
        for path, tree in _trees(*COMMANDS).items()
        for call in _calls(tree, "write", "writelines", "print")
        if "std" in ast.unparse(call.func)
        for piece in _pieces(ast.Tuple(elts=call.args))
    ]
    assert past == []


def test_each_refusal_of_these_parts_is_translated() -> None:
    """The words of each error that commands, imports, tenants and own rules raise."""
    known = _known()
    raised = [
        (path.relative_to(ROOT), piece)
        for path, tree in _trees(*REFUSING).items()
        for said_by in _refusals(tree)
        for piece in _pieces(said_by)
        if path.stem not in _NOT_TOLD
    ]
    assert len(raised) > 50
    lost = [f"{path}: {piece}" for path, piece in raised if not _is_made_of(_example(piece), known)]
    assert lost == []


def test_each_refusal_of_the_server_is_translated() -> None:
    """The words of each answer of one line, and of each mistake in an address."""
    known = _known()
    calls = [
        (path.relative_to(ROOT), call)
        for path, tree in _trees("agent/web").items()
        for call in (*_calls(tree, "plain_text"), *_calls(tree, "ValueError"))
    ]
    refused = [
        (path, piece)
        for path, call in calls
        for piece in _pieces(ast.Tuple(elts=call.args[:2]))
        for piece in [piece.removeprefix("from and to: ")]
        if piece not in ("healthy", "ready")
    ]
    assert len(refused) > 20
    lost = [
        f"{path}: {piece}" for path, piece in refused if not _is_made_of(_example(piece), known)
    ]
    assert lost == []


def test_each_excuse_of_a_panel_is_translated() -> None:
    """Whatever panel has no data, `dashboards verify` says why in one language."""
    reasons = {
        excuse.reason
        for built in build_all(load_registry(), "en", "prometheus", SiteLimits())
        for excuses in built.excuses.values()
        for excuse in excuses
    }
    assert len(reasons) > 40
    assert sorted(one for one in reasons if said(one, "zh") == one) == []
    line = "excused: hub: no meter tells its voltage: Volts, Volts by phase"
    assert said(line, "zh") == "无数据属正常：hub：没有电能表报告电压：Volts, Volts by phase"


def _example(piece: str) -> str:
    """Return a text up to its example: a template has a field there."""
    return piece.partition(" such as ")[0]
