"""The Access tab of a user: what the roles add up to and why, and giving, taking and ending them."""

from datetime import UTC, datetime, timedelta

import pytest

from litestar_admin_auth.core.clock import now
from litestar_admin_auth.models import UserRole
from litestar_admin_auth.services import users
from tests.auth.site import Site
from tests.web.conftest import TESTS, MakeRole, SignIn, Visitor, words
from tests.web.users import roles_offered, stored


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
