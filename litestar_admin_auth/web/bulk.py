"""Changing many rows of a list: what was ticked, the question about it, and what was done."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from typing import Any
from uuid import UUID

from litestar import Request, Response

from litestar_admin_auth.core.exceptions import InvalidInput
from litestar_admin_auth.core.i18n import gettext as _
from litestar_admin_auth.core.i18n import lazy_gettext as _l
from litestar_admin_auth.core.i18n import ngettext
from litestar_admin_auth.services.bulk_operation import (
    GONE,
    LAST_SUPERUSER,
    STRONGER,
    UNCHANGED,
    YOURSELF,
    Operation,
    Outcome,
    Plan,
    Selection,
)
from litestar_admin_auth.services.lists import ListQuery
from litestar_admin_auth.web.flash import flash
from litestar_admin_auth.web.forms import ConfirmForm, Form
from litestar_admin_auth.web.lists import ListKind, filter_text
from litestar_admin_auth.web.posted_form import PostedForm
from litestar_admin_auth.web.render import render, see_other, viewer_of

AnyRequest = Request[Any, Any, Any]


@dataclass(frozen=True)
class Act:
    """Something that can be done to many rows, in the words of the pages.

    Args:
        key: Its name in forms and addresses.
        permission: Who lacks it is not offered the act; the service asks again.
        label: In the list of acts.
        title: The question, for so many rows.
        message: What it means for them.
        button: What answers the question with yes.
        make: Makes the service's operation from the form; None for an export, which changes nothing.
        done: What to say afterwards.
        unchanged: Why there is nothing to do for a row.
        own: What the row of whoever asks is called.
        form: What else is asked.
        danger: Whether somebody loses something by it.
    """

    key: str
    permission: str
    label: str
    title: Callable[[int], str]
    message: str
    button: str
    make: Callable[[Any], Operation[Any]] | None = None
    done: Callable[[int], str] = str
    unchanged: str = ""
    own: str = _l("you yourself")
    form: type[Form] = ConfirmForm
    danger: bool = False


@dataclass(frozen=True)
class Asked:
    """What a form about many rows asks for.

    Args:
        act: The key of the act.
        query: The search and filters of the list that the form stood on.
        ids: What was ticked.
        everything: Whether everything is meant that matches.
        confirmed: Whether the question was answered.
        seen: The fingerprint of what the question said.
    """

    act: str
    query: ListQuery
    ids: tuple[UUID, ...]
    everything: bool
    confirmed: bool
    seen: str

    @property
    def selection(self) -> Selection:
        return Selection(query=self.query) if self.everything else Selection(ids=self.ids)

    @property
    def narrowed(self) -> ListQuery:
        """The query for the rows that were selected."""
        return self.query if self.everything else replace(self.query, q="", filters={}, ids=self.ids)

    @property
    def hidden(self) -> list[tuple[str, str]]:
        """The fields that carry all of it along."""
        rows = [("all", "1")] if self.everything else [("id", str(row_id)) for row_id in self.ids]
        return [("act", self.act), ("filter", filter_text(self.query)), *rows]

    def back(self, url: str) -> str:
        """The address of the list as it was."""
        text = filter_text(self.query)
        return f"{url}?{text}" if text else url


def read_asked(given: PostedForm, kind: ListKind) -> Asked:
    """Read a form about the rows of a list.

    Raises:
        InvalidInput: For an ``id`` that is none.
    """
    try:
        ids = tuple(UUID(text) for text in given.getlist("id"))
    except ValueError as error:
        raise InvalidInput(_("This form is damaged. Open the page again."), field="id") from error
    return Asked(
        act=given.get("act", ""),
        query=kind.read(given.get("filter", "")),
        ids=ids,
        everything=bool(given.get("all")),
        confirmed=bool(given.get("confirmed")),
        seen=given.get("seen", ""),
    )


def given_by_address(request: AnyRequest) -> PostedForm:
    """Return an address's parameters as if they had been posted: a question changes nothing, so it has an address."""
    return PostedForm(list(request.query_params.multi_items()))


def offered(request: AnyRequest, acts: Sequence[Act]) -> list[Act]:
    """Return the acts that the viewer may do at all."""
    viewer = viewer_of(request)
    return [act for act in acts if viewer is not None and viewer.can(act.permission)]


def refused(request: AnyRequest, url: str, message: str) -> Response[Any]:
    """Send somebody back who has chosen nothing; htmx shows the message over the page as it is.

    Raises:
        InvalidInput: For htmx.
    """
    if request.headers.get("hx-request") == "true":
        raise InvalidInput(message)
    flash(request, "warning", message)
    return see_other(request, url)


def question(
    request: AnyRequest,
    asked: Asked,
    act: Act,
    *,
    action: str,
    cancel: str,
    form: Form,
    plan: Plan | None,
    error: str = "",
    status_code: int = 200,
    preview: Any = None,
) -> Response[Any]:
    """Ask before it is done: to how many, what it means for them, and who is left out, and why.

    Args:
        request: The request.
        asked: What was asked for.
        act: What is to be done.
        action: Where the answer goes.
        cancel: The list.
        form: What else is asked, with its errors.
        plan: What would happen; None while something is missing, such as the role.
        error: Why the last answer did not count.
        status_code: Of the page.
        preview: What permissions change by it, see ``services/grants_preview.py``.
    """
    count = len(plan.changed) if plan else 0
    return render(
        request,
        "bulk/question.html",
        "confirm",
        status_code=status_code,
        title=act.label if plan is None else act.title(count) if count else _("Nothing to do"),
        message=act.message,
        action=action,
        cancel=asked.back(cancel),
        hidden=[*asked.hidden, ("seen", plan.fingerprint if plan else "")],
        form=form,
        ready=plan is not None and count > 0,
        selected=plan.selected if plan else None,
        skipped=[(row.label, reason_text(act, row.reason)) for row in plan.skipped] if plan else [],
        left=_left(act, plan.reasons) if plan else [],
        left_total=sum(plan.reasons.values()) if plan else 0,
        preview=preview,
        button=act.button,
        danger=act.danger,
        error=error,
    )


def tell(request: AnyRequest, act: Act, outcome: Outcome) -> None:
    """Say on the next page what was done, to how many, and to how many it was not."""
    parts = [act.done(outcome.changed)]
    if outcome.stopped:
        parts.append(outcome.stopped)
        parts.append(ngettext("%(num)s was not reached.", "%(num)s were not reached.", outcome.not_reached))
    left = _left(act, outcome.reasons)
    if left:
        parts.append(
            _("Left as they are: %(reasons)s.", reasons=_(", ").join(f"{count} {text}" for text, count in left))
        )
    flash(request, "warning" if outcome.stopped or not outcome.changed else "success", " ".join(parts))


def reason_text(act: Act, reason: str) -> str:
    """Return why a row is left as it is, to be read after its name."""
    return {
        YOURSELF: str(act.own),
        STRONGER: _("with permissions that you lack"),
        LAST_SUPERUSER: _("the last active superuser"),
        UNCHANGED: str(act.unchanged),
        GONE: _("not there any more"),
    }[reason]


def _left(act: Act, reasons: Any) -> list[tuple[str, int]]:
    return [(reason_text(act, reason), count) for reason, count in sorted(reasons.items())]
