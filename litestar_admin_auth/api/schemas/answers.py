"""The shapes that several answers share."""

from typing import Generic, TypeVar

from msgspec import UNSET, Struct, UnsetType

T = TypeVar("T")


class Listing(Struct, Generic[T], frozen=True):
    """A page of a list; ``next`` and ``previous`` are cursors, ``total`` is there with ``count=true`` only."""

    items: list[T]
    next: str | None = None
    previous: str | None = None
    total: int | UnsetType = UNSET


class Message(Struct, frozen=True):
    message: str
