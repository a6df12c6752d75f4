"""Which rule of the database an error speaks of."""

import re
from typing import Any

from sqlalchemy.exc import IntegrityError
from sqlalchemy.orm import InstrumentedAttribute


def violates_unique(error: IntegrityError, column: InstrumentedAttribute[Any]) -> bool:
    """Tell whether an error is the unique constraint on a column, by its name (PostgreSQL) or its column (SQLite)."""
    table = column.class_.__tablename__
    # The first line only: PostgreSQL's second one quotes the value, which a stranger chose.
    message = str(error.orig).partition("\n")[0]
    # Not with the quotation marks: those are the ones of the server's language.
    named = re.search(rf"\buq_{table}_{column.key}\b", message)
    return named is not None or message.endswith(f"failed: {table}.{column.key}")
