"""Language, time zone and theme: what a user prefers everywhere, and what this browser shows to anybody."""

from typing import Any

import wtforms
from litestar import Controller, Request, Response, get, post

from litestar_admin_auth.auth.admission import PUBLIC
from litestar_admin_auth.auth.navigation import safe_next
from litestar_admin_auth.auth.reader import language_of_browser
from litestar_admin_auth.auth.request_state import state_of
from litestar_admin_auth.auth.runtime import runtime_of
from litestar_admin_auth.core import i18n
from litestar_admin_auth.core.exceptions import InvalidInput
from litestar_admin_auth.core.i18n import gettext as _
from litestar_admin_auth.core.i18n import lazy_gettext as _l
from litestar_admin_auth.services.preferences import Preferences, get_preferences, save_preferences
from litestar_admin_auth.web.dependencies import tables_and_actor
from litestar_admin_auth.web.flash import flash
from litestar_admin_auth.web.forms import Form
from litestar_admin_auth.web.posted_form import read_form
from litestar_admin_auth.web.render import THEMES, admin_url, render, see_other

AnyRequest = Request[Any, Any, Any]

YEAR = 365 * 86400


class LanguageForm(Form):
    """A language for this browser."""

    language = wtforms.StringField()
    next = wtforms.HiddenField()


class ThemeForm(Form):
    """Light, dark, or what the device says."""

    # WTForms takes plain names since 3.3 and warns about pairs; the type stubs know the pairs alone.
    theme = wtforms.SelectField(choices=list(THEMES))  # pyright: ignore[reportArgumentType]
    next = wtforms.HiddenField()


class PreferencesForm(Form):
    """Both may be left to the browser."""

    language = wtforms.SelectField(_l("Language"))
    time_zone = wtforms.SelectField(_l("Time zone"), description=_l("Times on all pages are shown in this zone."))

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        automatic = ("", _("Same as the browser"))
        # Each by its own name, and so spoken by its own voice (WCAG 2.2, 3.1.2).
        named = [(code, name, {"lang": code}) for code, name in i18n.LANGUAGES.items()]
        self.language.choices = [automatic, *named]
        self.time_zone.choices = [automatic, *((name, name.replace("_", " ")) for name in i18n.zones())]


class LanguagePages(Controller):
    """Open to strangers: who cannot read the login page must be able to change it."""

    include_in_schema = False

    @post("/language", opt={PUBLIC: True})
    async def choose(self, request: AnyRequest) -> Response[Any]:
        runtime, state = runtime_of(request), state_of(request.scope)
        form = LanguageForm(request, await read_form(request))
        if form.validate() and form.language.data in i18n.LANGUAGES and state is not None:
            cookie = runtime.cookies.set(runtime.cookies.language, form.language.data, max_age=YEAR, httponly=True)
            state.set_cookies.append(cookie)
        return see_other(request, safe_next(form.next.data or "", admin_url(request)))


class ThemePages(Controller):
    """Open to strangers, who see pages too; kept with the browser, since it is about a screen."""

    include_in_schema = False

    @post("/theme", opt={PUBLIC: True})
    async def choose(self, request: AnyRequest) -> Response[Any]:
        runtime, state = runtime_of(request), state_of(request.scope)
        form = ThemeForm(request, await read_form(request))
        if form.validate() and state is not None:
            state.set_cookies.append(
                runtime.cookies.set(runtime.cookies.theme, form.theme.data, max_age=YEAR, httponly=True)
            )
        return see_other(request, safe_next(form.next.data or "", admin_url(request)))


class PreferencePages(Controller):
    """One's own preferences, kept with the user and so the same in every browser."""

    path = "/account/preferences"
    include_in_schema = False

    @get()
    async def form(self, request: AnyRequest) -> Response[Any]:
        database, actor = tables_and_actor(request)
        stored = await get_preferences(database, actor)
        data = {"language": stored.language or "", "time_zone": stored.time_zone or ""}
        return render(request, "account/preferences.html", form=PreferencesForm(request, data=data))

    @post()
    async def save(self, request: AnyRequest) -> Response[Any]:
        database, actor = tables_and_actor(request)
        form = PreferencesForm(request, await read_form(request))
        if not form.validate():
            return render(request, "account/preferences.html", status_code=400, form=form)
        chosen = Preferences(form.language.data or None, form.time_zone.data or None)
        try:
            await save_preferences(database, actor, chosen)
        except InvalidInput as error:
            form.blame(error)
            return render(request, "account/preferences.html", status_code=error.status_code, form=form)
        # The answer to this very form already speaks as it was asked to.
        i18n.activate(chosen.language or language_of_browser(runtime_of(request), request))
        flash(request, "success", _("Your preferences are saved."))
        return see_other(request, admin_url(request, "account", "preferences"))
