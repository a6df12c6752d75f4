"""Invitations: the link by which a person sets the first password, made here and accepted here."""

from uuid import UUID

from litestar import Controller, get, post
from litestar.params import FromPath, JSONBody

from litestar_admin_auth.api.dependencies import AnyRequest, body
from litestar_admin_auth.api.schemas import Invitation, InvitedPerson, Message, NewPassword
from litestar_admin_auth.auth.admission import PUBLIC
from litestar_admin_auth.auth.one_time_links import make_link, open_link, use_link
from litestar_admin_auth.core.i18n import gettext as _
from litestar_admin_auth.services.actor import Actor
from litestar_admin_auth.services.one_time_links import INVITATION


class InvitationController(Controller):
    """For somebody who cannot sign in yet: the link's token is the credential."""

    path = "/invitation/{token:str}"
    tags = ["invitations"]  # noqa: RUF012 - Litestar's own declaration is an instance variable

    @get(opt={PUBLIC: True}, summary="Look at an invitation")
    async def read(self, request: AnyRequest, token: FromPath[str]) -> InvitedPerson:
        """Return whom a link is for; one that is used, outdated or made up is not there."""
        return body(await open_link(request, token, INVITATION), InvitedPerson)

    @post(status_code=200, opt={PUBLIC: True}, summary="Accept an invitation")
    async def accept(self, request: AnyRequest, token: FromPath[str], data: JSONBody[NewPassword]) -> Message:
        """Set the password and use the link up. Signing in is the next step, by the one way in."""
        await use_link(request, token, INVITATION, data.new_password)
        return Message(_("Password set. You can sign in now."))


async def invite(request: AnyRequest, actor: Actor, user_id: UUID) -> Invitation:
    """Invite a user: by mail, or without mail by a link that the one who asked passes on and sees this once.

    Raises:
        Conflict: When the user has a password already, or is suspended.
    """
    link, address = await make_link(request, actor, user_id, INVITATION)
    return Invitation(address, link.expires_at)
