"""``/api/sessions``: who is signed in, from where."""

from dataclasses import replace
from typing import Annotated
from uuid import UUID

from litestar import Controller, delete, get, post
from litestar.di import NamedDependency
from litestar.params import FromPath, QueryParameter
from litestar.response import Stream

from litestar_admin_auth.api.dependencies import AnyRequest, listing
from litestar_admin_auth.api.schemas import Listing, Session
from litestar_admin_auth.auth.exports import take_along
from litestar_admin_auth.core.database import Database
from litestar_admin_auth.services import open_sessions
from litestar_admin_auth.services.actor import Actor
from litestar_admin_auth.services.export import SESSIONS
from litestar_admin_auth.services.lists import ListQuery

UserFilter = Annotated[str, QueryParameter(description="Whose: an id or an e-mail address.")]


class SessionController(Controller):
    path = "/sessions"
    tags = ["sessions"]  # noqa: RUF012 - Litestar's own declaration is an instance variable

    @get(summary="List sessions")
    async def list_sessions(
        self,
        database: NamedDependency[Database],
        actor: NamedDependency[Actor],
        page: NamedDependency[ListQuery],
        user: UserFilter = "",
    ) -> Listing[Session]:
        """Return everybody's live sessions, newest first; also by `last_seen_at`. Needs `sessions:read`."""
        return listing(
            await open_sessions.list_sessions(database, actor, replace(page, filters={"user": user})), Session
        )

    @post("/export", status_code=200, media_type="text/csv", summary="Export sessions")
    async def export(
        self,
        request: AnyRequest,
        actor: NamedDependency[Actor],
        page: NamedDependency[ListQuery],
        user: UserFilter = "",
    ) -> Stream:
        """Return all live sessions that match as CSV; `limit`, `cursor` and `count` say nothing here.

        The audit log notes who took them. Needs `sessions:read`.
        """
        return await take_along(request, actor, SESSIONS, replace(page, filters={"user": user}))

    @delete("/{session_id:uuid}", summary="End a session")
    async def remove(
        self, database: NamedDependency[Database], actor: NamedDependency[Actor], session_id: FromPath[UUID]
    ) -> None:
        """End a session of somebody who is not stronger. Needs `sessions:revoke`, or being that user."""
        await open_sessions.revoke_session(database, actor, session_id)
