"""The first page after signing in: numbers, the latest events, and what is wrong with the set-up."""

from dataclasses import dataclass
from typing import Any

from litestar import Controller, Request, Response, get

from litestar_admin_auth.auth.runtime import runtime_of
from litestar_admin_auth.core.database import Database
from litestar_admin_auth.core.exceptions import NotAllowed
from litestar_admin_auth.core.permissions import WILDCARD
from litestar_admin_auth.models import AuditEvent
from litestar_admin_auth.services import audit, overview
from litestar_admin_auth.services.actor import Actor
from litestar_admin_auth.services.checks import Finding, run_checks
from litestar_admin_auth.services.lists import ListQuery
from litestar_admin_auth.web.dependencies import tables_and_actor
from litestar_admin_auth.web.overview_cards import load_cards
from litestar_admin_auth.web.render import render, viewer_of

AnyRequest = Request[Any, Any, Any]

LATEST = 8


class OverviewPage(Controller):
    """Shows everybody what they may see; whoever may see nothing is told what a role would change."""

    path = "/"
    include_in_schema = False

    @get("/")
    async def index(self, request: AnyRequest) -> Response[Any]:
        database, actor = tables_and_actor(request)
        return render(
            request,
            "overview/index.html",
            counts=await overview.counts(database, actor),
            events=await _latest_events(database, actor),
            checks=await _findings(request, database),
            cards=await load_cards(request),
        )


class SignedInPage(Controller):
    """Where somebody arrives who signs in while there are no tables of ours: the pages that use them are absent."""

    path = "/"
    include_in_schema = False

    @get("/")
    async def index(self, request: AnyRequest) -> Response[Any]:
        roles = [str(role) for role in request.user.roles]
        return render(request, "overview/signed_in.html", roles=roles)


async def _latest_events(database: Database, actor: Actor) -> list[AuditEvent]:
    try:
        page = await audit.list_events(database, actor, ListQuery(sort="-at", limit=LATEST))
    except NotAllowed:
        return []
    return page.items


@dataclass(frozen=True)
class Checklist:
    """What is wrong with the set-up now, and what would be in production."""

    now: list[Finding]
    production: list[Finding]


async def _findings(request: AnyRequest, database: Database) -> Checklist:
    viewer = viewer_of(request)
    # The findings tell how the site could be attacked.
    if viewer is None or not viewer.can(WILDCARD):
        return Checklist([], [])
    config = runtime_of(request).config
    # debug: what must not run outside debug mode has stopped the start; here it runs, so it is meant.
    found = await run_checks(config, database, deploy=False, debug=True)
    known = {finding.id for finding in found}
    strict = await run_checks(config, database, deploy=True)
    return Checklist(found, [finding for finding in strict if finding.id not in known])
