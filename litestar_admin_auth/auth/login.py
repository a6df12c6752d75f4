"""The one way in: browser form, JSON and whatever comes later end here, so that nothing can be skipped by the door."""

from typing import Any

from litestar_admin_auth.auth.host_backends import forget_items, keep_items, prove
from litestar_admin_auth.auth.jwt import JWTAuthBackend
from litestar_admin_auth.auth.request_state import Connection, state_of
from litestar_admin_auth.auth.runtime import Runtime
from litestar_admin_auth.core.exceptions import InvalidCredentials, InvalidInput
from litestar_admin_auth.core.i18n import gettext as _
from litestar_admin_auth.core.passwords import MAX_PASSWORD_LENGTH
from litestar_admin_auth.core.protocols import AuthBackend
from litestar_admin_auth.core.text import check_storable, email_address, normalize_email
from litestar_admin_auth.services.logins import record_failed_login


async def log_in(
    connection: Connection, runtime: Runtime, *, email: str, password: str, by_form: bool
) -> dict[str, str]:
    """Check credentials and start a session.

    Args:
        connection: The request; its state carries the cookies that leave with the answer.
        runtime: The running admin.
        email: As typed.
        password: As typed, verbatim.
        by_form: Whether a page asked. The pages always authenticate by cookie, whatever the API uses.

    Returns:
        The JSON body of the API's login.

    Raises:
        InvalidInput: For an address that is none, or a password that cannot be one.
        TooManyTries: When the throttle refuses.
        LoginNotKept: When a browser could not keep what a host's backend answers.
        InvalidCredentials: For everything else, whatever was wrong.
    """
    email = email_address(email)
    check_storable(password, "password")
    if not password:
        raise InvalidInput(_("This field is required."), field="password")
    if len(password) > MAX_PASSWORD_LENGTH:
        raise InvalidInput(
            _("At most %(maximum)s characters are allowed.", maximum=MAX_PASSWORD_LENGTH), field="password"
        )
    state = state_of(connection.scope)
    if state is None:
        msg = "logins happen below the admin path only"
        raise RuntimeError(msg)
    account, ip = normalize_email(email), state.client.ip
    await runtime.throttle.check("login", account, ip)
    user = await _prove(runtime.backend, connection, {"email": email, "password": password})
    if user is None:
        await runtime.throttle.failed("login", account, ip)
        if runtime.database is not None:
            await record_failed_login(runtime.database, email, state.client)
        raise InvalidCredentials
    await runtime.throttle.succeeded("login", account, ip)
    if not isinstance(runtime.backend, JWTAuthBackend):
        body = await runtime.backend.login(connection, user)
        if by_form:
            keep_items(runtime.backend, runtime.cookies, state, body)
        return {} if by_form else body
    answer: dict[str, str] = {}
    if by_form:
        runtime.backend.transport.set_cookies(connection, await runtime.backend.start(connection, user))
    else:
        answer = await runtime.backend.login(connection, user)
    # The session that this browser had ends: nobody else shall go on with it (ASVS 7.2.4).
    await runtime.backend.end_current(connection)
    return answer


async def log_out(connection: Connection, runtime: Runtime) -> None:
    """End the session that a request carries: the one way out, for the page and for the API.

    Raises:
        NotAuthenticated: When the backend finds no session.
    """
    await runtime.backend.logout(connection)
    state = state_of(connection.scope)
    if state is not None:
        forget_items(connection, runtime.cookies, state)


async def _prove(backend: AuthBackend, connection: Connection, credentials: dict[str, str]) -> Any:
    if isinstance(backend, JWTAuthBackend):
        return await backend.authenticate(connection, credentials)
    return await prove(backend, connection, credentials)
