"""Indices of rows that hold strings, and templates with something to fall back on."""

from __future__ import annotations

import pytest

from collectors.facility.snmp.index import split_index
from collectors.facility.snmp.table import Column, Table, fill, placeholders

ENTRY = "1.3.6.1.4.1.9.1.1"


def test_a_string_in_an_index_has_its_length_before_it() -> None:
    """A string is shown as text, and a column of fewer parts is found by its octets (RFC 2578,
    7.7).
    """
    table = Table(oid=ENTRY, index=["branch", "mac$"])
    index = split_index(table, "3.4.65.49.66.50")  # 65 49 66 50: A1B2
    assert index is not None
    assert index.shown == {"branch": "3", "mac": "A1B2"}
    assert index.object(Column(oid=f"{ENTRY}.7", index=["mac"])) == f"{ENTRY}.7.4.65.49.66.50"


def test_octets_that_are_no_text_are_shown_as_such() -> None:
    """A string of fixed length has no length before it; octets are shown in hexadecimal."""
    table = Table(oid=ENTRY, index=["mac$6", "outlet"])
    index = split_index(table, "0.14.222.1.2.255.9")
    assert index is not None
    assert index.shown == {"mac": "00:0e:de:01:02:ff", "outlet": "9"}


@pytest.mark.parametrize("row", ["3", "3.5.65.66", "3.1.65.66"])
def test_a_string_that_does_not_fit_is_no_row(row: str) -> None:
    """A string that ends too early or too late is no index of the table."""
    assert split_index(Table(oid=ENTRY, index=["branch", "mac$"]), row) is None


def test_a_template_falls_back_where_a_name_is_empty() -> None:
    """What stands behind the bar is used for an empty name, with names of its own."""
    template = "{name|{module}.{sensor}} top"
    assert placeholders(template) == {"name", "module", "sensor"}
    names = {"name": "", "module": "2", "sensor": "7"}
    assert fill(template, names) == "2.7 top"
    assert fill(template, names | {"name": "{sensor}"}) == "{sensor} top"
    chain = "{name|{module}|sensor {sensor}}"
    assert [fill(chain, names | {"module": module}) for module in ("", "2")] == ["sensor 7", "2"]
