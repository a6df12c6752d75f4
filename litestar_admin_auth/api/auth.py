"""``/api/auth``: signing in and out, and who one is."""

from typing import Any

from litestar import Controller, get, post
from litestar.params import JSONBody

from litestar_admin_auth.api.dependencies import AnyRequest
from litestar_admin_auth.api.schemas import Credentials, Me, Message, PasswordChange, RefreshToken
from litestar_admin_auth.api.strict_json import parse, to_struct
from litestar_admin_auth.auth.admission import PUBLIC
from litestar_admin_auth.auth.jwt import JWTAuthBackend
from litestar_admin_auth.auth.login import log_in, log_out
from litestar_admin_auth.auth.password_change import change_password
from litestar_admin_auth.auth.request_state import state_of
from litestar_admin_auth.auth.runtime import runtime_of
from litestar_admin_auth.core.exceptions import InvalidToken, NotAuthenticated
from litestar_admin_auth.core.i18n import gettext as _
from litestar_admin_auth.core.protocols import AuthBackend


class AuthController(Controller):
    """Whatever the backend, with our tables or without."""

    path = "/auth"
    tags = ["auth"]  # noqa: RUF012 - Litestar's own declaration is an instance variable

    @post("/login", status_code=200, opt={PUBLIC: True}, summary="Sign in")
    async def login(self, request: AnyRequest, data: JSONBody[Credentials]) -> dict[str, Any]:
        """Check e-mail and password and start a session.

        With cookies the tokens travel in HttpOnly cookies only; otherwise the body also has ``access_token`` and
        ``refresh_token``.
        """
        return await log_in(request, runtime_of(request), email=data.email, password=data.password, by_form=False)

    @post("/logout", status_code=200, opt={PUBLIC: True}, summary="Sign out")
    async def logout(self, request: AnyRequest) -> Message:
        """End the session. The refresh token alone is enough, so that an expired access token keeps nobody in."""
        runtime = runtime_of(request)
        await _find_refresh_token(request, runtime.backend)
        # The JWT backend looks for the refresh token itself; of any other a stranger cannot be signed out.
        if request.user is None and not isinstance(runtime.backend, JWTAuthBackend):
            raise NotAuthenticated
        await log_out(request, runtime)
        return Message(_("Logged out successfully"))

    @post("/refresh", status_code=200, opt={PUBLIC: True}, summary="Exchange the refresh token")
    async def refresh(self, request: AnyRequest) -> dict[str, Any]:
        """Exchange the refresh token for new tokens; it works once.

        It is taken from ``X-Refresh-Token``, from the body or, with cookies, from its cookie. Two that disagree are
        refused. With cookies the new tokens travel in HttpOnly cookies only.
        """
        backend = runtime_of(request).backend
        await _find_refresh_token(request, backend)
        tokens = await backend.refresh(request)
        if tokens is None:
            raise InvalidToken
        return tokens

    @get("/me", summary="Who am I")
    async def me(self, request: AnyRequest) -> Me:
        """Return the signed-in user, with the roles and permissions held right now."""
        user = request.user
        user_id: object = user.id
        return Me(
            # Past 64 bits JSON's readers disagree on what a number is.
            id=user_id if type(user_id) is int and abs(user_id) < 2**63 else str(user_id),
            email=user.email,
            roles=list(user.roles or ()),
            permissions=list(user.permissions or ()),
        )


class PasswordController(Controller):
    """Only with our tables, or where a host's backend has the parts that change passwords."""

    path = "/auth/change-password"
    tags = ["auth"]  # noqa: RUF012

    @post(status_code=200, summary="Change the own password")
    async def change(self, request: AnyRequest, data: JSONBody[PasswordChange]) -> Message:
        """Change the own password; every other session of this user ends."""
        await change_password(request, runtime_of(request), data.current_password, data.new_password)
        return Message(_("Password changed successfully"))


async def _find_refresh_token(request: AnyRequest, backend: AuthBackend) -> None:
    """Read the refresh token of an optional body for our own backend; a host's may take whatever it likes."""
    state = state_of(request.scope)
    if state is not None and isinstance(backend, JWTAuthBackend) and (raw := await request.body()):
        state.refresh_token = to_struct(parse(raw), RefreshToken).refresh_token
