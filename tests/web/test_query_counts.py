"""No page asks the database more often because there are more rows. A page that is new must be named here."""

from collections.abc import AsyncGenerator
from dataclasses import dataclass
from datetime import timedelta
from uuid import UUID, uuid4

import httpx
import pytest
from litestar import Litestar

from litestar_admin_auth.core.clock import now
from litestar_admin_auth.core.database import Database, create_engine
from litestar_admin_auth.models import AuditEvent, OneTimeToken, Role, RolePermission, Session, User, UserRole
from litestar_admin_auth.mount import build_inner
from litestar_admin_auth.services.catalogue import sync_permissions
from litestar_admin_auth.services.migrations import upgrade
from litestar_admin_auth.web import controllers
from tests.auth.site import Site, plugin, running, sign_in

#: Every page, by its path in the router, and the addresses at which it is opened. ``{user}`` has many of everything.
PAGES: dict[str, list[str]] = {
    "/": [""],
    "/users": ["/users", "/users?limit=200&q=example&status=active&role=role+1&sort=email", "/users?last_login=never"],
    "/users/bulk": [f"/users/bulk?act={act}&all=1" for act in ("suspend", "reactivate", "end-sessions", "export")]
    + ["/users/bulk?act=give-role&all=1&role=role+1", "/users/bulk?act=take-role&all=1&role=role+1"],
    "/users/new": ["/users/new"],
    "/users/{user_id:uuid}": ["/users/{user}"],
    "/users/{user_id:uuid}/access": ["/users/{user}/access"],
    "/users/{user_id:uuid}/activity": ["/users/{user}/activity"],
    "/users/{user_id:uuid}/sessions": ["/users/{user}/sessions"],
    "/users/{user_id:uuid}/sessions/revocation": ["/users/{user}/sessions/revocation"],
    "/users/{user_id:uuid}/suspension": ["/users/{user}/suspension"],
    "/users/{user_id:uuid}/deletion": ["/users/{user}/deletion"],
    "/users/{user_id:uuid}/roles/{role_id:uuid}/removal": ["/users/{user}/roles/{role}/removal"],
    "/roles": ["/roles", "/roles?sort=-members&limit=200"],
    "/roles/new": ["/roles/new"],
    "/roles/{role_id:uuid}": ["/roles/{role}"],
    "/roles/{role_id:uuid}/deletion": ["/roles/{role}/deletion"],
    "/roles/{role_id:uuid}/history": ["/roles/{role}/history"],
    "/roles/{role_id:uuid}/members": ["/roles/{role}/members"],
    "/permissions/{code:str}": ["/permissions/thing1:read"],
    "/search": ["/search?q=e"],
    "/permissions": ["/permissions?limit=200"],
    "/sessions": ["/sessions", "/sessions?sort=last_seen_at&limit=50"],
    "/sessions/bulk": ["/sessions/bulk?act=end&all=1"],
    "/audit": ["/audit", "/audit?limit=50&action=thing.*&since=2020-01-01"],
    "/account": ["/account"],
    "/account/sessions": ["/account/sessions"],
}

#: Pages of one row or none, and addresses that only lead elsewhere.
WITHOUT_ROWS = {
    "/account/password", "/account/preferences", "/account/sessions/revocation",
    "/account/sessions/{session_id:uuid}/revocation", "/audit/export", "/help/keys", "/invitation",
    "/invitation/{token:str}", "/login", "/password-reset", "/password-reset/password", "/password-reset/sent",
    "/password-reset/{token:str}", "/roles/export", "/roles/new/preview", "/roles/{role_id:uuid}/preview",
    "/sessions/export",
    "/sessions/{session_id:uuid}/revocation", "/users/export", "/users/{user_id:uuid}/invitation",
    "/users/{user_id:uuid}/password-reset", "/users/{user_id:uuid}/reactivation", "/users/{user_id:uuid}/roles",
    "/users/{user_id:uuid}/roles/preview",
}  # fmt: skip


@dataclass
class Shop:
    site: Site
    browser: httpx.AsyncClient
    user: UUID
    role: UUID
    viewer: UUID
    made: int = 0

    async def grow(self, count: int) -> None:
        """Add so many of everything: also to one user, to one role and to who looks at the pages."""
        moment = now()
        numbers = range(self.made + 1, self.made + count + 1)
        self.made += count
        await sync_permissions(self.site.database, {f"thing{n}:read": f"Read {n}" for n in range(1, self.made + 1)})
        async with self.site.database.writing() as db:
            for number in numbers:
                role = Role(name=f"role {number}", created_at=moment, updated_at=moment)
                role.permissions = [
                    RolePermission(code=f"thing{n}:read", granted_at=moment, granted_by="x") for n in numbers
                ]
                user = User(
                    email=f"{number}@example.com", email_normalized=f"{number}@example.com", created_at=moment,
                    updated_at=moment, password_hash="x" if number % 2 else None, is_active=bool(number % 5),
                )  # fmt: skip
                db.add_all([role, user])
                await db.flush()
                for holder, held in ((user.id, role.id), (user.id, self.role), (self.user, role.id)):
                    terms = {"granted_at": moment, "granted_by": "x", "reason": "because"}
                    db.add(UserRole(user_id=holder, role_id=held, **terms))
                for owner in (user.id, self.user, self.viewer):
                    db.add(_session(owner))
                for target in (user.id, self.user, self.role):
                    db.add(_event(user, target))
                db.add(_link(self.user))

    async def cost(self, address: str) -> int:
        """How many statements a page sends, after it has been opened once."""
        path = "/admin" + address.format(user=self.user, role=self.role)
        await self.browser.get(path)
        async with self.site.statements() as sent:
            page = await self.browser.get(path)
        assert page.status_code == 200, (path, page.status_code, page.text[:2000])
        return len(sent)


def _event(actor: User, target: UUID) -> AuditEvent:
    return AuditEvent(
        at=now(), actor_id=actor.id, actor=actor.email, action="thing.done", target_type="user", target_id=str(target),
        target_label="x", changes={"x": {"old": 1, "new": 2}}, ip="192.0.2.1",
    )  # fmt: skip


def _link(user_id: UUID) -> OneTimeToken:
    return OneTimeToken(
        user_id=user_id, purpose="invitation", digest=uuid4().hex, email_normalized="x@x.example", created_at=now(),
        expires_at=now() + timedelta(days=1),
    )  # fmt: skip


def _session(owner: UUID) -> Session:
    moment = now()
    return Session(
        user_id=owner, created_at=moment, last_seen_at=moment, rotated_at=moment, security_epoch=0, ip="192.0.2.1",
        idle_expires_at=moment + timedelta(days=1), expires_at=moment + timedelta(days=14),
    )  # fmt: skip


@pytest.fixture(scope="module")
async def shop(tmp_path_factory: pytest.TempPathFactory) -> AsyncGenerator[Shop]:
    # On one engine: how often it is asked is decided before it is known which one it is.
    url = f"sqlite+aiosqlite:///{tmp_path_factory.mktemp('counts') / 'test.sqlite3'}"
    database = Database(create_engine(url))
    await upgrade(database)
    await database.close()
    async with running(Litestar(plugins=[plugin(database=url, permissions={})])) as site, site.browser() as browser:
        admin, user = await site.add_user("superuser"), await site.add_user()
        async with site.database.writing() as db:
            role = Role(name="everybody", created_at=now(), updated_at=now())
            db.add(role)
            await db.flush()
            db.add(UserRole(user_id=user.id, role_id=role.id, granted_at=now(), granted_by="x"))
            role_id = role.id
        assert (await sign_in(browser, admin)).status_code == 303
        yield Shop(site, browser, user.id, role_id, admin.id)


async def test_no_page_asks_more_often_for_eighty_rows_than_for_thirty(shop: Shop) -> None:
    addresses = [address for listed in PAGES.values() for address in listed]
    await shop.grow(30)
    few = {address: await shop.cost(address) for address in addresses}
    await shop.grow(50)
    many = {address: await shop.cost(address) for address in addresses}
    assert many == few
    assert {address: count for address, count in many.items() if count > 30} == {}


def test_every_page_is_named_here(shop: Shop) -> None:
    inner = build_inner(shop.site.runtime, controllers(shop.site.runtime))
    paths = {
        route.path.removeprefix("/admin") or "/" for route in inner.routes if "GET" in getattr(route, "methods", ())
    }
    paths = {path for path in paths if not path.startswith(("/static/", "/api/"))}
    assert paths == PAGES.keys() | WITHOUT_ROWS
