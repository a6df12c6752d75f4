"""Sessions of a host's own users, in one of the host's stores: Redis or Valkey for many workers, memory for one.

The rules are those of ``services/sessions.py``. A store has no transactions, so everything that must change together is
one value: all sessions of a user stand in one document. To change it is to read it, to decide, and to replace it if
nobody else has done so meanwhile (``compare_and_set.py``); who was too late reads anew and decides anew. That is what
makes one winner of twenty parallel refreshes, and what keeps a session that has been ended from coming back to life.
"""

import hashlib
import logging
import math
from collections.abc import Awaitable, Callable
from datetime import datetime
from typing import Annotated, Any, Literal, TypeVar
from uuid import UUID, uuid4

import msgspec
from litestar.stores.base import Store
from msgspec import Meta, Struct

from litestar_admin_auth.auth.compare_and_set import compare_and_set_on, holds_in_one_process_only
from litestar_admin_auth.auth.registry import LiveSession
from litestar_admin_auth.auth.tokens import is_id
from litestar_admin_auth.core.clock import now
from litestar_admin_auth.core.exceptions import InvalidSession, RefreshReused, Unavailable
from litestar_admin_auth.services.session_policy import SessionPolicy, Verdict
from litestar_admin_auth.services.sessions import Client

logger = logging.getLogger(__name__)

#: The name under which the host registers another store: ``Litestar(stores={"admin_auth": RedisStore(...)})``.
STORE_NAME = "admin_auth"

#: More sessions than this has nobody; the one that was used longest ago ends. It keeps the document small.
MAX_SESSIONS = 100

#: Of this many who change one user's document at once, each wins within as many rounds. More is an attack.
_MAX_ROUNDS = 200

Moment = Annotated[datetime, Meta(tz=True)]
T = TypeVar("T")


class _Kept(Struct):
    generation: int
    rotated_at: Moment
    idle_expires_at: Moment
    expires_at: Moment


class _Document(Struct):
    """Everything about one user. No token stands in it."""

    subject: str
    #: What the user's id was before it became a text, for the host's loader.
    kind: Literal["int", "str", "uuid"] = "str"
    sessions: dict[str, _Kept] = {}
    #: When a copied token came back: the user is told at the next login.
    refresh_reused_at: Moment | None = None


class StoreSessions:
    """Keeps sessions in a Litestar store.

    Args:
        store: Where; Redis or Valkey, if there are several workers.
        policy: How long they live.
    """

    def __init__(self, store: Store, policy: SessionPolicy) -> None:
        self.store, self.policy = store, policy
        self._replace = compare_and_set_on(store)

    @property
    def one_process_only(self) -> bool:
        """Whether a second worker would see other sessions, or end and renew them past the first one."""
        return holds_in_one_process_only(self._replace)

    async def start(self, user: Any, client: Client) -> LiveSession:
        subject, kind = _identity(user.id)
        session_id, moment = str(uuid4()), now()
        ends = moment + self.policy.absolute

        def add(document: _Document) -> tuple[_Kept, datetime | None]:
            kept = _Kept(0, moment, self.policy.idle_end(moment, ends), ends)
            document.kind = kind
            document.sessions[session_id] = kept
            while len(document.sessions) > MAX_SESSIONS:
                del document.sessions[min(document.sessions, key=lambda one: document.sessions[one].rotated_at)]
            told, document.refresh_reused_at = document.refresh_reused_at, None
            return kept, told

        kept, reused_at = await self._change(subject, add)
        return _live(session_id, _Document(subject, kind), kept, reused_at)

    async def find(self, session_id: str, subject: str) -> LiveSession:
        document = _decoded(await self._read(subject), subject)
        return _live(session_id, document, _alive(document, session_id))

    async def rotate(self, session_id: str, subject: str, generation: int, client: Client) -> LiveSession:
        def turn(document: _Document) -> tuple[Verdict, LiveSession]:
            kept, moment = _alive(document, session_id), now()
            verdict = self.policy.judge(generation, kept.generation, kept.rotated_at, moment)
            if verdict == "rotate":
                kept.generation, kept.rotated_at = generation + 1, moment
                kept.idle_expires_at = self.policy.idle_end(moment, kept.expires_at)
            elif verdict == "reused":
                # End the whole family; it stays ended whatever the answer becomes.
                del document.sessions[session_id]
                document.refresh_reused_at = moment
            return verdict, _live(session_id, document, kept)

        verdict, session = await self._change(subject, turn)
        if verdict == "reused":
            logger.warning(
                "refresh.reused: an old refresh token of user %r came from %s; session %s has been ended",
                subject, client.ip, session_id,
            )  # fmt: skip
            raise RefreshReused(UUID(session_id))
        return session

    async def end(self, session_id: str, subject: str, client: Client) -> None:
        await self._change(subject, lambda document: document.sessions.pop(session_id, None))

    async def end_all_of(self, subject: str, client: Client, *, keep: str | None = None) -> int:
        def end(document: _Document) -> int:
            ended = [session_id for session_id in document.sessions if session_id != keep]
            for session_id in ended:
                del document.sessions[session_id]
            return len(ended)

        return await self._change(subject, end)

    async def _change(self, subject: str, change: Callable[[_Document], T]) -> T:
        """Change a user's document as if nobody else did anything meanwhile, and return what the change returned.

        Raises:
            Unavailable: When the store does not answer.
        """
        for _round in range(_MAX_ROUNDS):
            before = await self._read(subject)
            document = _decoded(before, subject)
            result = change(document)
            after, seconds = self._encoded(document)
            if after == before or await _asked(self._replace(_key(subject), before, after, seconds)):
                return result
        logger.error("the sessions of user %r were changed by others %d times in a row", subject, _MAX_ROUNDS)
        raise Unavailable

    async def _read(self, subject: str) -> bytes | None:
        stored: Any = await _asked(self.store.get(_key(subject)))
        # A client made with decode_responses=True answers in texts.
        return stored.encode(errors="surrogateescape") if isinstance(stored, str) else stored

    def _encoded(self, document: _Document) -> tuple[bytes | None, int]:
        """Return a document without what has ended, and how many seconds it has to be kept; None for an empty one."""
        moment = now()
        document.sessions = {key: kept for key, kept in document.sessions.items() if kept.idle_expires_at > moment}
        ends = [kept.idle_expires_at for kept in document.sessions.values()]
        if document.refresh_reused_at is not None:
            ends.append(document.refresh_reused_at + self.policy.absolute)
        left = max((end - moment).total_seconds() for end in ends) if ends else 0
        return (msgspec.json.encode(document), math.ceil(left)) if left > 0 else (None, 0)


async def _asked(answer: Awaitable[T]) -> T:
    """Ask the store. Each has errors of its own, and each means the same: nobody is let in.

    Raises:
        Unavailable: For all of them.
    """
    try:
        return await answer
    except Exception as error:
        # One line without the error's text: a URL with a password may stand in it.
        logger.error("the store of sessions does not answer: %s", type(error).__name__)
        raise Unavailable from error


def _key(subject: str) -> str:
    # Ids may hold anything, and a list of keys shall not be a list of users.
    return "user-sessions-" + hashlib.sha256(subject.encode(errors="surrogatepass")).hexdigest()


def _decoded(stored: bytes | None, subject: str) -> _Document:
    """Return a user's document, an empty one where there is none or none that makes sense: then nobody is in."""
    if stored is None:
        return _Document(subject)
    try:
        document = msgspec.json.decode(stored, type=_Document)
        _user_id(document)
    except (msgspec.MsgspecError, ValueError):
        logger.error("the stored sessions of user %r cannot be read; they have ended", subject)
        return _Document(subject)
    return document if document.subject == subject else _Document(subject)


def _alive(document: _Document, session_id: str) -> _Kept:
    kept = document.sessions.get(session_id)
    if kept is None or now() >= kept.idle_expires_at:
        raise InvalidSession
    return kept


def _identity(user_id: object) -> tuple[str, Literal["int", "str", "uuid"]]:
    """Return an id as the text that stands in tokens, and what it was.

    Raises:
        TypeError: For what is no id, such as that of a user who was never stored: all of them would be one user.
    """
    text = "" if user_id is None or isinstance(user_id, bool) else str(user_id)
    if not is_id(text):
        msg = f"a user's id must be a number, a text or a UUID that a token can carry, not {text[:100]!r}"
        raise TypeError(msg)
    return text, "int" if isinstance(user_id, int) else "uuid" if isinstance(user_id, UUID) else "str"


def _user_id(document: _Document) -> int | str | UUID:
    kinds: dict[str, Callable[[str], int | str | UUID]] = {"int": int, "str": str, "uuid": UUID}
    return kinds[document.kind](document.subject)


def _live(session_id: str, document: _Document, kept: _Kept, reused_at: datetime | None = None) -> LiveSession:
    return LiveSession(
        session_id,
        document.subject,
        kept.generation,
        kept.rotated_at,
        kept.idle_expires_at,
        user_id=_user_id(document),
        refresh_reused_at=reused_at,
    )
