"""A host application with everything that a plugin could disturb."""

from collections.abc import Sequence
from pathlib import Path
from typing import Any

from jinja2 import DictLoader, Environment
from litestar import Controller, HttpMethod, Litestar, Request, Response, Router, WebSocket, get, post, route, websocket
from litestar.config.cors import CORSConfig
from litestar.config.csrf import CSRFConfig
from litestar.di import NamedDependency, Provide
from litestar.exceptions import HTTPException, NotFoundException
from litestar.handlers import asgi
from litestar.middleware import ASGIMiddleware
from litestar.middleware.session.server_side import ServerSideSessionConfig
from litestar.openapi import OpenAPIConfig
from litestar.params import FromPath
from litestar.plugins.jinja import JinjaTemplateEngine
from litestar.response import Template
from litestar.static_files import create_static_files_router
from litestar.template import TemplateConfig


class Teapot(Exception):
    """The host's own error."""


class Note(ASGIMiddleware):
    """Writes its name into a header, in the order in which the middleware runs, and sets a cookie."""

    def __init__(self, name: str) -> None:
        self.name = name

    async def handle(self, scope: Any, receive: Any, send: Any, next_app: Any) -> None:
        scope["state"].setdefault("order", []).append(self.name)

        async def noting(message: Any) -> None:
            if message["type"] == "http.response.start":
                order = ",".join(scope["state"]["order"])
                cookie = f"host_{self.name}={order}; Path=/"
                headers = [(b"x-order", order.encode()), (b"set-cookie", cookie.encode())]
                message["headers"] = [*message["headers"], *headers]
            await send(message)

        await next_app(scope, receive, noting)


class OwnUser(ASGIMiddleware):
    """The host's own authentication: whoever says a name in a header has it."""

    async def handle(self, scope: Any, receive: Any, send: Any, next_app: Any) -> None:
        name = next((value.decode() for key, value in scope["headers"] if key == b"x-user"), None)
        if name is not None:
            scope["user"], scope["auth"] = {"name": name}, f"token of {name}"
        await next_app(scope, receive, send)


def not_found(request: Request[Any, Any, Any], error: Exception) -> Response[Any]:
    return Response({"host": "says no", "path": request.url.path}, status_code=404)


def http_error(request: Request[Any, Any, Any], error: HTTPException) -> Response[Any]:
    return Response(
        {"host": error.detail}, status_code=error.status_code, headers={"x-host-error": "yes", **(error.headers or {})}
    )


def teapot(request: Request[Any, Any, Any], error: Exception) -> Response[Any]:
    return Response("short and stout", status_code=418)


@get("/")
async def home() -> Template:
    return Template("home.html", context={"name": "<host>"})


@get("/who")
async def who(request: Request[Any, Any, Any]) -> dict[str, Any]:
    return {"user": str(request.scope.get("user")), "auth": str(request.scope.get("auth"))}


@get("/items/{number:int}")
async def item(number: FromPath[int], dependency: NamedDependency[str]) -> dict[str, Any]:
    return {"number": number, "dependency": dependency}


@post("/items")
async def add(request: Request[Any, Any, Any]) -> dict[str, Any]:
    return {"got": (await request.body()).decode()}


@route("/any", http_method=[HttpMethod.GET, HttpMethod.HEAD, HttpMethod.PUT, HttpMethod.DELETE], status_code=200)
async def anything(request: Request[Any, Any, Any]) -> str:
    return request.method


@get("/teapot")
async def raises() -> None:
    raise Teapot


@get("/visits")
async def visits(request: Request[Any, Any, Any]) -> int:
    request.session["visits"] = request.session.get("visits", 0) + 1
    return int(request.session["visits"])


@get("/administration/{page:str}")
async def neighbour(page: FromPath[str]) -> str:
    """Its path begins like the admin's."""
    return f"neighbour {page}"


@get("/adminx")
async def plain_neighbour() -> str:
    return "plain neighbour"


@websocket("/socket")
async def socket(socket: WebSocket[Any, Any, Any]) -> None:
    await socket.accept()
    await socket.send_json({"user": str(socket.scope.get("user")), "order": socket.scope["state"]["order"]})
    await socket.close()


class Books(Controller):
    path = "/books"

    @get("/{title:str}")
    async def book(self, title: FromPath[str]) -> str:
        return title


@asgi("/mounted", is_mount=True, copy_scope=True)
async def mounted(scope: Any, receive: Any, send: Any) -> None:
    await Response(f"mounted {scope['path']}").to_asgi_response(app=None, request=Request(scope))(scope, receive, send)


@get("/{slug:str}")
async def slug(slug: FromPath[str]) -> str:
    return f"slug {slug}"


async def provide() -> str:
    return "provided"


def build(static: Path, *, plugins: Sequence[Any] = (), **more: Any) -> Litestar:
    """The host, the same each time but for the plugins."""
    engine = JinjaTemplateEngine.from_environment(
        Environment(loader=DictLoader({"home.html": "Hi {{ name }}"}), autoescape=True)
    )
    settings: dict[str, Any] = {
        "route_handlers": [
            home, who, item, add, anything, raises, visits, neighbour, plain_neighbour, socket, mounted, slug,
            Router("/api", route_handlers=[Books]),
            create_static_files_router(path="/static", directories=[static]),
        ],
        "plugins": list(plugins),
        "middleware": [Note("first"), ServerSideSessionConfig().middleware, OwnUser(), Note("second")],
        "exception_handlers": {NotFoundException: not_found, HTTPException: http_error, Teapot: teapot},
        "template_config": TemplateConfig(instance=engine),
        "csrf_config": CSRFConfig(secret="a secret of the host's", exclude="/any"),
        "cors_config": CORSConfig(allow_origins=["https://other.example"]),
        "openapi_config": OpenAPIConfig("Host", "1.0"),
        "dependencies": {"dependency": Provide(provide)},
    }  # fmt: skip
    return Litestar(**(settings | more))
