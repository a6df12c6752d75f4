"""The end of a user, as far as the host application's own rows allow it."""

from uuid import UUID

from sqlalchemy import Delete, delete, text
from sqlalchemy.exc import IntegrityError

from litestar_admin_auth.core.database import Database
from litestar_admin_auth.core.exceptions import UserInUse
from litestar_admin_auth.models import User
from litestar_admin_auth.services.access import load_user_to_change, require
from litestar_admin_auth.services.actor import Actor
from litestar_admin_auth.services.audit import record
from litestar_admin_auth.services.superusers import foresee_a_superuser, keeping_a_superuser
from litestar_admin_auth.services.user_lists import row_of


async def delete_user(database: Database, actor: Actor, user_id: UUID) -> None:
    """Delete a user with sessions, grants and links. The audit events stay.

    Raises:
        NotAllowed: Without ``users:delete``.
        NotFound: When there is no such user.
        StrongerThanYou: When the user holds what the actor does not.
        LastSuperuser: When nobody else could administer everything.
        UserInUse: When rows of the host application refer to the user.
    """
    try:
        async with database.writing() as db:
            await database.serialize_access_changes(db)
            held = await require(db, actor, "users:delete")
            user = await load_user_to_change(db, actor, held, user_id)
            record(db, actor, "user.deleted", target=user, changes=_deleted(user))
            async with keeping_a_superuser(db):
                await db.execute(_deletion(user_id))
    except IntegrityError as error:
        # Round the whole transaction: a deferred foreign key of the host's speaks up only at the commit.
        raise UserInUse from error


async def check_deletion(database: Database, actor: Actor, user_id: UUID) -> None:
    """Be refused as :func:`delete_user` would be, without deleting anybody: for the question before it.

    The deletion is tried and taken back: which rows of the host refer to the user, and what their foreign keys do then,
    only the database knows. On SQLite, a deferred one speaks up at a commit alone, and is not foreseen.
    """
    try:
        async with database.writing() as db:
            held = await require(db, actor, "users:delete")
            user = await load_user_to_change(db, actor, held, user_id)
            await foresee_a_superuser(db, without=User.id == user.id)
            trial = await db.begin_nested()
            await db.execute(_deletion(user_id))
            if database.is_postgresql:
                await db.execute(text("SET CONSTRAINTS ALL IMMEDIATE"))
            await trial.rollback()
    except IntegrityError as error:
        raise UserInUse from error


def _deletion(user_id: UUID) -> Delete:
    # Not by the unit of work: the database knows the host's tables, the unit of work may not.
    return delete(User).where(User.id == user_id).execution_options(synchronize_session=False)


def _deleted(user: User) -> dict[str, dict[str, object]]:
    row = row_of(user)
    return {
        "email": {"old": row.email, "new": None},
        "name": {"old": row.name, "new": None},
        "roles": {"old": row.roles, "new": []},
    }
