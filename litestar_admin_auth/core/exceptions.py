"""What can go wrong, each with a stable code for clients and evidence for the log.

The messages are for people and translated where they are raised; ``auth/errors.py`` alone turns them into answers.
"""

from uuid import UUID

from litestar_admin_auth.core.i18n import gettext as _


class ConfigError(Exception):
    """A mistake in the set-up that stops the start.

    Args:
        check_id: The stable id, such as ``AA001``, that the documentation explains.
        message: What is wrong, naming the setting.
        hint: What to do about it.
    """

    def __init__(self, check_id: str, message: str, *, hint: str) -> None:
        super().__init__(f"{check_id}: {message} {hint}")
        self.check_id, self.message, self.hint = check_id, message, hint


class AdminAuthError(Exception):
    """The root of every refusal that a client may cause."""

    code = "error"
    #: The HTTP status that the edge answers with; kept here so that one table serves pages, API and commands.
    status_code = 400

    def __init__(self, message: str = "", *, field: str | None = None) -> None:
        super().__init__(message)
        self.message = message
        self.field = field


class InvalidInput(AdminAuthError):
    """A value that breaks a stated rule; ``field`` names it."""

    code = "invalid"

    def __init__(self, message: str, *, field: str | None = None) -> None:
        super().__init__(message, field=field)


class LoginNotKept(AdminAuthError):
    """A host's backend signed somebody in, but no browser would keep the cookies that it asks for."""

    code = "login_not_kept"

    def __init__(self) -> None:
        super().__init__(
            _("Your browser could not keep this sign-in. It has been written down; tell whoever runs this site.")
        )


class UnsupportedBody(AdminAuthError):
    """The body's media type is not the one this address takes."""

    code = "unsupported_media_type"
    status_code = 415


class BodyTooLarge(AdminAuthError):
    """The body is larger than any form of ours."""

    code = "body_too_large"
    status_code = 413


class NotAuthenticated(AdminAuthError):
    """Nobody is signed in, or the session is no longer good."""

    code = "not_authenticated"
    status_code = 401

    def __init__(self, message: str = "") -> None:
        super().__init__(message or _("Sign in to continue."))


class InvalidCredentials(NotAuthenticated):
    """The login failed; the same for unknown, disabled, password-less and wrong, so that nobody can tell which."""

    code = "invalid_credentials"

    def __init__(self) -> None:
        super().__init__(_("E-mail or password is not right."))


class InvalidToken(NotAuthenticated):
    """A token that does not verify, or is of another type than the one expected."""

    code = "invalid_token"


class InvalidSession(NotAuthenticated):
    """The token is genuine but its session has ended."""

    code = "invalid_session"

    def __init__(self, session_id: UUID | None = None) -> None:
        super().__init__(_("Your session has ended. Sign in again."))
        self.session_id = session_id


class RefreshReused(InvalidSession):
    """A refresh token came back after its grace: somebody holds a copy. Its session has been revoked."""

    code = "refresh_reused"


class NotAllowed(AdminAuthError):
    """Signed in, but lacking a permission."""

    code = "not_allowed"
    status_code = 403

    def __init__(self, permission: str = "", message: str = "") -> None:
        super().__init__(message or _("You need the permission %(permission)s for this.", permission=permission))
        self.permission = permission


class StrongerThanYou(NotAllowed):
    """The target holds a permission that the actor lacks, so the actor may not change it."""

    code = "stronger_than_you"

    def __init__(self, missing: list[str]) -> None:
        super().__init__(
            message=_(
                "You may not do this, since it concerns permissions that you lack: %(codes)s.",
                codes=", ".join(missing),
            )
        )
        self.missing = missing


class CrossOrigin(AdminAuthError):
    """A state change that does not come from our own pages."""

    code = "cross_origin"
    status_code = 403


class TooManyTries(AdminAuthError):
    """The throttle refuses for now.

    Args:
        retry_after: Seconds until another try makes sense.
    """

    code = "too_many_tries"
    status_code = 429

    def __init__(self, retry_after: int) -> None:
        super().__init__(_("Too many tries. Wait %(seconds)s seconds and try again.", seconds=retry_after))
        self.retry_after = retry_after


class Unavailable(AdminAuthError):
    """Something that we depend on does not answer. Nobody is let in meanwhile."""

    code = "unavailable"
    status_code = 503

    def __init__(self) -> None:
        super().__init__(_("This does not work at the moment. Try again in a minute."))


class NotFound(AdminAuthError):
    """There is no such thing, or it is not yours to see."""

    code = "not_found"
    status_code = 404

    def __init__(self, message: str = "") -> None:
        super().__init__(message or _("There is no such page."))


class Conflict(AdminAuthError):
    """The change collides with what is stored."""

    code = "conflict"
    status_code = 409


class NoMail(Conflict):
    """The site sends no mail, or does not know the address that a link in one would start with."""

    code = "no_mail"

    def __init__(self) -> None:
        super().__init__(_("This site sends no mail. Ask an administrator for a link."))


class EmailTaken(Conflict):
    """Another user has this e-mail address."""

    code = "email_taken"

    def __init__(self) -> None:
        super().__init__(_("Another user has this e-mail address."), field="email")


class NameTaken(Conflict):
    """Another role has this name."""

    code = "name_taken"

    def __init__(self) -> None:
        super().__init__(_("Another role has this name."), field="name")


class EditConflict(Conflict):
    """Somebody else saved a change since the form was opened.

    Args:
        current_version: The version that is stored now.
    """

    code = "edit_conflict"

    def __init__(self, current_version: int) -> None:
        super().__init__(
            _("Somebody else has changed this meanwhile. Look at the current values and save again."), field="version"
        )
        self.current_version = current_version


class SelectionChanged(Conflict):
    """Since somebody was told what a change of many rows would do, other rows match."""

    code = "selection_changed"

    def __init__(self) -> None:
        super().__init__(_("Meanwhile other entries match than when you were asked. Look again."))


class LastSuperuser(Conflict):
    """The change would leave nobody who can administer everything."""

    code = "last_superuser"

    def __init__(self) -> None:
        super().__init__(_("This is the last active superuser. Make somebody else a superuser first."))


class SystemRole(Conflict):
    """The built-in role cannot be changed or deleted."""

    code = "system_role"

    def __init__(self) -> None:
        super().__init__(_("The built-in superuser role cannot be changed or deleted."))


class UserInUse(Conflict):
    """Rows of the host application refer to the user."""

    code = "user_in_use"

    def __init__(self) -> None:
        super().__init__(_("Other records refer to this user. Suspend the user instead."))
