"""The form of a role: name, description and the ticks of the matrix, with what the reader asked to see of it."""

from collections.abc import Collection
from dataclasses import dataclass
from typing import Any, Self

import wtforms
from litestar import Request
from wtforms.validators import InputRequired

from litestar_admin_auth.core.i18n import lazy_gettext as _l
from litestar_admin_auth.core.text import MAX_DESCRIPTION_LENGTH, MAX_ROLE_NAME_LENGTH, whole_number
from litestar_admin_auth.services import catalogue
from litestar_admin_auth.services.lists import MAX_SEARCH_LENGTH
from litestar_admin_auth.services.roles import RoleRow
from litestar_admin_auth.web.dependencies import tables_and_actor
from litestar_admin_auth.web.forms import VersionedForm
from litestar_admin_auth.web.permission_matrix import Matrix, build_matrix, press
from litestar_admin_auth.web.posted_form import PostedForm

AnyRequest = Request[Any, Any, Any]


class RoleForm(VersionedForm):
    """Name and description; the permissions are the ticked boxes of the matrix. The rules stand in the service."""

    name = wtforms.StringField(
        _l("Name"),
        [InputRequired(_l("This field is required."))],
        render_kw={"maxlength": MAX_ROLE_NAME_LENGTH},
    )
    description = wtforms.StringField(
        _l("Description"),
        description=_l("What people with this role do, in one line."),
        render_kw={"maxlength": MAX_DESCRIPTION_LENGTH},
    )


@dataclass
class Draft:
    """A role as somebody is typing it.

    Args:
        form: Its fields.
        permissions: The boxes that are ticked.
        q: What the rows are searched for.
        granted_only: Whether only rows with a tick are wanted.
        pressed: The row or column whose name was pressed, for who has no JavaScript.
        is_looking: Whether the form was sent to see something, not to save it.
        people: How many of those affected come before the fifty who are named.
    """

    form: RoleForm
    permissions: Collection[str] = ()
    q: str = ""
    granted_only: bool = False
    pressed: str = ""
    is_looking: bool = False
    people: int = 0

    @classmethod
    def of(cls, request: AnyRequest, role: RoleRow) -> Self:
        """Start from what is stored; the address may search (``?find=refund``)."""
        stored = {"name": role.name, "description": role.description, "version": str(role.version)}
        return cls(RoleForm(request, data=stored), role.permissions, q=_words(request.query_params.get("find", "")))

    @classmethod
    def posted(cls, request: AnyRequest, posted: PostedForm) -> Self:
        """Go on from what was typed."""
        pressed = posted.get("toggle", "")
        return cls(
            RoleForm(request, posted),
            posted.getlist("permissions"),
            q=_words(posted.get("find", "")),
            granted_only="granted_only" in posted,
            pressed=pressed,
            is_looking=bool(pressed) or "show" in posted,
            people=read_offset(posted.get("people", "")),
        )

    async def matrix(self, request: AnyRequest, held: Collection[str], *, read_only: bool = False) -> Matrix:
        """Lay out the boxes, after pressing what was pressed.

        Args:
            request: Whose.
            held: What the viewer holds.
            read_only: Whether nothing may be changed.
        """
        database, actor = tables_and_actor(request)
        entries = await catalogue.all_permissions(database, actor)

        def build() -> Matrix:
            return build_matrix(
                entries, self.permissions, held, read_only=read_only, q=self.q, granted_only=self.granted_only
            )

        matrix = build()
        if self.pressed:
            self.permissions, self.pressed = press(matrix, self.pressed), ""
            matrix = build()
        return matrix


def read_offset(text: str) -> int:
    """Return a whole number from a form or an address; 0 for anything else."""
    return whole_number(text) or 0


def _words(text: str) -> str:
    return text.strip()[:MAX_SEARCH_LENGTH]
