"""The first superuser."""

from litestar_admin_auth.core.database import Database
from litestar_admin_auth.core.passwords import Passwords
from litestar_admin_auth.core.text import email_address
from litestar_admin_auth.services.access import require
from litestar_admin_auth.services.actor import Actor
from litestar_admin_auth.services.passwords import check_password
from litestar_admin_auth.services.user_lists import UserRow, row_of
from litestar_admin_auth.services.users import add_user

#: The role that the first migration ships; it holds ``*``.
SUPERUSER_ROLE = "superuser"


async def create_superuser(
    database: Database, passwords: Passwords, *, email: str, password: str, name: str = "", site_title: str = ""
) -> UserRow:
    """Create a user with a password who holds everything, in one transaction.

    Raises:
        InvalidInput: For ``email``, ``name`` or ``password``.
        EmailTaken: When somebody has the address.
    """
    check_password(password, email=email_address(email), name=name, site_title=site_title, field="password")
    hashed = await passwords.hash(password)
    actor = Actor.system("cli")
    async with database.writing() as db:
        await database.serialize_access_changes(db)
        held = await require(db, actor, "users:write")
        return row_of(
            await add_user(db, actor, held, email=email, name=name, roles=[SUPERUSER_ROLE], password_hash=hashed)
        )
