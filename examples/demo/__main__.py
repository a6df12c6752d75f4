"""``make demo``: makes the data on the first run, says how to sign in, and serves."""

import argparse
import asyncio
import os
import shutil
import socket
import time

import uvicorn
from sqlalchemy import update

from examples.demo import settings
from examples.demo.history import ADMIN, USERS, History
from examples.demo.shop import PERMISSIONS, ROLES
from litestar_admin_auth.core.database import Database, create_engine
from litestar_admin_auth.core.passwords import Passwords
from litestar_admin_auth.models import User
from litestar_admin_auth.services.catalogue import sync_permissions
from litestar_admin_auth.services.migrations import upgrade

FILE = settings.FOLDER / "demo.sqlite3"


async def prepare() -> settings.Settings:
    """Make the data, or bring what is there up to date."""
    kept = settings.load()
    await use_password(kept, os.environ.get("ADMIN_AUTH_DEMO_PASSWORD") or kept.password)
    if not FILE.exists():
        started = time.monotonic()
        draft = settings.FOLDER / "draft.sqlite3"
        for leftover in settings.FOLDER.glob("draft.sqlite3*"):
            leftover.unlink()
        database = Database(create_engine(f"sqlite+aiosqlite:///{draft}"))
        await upgrade(database)
        await History(database, kept.password_hash).play()
        await database.close()
        # Only now: a first run that was interrupted starts over.
        draft.replace(FILE)
        seconds = time.monotonic() - started
        print(f"Made {USERS} users, {len(ROLES)} roles and {len(PERMISSIONS)} permissions in {seconds:.0f} seconds.")
    else:
        database = Database(create_engine(settings.database_url()))
        await upgrade(database)
        await sync_permissions(database, PERMISSIONS)
        await database.close()
    return kept


async def use_password(kept: settings.Settings, password: str) -> None:
    """Hash the password once, and give it to everybody who has the one before it."""
    if kept.password_hash and kept.password == password:
        return
    before, kept.password, kept.password_hash = kept.password_hash, password, await Passwords().hash(password)
    if before and FILE.exists():
        database = Database(create_engine(settings.database_url()))
        async with database.writing() as db:
            changed = update(User).where(User.password_hash == before).values(password_hash=kept.password_hash)
            await db.execute(changed)
        await database.close()
    kept.save()


def require_free(port: int) -> None:
    """End with a line that says what to do when something listens on the port already."""
    with socket.socket() as probe:
        # As the server does it: a port whose last connections are just closing is free.
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind(("127.0.0.1", port))
        except OSError:
            raise SystemExit(f"Something uses port {port} already. Choose another: PORT={port + 1} make demo") from None


def main() -> None:
    """Run the demo."""
    parser = argparse.ArgumentParser(prog="python -m examples.demo", description=__doc__)
    parser.add_argument("--reset", action="store_true", help="throw the data away and start over")
    parser.add_argument("--no-serve", action="store_true", help="only make the data")
    options = parser.parse_args()
    if not options.no_serve:
        # Before anything is thrown away or made: the demo that has the port may be using it.
        require_free(settings.PORT)
    if options.reset:
        shutil.rmtree(settings.FOLDER, ignore_errors=True)
    kept = asyncio.run(prepare())
    print(
        f"""
Marginalia, a bookshop that does not exist: http://127.0.0.1:{settings.PORT}
Its admin: http://127.0.0.1:{settings.PORT}/admin
email: {ADMIN}
password: {kept.password}
Everybody in the demo has this password. Mails are not sent but written to {settings.MAIL}.
It speaks plain HTTP, so its cookies are not marked Secure:
that is for this machine alone.
""",
        flush=True,
    )
    if not options.no_serve:
        uvicorn.run("examples.demo.app:app", host="127.0.0.1", port=settings.PORT)


if __name__ == "__main__":
    main()
