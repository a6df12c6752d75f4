"""The admin below the host: an application of its own, whose errors, headers and middleware touch nothing outside."""

from typing import Any, cast

from litestar import Litestar
from litestar.datastructures import State
from litestar.exceptions import NotFoundException
from litestar.handlers.asgi_handlers import ASGIRouteHandler
from litestar.types import ControllerRouterHandler, HTTPScope, Message, Receive, Scope, Send
from litestar.utils.scope.state import CONNECTION_STATE_KEY, ScopeState

from litestar_admin_auth.api.openapi import openapi_config
from litestar_admin_auth.auth.admission import Admission
from litestar_admin_auth.auth.authentication import authenticate, bind_forms, note_fault, open_state
from litestar_admin_auth.auth.cross_origin import SAFE_METHODS
from litestar_admin_auth.auth.disclosure import conceals, disclosure_of, opens
from litestar_admin_auth.auth.errors import handle
from litestar_admin_auth.auth.headers import with_cookies, with_security_headers
from litestar_admin_auth.auth.missing_permission import look_up_ways
from litestar_admin_auth.auth.reader import speak_to
from litestar_admin_auth.auth.request_state import MOUNT_OPT, RequestState, items_of
from litestar_admin_auth.auth.runtime import Runtime
from litestar_admin_auth.auth.session import SessionAuthBackend

#: Our largest form is a role of a few thousand permissions.
MAX_BODY_BYTES = 1_000_000

#: What the mount itself puts into the scope of the inner application.
_OURS = frozenset({"admin_auth", "user", "auth"})

#: As 404, in the range that RFC 6455 section 7.4.2 leaves to applications: the admin has no WebSockets.
CLOSE_NOT_FOUND = 4404


def build_inner(runtime: Runtime, handlers: list[ControllerRouterHandler]) -> Litestar:
    """Build the application that answers below the admin path."""
    return Litestar(
        path=runtime.config.path,
        route_handlers=handlers,
        middleware=[Admission(runtime)],
        after_exception=[look_up_ways],
        exception_handlers={Exception: handle},
        state=State({"admin_auth": runtime}),
        openapi_config=openapi_config(runtime),
        logging_config=None,
        request_max_body_size=MAX_BODY_BYTES,
    )


class AdminMount(ASGIRouteHandler):
    """An ASGI handler whose body the host's middleware can read.

    Litestar asks each handler for the largest body it takes, and this kind cannot answer: with a host that logs
    requests, every form of ours would end in an error.
    """

    def resolve_request_max_body_size(self) -> int:
        return MAX_BODY_BYTES


def build_mount(runtime: Runtime, inner: Litestar, *, path: str, opt: dict[str, Any]) -> ASGIRouteHandler:
    """Build the handler that hands everything below the admin path to the inner application.

    Args:
        runtime: The running admin.
        inner: The application of :func:`build_inner`.
        path: The admin path as the host's application knows it, without that application's own.
        opt: What excludes the mount from the host's own CSRF and authentication middleware.
    """
    prefix = runtime.config.path

    @AdminMount(path, is_mount=True, copy_scope=False, opt={MOUNT_OPT: True, **opt})
    async def admin_auth_mount(scope: Scope, receive: Receive, send: Send) -> None:
        tail = scope["path"].strip("/")
        path = f"{prefix}/{tail}" if tail else prefix
        # Litestar has cut a mount's path off. The server's log of requests reads it when the answer begins, where an
        # administrator's "/users" would stand for the host's, and the host's middleware afterwards.
        scope["path"] = path
        if scope["type"] == "websocket":
            await send({"type": "websocket.close", "code": CLOSE_NOT_FOUND, "reason": ""})
            return
        inside = _scope_of_its_own(scope, path)
        state = open_state(runtime, inside, path)
        state.outer = scope
        locked_down = with_security_headers(with_cookies(_handing_back(scope, inside, send), state))
        speak_to(runtime, inside, state)
        pages, files = not runtime.is_api(path), path.startswith(f"{prefix}/static/")
        try:
            # A cached file must bring nobody new cookies, and a page's ten files must not ask ten times who this is;
            # but for where they are files to those alone who may know of them.
            if not files or conceals(runtime.backend):
                await authenticate(runtime, inside, state, pages=pages)
            speak_to(runtime, inside, state)
        except Exception as fault:  # noqa: BLE001 - raised again by the admission, where it gets an error page
            state.fault = fault
        if conceals(runtime.backend) and not _may_know(runtime, scope, state, tail):
            _hand_back(scope, inside)
            return
        if pages and not files:
            bind_forms(runtime, inside, state)
        inside["user"], inside["auth"] = state.user, state.auth
        if items_of(scope)["method"] == "HEAD":
            # Litestar routes HEAD only where a handler says so; RFC 9110 section 9.3.2 wants it wherever there is GET.
            cast("HTTPScope", inside)["method"] = "GET"
            locked_down = _without_body(locked_down)
        await inner(inside, receive, locked_down)
        # Somebody may have been signed out, by themselves or by another: their WebSockets shall not outlive it.
        if items_of(scope)["method"] not in SAFE_METHODS or state.set_cookies:
            runtime.sockets.check_soon()

    return admin_auth_mount


def _scope_of_its_own(scope: Scope, path: str) -> Scope:
    """Return the scope for the inner application, which routes the whole path once more."""
    inside = dict(items_of(scope))
    # With the path of a proxy or application around the host in front: the router takes it away where it finds it
    # first, and "/a" is found in "/admin" too.
    inside["path"] = inside.get("root_path", "") + path
    # What the host's middleware put into the request's state stays; what Litestar has parsed for the host does not,
    # but for a body that is already read: it cannot be read twice.
    inside["state"] = {key: value for key, value in scope["state"].items() if key != CONNECTION_STATE_KEY}
    own = cast("Scope", inside)
    ScopeState.from_scope(own).body = ScopeState.from_scope(scope).body
    return own


def _may_know(runtime: Runtime, scope: Scope, state: RequestState, below: str) -> bool:
    """Tell whether the answer may show that there is an admin, and let it out if so.

    Raises:
        NotFoundException: When nothing waits to answer in our place: the application has not been started.
    """
    backend, method = runtime.backend, items_of(scope)["method"]
    disclosure = disclosure_of(scope)
    login_form = isinstance(backend, SessionAuthBackend) and backend.has_login_form
    if state.user is not None or opens(
        method, below, has_login_form=login_form, static=runtime.pages.static_files.files
    ):
        if disclosure is not None:
            disclosure.granted = True
        return True
    if state.fault is not None:
        # A stranger gets no error page either: nobody would see this.
        note_fault(runtime, state.fault)
    if disclosure is None:
        raise NotFoundException
    return False


def _handing_back(scope: Scope, inside: Scope, send: Send) -> Send:
    async def send_after(message: Message) -> None:
        _hand_back(scope, inside)
        await send(message)

    return send_after


def _hand_back(scope: Scope, inside: Scope) -> None:
    """Leave in the host's scope what was put into ours.

    The host's middleware saves its session after us, also one that was set anew or cleared, and a hook of the host's
    closes the database session that its handlers opened for this request.
    """
    outer, own = items_of(scope), items_of(inside)
    outer.update({key: own[key] for key in own.keys() - outer.keys() - _OURS})
    outer["state"].update({key: value for key, value in own["state"].items() if key != CONNECTION_STATE_KEY})
    if "session" in own:
        outer["session"] = own["session"]


def _without_body(send: Send) -> Send:
    async def send_head(message: Message) -> None:
        if message["type"] == "http.response.body":
            message["body"] = b""
        await send(message)

    return send_head
