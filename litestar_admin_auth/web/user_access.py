"""The Access tab of a user's page: which roles, what they add up to and why, and giving one with open eyes."""

from typing import Any
from uuid import UUID

from litestar import Controller, Request, Response, get, post
from litestar.params import FromPath

from litestar_admin_auth.core.exceptions import AdminAuthError, NotAllowed, NotFound
from litestar_admin_auth.core.i18n import gettext as _
from litestar_admin_auth.core.permissions import MAX_CODE_LENGTH, is_code
from litestar_admin_auth.services import catalogue, explanations, roles, users
from litestar_admin_auth.services.explanations import EffectivePermission
from litestar_admin_auth.services.grants_preview import GrantsPreview, preview_grants
from litestar_admin_auth.services.lists import Page
from litestar_admin_auth.web.dependencies import tables_and_actor
from litestar_admin_auth.web.flash import flash
from litestar_admin_auth.web.grant_form import GrantForm
from litestar_admin_auth.web.posted_form import read_form
from litestar_admin_auth.web.render import render, see_other, viewer_of, viewer_who, wants_fragment
from litestar_admin_auth.web.user_page import is_changeable, tab_page, user_url

AnyRequest = Request[Any, Any, Any]

#: Permissions a page: a superuser of a large application has a thousand, each with its paths.
PAGE_SIZE = 50
#: So many permissions are proposed to who typed a part of one.
MAX_PROPOSED = 10


class UserAccessPages(Controller):
    """Every rule stands in the service; what the viewer may not do is not shown here, and refused there."""

    path = "/users/{user_id:uuid}"
    include_in_schema = False

    @get("/access")
    async def access(self, request: AnyRequest, user_id: FromPath[UUID]) -> Response[Any]:
        """Needs `users:read`."""
        return await _access_page(request, user_id)

    @get(["/roles", "/roles/preview"])
    async def leave_grant(self, request: AnyRequest, user_id: FromPath[UUID]) -> Response[Any]:
        """The answer to a form; whoever opens its address afterwards, or turns a page of it, gets the tab."""
        query = request.scope["query_string"].decode("latin-1")
        return see_other(request, user_url(request, user_id, "access") + (f"?{query}" if query else ""))

    @post("/roles")
    async def grant(self, request: AnyRequest, user_id: FromPath[UUID]) -> Response[Any]:
        """Needs `users:write`."""
        database, actor = tables_and_actor(request)
        form = GrantForm(request, await read_form(request))
        if not form.validate():
            return await _access_page(request, user_id, form, status_code=400)
        try:
            grant = await users.grant_role(
                database,
                actor,
                user_id,
                form.role.data or "",
                reason=form.reason.data or "",
                expires_at=form.expires_at,
            )
        except (NotAllowed, NotFound):
            raise
        except AdminAuthError as error:
            form.blame(error)
            return await _access_page(request, user_id, form, status_code=error.status_code)
        flash(request, "success", _("The role %(name)s is given and in force.", name=grant.role))
        return see_other(request, user_url(request, user_id, "access"))

    @post("/roles/preview", status_code=200)
    async def preview(self, request: AnyRequest, user_id: FromPath[UUID]) -> Response[Any]:
        """Needs `users:read` and `users:write`."""
        database, actor = tables_and_actor(request)
        form = GrantForm(request, await read_form(request))
        fragment = wants_fragment(request)
        if fragment and not form.role.data:
            return render(request, "users/_grant_preview.html", preview=None)
        if not form.validate() and not fragment:
            return await _access_page(request, user_id, form, status_code=400)
        try:
            preview = await preview_grants(
                database, actor, [user_id], form.role.data or "", give=True, expires_at=form.expires_at
            )
        except NotAllowed:
            raise
        except AdminAuthError as error:
            if fragment:
                return render(request, "users/_grant_preview.html", preview=None, problem=error.message)
            form.blame(error)
            return await _access_page(request, user_id, form, status_code=error.status_code)
        if fragment:
            user = await users.get_user(database, actor, user_id)
            return render(request, "users/_grant_preview.html", preview=preview, user=user, give=True)
        return await _access_page(request, user_id, form, preview=preview)


async def _access_page(
    request: AnyRequest,
    user_id: UUID,
    form: GrantForm | None = None,
    *,
    status_code: int = 200,
    preview: GrantsPreview | None = None,
) -> Response[Any]:
    viewer_who(request, "users:read")
    database, actor = tables_and_actor(request)
    user = await users.get_user(database, actor, user_id)
    changeable = await is_changeable(request, user_id)
    viewer = viewer_of(request)
    assignable: list[str] = []
    if changeable and viewer is not None and viewer.can("users:write"):
        assignable = await roles.assignable_role_names(database, actor)
    form = form or GrantForm(request, data={"role": request.query_params.get("give", "")})
    form.offer(assignable)
    q = request.query_params.get("q", "").strip()
    held = await explanations.effective_permissions(database, actor, user_id, q=q)
    return tab_page(
        request,
        "access",
        user,
        block="results",
        changeable=changeable,
        status_code=status_code,
        grants=await users.grants_of(database, actor, user_id),
        page=_page(held, request.query_params.get("cursor", "")),
        total=len(held),
        q=q,
        answer=await _answer(request, user_id),
        form=form if assignable else None,
        assignable=assignable,
        preview=preview,
        give=True,
    )


def _page(held: list[EffectivePermission], cursor: str) -> Page[EffectivePermission]:
    """Cut a page out of the permissions; the cursor names the one that the page begins after or ends before."""
    direction, _colon, code = cursor.partition(".")
    if direction == "before":
        items = [permission for permission in held if permission.code < code][-PAGE_SIZE:]
    else:
        items = [permission for permission in held if permission.code > code][:PAGE_SIZE]
    if not items:
        return Page([])
    has_next, has_previous = items[-1] is not held[-1], items[0] is not held[0]
    return Page(
        items,
        next=f"after.{items[-1].code}" if has_next else None,
        previous=f"before.{items[0].code}" if has_previous else None,
        total=len(held),
    )


async def _answer(request: AnyRequest, user_id: UUID) -> dict[str, Any] | None:
    """Answer "May this person ...?", asked in the address; for a part of a code, propose what could be meant."""
    asked = request.query_params.get("may", "").strip()[: MAX_CODE_LENGTH + 1]
    if not asked:
        return None
    database, actor = tables_and_actor(request)
    viewer = viewer_of(request)
    if is_code(asked):
        found = await explanations.explain(database, actor, user_id, asked)
        if found.declared or found.allowed:
            return {"code": asked, "found": found, "words": explanations.in_words(found), "proposed": []}
    proposed: list[str] = []
    if viewer is not None and (viewer.can("permissions:read") or viewer.can("roles:read")):
        words = asked.lower().split()
        entries = await catalogue.all_permissions(database, actor)
        texts = ((entry.code, f"{entry.code} {entry.description}".lower()) for entry in entries)
        proposed = [code for code, text in texts if all(word in text for word in words)]
    return {"code": asked, "found": None, "words": "", "proposed": proposed[:MAX_PROPOSED]}
