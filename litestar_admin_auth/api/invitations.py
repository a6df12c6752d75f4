"""Invitations: the link by which a person sets the first password, made here and accepted here."""

from uuid import UUID

from litestar import Controller, get, post
from litestar.params import FromPath, JSONBody

from litestar_admin_auth.api.dependencies import AnyRequest, body
from litestar_admin_auth.api.schemas import Invitation, InvitedPerson, Message, NewPassword
from litestar_admin_auth.auth.admission import PUBLIC
from litestar_admin_auth.auth.navigation import base_path
from litestar_admin_auth.auth.request_state import state_of
from litestar_admin_auth.auth.runtime import runtime_of
from litestar_admin_auth.core.exceptions import NotFound
from litestar_admin_auth.core.i18n import gettext as _
from litestar_admin_auth.services import invitations
from litestar_admin_auth.services.actor import Actor


class InvitationController(Controller):
    """For somebody who cannot sign in yet: the link's token is the credential."""

    path = "/invitation/{token:str}"
    tags = ["invitations"]  # noqa: RUF012 - Litestar's own declaration is an instance variable

    @get(opt={PUBLIC: True}, summary="Look at an invitation")
    async def read(self, request: AnyRequest, token: FromPath[str]) -> InvitedPerson:
        """Return whom a link is for; one that is used, outdated or made up is not there."""
        runtime = runtime_of(request)
        await runtime.throttle.check("invitation", "", _ip(request))
        try:
            return body(await invitations.read_invitation(runtime.tables, token), InvitedPerson)
        except NotFound:
            await runtime.throttle.failed("invitation", "", _ip(request))
            raise

    @post(status_code=200, opt={PUBLIC: True}, summary="Accept an invitation")
    async def accept(self, request: AnyRequest, token: FromPath[str], data: JSONBody[NewPassword]) -> Message:
        """Set the password and use the link up. Signing in is the next step, by the one way in."""
        runtime = runtime_of(request)
        await runtime.throttle.check("invitation", "", _ip(request))
        try:
            await invitations.accept_invitation(
                runtime.tables,
                runtime.passwords,
                token,
                data.new_password,
                ip=_ip(request),
                site_title=runtime.config.title,
            )
        except NotFound:
            await runtime.throttle.failed("invitation", "", _ip(request))
            raise
        return Message(_("Password set. You can sign in now."))


async def invite(request: AnyRequest, actor: Actor, user_id: UUID) -> Invitation:
    """Make a link for a user. There is no mail yet, so the one who asked passes it on; it is shown this once.

    The link is absolute when ``AdminConfig.public_origin`` is set. The request's Host header never gets into it: a
    forged one would send the invited person, with the token, to the forger.
    """
    runtime = runtime_of(request)
    made = await invitations.create_invitation(runtime.tables, actor, user_id)
    origin = runtime.config.public_origin or ""
    return Invitation(f"{origin}{base_path(request)}/invitation/{made.token}", made.expires_at)


def _ip(request: AnyRequest) -> str:
    state = state_of(request.scope)
    return state.client.ip if state is not None else ""
