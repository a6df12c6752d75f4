"""A year in the shop, played through the admin's own services with the clock turned back.

So every row is one that the services would have written: grants with their reasons, sessions, and the audit log.
"""

import random
from collections.abc import Awaitable, Callable
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import select

from examples.demo.people import Person, people
from examples.demo.shop import PERMISSIONS, ROLES
from litestar_admin_auth.core.clock import now, set_clock
from litestar_admin_auth.core.database import Database
from litestar_admin_auth.models import User
from litestar_admin_auth.services import grants, logins, roles, sessions, users
from litestar_admin_auth.services.actor import Actor
from litestar_admin_auth.services.catalogue import sync_permissions
from litestar_admin_auth.services.session_policy import SessionPolicy

ADMIN = "admin@example.com"
USERS = 200
MANAGERS = 5

DEVICES = [
    "Mozilla/5.0 (Windows NT 10.0; Win64; x64) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/143.0.0.0 Safari/537.36",
    "Mozilla/5.0 (Windows NT 10.0; Win64; x64; rv:145.0) Gecko/20100101 Firefox/145.0",
    "Mozilla/5.0 (X11; Linux x86_64; rv:145.0) Gecko/20100101 Firefox/145.0",
    "Mozilla/5.0 (Macintosh; Intel Mac OS X 10_15_7) AppleWebKit/605.1.15 (KHTML, like Gecko) Version/18.1"
    " Safari/605.1.15",
    "Mozilla/5.0 (Linux; Android 15; Pixel 9) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/143.0.0.0 Mobile"
    " Safari/537.36",
    "Mozilla/5.0 (iPhone; CPU iPhone OS 18_1 like Mac OS X) AppleWebKit/605.1.15 (KHTML, like Gecko) Version/18.1"
    " Mobile/15E148 Safari/604.1",
]

#: Why somebody holds a role beside their own, and for how long from today: one of them has run out.
SUBSTITUTES = [
    ("Stands in during parental leave", timedelta(days=120)),
    ("Looks through the year's refunds", timedelta(days=5)),
    ("Learning the ropes", timedelta(days=30)),
    ("Helps with the Christmas orders", timedelta(days=45)),
    ("Stocktaking weekend", timedelta(days=-20)),
]

Event = Callable[[], Awaitable[Any]]


class History:
    """What happened, when, until today.

    Args:
        database: Freshly migrated.
        password_hash: Everybody's; hashed once, since two hundred times would take a minute.
    """

    def __init__(self, database: Database, password_hash: str) -> None:
        self.database = database
        self.password_hash = password_hash
        self.chance = random.Random(1605)
        self.today = now()
        self.events: list[tuple[datetime, Event]] = []
        #: Who has chosen a password and is not suspended.
        self.accounts: dict[str, User] = {}

    async def play(self) -> None:
        """Write down what happened and then let it happen, in order."""
        self.open_the_shop()
        staff = people(USERS - 1)
        for number, person in enumerate(staff):
            self.hire(number, person, staff[:MANAGERS])
        for _ in range(40):
            stranger = self.chance.choice([*(person.email for person in staff), "root@example.com", "info@example.net"])
            self.at(self.some_time(90), lambda email=stranger: self.fail_to_sign_in(email))
        try:
            for moment, event in sorted(self.events, key=lambda entry: entry[0]):
                set_clock(lambda moment=moment: moment)
                await event()
        finally:
            set_clock(None)

    def at(self, moment: datetime, event: Event) -> None:
        self.events.append((moment, event))

    def some_time(self, days: float, earliest: datetime | None = None) -> datetime:
        """Return a moment within the last days, but not before another."""
        moment = self.today - timedelta(days=days) * self.chance.random()
        return max(moment, earliest + timedelta(minutes=5)) if earliest else moment

    def open_the_shop(self) -> None:
        start = self.today - timedelta(days=365)
        console, admin = Actor.system("cli"), Actor.system(ADMIN)
        self.at(start, lambda: sync_permissions(self.database, PERMISSIONS))
        self.at(start, lambda: self.create(console, ADMIN, "Marginalia Admin", "superuser"))
        self.accept_and_sign_in(ADMIN, start)
        for number, (name, description, codes, _) in enumerate(ROLES):
            self.at(
                start + timedelta(minutes=10 + number),
                lambda name=name, description=description, codes=codes: roles.create_role(
                    self.database, admin, name=name, description=description, permissions=codes
                ),
            )

    def hire(self, number: int, person: Person, managers: list[Person]) -> None:
        chance, email = self.chance, person.email
        # The managers first; the last came this week.
        day = self.today - timedelta(days=360 - 1.8 * number) + timedelta(minutes=chance.randint(0, 400))
        names = [entry[0] for entry in ROLES]
        [role] = [names[0]] if number < MANAGERS else chance.choices(names[1:], [entry[3] for entry in ROLES[1:]])
        boss = Actor.system(ADMIN if number < MANAGERS else chance.choice(managers).email)
        self.at(day, lambda: self.create(boss, email, person.name, role))
        if number % 13 == 6:
            reason, length = chance.choice(SUBSTITUTES)
            spare = chance.choice([name for name in names[1:] if name != role])
            given = self.some_time(25, day) - timedelta(days=25)
            end = self.today + length
            self.at(max(given, day + timedelta(hours=1)), lambda: self.lend(boss, email, spare, reason, end))
        if number > USERS - 8 or number % 29 == 12:
            return  # Invited, and has not followed the link yet.
        self.accept_and_sign_in(email, day)
        if number % 19 == 9:
            self.at(self.some_time(30, day + timedelta(days=1)), lambda: self.suspend(boss, email))

    def accept_and_sign_in(self, email: str, hired: datetime) -> None:
        self.at(hired + timedelta(minutes=2), lambda: self.choose_password(email))
        self.at(hired + timedelta(minutes=3), lambda: self.sign_in(email))
        for days in (60, 20, 0.9)[: self.chance.randint(1, 3)]:
            self.at(self.some_time(days, hired), lambda: self.sign_in(email))

    async def create(self, actor: Actor, email: str, name: str, role: str) -> None:
        await users.create_user(self.database, actor, email=email, name=name, roles=[role])

    async def choose_password(self, email: str) -> None:
        async with self.database.writing() as db:
            user = (await db.scalars(select(User).where(User.email == email))).one()
            user.password_hash = self.password_hash
        self.accounts[email] = user

    async def find(self, email: str) -> User:
        async with self.database.reading() as db:
            return (await db.scalars(select(User).where(User.email == email))).one()

    async def sign_in(self, email: str) -> None:
        user = self.accounts.get(email)
        if user is None:
            return
        client = sessions.Client(ip=self.address(), user_agent=self.chance.choice(DEVICES))
        session = await logins.record_login(self.database, user, client, SessionPolicy())
        if self.chance.random() < 0.2:
            actor = Actor(label=email, user_id=user.id, session_id=session.id, ip=client.ip)
            await sessions.end_session(self.database, actor, session.id)

    async def fail_to_sign_in(self, email: str) -> None:
        await logins.record_failed_login(self.database, email, sessions.Client(ip=self.address()))

    async def lend(self, actor: Actor, email: str, role: str, reason: str, end: datetime) -> None:
        user = await self.find(email)
        await grants.grant_role(self.database, actor, user.id, role, reason=reason, expires_at=end)

    async def suspend(self, actor: Actor, email: str) -> None:
        user = self.accounts.pop(email)
        await users.suspend_user(self.database, actor, user.id)

    def address(self) -> str:
        """Return an address out of the ranges that are reserved for documentation (RFC 5737, RFC 3849)."""
        last = self.chance.randint(1, 254)
        return self.chance.choice([f"192.0.2.{last}", f"198.51.100.{last}", f"203.0.113.{last}", f"2001:db8::{last:x}"])
