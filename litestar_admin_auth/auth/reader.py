"""Who reads: in which language and in which time zone an answer speaks to them."""

from litestar.connection import ASGIConnection
from litestar.types import Scope

from litestar_admin_auth.auth.principal import CurrentUser
from litestar_admin_auth.auth.request_state import Connection, RequestState
from litestar_admin_auth.auth.runtime import Runtime
from litestar_admin_auth.core import i18n


def language_of_browser(runtime: Runtime, connection: Connection) -> str:
    """Return the language of somebody who prefers none: the cookie's, else what the browser asks for."""
    language = connection.cookies.get(runtime.cookies.language, "")
    if language not in i18n.LANGUAGES:
        language = i18n.negotiate(connection.headers.get("accept-language", ""))
    return language


def speak_to(runtime: Runtime, scope: Scope, state: RequestState) -> None:
    """Choose language and zone for this request: the reader's preference, else the cookie, else what the browser says.

    Called before and after the user is known, since an error on the way wants a language too.
    """
    connection: Connection = ASGIConnection(scope)
    cookies, user = connection.cookies, state.user
    preferred = user if isinstance(user, CurrentUser) else None
    language = preferred.language if preferred else None
    i18n.activate(language if language in i18n.LANGUAGES else language_of_browser(runtime, connection))
    # A browser tells its language in a header, but its zone to scripts alone: one of ours puts it into the cookie.
    i18n.activate_zone((preferred.time_zone if preferred else None) or cookies.get(runtime.cookies.zone, ""))
