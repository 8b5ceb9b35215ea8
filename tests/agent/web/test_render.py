"""How templates are read."""

from __future__ import annotations

import pytest
from jinja2 import UndefinedError

from agent.messages.catalogue import languages, words
from agent.web import pages, render


@pytest.mark.parametrize(
    ("source", "written"),
    [
        ("<p>\n  <b>a</b>\n</p>\n", "<p><b>a</b></p>"),
        ('<a href="x"\n   class="y">a</a>', '<a href="x" class="y">a</a>'),
        ("<p>\n  one\n  two\n</p>", "<p>one two</p>"),
        ('<b>a</b>{{ " " }}\n<i>b</i>', "<b>a</b> <i>b</i>"),
        ('{% if true %}\n  <td{% if true %} class="x"{% endif %}>\n{% endif %}', '<td class="x">'),
        ("<p>{{ '<&' }}</p>", "<p>&lt;&amp;</p>"),
    ],
)
def test_indentation_leaves_no_space_on_the_page(source: str, written: str) -> None:
    """A line break beside a tag leaves nothing, any other one space; values are escaped."""
    assert render._ENVIRONMENT.from_string(source).render() == written


def test_an_unknown_name_is_an_error_of_its_line() -> None:
    """A template that names what it was not given fails, and the error names the template's
    line.
    """
    template = render._ENVIRONMENT.from_string("<p>\n  <b>a</b>\n  {{ missing }}\n</p>")
    with pytest.raises(UndefinedError, match="missing") as caught:
        template.render()
    lines = [
        entry.lineno + 1 for entry in caught.traceback if entry.name == "top-level template code"
    ]
    assert lines == [3]


def test_what_pages_are_made_of_can_be_loaded_ahead() -> None:
    """Afterwards every template is compiled and the words of each language are read."""
    pages.load()
    cache = render._ENVIRONMENT.cache
    assert cache is not None
    assert len(cache) == len(render._ENVIRONMENT.list_templates())
    read = words.cache_info().misses
    for language in languages():
        words(language)
    assert words.cache_info().misses == read
