"""Our sessions behind the ports of litestar-security, held against that package's own conformance functions.

The adapters below are for this test alone. What they keep themselves is what our model does not have: the other
package's identifiers, digests, sealed receipts and display metadata, and which token has which generation. Everything
that is decided (does a session live, whose is it, who wins a refresh, what does a reused token end) is asked of our
services and read from our rows.

Two things mean the same in other words, and the adapter translates them:

- *Grace.* There, a client that repeats a refresh names it by an idempotency key, and a consumed token without that key
  is theft at once. Here, there are no keys: for ``refresh_grace`` after the rotation everybody who holds the token
  before gets the same successor, after it the token is theft. So a repetition with the right key is asked of us within
  the grace, one without it a moment after the grace.
- *The loser of a parallel refresh.* There, it gets nothing and recovers the winner's receipt by a second call. Here, it
  gets the winner's successor at once. The adapter reports as rotated only the call that moved the row
  (``SignedIn.moved``), and drops what the loser proposed.
"""

from collections.abc import AsyncGenerator, Callable, Iterator, Sequence
from contextlib import contextmanager
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID, uuid4

import pytest
from litestar_security import testing
from litestar_security.accounts import (
    CreateRefreshFamilyCommand,
    CreateSessionCommand,
    LocalAccountState,
    PasswordChangeOutcome,
    PasswordChangeStatus,
    PasswordCredentialState,
    RefreshFamilyContext,
    RefreshPreflightOutcome,
    RefreshReceiptReplay,
    RefreshRotationOutcome,
    RefreshRotationStatus,
    RefreshTokenProof,
    RegistrationCommand,
    RegistrationOutcome,
    RegistrationStatus,
    RotateRefreshCommand,
    UserAuthSession,
)

from litestar_admin_auth.core import clock
from litestar_admin_auth.core.database import Database, create_engine
from litestar_admin_auth.core.exceptions import InvalidSession, RefreshReused
from litestar_admin_auth.models import Session, User
from litestar_admin_auth.services import open_sessions
from litestar_admin_auth.services.actor import Actor
from litestar_admin_auth.services.migrations import upgrade
from litestar_admin_auth.services.passwords import store_password
from litestar_admin_auth.services.session_policy import SessionPolicy
from litestar_admin_auth.services.sessions import (
    Client,
    end_session,
    find_session,
    lock_session,
    rotate_session,
    start_session,
)

NOW = datetime.fromisoformat("2026-01-01T00:00:00+00:00")
GRACE = timedelta(seconds=10)
CLIENT = Client("203.0.113.9")
OWNER, OTHER = uuid4(), uuid4()


@contextmanager
def at(moment: datetime) -> Iterator[None]:
    """Let our services believe that it is another time."""
    before = clock._read
    clock.set_clock(lambda: moment)
    try:
        yield
    finally:
        clock.set_clock(before)


def policy_of(created: datetime, idle_end: datetime, end: datetime) -> SessionPolicy:
    return SessionPolicy(idle=idle_end - created, absolute=end - created, grace=GRACE)


async def add_user(database: Database, email: str, user_id: UUID) -> User:
    async with database.writing() as db:
        user = User(
            id=user_id, email=email, email_normalized=email, password_hash="conformance", is_active=True,
            security_epoch=1, version=1, created_at=NOW, updated_at=NOW,
        )  # fmt: skip
        db.add(user)
    return user


class Adapter:
    """One database of ours, and the other package's names for what is in it."""

    def __init__(self, database: Database) -> None:
        self.database = database

    async def user(self, account_id: str) -> User:
        async with self.database.reading() as db:
            return await db.get_one(User, UUID(account_id))

    async def row(self, session_id: UUID) -> Session:
        async with self.database.reading() as db:
            return await db.get_one(Session, session_id)


class Registry(Adapter):
    """``SessionRegistry``."""

    def __init__(self, database: Database) -> None:
        super().__init__(database)
        self.commands: dict[str, tuple[UUID, CreateSessionCommand]] = {}

    async def create(self, command: CreateSessionCommand, *, event: object) -> UserAuthSession:
        with at(command.created_at):
            async with self.database.writing() as db:
                user = await db.get_one(User, UUID(command.account_id))
                session = start_session(
                    db, user, CLIENT, policy_of(command.created_at, command.expires_at, command.expires_at)
                )
        self.commands[command.session_id] = session.id, command
        return self._record(command, session)

    async def get(self, session_id: str) -> UserAuthSession | None:
        if session_id not in self.commands:
            return None
        own_id, command = self.commands[session_id]
        try:
            found = await find_session(self.database, own_id, UUID(command.account_id))
        except InvalidSession:
            return None
        return self._record(command, found.session)

    async def rebind(
        self, prior_session_id: str, command: CreateSessionCommand, *, event: object
    ) -> UserAuthSession | None:
        own_id, _prior = self.commands[prior_session_id]
        async with self.database.writing() as db:
            # Of two, the second waits here and then sees what the first wrote.
            prior = await lock_session(db, own_id)
            if prior is None or prior.revoked_at is not None:
                return None
            prior.revoked_at, prior.revoked_reason = clock.now(), "rebound"
            session = start_session(
                db, prior.user, CLIENT, policy_of(command.created_at, command.expires_at, command.expires_at)
            )
        self.commands[command.session_id] = session.id, command
        return self._record(command, session)

    async def revoke_session_for_account(self, account_id: str, session_id: str, *, event: object) -> bool:
        own_id, _command = self.commands[session_id]
        before = (await self.row(own_id)).revoked_at
        await end_session(self.database, Actor("conformance", user_id=UUID(account_id)), own_id)
        return (await self.row(own_id)).revoked_at != before

    async def revoke_other_sessions(self, account_id: str, session_id: str, *, event: object) -> int:
        keep = self.commands[session_id][0]
        actor = Actor("conformance", user_id=UUID(account_id))
        return len(await open_sessions.revoke_user_sessions(self.database, actor, UUID(account_id), keep=keep))

    async def revoke_sessions_for_account(self, account_id: str, *, event: object) -> int:
        actor = Actor("conformance", user_id=UUID(account_id))
        return len(await open_sessions.revoke_user_sessions(self.database, actor, UUID(account_id)))

    async def list_for_account(self, account_id: str) -> Sequence[UserAuthSession]:
        found = [
            await self.get(session)
            for session, (_id, command) in self.commands.items()
            if command.account_id == account_id
        ]
        return [record for record in found if record is not None]

    async def touch(self, session_id: str, *, now: datetime) -> UserAuthSession | None:
        with at(now):
            return await self.get(session_id)

    def _record(self, command: CreateSessionCommand, session: Session) -> UserAuthSession:
        return UserAuthSession(
            session_id=command.session_id,
            binding_id=command.binding_id,
            binding_digest=command.binding_digest,
            account_id=str(session.user_id),
            security_epoch=session.security_epoch,
            created_at=session.created_at,
            authenticated_at=session.created_at,
            last_seen_at=session.last_seen_at,
            expires_at=min(session.idle_expires_at, session.expires_at),
            display_metadata=command.display_metadata,
        )


class Families(Adapter):
    """``RefreshTokenFamilyStore``, with the little of an account store that its conformance needs."""

    def __init__(self, database: Database) -> None:
        super().__init__(database)
        self.created: dict[UUID, CreateRefreshFamilyCommand] = {}
        #: Token to digest, session and generation.
        self.tokens: dict[str, tuple[bytes, UUID, int]] = {}
        #: What the winner of each rotation proposed.
        self.rotations: dict[tuple[UUID, int], RotateRefreshCommand] = {}

    async def register(self, command: RegistrationCommand, password_hash: str, **_: object) -> RegistrationOutcome[Any]:
        user = await add_user(self.database, command.normalized_identifier, uuid4())
        account: LocalAccountState[Any] = LocalAccountState(
            account_id=str(user.id), normalized_identifier=user.email_normalized, display_name=command.display_name,
            active=user.is_active, verified=True, security_epoch=user.security_epoch,
        )  # fmt: skip
        return RegistrationOutcome(RegistrationStatus.CREATED, account)

    async def get_password_state(self, account_id: str) -> PasswordCredentialState | None:
        user = await self.user(account_id)
        assert user.password_hash is not None
        return PasswordCredentialState(user.password_hash, user.security_epoch, user.is_active, True)

    async def replace_password_and_bump_epoch(
        self, account_id: str, password_hash: str, *, expected_epoch: int, event: object
    ) -> PasswordChangeOutcome:
        async with self.database.writing() as db:
            await self.database.serialize_access_changes(db)
            user = await db.get_one(User, UUID(account_id), options=[_with_roles()])
            if user.security_epoch != expected_epoch:
                return PasswordChangeOutcome(PasswordChangeStatus.CONFLICT)
            await store_password(db, Actor("conformance", user_id=user.id), user, password_hash)
            return PasswordChangeOutcome(PasswordChangeStatus.CHANGED, user.security_epoch)

    async def create_family(self, command: CreateRefreshFamilyCommand, *, event: object) -> bool:
        families = {created.family_id for created in self.created.values()}
        if command.token_id in self.tokens or command.family_id in families:
            return False
        with at(command.created_at):
            async with self.database.writing() as db:
                user = await db.get_one(User, UUID(command.account_id))
                if user.security_epoch != command.security_epoch:
                    return False
                session = start_session(db, user, CLIENT, self._policy(command))
        self.created[session.id] = command
        self.tokens[command.token_id] = command.token_digest, session.id, session.generation
        return True

    async def prepare_rotation(
        self, proof: RefreshTokenProof, idempotency_digest: bytes | None, *, now: datetime, event: object
    ) -> RefreshFamilyContext | RefreshReceiptReplay | RefreshPreflightOutcome:
        token = self.tokens.get(proof.token_id)
        if token is None or token[0] != proof.digest:
            return RefreshPreflightOutcome(RefreshRotationStatus.INVALID)
        _digest, session_id, generation = token
        created = self.created[session_id]
        try:
            with at(now):
                session = (await find_session(self.database, session_id, UUID(created.account_id))).session
        except InvalidSession:
            return await self._dead(session_id, now)
        if session.generation == generation:
            return self._context(session)
        rotation = self.rotations.get((session_id, generation + 1))
        known = rotation is not None and rotation.idempotency_digest == idempotency_digest
        try:
            # A repetition comes within the grace, a theft after it.
            with at(now if known else now + GRACE + timedelta(microseconds=1)):
                repeated = await self._rotate(session_id, generation)
        except RefreshReused:
            return RefreshPreflightOutcome(RefreshRotationStatus.REPLAY_DETECTED, family_revoked=True)
        assert rotation is not None
        assert not repeated.moved
        return RefreshReceiptReplay(self._context(session), rotation.sealed_receipt)

    async def rotate(self, command: RotateRefreshCommand, *, now: datetime, event: object) -> RefreshRotationOutcome:
        digest, session_id, generation = self.tokens[command.token_id]
        assert digest == command.token_digest
        try:
            with at(now):
                rotated = await self._rotate(session_id, generation)
        except RefreshReused:
            return RefreshRotationOutcome(RefreshRotationStatus.REPLAY_DETECTED, family_revoked=True)
        except InvalidSession:
            dead = await self._dead(session_id, now)
            return RefreshRotationOutcome(dead.status, family_revoked=dead.family_revoked)
        if not rotated.moved:
            return RefreshRotationOutcome(RefreshRotationStatus.INVALID)
        self.rotations[session_id, rotated.session.generation] = command
        self.tokens[command.successor_id] = command.successor_digest, session_id, rotated.session.generation
        return RefreshRotationOutcome(RefreshRotationStatus.ROTATED, command.sealed_receipt)

    async def revoke_token_for_account(
        self, account_id: str, token_id: str, token_digest: bytes, *, event: object
    ) -> bool:
        digest, session_id, _generation = self.tokens[token_id]
        if digest != token_digest:
            return False
        before = (await self.row(session_id)).revoked_at
        await end_session(self.database, Actor("conformance", user_id=UUID(account_id)), session_id)
        return (await self.row(session_id)).revoked_at != before

    async def _rotate(self, session_id: UUID, generation: int) -> Any:
        created = self.created[session_id]
        user_id = UUID(created.account_id)
        return await rotate_session(self.database, session_id, user_id, generation, self._policy(created), CLIENT)

    async def _dead(self, session_id: UUID, now: datetime) -> RefreshPreflightOutcome:
        session = await self.row(session_id)
        if session.revoked_at is not None:
            return RefreshPreflightOutcome(RefreshRotationStatus.REVOKED, family_revoked=True)
        if now >= min(session.idle_expires_at, session.expires_at):
            return RefreshPreflightOutcome(RefreshRotationStatus.EXPIRED)
        return RefreshPreflightOutcome(RefreshRotationStatus.EPOCH_MISMATCH)

    def _policy(self, command: CreateRefreshFamilyCommand) -> SessionPolicy:
        return policy_of(command.created_at, command.token_expires_at, command.family_expires_at)

    def _context(self, session: Session) -> RefreshFamilyContext:
        created = self.created[session.id]
        return RefreshFamilyContext(
            account_id=str(session.user_id), family_id=created.family_id, security_epoch=session.security_epoch,
            token_expires_at=session.idle_expires_at, family_expires_at=session.expires_at, scopes=created.scopes,
        )  # fmt: skip


def _with_roles() -> Any:
    from litestar_admin_auth.services.user_lists import with_roles

    return with_roles()


@pytest.fixture
async def databases(shared_database_url: Callable[[], str]) -> AsyncGenerator[list[Database]]:
    """Two migrated databases: the conformance functions want stores that know nothing of each other."""
    made = [Database(create_engine(shared_database_url())) for _ in range(2)]
    for database in made:
        await upgrade(database)
    clock.set_clock(lambda: NOW)
    yield made
    clock.set_clock(None)
    for database in made:
        await database.close()


async def test_the_session_registry_conforms(databases: list[Database]) -> None:
    accounts = {"conformance-session-owner": OWNER, "conformance-session-other": OTHER}
    for database in databases:
        for number, user_id in enumerate(accounts.values()):
            await add_user(database, f"user-{number}@example.com", user_id)
    unused = iter(databases)
    await testing.assert_session_registry_conformance(
        lambda: Registry(next(unused)),  # type: ignore[arg-type]
        now=NOW,
        identifiers=lambda namespace, _sequence: str(accounts.get(namespace) or uuid4()),
    )


async def test_the_refresh_family_conforms(databases: list[Database]) -> None:
    unused = iter(databases)
    await testing.assert_refresh_family_store_conformance(lambda: Families(next(unused)))  # type: ignore[arg-type]
