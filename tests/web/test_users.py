"""The list of users, new ones and profiles: what is shown, what is saved, and what is refused whatever is shown."""

import re
from dataclasses import replace
from uuid import uuid4

import pytest

from litestar_admin_auth.services import users
from litestar_admin_auth.services.lists import ListQuery
from litestar_admin_auth.services.users import UserRow
from tests.auth.site import Site
from tests.web.conftest import TESTS, MakeRole, SignIn, Visitor, words
from tests.web.users import link_in, roles_offered, stored

HOSTILE = '"><img src=x onerror=alert(1)>{{7*7}}</script>'


async def found(site: Site, email: str) -> list[UserRow]:
    return (await users.list_users(site.database, TESTS, ListQuery(q=email))).items


def new_email() -> str:
    return f"new-{uuid4().hex}@example.com"


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
