"""Who may do what: a proxy that names users, roles, and views of some sites."""

from __future__ import annotations

import json
import re
from dataclasses import replace
from pathlib import Path

import pytest

from agent.access import Proxy, Reader, Role, reader_of
from agent.settings import Http
from agent.web import pages
from agent.web.narrowed import Narrowing, is_among
from agent.web.view import BoardView
from collectors.base import Batch
from tests.agent.web import fixture
from tests.agent.web.proxied import HERE, SEE, basic, named
from tests.agent.web.serving import request, serving
from tests.agent.web.site_readings import SITE, energy, racks
from tests.agent.web.test_server_access import users_file

# Whom the agent believes


async def test_a_proxy_is_believed_by_its_address_alone() -> None:
    """The same header names a user from the proxy's address, and nobody from another one."""
    async with serving(proxy=HERE) as port:
        assert (await request(port, "/metrics", *named("ann")))[0] == 200
        assert (await request(port, "/metrics", *named("ann"), source="127.0.0.2"))[0] == 403
        assert (await request(port, "/metrics"))[0] == 403
        assert (await request(port, "/-/healthy", source="127.0.0.2"))[0] == 200
        assert (await request(port, "/-/ready", source="127.0.0.2"))[0] == 200


async def test_a_password_stands_beside_the_proxy(tmp_path: Path) -> None:
    """Prometheus comes with its password, from any address; the header does not replace it."""
    async with serving(proxy=HERE, users_file=users_file(tmp_path)) as port:
        right, wrong = basic("ann:right"), basic("ann:wrong")
        assert (await request(port, "/metrics", right, source="127.0.0.2"))[0] == 200
        assert (await request(port, "/metrics", wrong, *named("x"), source="127.0.0.2"))[0] == 401
        assert (await request(port, "/metrics", *named("x"), source="127.0.0.2"))[0] == 401
        assert (await request(port, "/metrics", right))[0] == 200
        assert (await request(port, "/metrics", *named("bob")))[0] == 200


@pytest.mark.parametrize(
    ("headers", "status"),
    [
        (["X-Forwarded-User: root", "X-Forwarded-User: ann"], 400),  # a client's beside the proxy's
        (["X-Forwarded-User: ann", "X-Forwarded-Groups: a", "X-Forwarded-Groups: ops"], 400),
        (["X-Forwarded-User: "], 403),
        (["X-Forwarded-User: " + "a" * 129], 400),
        (["X-Forwarded-User: 王芳"], 200),
        (["X-Forwarded-User: a\x07b"], 400),
    ],
)
async def test_a_header_that_is_no_name_names_nobody(headers: list[str], status: int) -> None:
    """A name that came twice, or that is none, is refused."""
    async with serving(proxy=HERE) as port:
        assert (await request(port, "/metrics", *headers))[0] == status


@pytest.mark.parametrize(
    ("options", "said"),
    [
        ({"addresses": ()}, "addresses: must not be empty"),
        ({"addresses": ("0.0.0.0/0",)}, "would believe everybody"),
        ({"addresses": ("::/0",)}, "would believe everybody"),
        ({"addresses": ("proxy",)}, "addresses: expected addresses"),
        ({"addresses": ("10.0.0.1",), "user_header": "Authorization"}, "user_header: expected"),
        ({"addresses": ("10.0.0.1",), "user_header": "a b"}, "user_header: expected"),
        ({"addresses": ("10.0.0.1",), "user_header": ""}, "user_header: expected"),
        ({"addresses": ("10.0.0.1",), "groups_header": "x-forwarded-user"}, "of the user"),
    ],
)
def test_a_proxy_that_cannot_be_believed_is_refused(options: dict[str, object], said: str) -> None:
    """Its addresses and headers are checked when the config is read."""
    with pytest.raises(ValueError, match=said):
        Proxy(**options)


# What roles allow


@pytest.mark.parametrize(
    ("user", "groups", "rights", "sites"),
    [
        ("ann", [], {"see"}, None),
        ("bob", ["ops"], {"see", "reload"}, None),
        ("ann", ["guests"], {"see"}, None),
        ("eve", ["guests"], {"see"}, {"a", "b"}),
        ("eve", ["guests", "c"], {"see"}, {"a", "b", "c"}),
        ("bot", [], {"reload"}, set()),
        ("eve", [], set(), set()),
    ],
)
def test_roles_add_up(
    user: str, groups: list[str], rights: set[str], sites: set[str] | None
) -> None:
    """A user has the rights of all his roles, and sees the sites of all; one without sees all."""
    roles = (
        *SEE,
        Role(groups=("guests",), sites=("a", "b")),
        Role(groups=("c",), sites=("c",)),
        Role(users=("bot",), may=("reload",)),
    )
    found = reader_of(roles, user, groups)
    assert (found.user, set(found.rights)) == (user, rights)
    if "see" in rights:
        assert found.sites == (None if sites is None else frozenset(sites))


@pytest.mark.parametrize("options", [{"users": ("",)}, {"groups": ("ops", " ")}])
def test_nobody_has_a_role_by_an_empty_name(options: dict[str, tuple[str, ...]]) -> None:
    """A variable that is not set would give the role to everybody without a group."""
    with pytest.raises(ValueError, match="a name must not be empty"):
        Role(**options)


def test_without_roles_every_user_may_all() -> None:
    """A config without roles means what it has always meant."""
    assert reader_of((), "ann") == Reader(user="ann")
    assert Reader().rights == {"see", "acknowledge", "reload"}


async def test_what_no_role_allows_is_refused() -> None:
    """One who may see does not reload, one who may reload does not see, a stranger does neither."""
    roles = (*SEE, Role(users=("bot",), may=("reload",)))
    async with serving(proxy=HERE, roles=roles) as port:
        for headers, see, reload in (
            (named("ann"), 200, 403),
            (named("bob", "staff, ops"), 200, 500),  # the reload of `serving` fails
            (named("bot"), 403, 500),
            (named("eve", "staff"), 403, 403),
        ):
            assert (await request(port, "/metrics", *headers))[0] == see
            assert (await request(port, "/", *headers))[0] == see
            assert (await request(port, "/-/reload", *headers, method="POST"))[0] == reload


async def test_who_sees_some_sites_does_not_scrape() -> None:
    """`/metrics` and `/sd` tell of every site."""
    roles = (Role(users=("ann",), sites=("one",)),)
    async with serving(proxy=HERE, roles=roles) as port:
        for path in ("/metrics", "/sd"):
            status, _, body = await request(port, path, *named("ann"))
            assert (status, b"t_x_value" in body) == (403, False)


@pytest.mark.parametrize(
    ("options", "said"),
    [
        ({"roles": (Role(users=("ann",)),)}, "roles: need a users_file or a proxy"),
        (
            {"roles": (Role(groups=("ops",)),), "users_file": Path("users")},
            "roles: groups are told by a proxy",
        ),
        ({"frame_ancestors": ("*",)}, "frame_ancestors: expected"),
        ({"frame_ancestors": ("https://a.example; script-src *",)}, "frame_ancestors: expected"),
        ({"frame_ancestors": ("https://a.example/path",)}, "frame_ancestors: expected"),
    ],
)
def test_a_door_that_makes_no_sense_is_refused(options: dict[str, object], said: str) -> None:
    """Roles need somebody who says who asks; a site that may frame the board is an origin."""
    with pytest.raises(ValueError, match=said):
        Http(**options)


# Views of some sites

OTHER = "other-2"


def two_sites() -> BoardView:
    """Return a view of the made-up site, and of another with the same readings."""
    view = replace(fixture.view(), evidence=fixture.evidence)
    readings = [*energy(where=OTHER), *racks(24, where=OTHER)]
    view.snapshot.update(
        Batch(collector="other", device="", time=0.0, lifetime=600.0, readings=readings)
    )
    return view


def body(view: BoardView, path: str) -> str:
    found = pages.handle(view, path, {})
    assert found is not None, path
    assert found.status == 200, path
    return found.body.decode()


def test_a_view_of_a_site_is_made_of_its_readings_alone() -> None:
    """Its page is as on the whole board; the other site is nowhere: no page, list or search."""
    whole = two_sites()
    assert OTHER in body(whole, "/api/sites")
    narrowed = Narrowing().view(whole, frozenset({SITE}))
    for path in (f"/sites/{SITE}", "/api/sites", "/api/racks", f"/api/sites/{SITE}/pue"):
        assert OTHER not in body(narrowed, path), path
    assert body(narrowed, f"/api/sites/{SITE}/pue") == body(whole, f"/api/sites/{SITE}/pue")
    found = pages.handle(narrowed, "/api/search", {"find": "a0"})
    assert found is not None
    hits = json.loads(found.body)["found"]
    assert hits
    assert not [one for one in hits if OTHER in one["path"]]
    missing = pages.handle(narrowed, f"/sites/{OTHER}", {})
    assert missing is not None
    assert missing.status == 404


def test_a_view_of_a_site_is_as_fast_as_the_whole_one_and_apart_from_it() -> None:
    """What was computed for all is not handed to a reader of one site, nor the other way."""
    whole, narrowing = two_sites(), Narrowing()
    one = narrowing.view(whole, frozenset({SITE}))
    assert narrowing.view(whole, frozenset({SITE})).snapshot is one.snapshot
    assert narrowing.view(whole, frozenset({OTHER})).snapshot is not one.snapshot


def test_a_page_of_some_sites_leads_nowhere_that_is_refused() -> None:
    """Its links are pages that its reader may see."""
    html = body(Narrowing().view(two_sites(), frozenset({SITE})), f"/sites/{SITE}")
    links = {
        link.partition("?")[0].partition("#")[0] for link in re.findall(r'href="(/[^"]*)"', html)
    }
    refused = sorted(
        link for link in links - {"/"} if not is_among(link.strip("/").split("/"), {SITE})
    )
    assert refused == []


@pytest.mark.parametrize(
    ("path", "seen"),
    [
        ("sites/one", True),
        ("sites/one/supply", True),
        ("sites/two", False),
        ("racks/A07", True),
        ("api/sites", True),
        ("api/v1/sites/one/pue", True),
        ("api/v1/sites/two/pue", False),
        ("api/racks", True),
        ("api", False),
        ("api/v1", False),
        ("api/hubs", False),
        ("api/collectors", False),
        ("api/devices", False),
        ("api/meters", False),
        ("api/links", False),
        ("hubs/guian", False),
        ("collectors", False),
        ("static/board.css", True),
        ("runbook", True),
        ("", False),
    ],
)
def test_which_paths_a_reader_of_a_site_sees(path: str, seen: bool) -> None:
    """The pages of his sites, and what is made of their readings."""
    assert is_among([part for part in path.split("/") if part], {"one"}) is seen


# Frames


async def test_who_may_show_the_board_in_a_frame() -> None:
    """By default the agent's own pages alone; with `frame_ancestors` the sites of the config
    too.
    """
    sites = ("https://portal.example", "https://*.noc.example:8443")
    for options, said in (({}, ""), ({"frame_ancestors": sites}, " " + " ".join(sites))):
        async with serving(**options) as port:
            _, head, _ = await request(port, "/framed")
            policy = next(one for one in head.splitlines() if one.startswith("content-security"))
            assert policy.endswith(f"frame-ancestors 'self'{said}")
            assert "script-src 'self';" in policy
