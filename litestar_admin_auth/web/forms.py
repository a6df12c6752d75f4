"""Forms: bound to the session, checked, and rendered for assistive technology; ``posted_form.py`` reads them."""

import hashlib
import hmac
import logging
from collections.abc import Mapping
from gettext import NullTranslations
from typing import Any, ClassVar

import wtforms
from litestar import Request
from markupsafe import Markup
from wtforms.csrf.core import CSRF, CSRFTokenField
from wtforms.i18n import get_translations
from wtforms.meta import DefaultMeta
from wtforms.validators import ValidationError

from litestar_admin_auth.auth.request_state import state_of
from litestar_admin_auth.auth.runtime import runtime_of
from litestar_admin_auth.core import i18n
from litestar_admin_auth.core.exceptions import AdminAuthError, InvalidInput
from litestar_admin_auth.core.i18n import gettext as _
from litestar_admin_auth.core.i18n import lazy_gettext as _l
from litestar_admin_auth.core.text import whole_number
from litestar_admin_auth.web.posted_form import PostedForm

logger = logging.getLogger(__name__)

CSRF_FIELD = "csrf_token"

#: Said of a form whose token does not fit: its page was opened in another session, or before this one began.
EXPIRED = _l("This form has expired. Send it once more.")

AnyRequest = Request[Any, Any, Any]


def csrf_token(secret: bytes, binding: str) -> str:
    """The token of all forms of one session (or, before login, of one browser)."""
    return hmac.digest(secret, f"csrf\0{binding}".encode(), hashlib.sha256).hex()


def csrf_token_of(request: AnyRequest) -> str:
    """The token that forms on this request's page carry, and that a form posted by it must carry."""
    state = state_of(request.scope)
    # No binding, no token that could match: fails closed.
    return csrf_token(runtime_of(request).key("forms"), state.form_binding) if state and state.form_binding else ""


def _lost_cookie(request: AnyRequest) -> str:
    """Return what to say of a form that came back without the cookie that its page had set, else nothing.

    Sent once more it would come back without it again: over plain HTTP, browsers drop cookies that are marked Secure.
    """
    state = state_of(request.scope)
    if state is None or not state.form_binding_is_new:
        return ""
    if request.url.scheme == "http" and runtime_of(request).cookies.secure:
        logger.warning(
            "A form came without its cookie. Browsers keep our cookies over HTTPS and on localhost alone; to try it "
            "out elsewhere, set ADMIN_AUTH_COOKIE_SECURE=0 and run in debug mode."
        )
    return _("Your browser sent no cookie along. Allow cookies for this site, and open it over HTTPS.")


class SessionCSRF(CSRF):
    """Compares the posted token with the session's, in constant time."""

    expected = ""

    def setup_form(self, form: Any) -> Any:
        self.expected = form.meta.csrf_context or ""
        return super().setup_form(form)

    def generate_csrf_token(self, csrf_token_field: CSRFTokenField) -> str:
        return self.expected

    def validate_csrf_token(self, form: Any, field: Any) -> None:
        posted = field.data or ""
        if not self.expected or not hmac.compare_digest(posted.encode(), self.expected.encode()):
            raise ValidationError(form.meta.refusal or str(EXPIRED))


class Translations:
    """WTForms' own messages, from the catalogues that it ships."""

    def gettext(self, message: str) -> str:
        return _shipped_with_wtforms().gettext(message)

    def ngettext(self, singular: str, plural: str, n: int) -> str:
        return _shipped_with_wtforms().ngettext(singular, plural, n)


def _shipped_with_wtforms() -> NullTranslations:
    # Every language of ours is among its; a test says so for the next one.
    return get_translations([i18n.active_language()])


class FormMeta(DefaultMeta):
    """How all our forms behave."""

    csrf = True
    csrf_class = SessionCSRF
    csrf_field_name = CSRF_FIELD
    #: Said of a form whose token does not fit, where something better is known than that it has expired.
    refusal = ""
    translations: ClassVar[Translations] = Translations()

    def get_translations(self, form: Any) -> Translations:
        return self.translations

    def render_field(self, field: Any, render_kw: Any) -> Markup:
        """Tell assistive technology about hints and errors; the macro ``ui.field`` writes the elements named here."""
        parts = (("error", field.errors), ("hint", field.description))
        described = [f"{field.id}-{part}" for part, there in parts if there]
        if described:
            render_kw.setdefault("aria_describedby", " ".join(described))
        if field.errors:
            render_kw.setdefault("aria_invalid", "true")
        return super().render_field(field, render_kw)


class Form(wtforms.Form):
    """The base of every form.

    Args:
        request: Whose session binds the form.
        posted: What :func:`read_form` gave, or None for a fresh form.
        data: First values by field name, used when nothing was posted.
        **options: Passed on to WTForms (``obj``, ``prefix``, single fields).
    """

    Meta = FormMeta

    def __init__(
        self,
        request: AnyRequest,
        posted: PostedForm | None = None,
        data: Mapping[str, Any] | None = None,
        **options: Any,
    ) -> None:
        meta = {"csrf_context": csrf_token_of(request), "refusal": _lost_cookie(request) if posted else ""}
        super().__init__(formdata=posted, data=data, meta=meta, **options)

    def validate(self, extra_validators: Any = None) -> bool:
        """Check each field, and that each that has one value came once: of two, a log may see the other one (1.5.3)."""
        valid = super().validate(extra_validators)
        for field in self:
            if len(field.raw_data or ()) > 1 and not isinstance(field, wtforms.SelectMultipleField):
                field.errors = [*field.errors, _("This field stands in the body twice.")]
                valid = False
        return valid

    def blame(self, error: AdminAuthError) -> None:
        """Show an error of a service at the field it names, else at the top of the form."""
        field = self._fields.get(error.field) if error.field else None
        if field is None:
            self.form_errors.append(error.message)
        else:
            field.errors = [*field.errors, error.message]


class VersionedForm(Form):
    """A form that changes what is stored, and knows which version of it was shown."""

    version = wtforms.HiddenField()

    @property
    def opened_version(self) -> int:
        """The version that the page showed when it was opened.

        Raises:
            InvalidInput: When it is no number: without it, somebody else's change would be overwritten unseen.
        """
        version = whole_number(self.version.data or "")
        if version is None:
            raise InvalidInput(_("This form is damaged. Open the page again."), field="version")
        return version


class ConfirmForm(Form):
    """A form of nothing but a button: the token alone is checked."""


def require_token(request: AnyRequest, posted: PostedForm) -> None:
    """Refuse a button's form that this session did not get from us.

    Raises:
        InvalidInput: When its token does not fit.
    """
    if not ConfirmForm(request, posted).validate():
        raise InvalidInput(str(EXPIRED))
