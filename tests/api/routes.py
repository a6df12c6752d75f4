"""Every route of the API, read from the router itself: a new one is in the tables below the day it is written."""

from collections.abc import Mapping
from dataclasses import dataclass
from types import SimpleNamespace
from typing import Any, cast

from litestar import Litestar
from litestar.routes import HTTPRoute

from litestar_admin_auth.api import controllers
from litestar_admin_auth.auth.runtime import Runtime


@dataclass(frozen=True)
class Route:
    method: str
    #: Below ``/api``, such as ``/users/{user_id}``.
    path: str
    #: The struct of the body, or None.
    body: Any
    #: The kinds of the path's parameters.
    kinds: tuple[tuple[str, str], ...]
    is_list: bool

    def __str__(self) -> str:
        return f"{self.method} {self.path}"

    def at(self, values: Mapping[str, object]) -> str:
        return self.path.format_map(cast("Any", values))


def _routes(*, database: bool) -> list[Route]:
    runtime = cast("Runtime", SimpleNamespace(database=object() if database else None, backend=None))
    app = Litestar(controllers(runtime), openapi_config=None)
    found: list[Route] = []
    for route in app.routes:
        assert isinstance(route, HTTPRoute)
        parts = [part if isinstance(part, str) else f"{{{part.name}}}" for part in route.path_components]
        path = "/" + "/".join(parts).removeprefix("api/")
        for method, (handler, _kwargs) in route.route_handler_map.items():
            if method != "OPTIONS":
                field = handler.parsed_data_field
                kinds = tuple((part.name, part.full.partition(":")[2]) for part in route.path_parameters.values())
                fields = handler.parsed_fn_signature.parameters
                # An export takes what its list takes, by the same dependency.
                is_list = "page" in fields and method == "GET"
                found.append(Route(method, path, field.annotation if field else None, kinds, is_list))
    return sorted(found, key=str)


ROUTES = _routes(database=True)
ROUTES_WITHOUT_TABLES = _routes(database=False)
WITH_BODY = [route for route in ROUTES if route.body is not None]
LISTS = [route for route in ROUTES if route.is_list]
