"""A forgotten password: asking for a link, and using it."""

from litestar import Controller, get, post
from litestar.params import FromPath, JSONBody

from litestar_admin_auth.api.dependencies import AnyRequest, body
from litestar_admin_auth.api.schemas import InvitedPerson, Message, NewPassword, ResetRequest
from litestar_admin_auth.auth.admission import PUBLIC
from litestar_admin_auth.auth.one_time_links import ask_for_reset, open_link, use_link
from litestar_admin_auth.core.i18n import gettext as _
from litestar_admin_auth.services.one_time_links import RESET


class PasswordResetController(Controller):
    """Open to strangers, to whom every address looks the same."""

    path = "/password-reset"
    tags = ["password reset"]  # noqa: RUF012 - Litestar's own declaration is an instance variable

    @post(status_code=200, opt={PUBLIC: True}, summary="Ask for a new password")
    async def ask(self, request: AnyRequest, data: JSONBody[ResetRequest]) -> Message:
        """Mail a link to this address, if somebody with a password has it; the answer is the same for every address.

        Where the site sends no mail this is a 409 with the code `no_mail`, again for every address.
        """
        await ask_for_reset(request, data.email)
        return Message(_("If somebody has this address, a link is on its way to it."))

    @get("/{token:str}", opt={PUBLIC: True}, summary="Look at a reset link")
    async def read(self, request: AnyRequest, token: FromPath[str]) -> InvitedPerson:
        """Return whom a link is for; one that is used, outdated or made up is not there."""
        return body(await open_link(request, token, RESET), InvitedPerson)

    @post("/{token:str}", status_code=200, opt={PUBLIC: True}, summary="Choose the new password")
    async def choose(self, request: AnyRequest, token: FromPath[str], data: JSONBody[NewPassword]) -> Message:
        """Set the password, use the link up and end all sessions. Signing in is the next step, by the one way in."""
        await use_link(request, token, RESET, data.new_password)
        return Message(_("Password set. You can sign in now."))
