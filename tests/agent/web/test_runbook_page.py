"""The runbook as a page of the agent."""

from __future__ import annotations

import pytest

from tests.agent.web.asked import page
from tests.agent.web.reading import outline


@pytest.mark.parametrize("language", ["en", "zh"])
def test_the_runbook_has_a_section_for_what_a_rack_needs(language: str) -> None:
    """Every alert that a rack's page leads to has its section on the agent's own runbook page."""
    found = outline(page("/runbook", lang=language))
    assert {
        "rackoverpower",
        "rackhot",
        "racktoohot",
        "rackfailovertight",
        "rackfailoverlost",
        "pdusilent",
    } <= set(found.ids)


def test_the_runbook_is_in_the_readers_language() -> None:
    """Chinese readers get the whole runbook in Chinese, others in English; neither is mixed."""
    english, chinese = page("/runbook", lang="en"), page("/runbook", lang="zh")
    assert "Ping its gateway" in english
    assert "请 ping 它的网关" not in english
    assert "请 ping 它的网关" in chinese
    assert "Ping its gateway" not in chinese
    assert '<p lang="zh-Hans">' in chinese
    assert "](" not in english + chinese  # a link of the file is its words
    # A line break of the file between two Chinese characters is no space on the page.
    assert "容量的 80 %。一路失电时，启动电流可能使另一路跳闸。请勿再向该机柜增加负载" in " ".join(
        chinese.split()
    )
