"""The form that gives somebody a role: which, why, and until when in the reader's own time."""

from datetime import date, datetime, time
from typing import Any

import wtforms
from wtforms.validators import InputRequired, ValidationError

from litestar_admin_auth.core.exceptions import AdminAuthError
from litestar_admin_auth.core.i18n import active_zone
from litestar_admin_auth.core.i18n import gettext as _
from litestar_admin_auth.core.i18n import lazy_gettext as _l
from litestar_admin_auth.core.text import MAX_REASON_LENGTH
from litestar_admin_auth.web.forms import Form

#: More roles than this are typed, with suggestions of the browser, not picked from a list that fills screens.
MAX_IN_SELECT = 50

LAST_SECOND = time(23, 59, 59)


class GrantForm(Form):
    """A role, why, and when it ends. Only those roles are offered that the viewer may give."""

    # Not checked here against what is offered: the service refuses by what is stored when it acts.
    role = wtforms.SelectField(_l("Role"), [InputRequired(_l("This field is required."))], validate_choice=False)
    reason = wtforms.StringField(
        _l("Reason"),
        description=_l("Shown here and in the audit log."),
        render_kw={"maxlength": MAX_REASON_LENGTH},
    )
    until = wtforms.StringField(_l("Until"))

    def validate_until(self, field: wtforms.StringField) -> None:
        """Accept a day, or a day and a time.

        Raises:
            ValidationError: For anything else.
        """
        if field.data and _read(field.data) is None:
            raise ValidationError(_("Not a valid date value."))

    @property
    def expires_at(self) -> datetime | None:
        """The end in the reader's zone; a day without a time ends with its last second. None for no end."""
        moment = _read(self.until.data or "")
        return None if moment is None else moment.replace(tzinfo=active_zone())

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.until.description = _("In the time zone %(zone)s. The role ends by itself.", zone=self.zone)

    @property
    def zone(self) -> str:
        """The zone in which the end is read."""
        return active_zone().key

    def offer(self, names: list[str]) -> None:
        """Offer these roles."""
        self.role.choices = [("", _("Choose a role")), *((name, name) for name in names)]

    def blame(self, error: AdminAuthError) -> None:
        # People give a day, the service takes a moment.
        if error.field == "expires_at":
            error.field = "until"
        super().blame(error)

    @property
    def has_many_roles(self) -> bool:
        choices: Any = self.role.choices
        return len(choices) > MAX_IN_SELECT + 1


def _read(text: str) -> datetime | None:
    text = text.strip()
    if len(text) > len("2030-01-31T23:59:59.999") or not text.isascii():
        return None
    try:
        if len(text) == len("2030-01-31"):
            return datetime.combine(date.fromisoformat(text), LAST_SECOND)
        moment = datetime.fromisoformat(text)
    except ValueError:
        return None
    return moment if moment.tzinfo is None and "T" in text else None
