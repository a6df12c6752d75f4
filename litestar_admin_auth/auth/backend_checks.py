"""Mistakes of a host's own backend, found at the start and not by the first person who signs in."""

import inspect
from functools import partial
from typing import Any

from litestar_admin_auth.core.exceptions import ConfigError

CHECK_ID = "AA009"

#: The methods of ``AuthBackend`` with what each is given.
METHODS = {
    "authenticate": ("connection", "credentials"),
    "get_current_user": ("connection",),
    "login": ("connection", "user"),
    "logout": ("connection",),
    "refresh": ("connection",),
}


def check_backend(backend: object) -> None:
    """Refuse a backend that the first request would find broken.

    Raises:
        ConfigError: ``AA009``, naming the method and what to do.
    """
    if isinstance(backend, type):
        raise ConfigError(
            CHECK_ID,
            f"AdminConfig.auth_backend is the class {backend.__name__}.",
            hint=f"Pass an instance: auth_backend={backend.__name__}(...).",
        )
    name = type(backend).__name__
    for method, arguments in METHODS.items():
        function: object = getattr(backend, method, None)
        if function is None:
            raise ConfigError(
                CHECK_ID,
                f"{name}.{method} is missing.",
                hint=f"An AuthBackend has the async methods {', '.join(METHODS)}.",
            )
        check_handler(function, f"{name}.{method}", *arguments)


def check_handler(function: object, name: str, *arguments: str) -> None:
    """Refuse what is not an async function of these arguments.

    Args:
        function: What the host gave.
        name: How the message calls it.
        arguments: The names of what it will be given, in order.

    Raises:
        ConfigError: ``AA009``.
    """
    hint = f"Write it as: async def {name.rpartition('.')[2]}({', '.join(arguments)})."
    if not callable(function):
        raise ConfigError(CHECK_ID, f"{name} cannot be called: it is {type(function).__name__}.", hint=hint)
    if isinstance(function, type):
        raise ConfigError(CHECK_ID, f"{name} is the class {function.__name__}, not an async function.", hint=hint)
    if _any_of(function, inspect.isasyncgenfunction):
        raise ConfigError(CHECK_ID, f"{name} yields: it is an async generator, not an async function.", hint=hint)
    if not _any_of(function, inspect.iscoroutinefunction):
        raise ConfigError(CHECK_ID, f"{name} is not an async function.", hint=hint)
    try:
        signature = inspect.signature(function)
    except ValueError:
        return  # written in C: it does not say
    try:
        signature.bind(*arguments)
    except TypeError as error:
        raise ConfigError(
            CHECK_ID, f"{name}{signature} cannot take ({', '.join(arguments)}): {error}.", hint=hint
        ) from error


def _any_of(function: Any, question: Any) -> bool:
    """Ask of a function, of what a partial or a decorator wraps, and of the ``__call__`` of an object."""
    while isinstance(function, partial):
        function = function.func
    # A decorator by functools.wraps says what it wraps, and hands its coroutine on.
    seen = [function, inspect.unwrap(function)]
    if not (inspect.isfunction(function) or inspect.ismethod(function)):
        seen.append(getattr(function, "__call__", None))  # noqa: B004 - not whether, but which
    return any(question(one) for one in seen)
