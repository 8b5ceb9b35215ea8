"""Names that no series could carry as they stand are told, not changed in silence."""

from __future__ import annotations

import json

import pytest

from agent.inventory.netbox.objects import text
from collectors.labels import safe_label
from tests.agent.inventory.loading import load, mistakes

WRONG = ["a\nb", "c\\", "x" * 1025, "x" * 1_000_000, "\u202eRTL", "a\u2028b", "nul\x00", "a\x85b"]
RIGHT = [
    '"quoted"',
    "back\\slash",
    "{{ $labels.x }}",
    "$site ${hub}",
    '=HYPERLINK("http://e","x")',
    "<script>alert(1)</script>",
    "a&b#c?d=e+f/g%20",
    "机柜/7",
    "x" * 1024,
]
ITEMS = {
    "rack": "sites: [{{site: a}}]\nracks:\n- {{site: a, rack: {0}}}\n",
    "row": "sites: [{{site: a}}]\nracks:\n- {{site: a, rack: r, row: {0}}}\n",
    "pdu": "sites: [{{site: a}}]\nracks:\n- {{site: a, rack: r, feeds: {{A: {{pdu: {0}}}}}}}\n",
    "node": "sites: [{{site: a}}]\nracks:\n- {{site: a, rack: r, devices: [{{node: {0}}}]}}\n",
    "meter": "sites: [{{site: a}}]\nmeters:\n- {{site: a, point: utility, meter: {0}}}\n",
    "site": "sites:\n- {{timezone: Asia/Shanghai, site: {0}}}\n",
}


@pytest.mark.parametrize("key", ITEMS)
@pytest.mark.parametrize("name", WRONG, ids=[repr(name[:6]) for name in WRONG])
def test_a_name_that_would_be_changed_is_a_mistake(key: str, name: str) -> None:
    """Two racks whose names differ only in what is cut would be one, without a word."""
    (said, *more) = mistakes(ITEMS[key].format(json.dumps(name)))
    assert not more
    assert f"{key}: {name[:60]!r}: a name has at most 1024 characters" in said
    assert len(said) < 600
    assert "\n" not in said


@pytest.mark.parametrize("key", ITEMS)
@pytest.mark.parametrize("name", RIGHT, ids=[repr(name[:6]) for name in RIGHT])
def test_any_other_name_is_taken_as_it_is(key: str, name: str) -> None:
    """Quotes, markup, formulas and templates are names like any other."""
    assert load(ITEMS[key].format(json.dumps(name)))
    assert safe_label(name) == name


@pytest.mark.parametrize("name", [*WRONG, "a\\ \\ ", *RIGHT], ids=lambda name: repr(name[:6]))
def test_what_netbox_names_can_be_a_label(name: str) -> None:
    """NetBox takes any name; ours is what its series carry."""
    taken = text({"name": name}, "name")
    assert safe_label(taken) == taken
    assert taken == taken.strip()
    if name in RIGHT:
        assert taken == name


def test_marks_that_only_help_to_read_stay() -> None:
    """Arabic and Hebrew, and the marks within them, are letters of a name."""
    for name in ("رف", "ארון 7", "a\u200fb"):
        assert safe_label(name) == name
