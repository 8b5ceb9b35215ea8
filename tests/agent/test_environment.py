"""The environment in a config: variables in its values, and over its keys."""

from __future__ import annotations

from pathlib import Path

import pytest

from agent.config_file import ConfigFile
from agent.environment import open_config

TEXT = """
hub: guian
site: ${SITE}
node: gw-${SITE}-${NUMBER:-1}
state_dir: /var/${SITE}
static_labels: {tenant: "$${SITE}", price: "5 $"}
"""


def read(text: str = TEXT, **environ: str) -> tuple[ConfigFile, list[str]]:
    """Return a config by an environment, and what is wrong with it."""
    document = open_config("c.yaml", text=text, environ=environ)
    return document.convert(document.root, ConfigFile, ""), [str(e) for e in document.errors]


def test_variables_stand_in_values() -> None:
    """A variable may be a value or a part of one; `$${` is no variable."""
    file, errors = read(SITE="lyon-1")
    assert errors == []
    assert (file.site, file.node) == ("lyon-1", "gw-lyon-1-1")
    assert file.state_dir == Path("/var/lyon-1")
    assert file.static_labels == {"tenant": "${SITE}", "price": "5 $"}
    assert read(SITE="a", NUMBER="2")[0].node == "gw-a-2"


def test_a_variable_that_is_not_set_is_named_with_its_line() -> None:
    """Each place is one line; an empty value would be another site."""
    _, errors = read()
    assert len(errors) == 3
    assert errors[0].startswith("c.yaml:3:")
    assert "has no SITE" in errors[0]


@pytest.mark.parametrize("name", ["hub", "node", "state_dir"])
def test_an_override_stands_over_the_file(name: str) -> None:
    """`HUBGAUGE_…` takes the place of a key, or adds it; others of that form are nobody's."""
    environ = {f"HUBGAUGE_{name.upper()}": "other", "HUBGAUGE_RECORDINGS": "x", "SITE": "s"}
    file, errors = read(**environ)
    assert errors == []
    assert str(getattr(file, name)) == "other"
    assert file.site == "s"


def test_an_override_reaches_into_a_section() -> None:
    """Listening elsewhere leaves the rest of the section as it is."""
    text = "hub: guian\noutputs: {http: {listen: 127.0.0.1:1, hosts: [a]}}\n"
    for given in (text, "hub: guian\n", "hub: guian\noutputs:\n"):
        document = open_config(
            "c.yaml", text=given, environ={"HUBGAUGE_HTTP_LISTEN": "127.0.0.1:2"}
        )
        listen = document.node("outputs.http.listen")
        assert listen is not None
        assert listen.value == "127.0.0.1:2"
        assert (document.node("outputs.http.hosts[0]").value == "a") == (given == text)


def test_a_number_may_be_a_variable() -> None:
    """A value is read after it is filled in, as what its key wants."""
    text = 'hub: guian\nlimits: {inlet_recommended: "${WARM}"}\n'
    file, errors = read(text, WARM="24")
    assert errors == []
    assert file.limits.inlet_recommended == 24.0
    assert "got 'warm'" in read(text, WARM="warm")[1][0]
