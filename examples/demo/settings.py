"""The demo's own settings, made on the first run and kept in the ignored folder ``.demo/``."""

import json
import os
import secrets
from dataclasses import asdict, dataclass
from pathlib import Path

FOLDER = Path(os.environ.get("ADMIN_AUTH_DEMO_DIR") or Path(__file__).resolve().parents[2] / ".demo")
#: Where the demo's mails end up, as files that a mail program opens.
MAIL = FOLDER / "mail"
PORT = int(os.environ.get("PORT") or 8000)


@dataclass
class Settings:
    """What stays the same from run to run.

    Args:
        secret: Signs tokens and forms.
        password: Everybody's password here.
        password_hash: Its hash, made once: two hundred would take a minute.
    """

    secret: str
    password: str
    password_hash: str = ""

    def save(self) -> None:
        """Write the file, for this user's eyes only."""
        FOLDER.mkdir(parents=True, exist_ok=True)
        # Beside it first: the server may be reading while a command writes.
        draft = FOLDER / f"settings.{os.getpid()}.json"
        draft.touch(mode=0o600)
        draft.write_text(json.dumps(asdict(self), indent=2) + "\n")
        draft.replace(FOLDER / "settings.json")


def load() -> Settings:
    """Return the settings, made up on the first call."""
    file = FOLDER / "settings.json"
    if file.exists():
        return Settings(**json.loads(file.read_text()))
    settings = Settings(secret=secrets.token_urlsafe(48), password=secrets.token_hex(10))
    settings.save()
    return settings


def database_url() -> str:
    """Return the URL of the demo's SQLite file."""
    return f"sqlite+aiosqlite:///{FOLDER / 'demo.sqlite3'}"
