"""Texts of our own that are stored in English, in the reader's language: what permissions allow, what a role is for."""

from sqlalchemy import ColumnElement, or_

from litestar_admin_auth.core.i18n import gettext as _
from litestar_admin_auth.core.permissions import OWN_PERMISSIONS
from litestar_admin_auth.models import Permission
from litestar_admin_auth.services.lists import ListQuery, search


def permission_description(code: str, stored: str) -> str:
    """Return what a permission allows: the host's own words as they are, ours in the reader's language."""
    return _(OWN_PERMISSIONS[code]) if code in OWN_PERMISSIONS else stored


def role_description(*, is_system: bool, stored: str) -> str:
    """Return what a role is for: what people wrote as it is, of the built-in role in the reader's language."""
    return _("May do everything") if is_system else stored


def search_permissions(query: ListQuery) -> list[ColumnElement[bool]]:
    """Return the conditions of a search by code and description, ours also as the reader reads it.

    Raises:
        InvalidInput: When the search is too long or cannot be text.
    """
    conditions = search(query, Permission.code, Permission.description)
    return [
        or_(condition, Permission.code.in_(codes)) if (codes := _own_with(word)) else condition
        for condition, word in zip(conditions, query.q.split(), strict=True)
    ]


def _own_with(word: str) -> list[str]:
    return [code for code, text in OWN_PERMISSIONS.items() if word.casefold() in _(text).casefold()]
