"""Pages from templates: a Jinja environment of our own, whole pages or one block of them, and what each may use."""

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from types import SimpleNamespace
from typing import Any, cast
from urllib.parse import parse_qsl, quote, urlencode

from jinja2 import (
    BaseLoader,
    ChoiceLoader,
    Environment,
    FileSystemLoader,
    PrefixLoader,
    StrictUndefined,
    Template,
    nodes,
)
from jinja2.ext import Extension
from litestar import MediaType, Request, Response
from litestar.response import Redirect
from litestar.status_codes import HTTP_303_SEE_OTHER
from markupsafe import Markup

from litestar_admin_auth.auth.errors import Problem
from litestar_admin_auth.auth.navigation import base_path
from litestar_admin_auth.auth.request_state import state_of
from litestar_admin_auth.auth.runtime import Runtime, runtime_of
from litestar_admin_auth.core import i18n
from litestar_admin_auth.core.i18n import gettext as _
from litestar_admin_auth.core.paths import static_dir, templates_dir
from litestar_admin_auth.core.permissions import holds
from litestar_admin_auth.web import filters
from litestar_admin_auth.web.flash import take_flashes
from litestar_admin_auth.web.forms import CSRF_FIELD, csrf_token_of
from litestar_admin_auth.web.static_files import StaticFiles

ROOT = "admin_auth"
#: The files whose macros templates use as ``ui.<macro>``, in pages and in single blocks, without an import.
MACRO_FILES = ("header", "forms", "table", "badges", "feedback")
THEMES = ("auto", "light", "dark")
#: An answer may be a fragment or a page, depending on these.
VARY = "HX-Request, HX-Request-Type, HX-History-Restore-Request"

AnyRequest = Request[Any, Any, Any]


@dataclass(frozen=True)
class NavItem:
    """An entry of the side navigation."""

    label: str
    url: str
    icon: str
    current: bool


def join_path(base: str, *parts: object) -> str:
    """An address below ``base``; each part is escaped."""
    return "/".join([base, *(quote(str(part), safe="") for part in parts)]) or "/"


@dataclass(frozen=True)
class Viewer:
    """Whoever looks at the page. ``can`` decides what is shown; the services decide what is allowed."""

    id: str
    email: str
    name: str
    permissions: Sequence[str]

    def can(self, permission: str) -> bool:
        return holds(self.permissions, permission)


@dataclass(frozen=True)
class AdminSite:
    """What templates know as ``admin``: ``path`` is the admin's as the browser knows it."""

    title: str
    path: str
    static_files: StaticFiles
    nav: Sequence[NavItem] = ()

    def url(self, *parts: object) -> str:
        """An address below the admin path: ``admin.url("users", user.id)``. Each part is escaped."""
        return join_path(self.path, *parts)

    def static(self, name: str) -> str:
        """The address of a static file."""
        return self.path + self.static_files.path(name)

    def icon(self, name: str) -> Markup:
        """A decorative symbol of ``static/icons.svg``; the text beside it says what it means."""
        return Markup('<svg class="icon" aria-hidden="true"><use href="{}#{}"/></svg>').format(
            self.static("icons.svg"), name
        )


class Pages:
    """The templates and static files of one admin.

    Args:
        title: The name in the header.
        template_dirs: Folders of the host, each with an ``admin_auth`` folder whose templates replace ours.
        host_loader: The loader of the host's own Jinja engine; only its ``admin_auth/*`` is looked at.
        managed: Whether there are tables to manage; without them the navigation is empty.
    """

    def __init__(
        self,
        *,
        title: str,
        template_dirs: Sequence[Path] = (),
        host_loader: BaseLoader | None = None,
        managed: bool = True,
    ) -> None:
        self.title, self.managed = title, managed
        self.static_files = StaticFiles.load(static_dir())
        self.environment = build_environment(template_dirs, host_loader)

    def site(self, base: str, section: str, viewer: Viewer | None) -> AdminSite:
        """``admin`` for one request.

        Args:
            base: The admin path as the browser knows it, such as ``/admin``.
            section: The first segment of the address below it.
            viewer: Who looks.
        """
        site = AdminSite(self.title, base, self.static_files)
        if viewer is None or not self.managed:
            return site
        entries = (
            (_("Overview"), "", "layout-dashboard", None),
            (_("Users"), "users", "users", "users:read"),
            (_("Roles"), "roles", "shield-check", "roles:read"),
            (_("Permissions"), "permissions", "key-round", "permissions:read"),
            (_("Sessions"), "sessions", "monitor-smartphone", "sessions:read"),
            (_("Audit log"), "audit", "scroll-text", "audit:read"),
        )
        nav = [
            NavItem(label, site.url(name) if name else site.url(), symbol, section == name)
            for label, name, symbol, permission in entries
            if permission is None or viewer.can(permission)
        ]
        return replace(site, nav=nav)

    def html(self, name: str, context: Mapping[str, Any], block: str | None = None) -> str:
        """Render a template below ``admin_auth/``, or one block of it."""
        template = self.environment.get_template(f"{ROOT}/{name}")
        variables = dict(context)
        ui = variables["ui"] = SimpleNamespace()
        for file in MACRO_FILES:
            module = self.environment.get_template(f"{ROOT}/shared/{file}.html").make_module(variables)
            for macro in (key for key in vars(module) if not key.startswith("_")):
                setattr(ui, macro, getattr(module, macro))
        return template.render(variables) if block is None else self._block(template, variables, block)

    def _block(self, template: Template, variables: dict[str, Any], block: str) -> str:
        context = template.new_context(variables)
        # The block may stand in a template that this one extends: a host's override need not repeat it.
        parent = self._parent(template)
        while parent is not None:
            for name, render_block in parent.blocks.items():
                context.blocks.setdefault(name, []).append(render_block)
            parent = self._parent(parent)
        return "".join(context.blocks[block][0](context))

    def _parent(self, template: Template) -> Template | None:
        loader = cast("BaseLoader", self.environment.loader)
        source = loader.get_source(self.environment, cast("str", template.name))[0]
        extends = self.environment.parse(source).find(nodes.Extends)
        if extends is None or not isinstance(extends.template, nodes.Const):
            return None
        return self.environment.get_template(extends.template.value)


def build_environment(template_dirs: Sequence[Path] = (), host_loader: BaseLoader | None = None) -> Environment:
    """Our own environment; the host's template engine is never touched.

    A template of the host may extend the one it replaces: ``{% extends "!default/admin_auth/login/login.html" %}``.
    """
    shipped = FileSystemLoader(templates_dir())
    loaders: list[BaseLoader] = [FileSystemLoader(folder) for folder in template_dirs]
    if host_loader is not None:
        loaders.append(OnlyBelow(ROOT, host_loader))
    loaders += [shipped, PrefixLoader({"!default": shipped})]
    environment = Environment(
        loader=ChoiceLoader(loaders),
        autoescape=True,  # for every name: a template without a suffix is no door for scripts
        undefined=StrictUndefined,
        extensions=["jinja2.ext.i18n", Unindented],
        trim_blocks=True,
        lstrip_blocks=True,
    )
    install = cast("Any", environment).install_gettext_callables
    install(i18n.gettext, i18n.ngettext, newstyle=True)
    environment.filters.update(
        datetime=filters.date_time,
        relative=filters.relative,
        initials=filters.initials,
        device=filters.device,
        device_icon=filters.device_icon,
    )
    return environment


class Unindented(Extension):
    """Takes the indentation out of templates: spaces are a tenth of a page. Lines keep their numbers."""

    def preprocess(self, source: str, name: str | None, filename: str | None = None) -> str:
        return "\n".join(line.lstrip(" ") for line in source.split("\n"))


class OnlyBelow(BaseLoader):
    """A loader that answers only for one folder of another."""

    def __init__(self, folder: str, loader: BaseLoader) -> None:
        self.folder, self.loader = folder + "/", loader

    def get_source(self, environment: Environment, template: str) -> Any:
        if not template.startswith(self.folder):
            return super().get_source(environment, template)
        return self.loader.get_source(environment, template)


def install_pages(runtime: Runtime, host_loader: BaseLoader | None = None) -> None:
    """Give the runtime its templates and its error page."""
    config = runtime.config
    runtime.pages = Pages(
        title=config.title,
        template_dirs=config.template_dirs,
        host_loader=host_loader,
        managed=runtime.database is not None,
    )
    runtime.error_page = error_page


def viewer_of(request: AnyRequest) -> Viewer | None:
    """Who is signed in, as templates see them; a host's own user object has no name."""
    state = state_of(request.scope)
    user: Any = state.user if state is not None else None
    if user is None:
        return None
    return Viewer(str(user.id), user.email, getattr(user, "name", "") or "", tuple(user.permissions))


def wants_fragment(request: AnyRequest) -> bool:
    """Whether htmx asks for a part of the page. A history restore and a request for the body want all of it."""
    headers = request.headers
    return (
        headers.get("hx-request") == "true"
        and headers.get("hx-request-type") == "partial"
        and headers.get("hx-history-restore-request") != "true"
    )


def render(
    request: AnyRequest,
    name: str,
    block: str | None = None,
    *,
    status_code: int = 200,
    headers: Mapping[str, str] | None = None,
    **context: Any,
) -> Response[str]:
    """Answer with a page.

    Args:
        request: The request that is answered.
        name: The template below ``admin_auth/``: ``"users/index.html"``.
        block: The block that htmx gets instead of the page when it asks for a part.
        status_code: Such as 400 for a form with errors.
        headers: More headers.
        **context: What the template says it expects in its first comment.
    """
    fragment = block is not None and wants_fragment(request)
    pages = cast("Pages", runtime_of(request).pages)
    variables = page_context(request, pages, with_flashes=not fragment) | context
    html = pages.html(name, variables, block if fragment else None)
    return Response(
        html, status_code=status_code, media_type=MediaType.HTML, headers={"Vary": VARY, **dict(headers or {})}
    )


def page_context(request: AnyRequest, pages: Pages, *, with_flashes: bool = True) -> dict[str, Any]:
    """What every template may use, besides the macros in ``ui``."""
    viewer = viewer_of(request)
    token = csrf_token_of(request)
    runtime, state = runtime_of(request), state_of(request.scope)
    base = base_path(request)
    # From the state, not from the scope: where no route was found, that still has the path of a proxy in front.
    below = state.path.removeprefix(runtime.config.path) if state is not None else ""
    path = base + quote(below, safe="/:@!$&'()*+,;=~") or "/"
    query = request.scope["query_string"].decode("latin-1")
    theme = request.cookies.get(runtime.cookies.theme, "auto")

    def here(**changes: object) -> str:
        """This page's address with other query parameters; None takes one away, and a new list starts at its top."""
        return change_query(path, query, {"cursor": None, **changes})

    site = pages.site(base, below.strip("/").partition("/")[0], viewer)
    return {
        "admin": site,
        "icon": site.icon,
        "static": site.static,
        "viewer": viewer,
        "csrf_token": lambda: Markup('<input type="hidden" name="{}" value="{}">').format(CSRF_FIELD, token),
        "theme": theme if theme in THEMES else "auto",
        "path": path,
        "full_path": f"{path}?{query}" if query else path,
        "here": here,
        "language": i18n.active_language(),
        "languages": i18n.LANGUAGES,
        "direction": i18n.direction(),
        "zone_cookie": runtime.cookies.zone,
        "flashes": take_flashes(request) if with_flashes else [],
    }


def change_query(path: str, query: str, changes: Mapping[str, object]) -> str:
    """``path`` with ``query`` after the changes; None removes a parameter, and empty ones are left out."""
    kept = [(name, value) for name, value in parse_qsl(query) if name not in changes]
    added = [(name, str(value)) for name, value in changes.items() if value not in (None, "")]
    encoded = urlencode([*kept, *added])
    return f"{path}?{encoded}" if encoded else path


def admin_url(request: AnyRequest, *parts: object) -> str:
    """An address below the admin path, as the browser knows it: ``admin_url(request, "users", user.id)``."""
    return join_path(base_path(request), *parts)


def see_other(request: AnyRequest, url: str) -> Response[Any]:
    """Send the browser on after a change, with or without htmx."""
    if request.headers.get("hx-request") == "true":
        return Response(b"", headers={"HX-Redirect": url})
    return Redirect(url, status_code=HTTP_303_SEE_OTHER)


def toast(kind: str, text: str) -> dict[str, str]:
    """The header that makes ``admin.js`` show a message; JSON in ASCII, so that no text can end the header."""
    return {"HX-Trigger": json.dumps({"toast": {"kind": kind, "text": text}})}


def error_page(request: AnyRequest, problem: Problem) -> Response[Any]:
    """An error as a page in the shell, or for htmx as a message over the page that stays."""
    if request.headers.get("hx-request") == "true" and request.headers.get("hx-history-restore-request") != "true":
        headers = {"HX-Reswap": "none", "Vary": VARY, **toast("error", problem.message)}
        return Response("", status_code=problem.status_code, media_type=MediaType.HTML, headers=headers)
    return render(
        request,
        "errors/error.html",
        status_code=problem.status_code,
        status=problem.status_code,
        message=problem.message,
        permission=problem.extra.get("permission"),
    )
