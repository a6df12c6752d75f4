"""Getting somewhere by a word: a page with a box, and for htmx the list below the box of the palette."""

from dataclasses import dataclass
from typing import Any

from litestar import Controller, Request, Response, get

from litestar_admin_auth.auth.runtime import runtime_of
from litestar_admin_auth.core.exceptions import InvalidInput
from litestar_admin_auth.core.i18n import gettext as _
from litestar_admin_auth.services import search
from litestar_admin_auth.services.lists import MAX_SEARCH_LENGTH
from litestar_admin_auth.web.dependencies import tables_and_actor
from litestar_admin_auth.web.render import admin_url, change_query, page_context, render, viewer_of, wants_fragment
from litestar_admin_auth.web.site import AdminSite

AnyRequest = Request[Any, Any, Any]


@dataclass(frozen=True)
class Hit:
    """A line of the answer."""

    label: str
    url: str
    icon: str
    detail: str = ""


@dataclass(frozen=True)
class Group:
    """Hits of one kind; ``url`` leads to all of them where there are more."""

    label: str
    hits: list[Hit]
    url: str | None = None


class SearchPages(Controller):
    """For everybody who is signed in: what they may not read is not found."""

    include_in_schema = False

    @get("/search")
    async def search(self, request: AnyRequest) -> Response[Any]:
        database, actor = tables_and_actor(request)
        q = request.query_params.get("q", "").strip()
        # Before anything looks at it, and before the throttle keeps it.
        if len(q) > MAX_SEARCH_LENGTH:
            raise InvalidInput(_("At most %(maximum)s characters are allowed.", maximum=MAX_SEARCH_LENGTH), field="q")
        await runtime_of(request).throttle.check("search", str(actor.user_id), actor.ip)
        groups = [*_pages(request, q), *_records(request, q, await search.find(database, actor, q))]
        name = "search/_options.html" if wants_fragment(request) else "search/index.html"
        return render(request, name, q=q, groups=groups)

    @get("/help/keys")
    async def keys(self, request: AnyRequest) -> Response[Any]:
        return render(request, "help/keys.html", "keys")


def _pages(request: AnyRequest, q: str) -> list[Group]:
    site: AdminSite = page_context(request, runtime_of(request).pages, with_flashes=False)["admin"]
    viewer = viewer_of(request)
    account = [
        Hit(_("My account"), site.url("account"), "circle-user-round"),
        Hit(_("Change password"), site.url("account", "password"), "lock"),
        Hit(_("My sessions"), site.url("account", "sessions"), "monitor-smartphone"),
        Hit(_("Preferences"), site.url("account", "preferences"), "clock"),
    ]
    if viewer is None or not viewer.has_account:
        account = []
    made = [
        ("users:write", Hit(_("Invite user"), site.url("users", "new"), "user-plus")),
        ("roles:write", Hit(_("New role"), site.url("roles", "new"), "plus")),
    ]
    forms = [hit for permission, hit in made if viewer is not None and viewer.can(permission)]
    keys = Hit(_("Keyboard shortcuts"), site.url("help", "keys"), "keyboard")
    pages = [Hit(item.label, item.url, item.icon) for item in [*site.nav, *site.more]]
    words = q.casefold().split()
    hits = [hit for hit in [*pages, *forms, *account, keys] if all(word in hit.label.casefold() for word in words)]
    return [Group(_("Pages"), hits)] if hits else []


def _records(request: AnyRequest, q: str, found: search.Found) -> list[Group]:
    kinds = {
        "users": (
            _("Users"),
            [
                Hit(user.name or user.email, admin_url(request, "users", user.id), "users", user.email)
                if user.name
                else Hit(user.email, admin_url(request, "users", user.id), "users")
                for user in found.users
            ],
        ),
        "roles": (
            _("Roles"),
            [
                Hit(role.name, admin_url(request, "roles", role.id), "shield-check", role.description)
                for role in found.roles
            ],
        ),
        "permissions": (
            _("Permissions"),
            [
                Hit(one.code, _with_q(request, "permissions", one.code), "key-round", one.description)
                for one in found.permissions
            ],
        ),
    }
    return [
        Group(label, hits, _with_q(request, kind, q) if kind in found.more else None)
        for kind, (label, hits) in kinds.items()
        if hits
    ]


def _with_q(request: AnyRequest, page: str, q: str) -> str:
    return change_query(admin_url(request, page), "", {"q": q})
