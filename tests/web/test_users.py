"""The pages of users: what is shown, what is saved, and what is refused whatever is shown."""

import html
import re
from collections.abc import AsyncGenerator, Awaitable, Callable
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from uuid import uuid4

import pytest
from litestar import Litestar

from litestar_admin_auth.core.clock import now
from litestar_admin_auth.core.database import Database, create_engine
from litestar_admin_auth.core.exceptions import NotFound
from litestar_admin_auth.models import User, UserRole
from litestar_admin_auth.services import roles, users
from litestar_admin_auth.services.lists import ListQuery
from litestar_admin_auth.services.migrations import upgrade
from litestar_admin_auth.services.roles import RoleRow
from litestar_admin_auth.services.users import UserRow
from tests.auth.site import PASSWORD, Site, form_token, plugin, running, sign_in
from tests.web.conftest import TESTS, SignIn, Visitor, words

MakeRole = Callable[..., Awaitable[RoleRow]]

HOSTILE = '"><img src=x onerror=alert(1)>{{7*7}}</script>'


async def stored(site: Site, user: User) -> UserRow:
    return await users.get_user(site.database, TESTS, user.id)


async def found(site: Site, email: str) -> list[UserRow]:
    return (await users.list_users(site.database, TESTS, ListQuery(q=email))).items


def new_email() -> str:
    return f"new-{uuid4().hex}@example.com"


def link_in(page: str) -> str:
    shown = re.search(r'<code class="secret"[^>]*>([^<]+)</code>', page)
    assert shown, words(page)
    return shown[1]


def roles_offered(page: str) -> set[str]:
    """The roles that the boxes or the select of a page offer."""
    boxes = re.findall(r'name="roles"[^>]*value="([^"]*)"', page)
    options = re.findall(r'<option[^>]* value="([^"]+)"', page)
    return {html.unescape(name) for name in (*boxes, *options)}


class TestUserList:
    async def test_tells_each_user_with_status_and_roles(
        self, site: Site, superuser: Visitor, make_role: MakeRole
    ) -> None:
        role = await make_role("orders:read")
        user = await site.add_user(role.name, name="Ada Lovelace")
        page = await superuser.get(f"/users?q={user.email}")
        assert page.status_code == 200
        row = words(page.text[page.text.index("<tbody>") :])
        assert f"Ada Lovelace {user.email} Active {role.name} Never" in row

    async def test_searches_sorts_and_says_when_nothing_fits(self, site: Site, superuser: Visitor) -> None:
        tag = uuid4().hex
        await site.add_user(email=f"a-{tag}@example.com")
        await site.add_user(email=f"b-{tag}@example.com")
        up = (await superuser.get(f"/users?q={tag}&sort=email")).text
        down = (await superuser.get(f"/users?q={tag}&sort=-email")).text
        assert up.index(f"a-{tag}@") < up.index(f"b-{tag}@")
        assert down.index(f"a-{tag}@") > down.index(f"b-{tag}@")
        assert "Nothing matches" in (await superuser.get(f"/users?q={uuid4().hex}")).text

    async def test_filters_by_status_and_by_role(self, site: Site, superuser: Visitor, make_role: MakeRole) -> None:
        role, tag = await make_role("orders:read"), uuid4().hex
        await site.add_user(role.name, email=f"holder-{tag}@example.com")
        await site.add_user(email=f"away-{tag}@example.com", is_active=False)
        suspended = (await superuser.get(f"/users?q={tag}&status=suspended")).text
        holders = (await superuser.get(f"/users?q={tag}&role={role.name}")).text
        assert f"away-{tag}" in suspended
        assert f"holder-{tag}" not in suspended
        assert f"holder-{tag}" in holders
        assert f"away-{tag}" not in holders

    async def test_offers_an_invitation_only_to_who_may_write(self, superuser: Visitor, sign_in_as: SignIn) -> None:
        viewer = await sign_in_as("users:read")
        assert "/admin/users/new" in (await superuser.get("/users")).text
        assert "/admin/users/new" not in (await viewer.get("/users")).text

    async def test_names_the_permission_that_is_missing(self, nobody: Visitor) -> None:
        page = await nobody.get("/users")
        assert page.status_code == 403
        assert "users:read" in page.text

    async def test_sends_a_stranger_to_the_login_and_back(self, stranger: Visitor) -> None:
        page = await stranger.get("/users?q=ada")
        assert page.headers["location"] == "/admin/login?next=/admin/users%3Fq%3Dada"

    async def test_tells_whoever_was_signed_out_over_a_form_that_it_is_lost_and_leads_back_to_it(
        self, stranger: Visitor
    ) -> None:
        referer = "https://shop.example/admin/users/new?copy=1"
        answer = await stranger.browser.post(
            "/admin/users/new", data={"email": "a@x.org"}, headers={"referer": referer}
        )
        location = answer.headers["location"]
        assert location == "/admin/login?next=/admin/users/new%3Fcopy%3D1&lost=1"
        assert "was not saved" in (await stranger.browser.get(location)).text
        assert "was not saved" not in (await stranger.get("/login?next=/admin/users/new")).text
        # Whoever hides where the form stood, or comes from elsewhere, gets to the first page.
        for headers in ({}, {"referer": "https://evil.example/admin/users/new"}):
            answer = await stranger.browser.post("/admin/users/new", data={}, headers=headers)
            assert answer.headers["location"] == "/admin/login?next=/admin&lost=1"

    @pytest.mark.parametrize("query", ["cursor=damaged", "sort=password_hash", "q=%00"])
    async def test_leads_from_a_damaged_address_back_to_the_list(self, superuser: Visitor, query: str) -> None:
        page = await superuser.get(f"/users?{query}")
        assert page.status_code == 400
        assert '<a class="button" href="/admin/users">' in page.text

    async def test_answers_htmx_with_the_results_alone(self, superuser: Visitor) -> None:
        part = await superuser.fragment("/users")
        assert part.text.strip().startswith('<div id="results"')
        assert "<html" not in part.text

    async def test_asks_the_database_no_more_often_for_more_users(
        self, site: Site, superuser: Visitor, make_role: MakeRole
    ) -> None:
        tag, role = uuid4().hex, await make_role("orders:read")
        await site.add_user(role.name, email=f"0-{tag}@example.com")
        async with site.statements() as few:
            await superuser.get(f"/users?q={tag}")
        for number in range(1, 11):
            other = await make_role("books:read")
            await site.add_user(role.name, other.name, email=f"{number}-{tag}@example.com")
        async with site.statements() as many:
            page = await superuser.get(f"/users?q={tag}")
        assert page.text.count(f"-{tag}@example.com</a>") == 11
        assert len(few) == len(many) > 0

    @pytest.mark.parametrize(
        ("query", "status"),
        [
            ("page=2", 200),
            ("limit=-1", 200),
            ("limit=999", 200),
            ("status=nope", 200),
            ("role=nope", 200),
            ("status=%00", 200),
            ("role=%00", 200),
            ("sort=nope", 400),
            ("cursor=nope", 400),
            ("q=%ff", 200),
        ],
    )
    async def test_answers_an_odd_address_with_a_page(self, superuser: Visitor, query: str, status: int) -> None:
        page = await superuser.get(f"/users?{query}")
        assert page.status_code == status
        assert page.headers["content-type"].startswith("text/html")

    async def test_shows_hostile_text_as_text(self, site: Site, superuser: Visitor, make_role: MakeRole) -> None:
        role = await make_role("books:write", name=f"{uuid4().hex} {HOSTILE}"[:100])
        user = await site.add_user(role.name, name=HOSTILE)
        await users.grant_role(site.database, TESTS, user.id, role.name, reason=HOSTILE)
        tails = ("", "/access", "/activity", "/sessions", "/deletion", f"/roles/{role.id}/removal")
        for path in (f"/users?q={user.email}", "/users/new", *(f"/users/{user.id}{tail}" for tail in tails)):
            page = await superuser.get(path)
            assert page.status_code == 200, path
            assert "<img src=x" not in page.text


class TestNewUser:
    async def test_creates_the_user_and_shows_a_link_that_works(
        self, site: Site, superuser: Visitor, stranger: Visitor, make_role: MakeRole
    ) -> None:
        role, email = await make_role("orders:read"), new_email()
        page = await superuser.post("/users/new", email=email, name="New Person", roles=[role.name])
        assert page.status_code == 200
        assert f"Invitation for {email}" in words(page.text)
        (user,) = await found(site, email)
        assert (user.name, user.status, user.roles) == ("New Person", "invited", [role.name])
        link = link_in(page.text)
        assert link.startswith("/admin/invitation/")
        assert "public_origin" in page.text
        opened = await stranger.browser.get(link)
        assert (await stranger.follow(opened)).count(email)

    async def test_never_builds_the_link_from_the_host_header(
        self, site: Site, superuser: Visitor, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        forged = {"Host": "evil.example", "X-Forwarded-Host": "evil.example", "Origin": "https://evil.example"}
        page = await superuser.post("/users/new", forged, email=new_email())
        assert "evil.example/admin/invitation" not in page.text
        configured = replace(site.runtime.config, public_origin="https://shop.example")
        monkeypatch.setattr(site.runtime, "config", configured)
        page = await superuser.post("/users/new", {"X-Forwarded-Host": "evil.example"}, email=new_email())
        assert link_in(page.text).startswith("https://shop.example/admin/invitation/")
        assert "public_origin" not in page.text

    @pytest.mark.parametrize(
        ("email", "problem"), [("  ", "This field is required."), ("no-address", "This is not an e-mail address.")]
    )
    async def test_keeps_what_was_typed_when_the_address_is_wrong(
        self, superuser: Visitor, make_role: MakeRole, email: str, problem: str
    ) -> None:
        role = await make_role("orders:read")
        page = await superuser.post("/users/new", email=email, name="Kept <i>", roles=[role.name])
        assert page.status_code == 400
        assert problem in page.text
        assert 'aria-invalid="true"' in page.text
        assert 'value="Kept &lt;i&gt;"' in page.text
        assert re.search(rf'<input checked[^>]*value="{role.name}"', page.text)

    async def test_says_at_the_field_that_the_address_is_taken(self, site: Site, superuser: Visitor) -> None:
        user = await site.add_user()
        page = await superuser.post("/users/new", email=user.email.upper())
        assert page.status_code == 409
        assert 'id="email-error"' in page.text
        assert "Another user has this e-mail address." in page.text

    async def test_refuses_a_forged_token(self, site: Site, superuser: Visitor) -> None:
        email = new_email()
        page = await superuser.post("/users/new", email=email, csrf_token="0" * 64)
        assert page.status_code == 400
        assert "This form has expired" in page.text
        assert not await found(site, email)

    async def test_offers_only_roles_that_the_viewer_may_give_and_refuses_the_others(
        self, site: Site, sign_in_as: SignIn, make_role: MakeRole
    ) -> None:
        weak, strong = await make_role("orders:read"), await make_role("books:read")
        clerk = await sign_in_as("users:read", "users:write", "orders:read")
        offered = roles_offered((await clerk.get("/users/new")).text)
        assert weak.name in offered
        assert not offered & {strong.name, "superuser"}
        for wanted in (strong.name, "superuser"):
            email = new_email()
            refused = await clerk.post("/users/new", email=email, roles=[wanted])
            assert refused.status_code == 403
            assert not await found(site, email)

    async def test_is_refused_to_who_may_only_read(self, site: Site, sign_in_as: SignIn) -> None:
        viewer, email = await sign_in_as("users:read"), new_email()
        assert (await viewer.get("/users/new")).status_code == 403
        refused = await viewer.post("/users/new", email=email)
        assert refused.status_code == 403
        assert "users:write" in refused.text
        assert not await found(site, email)


class TestProfile:
    async def test_saves_and_says_so(self, site: Site, superuser: Visitor) -> None:
        user, email = await site.add_user(), new_email()
        answer = await superuser.post(f"/users/{user.id}", email=email, name="Renamed", version="1")
        page = await superuser.follow(answer)
        assert f"The profile of {email} is saved." in words(page)
        row = await stored(site, user)
        assert (row.email, row.name, row.version) == (email, "Renamed", 2)

    @pytest.mark.parametrize(
        ("fields", "problem"),
        [
            ({"email": ""}, "This field is required."),
            ({"email": "nope"}, "This is not an e-mail address."),
            ({"name": "x" * 201}, "At most 200 characters are allowed."),
            ({"version": "x"}, "This form is damaged."),
            ({"version": ""}, "This form is damaged."),
            ({"csrf_token": "0" * 64}, "This form has expired."),
        ],
    )
    async def test_keeps_what_was_typed_and_changes_nothing(
        self, site: Site, superuser: Visitor, fields: dict[str, str], problem: str
    ) -> None:
        user = await site.add_user()
        sent = {"email": user.email, "name": "Typed by me", "version": "1"} | fields
        page = await superuser.post(f"/users/{user.id}", **sent)
        assert page.status_code == 400
        assert problem in page.text
        assert f'value="{sent["name"]}"' in page.text
        assert (await stored(site, user)).version == 1

    async def test_says_at_the_field_that_the_address_is_taken(self, site: Site, superuser: Visitor) -> None:
        user, other = await site.add_user(), await site.add_user()
        page = await superuser.post(f"/users/{user.id}", email=other.email, version="1")
        assert page.status_code == 409
        assert 'id="email-error"' in page.text

    async def test_shows_both_after_a_conflict_and_saves_the_second_time(self, site: Site, superuser: Visitor) -> None:
        user = await site.add_user()
        await users.update_user(site.database, TESTS, user.id, name="Theirs")
        page = await superuser.post(f"/users/{user.id}", email=user.email, name="Mine", version="1")
        assert page.status_code == 409
        said = words(page.text)
        assert "Somebody else has changed this meanwhile" in said
        assert "Name Theirs Mine" in said
        assert 'value="Mine"' in page.text
        version = re.search(r'name="version"[^>]*value="(\d+)"', page.text)
        assert version
        await superuser.post(f"/users/{user.id}", email=user.email, name="Mine", version=version[1])
        assert (await stored(site, user)).name == "Mine"

    async def test_offers_nothing_to_send_about_somebody_stronger_and_refuses_it(
        self, site: Site, sign_in_as: SignIn, make_role: MakeRole
    ) -> None:
        strong = await site.add_user("superuser", name="Strong")
        clerk = await sign_in_as("users:*", "sessions:*")
        page = (await clerk.get(f"/users/{strong.id}")).text
        assert "permissions that you lack" in page
        for action in ("/suspension", "/deletion", "/invitation", 'name="version"'):
            assert action not in page
        for tail in ("/suspension", "/deletion", "/sessions/revocation"):
            assert (await clerk.get(f"/users/{strong.id}{tail}")).status_code == 403
        sent = {"email": new_email(), "name": "x", "version": "1", "typed": strong.email, "role": "superuser"}
        for tail in (
            "",
            "/suspension",
            "/deletion",
            "/invitation",
            "/password-reset",
            "/reactivation",
            "/roles",
            "/sessions/revocation",
        ):
            refused = await clerk.post(f"/users/{strong.id}{tail}", **sent)
            assert refused.status_code == 403, tail
            assert "/admin/invitation/" not in refused.text
        row = await stored(site, strong)
        assert (row.name, row.status, row.version, row.roles) == ("Strong", "active", 1, ["superuser"])

    async def test_offers_a_mere_reader_nothing_to_send(
        self, site: Site, sign_in_as: SignIn, make_role: MakeRole
    ) -> None:
        user = await site.add_user((await make_role("users:read")).name, name="Grace")
        reader = await sign_in_as("users:read")
        for tail in ("", "/access"):
            page = (await reader.get(f"/users/{user.id}{tail}")).text
            content = page[page.index("<main") : page.index("</main>")]
            assert "Grace" in content
            assert 'method="post"' not in content
            assert "/admin/roles/" not in content
            assert not re.search(r'href="[^"]*/(deletion|suspension|removal|sessions|activity)"', content)
        for tail in ("", "/suspension", "/invitation", "/password-reset", "/reactivation", "/roles"):
            sent = {"email": user.email, "version": "1", "role": "superuser"}
            refused = await reader.post(f"/users/{user.id}{tail}", **sent)
            assert refused.status_code == 403, tail
            assert "users:write" in refused.text
        assert (await stored(site, user)).version == 1

    @pytest.mark.parametrize("address", ["nope", "1", "00000000-0000-0000-0000-000000000000", "%00"])
    @pytest.mark.parametrize("tail", ["", "/access", "/sessions", "/activity", "/suspension", "/deletion"])
    async def test_answers_an_unknown_user_with_a_page(self, superuser: Visitor, address: str, tail: str) -> None:
        page = await superuser.get(f"/users/{address}{tail}")
        assert page.status_code == 404
        assert page.headers["content-type"].startswith("text/html")
        assert 'aria-label="Administration"' in page.text

    @pytest.mark.parametrize("tail", ["", "/access", "/sessions", "/activity", "/suspension", "/deletion"])
    async def test_is_refused_to_who_may_not_see_users(self, site: Site, nobody: Visitor, tail: str) -> None:
        assert nobody.user is not None
        other = await site.add_user()
        assert (await nobody.get(f"/users/{other.id}{tail}")).status_code == 403
        if tail not in ("/access", ""):
            return
        # One's own page stands under "account"; this one would need a door that others do not have.
        assert (await nobody.get(f"/users/{nobody.user.id}{tail}")).status_code == 403


class TestAccess:
    async def test_tells_each_permission_and_where_it_comes_from(
        self, site: Site, superuser: Visitor, make_role: MakeRole
    ) -> None:
        role = await make_role("orders:*")
        user = await site.add_user(role.name)
        said = words((await superuser.get(f"/users/{user.id}/access")).text)
        assert f"orders:refund Give money back Why? {role.name} orders:*" in said
        assert "2 in all" in said

    async def test_gives_a_role_with_its_reason_and_last_day(
        self, site: Site, superuser: Visitor, make_role: MakeRole
    ) -> None:
        role, user = await make_role("orders:read"), await site.add_user()
        day = (datetime.now(UTC) + timedelta(days=3)).date()
        answer = await superuser.post(
            f"/users/{user.id}/roles", role=role.name, reason="Holiday cover", until=day.isoformat()
        )
        page = words(await superuser.follow(answer))
        assert f"The role {role.name} is given" in page
        assert "Holiday cover" in page
        (grant,) = await users.grants_of(site.database, TESTS, user.id)
        assert (grant.reason, grant.granted_by) == ("Holiday cover", superuser.user and superuser.user.email)
        assert grant.expires_at == datetime(day.year, day.month, day.day, 23, 59, 59, tzinfo=UTC)

    @pytest.mark.parametrize(
        ("fields", "problem"),
        [
            ({"role": ""}, "This field is required."),
            ({"role": "no such role"}, "There is no role named"),
            ({"until": "2001-01-01"}, "Choose a time in the future."),
            ({"until": "0001-01-01"}, "Choose a time in the future."),
            ({"until": "soon"}, "Not a valid date value."),
            ({"reason": "x" * 501}, "At most 500 characters are allowed."),
            ({"csrf_token": "0" * 64}, "This form has expired."),
        ],
    )
    async def test_keeps_what_was_typed_and_gives_nothing(
        self, site: Site, superuser: Visitor, make_role: MakeRole, fields: dict[str, str], problem: str
    ) -> None:
        role, user = await make_role("orders:read"), await site.add_user()
        sent = {"role": role.name, "reason": "Typed by me"} | fields
        page = await superuser.post(f"/users/{user.id}/roles", **sent)
        assert page.status_code == 400
        assert problem in page.text
        assert f'value="{sent["reason"]}"' in page.text
        assert not await users.grants_of(site.database, TESTS, user.id)

    async def test_refuses_to_give_or_take_what_the_viewer_lacks(
        self, site: Site, sign_in_as: SignIn, make_role: MakeRole
    ) -> None:
        weak, strong = await make_role("orders:read"), await make_role("books:read")
        clerk, user = await sign_in_as("users:read", "users:write", "orders:read"), await site.add_user(weak.name)
        page = (await clerk.get(f"/users/{user.id}/access")).text
        assert weak.name in roles_offered(page)
        assert not roles_offered(page) & {strong.name, "superuser"}
        for wanted in (strong.name, "superuser"):
            assert (await clerk.post(f"/users/{user.id}/roles", role=wanted)).status_code == 403
        assert clerk.user is not None
        assert (await clerk.post(f"/users/{clerk.user.id}/roles", role="superuser")).status_code == 403
        assert (await stored(site, user)).roles == [weak.name]

    async def test_offers_to_take_away_only_what_the_viewer_may_give(
        self, site: Site, sign_in_as: SignIn, make_role: MakeRole
    ) -> None:
        strong, weak = await make_role("books:read"), await make_role("orders:read")
        user = await site.add_user(weak.name)
        # What has ended stays to be seen, and makes nobody stronger.
        async with site.database.writing() as db:
            ended = now() - timedelta(hours=1)
            db.add(UserRole(user_id=user.id, role_id=strong.id, granted_at=ended, granted_by="test", expires_at=ended))
        clerk = await sign_in_as("users:read", "users:write", "orders:read")
        page = (await clerk.get(f"/users/{user.id}/access")).text
        assert f"/roles/{weak.id}/removal" in page
        assert f"/roles/{strong.id}/removal" not in page
        assert "Ended" in words(page)
        assert (await clerk.post(f"/users/{user.id}/roles/{strong.id}/removal")).status_code == 403

    async def test_asks_before_it_takes_a_role_away(self, site: Site, superuser: Visitor, make_role: MakeRole) -> None:
        role = await make_role("orders:read")
        user = await site.add_user(role.name)
        path = f"/users/{user.id}/roles/{role.id}/removal"
        assert f"Take the role {role.name} away?" in words((await superuser.get(path)).text)
        forged = await superuser.post(path, csrf_token="0" * 64)
        assert forged.status_code == 400
        assert (await stored(site, user)).roles == [role.name]
        page = await superuser.follow(await superuser.post(path))
        assert f"The role {role.name} is taken away." in words(page)
        assert (await stored(site, user)).roles == []
        assert (await superuser.get(path)).status_code == 404

    async def test_asks_the_database_no_more_often_for_more_roles(
        self, site: Site, superuser: Visitor, make_role: MakeRole
    ) -> None:
        few_roles = await site.add_user((await make_role("orders:read")).name)
        many_roles = await site.add_user(*[(await make_role("orders:read", "books:read")).name for _ in range(8)])
        async with site.statements() as few:
            await superuser.get(f"/users/{few_roles.id}/access")
        async with site.statements() as many:
            await superuser.get(f"/users/{many_roles.id}/access")
        assert len(few) == len(many) > 0

    async def test_shows_what_giving_a_role_changes_before_it_is_given(
        self, site: Site, superuser: Visitor, make_role: MakeRole
    ) -> None:
        role, user = await make_role("orders:*"), await site.add_user((await make_role("orders:read")).name)
        path, sent = f"/users/{user.id}/roles/preview", {"role": role.name, "reason": "Typed", "until": "2099-01-01"}
        page = await superuser.post(path, **sent)
        assert "Gains at once: + orders:refund" in words(page.text)
        assert 'value="Typed"' in page.text
        assert "Give role" in page.text
        part = await superuser.post(path, {"HX-Request": "true", "HX-Request-Type": "partial"}, **sent)
        assert "<html" not in part.text
        assert "+ orders:refund" in part.text
        assert len(await users.grants_of(site.database, TESTS, user.id)) == 1, "nothing is given by looking"

    async def test_says_so_when_giving_a_role_would_change_nothing(
        self, site: Site, superuser: Visitor, make_role: MakeRole
    ) -> None:
        role, same = await make_role("orders:read"), await make_role("orders:read")
        user, suspended = await site.add_user(role.name), await site.add_user(is_active=False)
        for person, name, said in (
            (user, role.name, "This user has the role already."),
            (user, same.name, "No permission is gained: other roles give all of it already."),
            (suspended, role.name, "Nothing changes as long as this user is suspended."),
        ):
            for headers in ({}, {"HX-Request": "true", "HX-Request-Type": "partial"}):
                page = await superuser.post(f"/users/{person.id}/roles/preview", headers, role=name)
                assert page.status_code == 200, headers
                assert said in words(page.text)

    async def test_shows_what_taking_a_role_changes_before_it_is_taken(
        self, site: Site, superuser: Visitor, make_role: MakeRole
    ) -> None:
        role = await make_role("orders:*")
        user = await site.add_user(role.name, (await make_role("orders:read")).name)
        page = await superuser.get(f"/users/{user.id}/roles/{role.id}/removal")
        assert "Loses at once: orders:refund" in words(page.text)

    async def test_lets_a_role_end_and_go_on_in_one_click(
        self, site: Site, superuser: Visitor, make_role: MakeRole
    ) -> None:
        role, user = await make_role("orders:read"), await site.add_user()
        end = now() + timedelta(days=3)
        await users.grant_role(site.database, TESTS, user.id, role.name, expires_at=end)
        path = f"/users/{user.id}/roles/{role.id}"
        assert f"{path}/end" in (await superuser.get(f"/users/{user.id}/access")).text
        assert "goes on" in await superuser.follow(await superuser.post(f"{path}/extension", days="30"))
        (grant,) = await users.grants_of(site.database, TESTS, user.id)
        assert grant.expires_at == end + timedelta(days=30)
        assert "Ended" in await superuser.follow(await superuser.post(f"{path}/end"))
        assert (await stored(site, user)).roles == []
        for fields in ({"days": "0"}, {"days": "x"}, {}, {"days": "30", "csrf_token": "0" * 64}):
            assert (await superuser.post(f"{path}/extension", **fields)).status_code == 400
        assert (await superuser.post(f"{path}/end", csrf_token="")).status_code == 400
        (grant,) = await users.grants_of(site.database, TESTS, user.id)
        assert grant.expired

    async def test_reads_the_end_in_the_readers_zone(self, site: Site, superuser: Visitor, make_role: MakeRole) -> None:
        role, user = await make_role("orders:read"), await site.add_user()
        superuser.browser.cookies.set("__Host-admin_auth_zone", "Asia/Tokyo")
        page = await superuser.get(f"/users/{user.id}/access")
        assert "In the time zone Asia/Tokyo." in page.text
        await superuser.post(f"/users/{user.id}/roles", role=role.name, until="2099-01-01T09:00")
        (grant,) = await users.grants_of(site.database, TESTS, user.id)
        assert grant.expires_at == datetime(2099, 1, 1, tzinfo=UTC)

    async def test_shows_an_end_for_which_the_calendar_of_the_readers_zone_has_no_day(
        self, site: Site, superuser: Visitor, make_role: MakeRole
    ) -> None:
        role, user = await make_role("orders:read"), await site.add_user()
        end = datetime(9999, 12, 31, 23, 59, 59, tzinfo=UTC)
        await users.grant_role(site.database, TESTS, user.id, role.name, expires_at=end)
        superuser.browser.cookies.set("__Host-admin_auth_zone", "Asia/Tokyo")
        for path in (f"/users/{user.id}/access", f"/roles/{role.id}/members"):
            page = await superuser.get(path)
            assert page.status_code == 200, path
            assert "9999" in page.text
        superuser.browser.cookies.set("__Host-admin_auth_zone", "America/New_York")
        refused = await superuser.post(f"/users/{user.id}/roles", role=role.name, until="9999-12-31")
        assert refused.status_code == 400
        assert "The calendar ends before that." in words(refused.text)

    @pytest.mark.parametrize(
        ("asked", "said"),
        [
            ("orders:refund", "Yes, through"),
            ("books:read", "No. Any of these roles would give it"),
            ("money", "Which of these do you mean? orders:refund"),
            ("no:such", "Nobody declares such a permission."),
            ("*", "Nobody declares such a permission."),
            ('"><img src=x>', "Nobody declares such a permission."),
        ],
    )
    async def test_answers_whether_this_person_may(
        self, site: Site, superuser: Visitor, make_role: MakeRole, asked: str, said: str
    ) -> None:
        user = await site.add_user((await make_role("orders:*")).name)
        page = await superuser.browser.get(f"/admin/users/{user.id}/access", params={"may": asked})
        assert page.status_code == 200
        assert said in words(page.text)
        assert "<img src=x" not in page.text

    async def test_reads_well_for_odd_users(self, site: Site, superuser: Visitor, make_role: MakeRole) -> None:
        gone = await make_role("orders:refund")
        user = await site.add_user("superuser", gone.name)
        await users.end_grant(site.database, TESTS, user.id, gone.id)
        said = words((await superuser.get(f"/users/{user.id}/access?may=orders:refund")).text)
        assert "Yes, through superuser." in said
        assert "Had it until it ended" not in said, "whoever has it is not told that they had it"
        await users.suspend_user(site.database, TESTS, user.id)
        said = words((await superuser.get(f"/users/{user.id}/access")).text)
        assert "The roles count again when the suspension ends." in said
        assert "None of the roles held allows anything" not in said

    async def test_offers_to_give_only_roles_that_the_viewer_may_give(
        self, site: Site, sign_in_as: SignIn, make_role: MakeRole
    ) -> None:
        weak, strong = await make_role("letters:send"), await make_role("letters:*", "books:read")
        clerk, user = await sign_in_as("users:read", "users:write", "letters:*"), await site.add_user()
        page = (await clerk.get(f"/users/{user.id}/access?may=letters:send")).text
        assert f"Give {weak.name}" in page
        assert f"Give {strong.name}" not in page
        chosen = (await clerk.get(f"/users/{user.id}/access?may=letters:send&give={weak.name.replace(' ', '+')}")).text
        assert f'<option selected value="{weak.name}">' in chosen

    @pytest.mark.parametrize(
        "cursor", ["nope", "after.", "before.", "after.zzz", "before.a", "\u0000", "%", "x" * 5000]
    )
    async def test_turns_pages_of_permissions_whatever_the_address_says(
        self, site: Site, superuser: Visitor, cursor: str
    ) -> None:
        user = await site.add_user("superuser")
        page = await superuser.browser.get(f"/admin/users/{user.id}/access", params={"cursor": cursor})
        assert page.status_code in (200, 400)

    async def test_sends_whoever_opens_the_forms_address_to_the_tab(self, site: Site, superuser: Visitor) -> None:
        user = await site.add_user()
        back = await superuser.get(f"/users/{user.id}/roles")
        assert (back.status_code, back.headers["location"]) == (303, f"/admin/users/{user.id}/access")


class TestSessionsAndActivity:
    async def test_ends_all_sessions_of_a_user_after_asking(self, site: Site, superuser: Visitor) -> None:
        user = await site.add_user()
        async with site.browser() as phone, site.browser() as laptop:
            for browser in (phone, laptop):
                assert (await sign_in(browser, user)).status_code == 303
            page = (await superuser.get(f"/users/{user.id}/sessions")).text
            assert page.count("/revocation") >= 3
            path = f"/users/{user.id}/sessions/revocation"
            assert f"End all sessions of {user.email}?" in words((await superuser.get(path)).text)
            assert (await superuser.post(path, csrf_token="0" * 64)).status_code == 400
            assert (await phone.get("/admin/")).status_code == 200
            said = words(await superuser.follow(await superuser.post(path)))
            assert "2 sessions have ended." in said
            assert "No live sessions" in said
            assert (await phone.get("/admin/")).status_code in (303, 401)

    async def test_keeps_the_session_in_which_one_ends_ones_own(self, site: Site, superuser: Visitor) -> None:
        assert superuser.user is not None
        async with site.browser() as other:
            await sign_in(other, superuser.user)
            path = f"/users/{superuser.user.id}/sessions"
            assert "All but this one end" in words((await superuser.get(f"{path}/revocation")).text)
            said = words(await superuser.follow(await superuser.post(f"{path}/revocation")))
            assert "1 session has ended." in said
            assert "This device" in said

    async def test_shows_a_reader_of_sessions_no_way_to_end_them(self, site: Site, sign_in_as: SignIn) -> None:
        user = await site.add_user()
        reader = await sign_in_as("users:read", "sessions:read")
        async with site.browser() as browser:
            await sign_in(browser, user)
            page = await reader.get(f"/users/{user.id}/sessions")
            assert page.status_code == 200
            assert "/revocation" not in page.text
            refused = await reader.post(f"/users/{user.id}/sessions/revocation")
            assert refused.status_code == 403
            assert "sessions:revoke" in refused.text
            assert (await browser.get("/admin/")).status_code == 200

    async def test_shows_no_way_to_end_the_sessions_of_somebody_stronger(self, site: Site, sign_in_as: SignIn) -> None:
        strong, clerk = await site.add_user("superuser"), await sign_in_as("users:read", "sessions:*")
        async with site.browser() as browser:
            await sign_in(browser, strong)
            page = await clerk.get(f"/users/{strong.id}/sessions")
            assert "No live sessions" not in page.text
            assert "/revocation" not in page.text

    async def test_tells_what_happened_to_the_user_and_to_nobody_else(self, site: Site, superuser: Visitor) -> None:
        user, other = await site.add_user(), await site.add_user()
        await users.update_user(site.database, TESTS, user.id, name="Before and after")
        await users.update_user(site.database, TESTS, other.id, name="Somebody else")
        page = (await superuser.get(f"/users/{user.id}/activity")).text
        assert "user.updated" in page
        assert "Before and after" in page
        assert other.email not in page

    async def test_shows_activity_only_to_readers_of_the_audit_log(self, site: Site, sign_in_as: SignIn) -> None:
        user = await site.add_user()
        reader = await sign_in_as("users:read")
        refused = await reader.get(f"/users/{user.id}/activity")
        assert refused.status_code == 403
        assert "audit:read" in refused.text


class TestSuspension:
    async def test_asks_then_suspends_and_signs_out(self, site: Site, superuser: Visitor) -> None:
        user = await site.add_user()
        async with site.browser() as browser:
            await sign_in(browser, user)
            path = f"/users/{user.id}/suspension"
            part = (await superuser.fragment(path)).text
            assert part.strip().startswith("<form")
            assert f"Suspend {user.email}?" in words(part)
            assert (await superuser.post(path, csrf_token="0" * 64)).status_code == 400
            assert (await stored(site, user)).status == "active"
            page = words(await superuser.follow(await superuser.post(path)))
            assert f"{user.email} is suspended" in page
            assert "Reactivate" in page
            assert (await stored(site, user)).status == "suspended"
            assert (await browser.get("/admin/")).status_code in (303, 401)

    async def test_reactivates(self, site: Site, superuser: Visitor) -> None:
        user = await site.add_user(is_active=False)
        path = f"/users/{user.id}/reactivation"
        assert (await superuser.post(path, csrf_token="0" * 64)).status_code == 400
        assert (await stored(site, user)).status == "suspended"
        page = words(await superuser.follow(await superuser.post(path)))
        assert f"{user.email} may sign in again." in page
        assert (await stored(site, user)).status == "active"


class TestOneTimeLink:
    async def test_makes_a_new_link_and_kills_the_older_one(
        self, site: Site, superuser: Visitor, stranger: Visitor
    ) -> None:
        user = await site.add_user(password_hash=None)
        assert "New invitation link" in (await superuser.get(f"/users/{user.id}")).text
        first = link_in((await superuser.post(f"/users/{user.id}/invitation")).text)
        second = link_in((await superuser.post(f"/users/{user.id}/invitation")).text)
        assert (await stranger.browser.get(first)).status_code == 404
        assert (await stranger.browser.get(second)).status_code == 303

    async def test_is_a_reset_for_somebody_who_has_a_password(self, site: Site, superuser: Visitor) -> None:
        user = await site.add_user()
        assert "Password reset link" in (await superuser.get(f"/users/{user.id}")).text
        page = await superuser.post(f"/users/{user.id}/password-reset")
        assert link_in(page.text).startswith("/admin/password-reset/")
        assert f"Password reset for {user.email}" in words(page.text)
        assert "no-store" in page.headers["cache-control"]

    async def test_refuses_a_forged_token_and_a_suspended_user(self, site: Site, superuser: Visitor) -> None:
        user, away = await site.add_user(), await site.add_user(is_active=False)
        forged = await superuser.post(f"/users/{user.id}/password-reset", csrf_token="0" * 64)
        refused = await superuser.post(f"/users/{away.id}/password-reset")
        assert (forged.status_code, refused.status_code) == (400, 409)
        assert "/admin/password-reset/" not in forged.text + refused.text
        # Told where the way out is: on the user's page.
        assert "Reactivate the user first." in refused.text
        assert f'action="/admin/users/{away.id}/reactivation"' in refused.text

    async def test_has_no_page_to_come_back_to(self, site: Site, superuser: Visitor) -> None:
        user = await site.add_user()
        for tail in ("invitation", "password-reset", "reactivation"):
            back = await superuser.get(f"/users/{user.id}/{tail}")
            assert (back.status_code, back.headers["location"]) == (303, f"/admin/users/{user.id}")


class TestDeletion:
    async def test_deletes_after_the_address_was_typed(self, site: Site, superuser: Visitor) -> None:
        user = await site.add_user()
        path = f"/users/{user.id}/deletion"
        assert f"Delete {user.email}?" in words((await superuser.get(path)).text)
        page = await superuser.follow(await superuser.post(path, typed=f" {user.email.upper()} "))
        assert f"{user.email} is deleted." in words(page)
        with pytest.raises(NotFound):
            await stored(site, user)

    @pytest.mark.parametrize("fields", [{}, {"typed": ""}, {"typed": "other@example.com"}])
    async def test_keeps_a_user_whose_address_was_not_typed(
        self, site: Site, superuser: Visitor, fields: dict[str, str]
    ) -> None:
        user = await site.add_user()
        page = await superuser.post(f"/users/{user.id}/deletion", **fields)
        assert page.status_code == 400
        assert "This is not the user&#39;s e-mail address." in page.text
        assert await stored(site, user)

    async def test_refuses_a_forged_token(self, site: Site, superuser: Visitor) -> None:
        user = await site.add_user()
        page = await superuser.post(f"/users/{user.id}/deletion", typed=user.email, csrf_token="0" * 64)
        assert page.status_code == 400
        assert await stored(site, user)

    async def test_is_refused_without_the_permission(self, site: Site, sign_in_as: SignIn) -> None:
        user, clerk = await site.add_user(), await sign_in_as("users:read", "users:write")
        assert "/deletion" not in (await clerk.get(f"/users/{user.id}")).text
        assert (await clerk.get(f"/users/{user.id}/deletion")).status_code == 403
        refused = await clerk.post(f"/users/{user.id}/deletion", typed=user.email)
        assert refused.status_code == 403
        assert "users:delete" in refused.text
        assert await stored(site, user)


@pytest.fixture
async def lone_site(tmp_path_factory: pytest.TempPathFactory) -> AsyncGenerator[Site]:
    """A site with nobody in it yet."""
    url = f"sqlite+aiosqlite:///{tmp_path_factory.mktemp('lone') / 'lone.sqlite3'}"
    database = Database(create_engine(url))
    await upgrade(database)
    await database.close()
    async with running(Litestar(plugins=[plugin(database=url)])) as running_site:
        yield running_site


async def test_the_last_superuser_stays_and_the_page_says_why(lone_site: Site) -> None:
    last = await lone_site.add_user("superuser")
    async with lone_site.browser() as browser:
        assert (await sign_in(browser, last, PASSWORD)).status_code == 303
        token = await form_token(browser, "/admin/users/new")
        (grant,) = await users.grants_of(lone_site.database, TESTS, last.id)
        day = (datetime.now(UTC) + timedelta(days=3)).date().isoformat()
        tries = {
            "suspension": {},
            "deletion": {"typed": last.email},
            f"roles/{grant.role_id}/removal": {},
            "roles": {"role": "superuser", "until": day},
        }
        for tail, fields in tries.items():
            page = await browser.post(f"/admin/users/{last.id}/{tail}", data={"csrf_token": token, **fields})
            assert page.status_code == 409, tail
            assert "This is the last active superuser." in page.text
            assert f'action="/admin/users/{last.id}/{tail}"' in page.text
    row = await users.get_user(lone_site.database, TESTS, last.id)
    assert (row.status, row.roles) == ("active", ["superuser"])


async def test_a_question_about_the_last_superuser_says_that_the_answer_would_be_refused(lone_site: Site) -> None:
    keys = await roles.create_role(lone_site.database, TESTS, name="keys", permissions=["*"])
    last = await lone_site.add_user("keys")
    why = "This is the last active superuser."
    async with lone_site.browser() as browser:
        assert (await sign_in(browser, last, PASSWORD)).status_code == 303
        token = await form_token(browser, "/admin/users/new")
        buttons = {
            f"users/{last.id}/suspension": "Suspend</button>",
            f"users/{last.id}/deletion": "Delete user</button>",
            f"users/{last.id}/roles/{keys.id}/removal": "Take away</button>",
            f"roles/{keys.id}/deletion": "Delete role</button>",
        }
        for path, button in buttons.items():
            page = await browser.get(f"/admin/{path}")
            assert (page.status_code, why in page.text, button in page.text) == (200, True, False), path
            assert "at once" not in page.text, "no change is promised"
        part = {"HX-Request": "true", "HX-Request-Type": "partial"}
        draft = {"csrf_token": token, "name": "keys", "version": "1", "permissions": "users:read"}
        day = (datetime.now(UTC) + timedelta(days=3)).date().isoformat()
        for path, fields in {
            f"roles/{keys.id}/preview": draft,
            f"users/{last.id}/roles/preview": {"csrf_token": token, "role": "keys", "until": day},
        }.items():
            fragment = await browser.post(f"/admin/{path}", data=fields, headers=part)
            assert words(fragment.text).startswith(why), path
            assert "users:read" not in fragment.text
            page = await browser.post(f"/admin/{path}", data=fields)
            assert (page.status_code, why in page.text) == (409, True), path

        # With somebody else to do it, the same questions can be answered.
        await lone_site.add_user("superuser")
        for path, button in buttons.items():
            page = await browser.get(f"/admin/{path}")
            assert (why in page.text, button in page.text) == (False, True), path


async def test_every_change_by_these_pages_is_in_the_audit_log(site: Site, superuser: Visitor) -> None:
    email = new_email()
    await superuser.post("/users/new", email=email)
    (user,) = await found(site, email)
    await superuser.post(f"/users/{user.id}", email=email, name="Renamed", version=str(user.version))
    await superuser.post(f"/users/{user.id}/roles", role="superuser")
    await superuser.post(f"/users/{user.id}/suspension")
    await superuser.post(f"/users/{user.id}/reactivation")
    await superuser.post(f"/users/{user.id}/deletion", typed=email)
    assert superuser.user is not None
    done = [event.action for event in await site.events_of(superuser.user) if event.action.startswith("user.")]
    assert done == [
        "user.created",
        "user.invited",
        "user.updated",
        "user.role_granted",
        "user.suspended",
        "user.reactivated",
        "user.deleted",
    ]
