"""``/api/account``: one's own profile, password and sessions. It needs no permission but being signed in."""

from uuid import UUID

import msgspec
from litestar import Controller, delete, get, patch, put
from litestar.di import NamedDependency
from litestar.params import FromPath, JSONBody
from msgspec import UnsetType

from litestar_admin_auth.api.dependencies import AnyRequest, body, listing
from litestar_admin_auth.api.schemas import (
    Account,
    Listing,
    Message,
    PasswordChange,
    Preferences,
    PreferencesChange,
    Profile,
    Session,
    User,
)
from litestar_admin_auth.auth.password_change import change_password
from litestar_admin_auth.auth.runtime import runtime_of
from litestar_admin_auth.core.database import Database
from litestar_admin_auth.core.exceptions import NotFound
from litestar_admin_auth.core.i18n import gettext as _
from litestar_admin_auth.services import logins, open_sessions, preferences, users
from litestar_admin_auth.services.actor import Actor
from litestar_admin_auth.services.lists import ListQuery


class AccountController(Controller):
    path = "/account"
    tags = ["account"]  # noqa: RUF012 - Litestar's own declaration is an instance variable

    @get(summary="Read the own profile")
    async def read(self, database: NamedDependency[Database], actor: NamedDependency[Actor]) -> Account:
        """Return one's own user, and whether a copied refresh token ended a session since the login before."""
        account = body(await users.get_user(database, actor, _own_id(actor)), Account)
        if actor.session_id is None:
            return account
        reused_at = await logins.refresh_reused_before(database, actor.session_id)
        return msgspec.structs.replace(account, refresh_reused_at=reused_at)

    @patch(summary="Change the own profile")
    async def change(
        self, database: NamedDependency[Database], actor: NamedDependency[Actor], data: JSONBody[Profile]
    ) -> User:
        """Change one's own name. The e-mail address is what one signs in with: an administrator changes it."""
        _own_id(actor)
        return body(await users.update_own_profile(database, actor, name=data.name), User)

    @get("/preferences", summary="Read the own preferences")
    async def read_preferences(self, database: NamedDependency[Database], actor: NamedDependency[Actor]) -> Preferences:
        """Return one's own language and time zone; null leaves it to the browser."""
        return body(await preferences.get_preferences(database, actor), Preferences)

    @patch("/preferences", summary="Change the own preferences")
    async def change_preferences(
        self, database: NamedDependency[Database], actor: NamedDependency[Actor], data: JSONBody[PreferencesChange]
    ) -> Preferences:
        """Change what is given and leave what is not; null leaves it to the browser from now on."""
        stored = await preferences.get_preferences(database, actor)
        chosen = preferences.Preferences(
            stored.language if isinstance(data.language, UnsetType) else data.language,
            stored.time_zone if isinstance(data.time_zone, UnsetType) else data.time_zone,
        )
        return body(await preferences.save_preferences(database, actor, chosen), Preferences)

    @put("/password", status_code=200, summary="Change the own password")
    async def password(self, request: AnyRequest, data: JSONBody[PasswordChange]) -> Message:
        """Do what ``POST /api/auth/change-password`` does."""
        await change_password(request, runtime_of(request), data.current_password, data.new_password)
        return Message(_("Password changed successfully"))

    @get("/sessions", summary="List the own sessions")
    async def list_sessions(
        self, database: NamedDependency[Database], actor: NamedDependency[Actor], page: NamedDependency[ListQuery]
    ) -> Listing[Session]:
        """Return one's own live sessions; ``current`` marks the one that asks."""
        return listing(await open_sessions.list_sessions(database, actor, page, user_id=_own_id(actor)), Session)

    @delete("/sessions", summary="End all other own sessions")
    async def end_sessions(self, database: NamedDependency[Database], actor: NamedDependency[Actor]) -> None:
        """End all one's own sessions but the one that asks."""
        await open_sessions.revoke_user_sessions(database, actor, _own_id(actor), keep=actor.session_id)

    @delete("/sessions/{session_id:uuid}", summary="End one own session")
    async def end_session(
        self, database: NamedDependency[Database], actor: NamedDependency[Actor], session_id: FromPath[UUID]
    ) -> None:
        """End one of one's own sessions; somebody else's is not there."""
        await open_sessions.revoke_own_session(database, actor, session_id)


def _own_id(actor: Actor) -> UUID:
    # A host's backend may sign in somebody who is not in our tables.
    if actor.user_id is None:
        raise NotFound(_("There is no such user."))
    return actor.user_id
