"""The boxes of a role's page, looked through and ticked in rows and columns without a script."""

import re

import pytest

from tests.auth.site import Site
from tests.web.conftest import MakeRole, SignIn, Visitor, boxes
from tests.web.roles import stored


def rows_shown(page: str) -> set[str]:
    """The resources that a matrix shows."""
    rows = re.findall(r"<tr( hidden)?><th scope=\"row\">(?:<button[^>]*>)?([^<]+)<", page)
    return {resource for hidden, resource in rows if not hidden}


class TestLooking:
    """Buttons that only look: for who has no JavaScript."""

    async def test_searches_the_rows_and_loses_no_tick(
        self, site: Site, superuser: Visitor, make_role: MakeRole
    ) -> None:
        role = await make_role("orders:read")
        page = await superuser.post(
            f"/roles/{role.id}", name="typed", version="1", permissions=["books:read"], find="money", show="1"
        )
        assert page.status_code == 200
        assert rows_shown(page.text) == {"orders"}
        assert boxes(page.text).ticked == {"books:read"}
        assert 'value="typed"' in page.text
        assert (await stored(site, role)) == role

    @pytest.mark.parametrize(
        ("find", "shown"),
        [("orders:refund", {"orders"}), ("BOOKS", {"books"}), ("send letters", {"letters"}), ("no such thing", set())],
    )
    async def test_searches_by_the_address_too(
        self, superuser: Visitor, make_role: MakeRole, find: str, shown: set[str]
    ) -> None:
        role = await make_role("orders:read")
        page = await superuser.get(f"/roles/{role.id}?find={find}")
        assert rows_shown(page.text) == shown
        assert boxes(page.text).ticked == {"orders:read"}

    async def test_shows_what_is_granted_alone(self, superuser: Visitor, make_role: MakeRole) -> None:
        role = await make_role("orders:read")
        page = await superuser.post(
            f"/roles/{role.id}", name="x", version="1", permissions=["books:*"], granted_only="on", show="1"
        )
        assert rows_shown(page.text) == {"books"}

    @pytest.mark.parametrize(
        ("pressed", "before", "after"),
        [
            ("orders", [], {"orders:read", "orders:refund"}),
            ("orders", ["orders:read", "books:read"], {"orders:read", "orders:refund", "books:read"}),
            ("orders", ["orders:read", "orders:refund", "orders:*"], {"orders:*"}),
            ("nonsense", ["orders:read"], {"orders:read"}),
            ("*", ["orders:read"], {"orders:read"}),
        ],
    )
    async def test_ticks_or_clears_a_row(
        self, superuser: Visitor, make_role: MakeRole, pressed: str, before: list[str], after: set[str]
    ) -> None:
        role = await make_role("orders:read")
        page = await superuser.post(f"/roles/{role.id}", name="x", version="1", permissions=before, toggle=pressed)
        assert (page.status_code, boxes(page.text).ticked) == (200, after)

    async def test_ticks_a_column_of_the_rows_in_sight(self, superuser: Visitor) -> None:
        page = await superuser.post("/roles/new", toggle="/*:read")
        ticked = boxes(page.text).ticked
        assert {"orders:read", "books:read", "users:read"} <= ticked
        assert all(code.endswith(":read") for code in ticked)
        page = await superuser.post("/roles/new", toggle="/*:read", find="books")
        assert boxes(page.text).ticked == {"books:read"}

    async def test_ticks_nothing_that_the_viewer_lacks(self, sign_in_as: SignIn) -> None:
        clerk = await sign_in_as("roles:*", "orders:read")
        page = await clerk.post("/roles/new", toggle="orders")
        assert boxes(page.text).ticked == {"orders:read"}
