"""Doing something to many rows of a list: the question, on a page of its own or in a dialog, and its answer."""

from functools import partial
from typing import Any, ClassVar

from litestar import Controller, Request, Response, get, post

from litestar_admin_auth.core.exceptions import AdminAuthError, InvalidInput, SelectionChanged
from litestar_admin_auth.services import bulk
from litestar_admin_auth.services.bulk_operation import Operation, Plan
from litestar_admin_auth.services.grants_preview import GrantsPreview
from litestar_admin_auth.web.bulk import Act, given_by_address, offered, question, read_asked, refused, tell
from litestar_admin_auth.web.dependencies import tables_and_actor
from litestar_admin_auth.web.exports import export_question
from litestar_admin_auth.web.forms import EXPIRED
from litestar_admin_auth.web.lists import ListKind
from litestar_admin_auth.web.posted_form import PostedForm, read_form
from litestar_admin_auth.web.render import admin_url, see_other

AnyRequest = Request[Any, Any, Any]

#: What the form of an act may ask for, in the service's words; an error about anything else is not the form's.
ASKED_FOR = ("role", "reason", "expires_at")


class BulkPages(Controller):
    """The question can be asked by an address as well; only a posted answer changes something.

    Those who derive from it say which list it is, in whose words, and what else the forms of their acts need.
    """

    include_in_schema = False

    #: The section of the admin in which the list stands.
    section: ClassVar[str]
    kind: ClassVar[ListKind]
    acts: ClassVar[tuple[Act, ...]]
    #: Said to whoever chose nothing to do, and to whoever selected no row.
    choose_an_act: ClassVar[str]
    select_a_row: ClassVar[str]

    @get("/")
    async def ask(self, request: AnyRequest) -> Response[Any]:
        return await self._respond(request, given_by_address(request), may_change=False)

    @post("/")
    async def answer(self, request: AnyRequest) -> Response[Any]:
        return await self._respond(request, await read_form(request), may_change=True)

    async def form_of(self, request: AnyRequest, act: Act, given: PostedForm) -> Any:
        """Return the form of an act with what was filled in."""
        return act.form(request, given)

    async def preview(
        self, request: AnyRequest, operation: Operation[Any], plan: Plan, given: PostedForm
    ) -> GrantsPreview | None:
        """Return who gains and loses which permissions by it; None where nobody's change."""
        return None

    async def _respond(self, request: AnyRequest, given: PostedForm, *, may_change: bool) -> Response[Any]:
        asked, url = read_asked(given, self.kind), admin_url(request, self.section)
        act = next((act for act in offered(request, self.acts) if act.key == asked.act), None)
        if act is None:
            return refused(request, asked.back(url), str(self.choose_an_act))
        if not asked.everything and not asked.ids:
            return refused(request, asked.back(url), str(self.select_a_row))
        if act.make is None:
            return await export_question(request, asked, act, self.section)
        form = await self.form_of(request, act, given)
        action = admin_url(request, self.section, "bulk")
        ask = partial(question, request, asked, act, action=action, cancel=url, form=form)
        if "role" in form and "role" not in given:
            # Chosen in the list, and nothing filled in yet: not a mistake.
            return ask(plan=None)
        token_fits = form.validate()
        # A question needs no token, and an answer without one is told so by itself.
        form[form.meta.csrf_field_name].errors = []
        if form.errors:
            return ask(plan=None, status_code=400)
        database, actor = tables_and_actor(request)
        refusal: AdminAuthError | None = None
        try:
            operation = act.make(form)
            if asked.confirmed and may_change and token_fits:
                try:
                    outcome = await bulk.run(database, actor, operation, asked.selection, fingerprint=asked.seen)
                except SelectionChanged as changed:
                    refusal = changed
                else:
                    tell(request, act, outcome)
                    return see_other(request, asked.back(url))
            elif asked.confirmed and may_change:
                refusal = InvalidInput(str(EXPIRED))
            plan = await bulk.plan(database, actor, operation, asked.selection)
        except InvalidInput as error:
            if error.field not in ASKED_FOR:
                raise
            form.blame(error)
            return ask(plan=None, status_code=400)
        preview = await self.preview(request, operation, plan, given)
        if refusal is None:
            return ask(plan=plan, preview=preview)
        return ask(plan=plan, preview=preview, error=refusal.message, status_code=refusal.status_code)
