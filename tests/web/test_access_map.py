"""What the map says of each page is what its door says: it is knocked at with all else, and with just that."""

import re
from uuid import UUID

from litestar_admin_auth.auth.access_map import RouteAccess
from litestar_admin_auth.core.permissions import OWN_PERMISSIONS
from tests.auth.site import Site, sign_in
from tests.web.conftest import MakeRole, SignIn, Visitor

#: Enough for each form, so that it is refused for nothing but who sends it.
FIELDS = {"name": "A name", "version": "1", "days": "30"}


class Targets:
    """Somebody to act on, signed in, with a role that gives one permission of the shop's."""

    def __init__(self, email: str, role: str, ids: dict[str, UUID | str]) -> None:
        self.fields, self.ids = {**FIELDS, "email": email, "typed": email, "role": role}, ids

    @classmethod
    async def make(cls, site: Site, make_role: MakeRole) -> "Targets":
        role = await make_role("orders:read")
        user = await site.add_user(role.name)
        async with site.browser() as browser:
            assert (await sign_in(browser, user)).status_code == 303
        (session,) = await site.sessions_of(user)
        ids = {"role_id": role.id, "user_id": user.id, "session_id": session.id, "code": "orders:read"}
        return cls(user.email, role.name, ids)

    async def knock(self, visitor: Visitor, method: str, route: RouteAccess) -> tuple[int, str]:
        """Return the status of the answer, and which permission it says is missing."""
        path = re.sub(r"{(\w+):\w+}", lambda part: str(self.ids[part[1]]), route.path).removeprefix("/admin")
        answer = await (visitor.get(path) if method == "GET" else visitor.post(path, **self.fields))
        missing = re.search(r"You need the permission (\S+?)\.? ", re.sub(r"<[^>]+>", " ", answer.text))
        return answer.status_code, missing[1] if missing else ""


def closed_pages(site: Site) -> list[tuple[str, RouteAccess]]:
    """Each method of each page that strangers are sent away from.

    A bulk action leads whoever may not do it back to the list, which is then refused: see ``test_bulk``.
    """
    routes = [route for route in site.runtime.routes() if route.path.startswith("/admin") and route.needs != "open"]
    pages = [route for route in routes if not route.path.startswith("/admin/api/") and "/bulk" not in route.path]
    return [(method, route) for route in pages for method in route.methods]


async def test_each_permission_that_a_page_names_is_needed(site: Site, sign_in_as: SignIn, make_role: MakeRole) -> None:
    lacking = {code: await sign_in_as(*(OWN_PERMISSIONS.keys() - {code}), "orders:read") for code in OWN_PERMISSIONS}
    targets = await Targets.make(site, make_role)
    needs = [(method, route, code) for method, route in closed_pages(site) for code in route.permissions]
    assert {code for _method, _route, code in needs} == OWN_PERMISSIONS.keys()
    open_all_the_same = {
        f"{method} {route.path} without {code}: {answer}"
        for method, route, code in needs
        if (answer := await targets.knock(lacking[code], method, route)) != (403, code)
    }
    assert open_all_the_same == set()


async def test_what_a_page_names_is_enough(site: Site, sign_in_as: SignIn, make_role: MakeRole) -> None:
    visitors: dict[tuple[str, ...], Visitor] = {}
    shut_all_the_same: set[str] = set()
    for method, route in closed_pages(site):
        # Nobody gives or takes what they do not have themselves; and the account that is looked at is one's own.
        held = (*route.permissions, "orders:read")
        visitor = visitors.get(held) or await sign_in_as(*held)
        visitors[held] = visitor
        targets = await Targets.make(site, make_role)
        status, missing = await targets.knock(visitor, method, route)
        if status == 403 or status >= 500:
            shut_all_the_same.add(f"{method} {route.path} with {route.permissions}: {status} {missing}")
    assert shut_all_the_same == set()
